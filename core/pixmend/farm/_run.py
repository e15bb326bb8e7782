# SPDX-License-Identifier: Apache-2.0
"""One task as a process of its own: its memory is given back, and it runs as on any farm."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pixmend.errors import ExitCode

__all__ = ["Outcome", "Running", "end_process", "run_command"]

_PROGRESS = re.compile(r"openjd_progress:\s*(?P<percent>\d+(\.\d+)?)")
_LINES_KEPT = 40
_LONGEST_WAIT = 60.0

# Whoever starts the task may be killed outright: Linux ends the task then, as `kill` would, so
# that it does not go on beside the one that another machine begins in its place.
_ENDS_WITH_PARENT = """\
import ctypes, os, signal, sys
prctl = getattr(ctypes.CDLL(None), "prctl", None)
if prctl is not None:
    prctl(1, signal.SIGTERM)
if os.getppid() != int(sys.argv[1]):
    sys.exit(75)
try:
    os.execvp(sys.argv[2], sys.argv[2:])
except OSError as exc:
    sys.exit(f"error: {sys.argv[2]} cannot be started: {exc.strerror.lower()}")
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task ended.

    Attributes
    ----------
    exit_code : int
        Of its last try.
    reason : str
        What it said of that; empty if all went well.
    tries : int
    """

    exit_code: int
    reason: str
    tries: int


class Running:
    """The tasks of some jobs that run in this process; all of one job can be stopped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._processes: dict[str, set[subprocess.Popen[str]]] = {}
        self._stopped: dict[str, threading.Event] = {}

    def stop(self, job: str) -> int:
        """End the tasks of a job as `kill` does, and start no more; return how many still run."""
        with self._lock:
            self._event(job).set()
            processes = list(self._processes.get(job, ()))
        for process in processes:
            end_process(process)
        return len(processes)

    def stopping(self, job: str) -> threading.Event:
        """Return the event that is set once a job is stopped."""
        with self._lock:
            return self._event(job)

    @contextlib.contextmanager
    def started(
        self, job: str, command: Sequence[str], environment: Mapping[str, str]
    ) -> Iterator[subprocess.Popen[str]]:
        """Start a task, and wait for its end."""
        launched = [sys.executable, "-I", "-S", "-c", _ENDS_WITH_PARENT, str(os.getpid()), *command]
        with subprocess.Popen(  # noqa: S603 - what is run is what the plan says
            launched,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | dict(environment),
            text=True,
            errors="backslashreplace",
            start_new_session=True,
        ) as process:
            with self._lock:
                self._processes.setdefault(job, set()).add(process)
            if self.stopping(job).is_set():
                end_process(process)
            try:
                yield process
                process.wait()
            finally:
                with self._lock:
                    self._processes[job].discard(process)

    def _event(self, job: str) -> threading.Event:
        return self._stopped.setdefault(job, threading.Event())


def end_process(process: "subprocess.Popen[str]") -> None:
    """End a task and what it has started; it finishes or takes away the frames at hand."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)


def run_command(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    job: str,
    running: Running,
    retries: int,
    timeout: float,
    tell: Callable[[float], None],
) -> Outcome:
    """Run one task; one that ends with 75 is tried again, after 1, 2, 4 ... 60 seconds.

    Parameters
    ----------
    command : sequence of str
    environment : mapping of str to str
        Variables beside those of this process.
    job : str
        By what name `running` can stop it.
    running : Running
    retries : int
    timeout : float
        Seconds after which a try is ended.
    tell : callable
        Gets the percentage that is done, whenever the task says it.
    """
    stopping = running.stopping(job)
    tries = 0
    while True:
        exit_code, reason = _one_try(
            command, environment, job=job, running=running, timeout=timeout, tell=tell
        )
        tries += 1
        if exit_code != ExitCode.TEMPORARY or tries > retries:
            return Outcome(exit_code, reason, tries)
        if stopping.wait(min(2.0 ** (tries - 1), _LONGEST_WAIT)):
            return Outcome(ExitCode.INTERRUPTED, "interrupted", tries)


def _one_try(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    job: str,
    running: Running,
    timeout: float,
    tell: Callable[[float], None],
) -> tuple[int, str]:
    said: deque[str] = deque(maxlen=_LINES_KEPT)
    with running.started(job, command, environment) as process:
        clock = threading.Timer(timeout, end_process, [process])
        clock.daemon = True
        clock.start()
        assert process.stdout is not None
        for line in process.stdout:
            found = _PROGRESS.match(line)
            if found:
                tell(float(found["percent"]))
            elif line.strip():
                said.append(line.rstrip())
        process.wait()
        clock.cancel()
    exit_code = process.returncode
    return exit_code, _reason(said, exit_code) if exit_code else ""


def _reason(said: Sequence[str], exit_code: int) -> str:
    errors = [line.removeprefix("error: ") for line in said if line.startswith("error: ")]
    hints = [line for line in said if line.startswith("hint: ")]
    if errors:
        return "; ".join([errors[-1], *hints[-1:]])
    ended = f"ended by signal {-exit_code}" if exit_code < 0 else f"ended with {exit_code}"
    return f"{ended}: {said[-1]}" if said else ended
