# SPDX-License-Identifier: Apache-2.0
"""One task as a process of its own, as on any farm; or in one that stays for the next task of the job."""

import contextlib
import json
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

__all__ = ["Outcome", "Running", "end_process", "may_stay", "run_command"]

_PROGRESS = re.compile(r"openjd_progress:\s*(?P<percent>\d+(\.\d+)?)")
_ENDED = re.compile(r"pixmend_task_ended: (?P<code>\d+)$")
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


_PIXMEND = (sys.executable, "-m", "pixmend")
_STAYS = (sys.executable, "-c", "import sys; from pixmend.cli import serve_tasks; sys.exit(serve_tasks())")


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
        self._idle: dict[str, list[subprocess.Popen[str]]] = {}
        self._stopped: dict[str, threading.Event] = {}

    def stop(self, job: str) -> int:
        """End the tasks of a job as `kill` does, and start no more; return how many still run."""
        with self._lock:
            self._event(job).set()
            processes = [each for each in self._processes.get(job, ()) if each.poll() is None]
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
        process = self._start(job, command, environment, stdin=subprocess.DEVNULL)
        try:
            with process:
                yield process
        finally:
            self._forget(job, process)

    @contextlib.contextmanager
    def lent(self, job: str, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
        """Lend a process that runs tasks one after the other; one that has ended by then is not lent again."""
        with self._lock:
            idle = self._idle.setdefault(job, [])
            process = idle.pop() if idle else None
        if process is not None and process.poll() is not None:
            self._close(job, process)
            process = None
        if process is None:
            process = self._start(job, _STAYS, environment, stdin=subprocess.PIPE)
        try:
            yield process
        except BaseException:
            end_process(process)
            raise
        finally:
            with self._lock:
                idle.append(process)

    def warm_up(self, job: str, environment: Mapping[str, str], *, count: int = 1) -> None:
        """Start processes that are lent later: they get ready meanwhile."""
        with contextlib.ExitStack() as all_of_them:
            for _ in range(count):
                all_of_them.enter_context(self.lent(job, environment))

    def release(self, job: str) -> None:
        """End the processes of a job that were lent, and wait until they have."""
        with self._lock:
            idle = self._idle.pop(job, [])
        for process in idle:
            self._close(job, process)

    def _close(self, job: str, process: subprocess.Popen[str]) -> None:
        with process, contextlib.suppress(BrokenPipeError):
            assert process.stdin is not None
            process.stdin.close()
        self._forget(job, process)

    def _start(
        self, job: str, command: Sequence[str], environment: Mapping[str, str], *, stdin: int
    ) -> subprocess.Popen[str]:
        process = subprocess.Popen(  # noqa: S603 - what is run is what the plan says
            [sys.executable, "-I", "-S", "-c", _ENDS_WITH_PARENT, str(os.getpid()), *command],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | dict(environment),
            text=True,
            errors="backslashreplace",
            start_new_session=True,
        )
        with self._lock:
            self._processes.setdefault(job, set()).add(process)
        if self.stopping(job).is_set():
            end_process(process)
        return process

    def _forget(self, job: str, process: subprocess.Popen[str]) -> None:
        with self._lock:
            self._processes[job].discard(process)

    def _event(self, job: str) -> threading.Event:
        return self._stopped.setdefault(job, threading.Event())


def end_process(process: "subprocess.Popen[str]") -> None:
    """End a task and what it has started; it finishes or takes away the frames at hand."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)


def run_command(  # noqa: PLR0913 (each is one thing that is known of a task)
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    job: str,
    running: Running,
    retries: int,
    timeout: float,
    tell: Callable[[float], None],
    stays: bool = False,
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
    stays : bool
        Whether a task of this very pixmend may run in a process that other tasks of the job have run
        in; `running.release` ends these.
    """
    stopping = running.stopping(job)
    one_try = _lent_try if stays and may_stay(command) else _own_try
    tries = 0
    while True:
        exit_code, reason = one_try(
            command, environment, job=job, running=running, timeout=timeout, tell=tell
        )
        tries += 1
        if exit_code != ExitCode.TEMPORARY or tries > retries:
            return Outcome(exit_code, reason, tries)
        if stopping.wait(min(2.0 ** (tries - 1), _LONGEST_WAIT)):
            return Outcome(ExitCode.INTERRUPTED, "interrupted", tries)


def may_stay(command: Sequence[str]) -> bool:
    """Tell whether a task is one of this very pixmend, so that a process of ours can do it."""
    return tuple(command[: len(_PIXMEND)]) == _PIXMEND


def _own_try(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    job: str,
    running: Running,
    timeout: float,
    tell: Callable[[float], None],
) -> tuple[int, str]:
    """Run a task in a process of its own."""
    with running.started(job, command, environment) as process, _ended_after(timeout, process):
        said, _ = _heard(process, tell)
        exit_code = process.wait()
    return exit_code, _reason(said, exit_code)


def _lent_try(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    job: str,
    running: Running,
    timeout: float,
    tell: Callable[[float], None],
) -> tuple[int, str]:
    """Run a task in a process that stays; if that ends in the middle, so has the task."""
    with running.lent(job, environment) as process, _ended_after(timeout, process):
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(command[len(_PIXMEND) :]) + "\n")
            process.stdin.flush()
        said, exit_code = _heard(process, tell)
        if exit_code in {None, ExitCode.INTERRUPTED}:
            exit_code = process.wait() or ExitCode.BUG
    return exit_code, _reason(said, exit_code)


@contextlib.contextmanager
def _ended_after(seconds: float, process: "subprocess.Popen[str]") -> Iterator[None]:
    clock = threading.Timer(seconds, end_process, [process])
    clock.daemon = True
    clock.start()
    try:
        yield
    finally:
        clock.cancel()


def _heard(
    process: "subprocess.Popen[str]", tell: Callable[[float], None]
) -> tuple[Sequence[str], int | None]:
    """Return the last lines that a task says, and its exit code if it says that too."""
    said: deque[str] = deque(maxlen=_LINES_KEPT)
    assert process.stdout is not None
    for line in process.stdout:
        if ended := _ENDED.match(line):
            return said, int(ended["code"])
        if found := _PROGRESS.match(line):
            tell(float(found["percent"]))
        elif line.strip():
            said.append(line.rstrip())
    return said, None


def _reason(said: Sequence[str], exit_code: int) -> str:
    if not exit_code:
        return ""
    errors = [line.removeprefix("error: ") for line in said if line.startswith("error: ")]
    hints = [line for line in said if line.startswith("hint: ")]
    if errors:
        return "; ".join([errors[-1], *hints[-1:]])
    ended = f"ended by signal {-exit_code}" if exit_code < 0 else f"ended with {exit_code}"
    return f"{ended}: {said[-1]}" if said else ended
