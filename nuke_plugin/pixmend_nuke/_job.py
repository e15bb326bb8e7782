# SPDX-License-Identifier: Apache-2.0
"""A run of the command line: in a thread with a progress bar, or in front where Nuke has no window."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import tempfile
import threading
from typing import IO, Any, Callable, NamedTuple

import nuke

from pixmend_nuke._cli import as_typed, clean_environment
from pixmend_nuke._problem import Problem

__all__ = ["CANCELLED", "Job", "Outcome", "run_in_front", "start"]

CANCELLED = 130  # the exit code of an interrupted command
_GOOD = (0, 1, 5)  # done, found, finished with some frames skipped
_STOPPED = "Stopped: nothing was written, and the picture is as it was."
_STOPPED_RENDER = (
    "Stopped: frames that were finished are whole, no other was written. Press the button again to go on."
)
_LOOK_AGAIN_S = 0.1
_PATIENCE_S = 20.0  # a command that is stopped finishes or takes away the frame it is at
_NO_WINDOW = 0x08000000  # CREATE_NO_WINDOW of Windows


class Outcome(NamedTuple):
    """How a command ended."""

    code: int
    answer: dict[str, Any]
    notes: list[str]
    argv: list[str]

    def checked(self) -> dict[str, Any]:
        """Return the answer; a `Problem` with the command's own sentence if it failed."""
        if self.answer and "error" not in self.answer and self.code in _GOOD:
            return self.answer
        if self.code == CANCELLED:
            raise Problem(_STOPPED_RENDER if self.argv[1] in ("fix", "submit") else _STOPPED)
        raise Problem(self._failure())

    def _failure(self) -> str:
        error = self.answer.get("error") or {}
        if error.get("what"):
            where = "{}: ".format(error["where"]) if error.get("where") else ""
            hint = "\n({})".format(error["hint"]) if error.get("hint") else ""
            return "{}{}{}".format(where, error["what"], hint)
        said = "\n".join(self.notes[-3:]) or "it said nothing"
        return f"pixmend ended with code {self.code}: {said}\nThe command was: {as_typed(self.argv)}"


class Job:
    """One running command of one node."""

    def __init__(self, argv: list[str], title: str) -> None:
        self.argv = argv
        self.title = title
        self._stop = threading.Event()

    def cancel(self) -> None:
        """Ask the command to stop; may be called from any thread, and twice."""
        self._stop.set()

    def run(self, report: Callable[[str, int], bool]) -> Outcome:
        """Run the command to its end; `report` gets a sentence and percent, and says whether to stop."""
        try:
            with tempfile.TemporaryFile() as answer:
                return self._run(answer, report)
        except OSError as exc:
            reason = exc.strerror or str(exc)
            return Outcome(-1, {}, [f"{self.argv[0]}: {reason}"], self.argv)

    def _run(self, answer: IO[bytes], report: Callable[[str, int], bool]) -> Outcome:
        child = subprocess.Popen(  # noqa: S603 - an argument list, never a shell
            self.argv,
            stdin=subprocess.DEVNULL,
            stdout=answer,
            stderr=subprocess.PIPE,
            env=clean_environment(),
            creationflags=_NO_WINDOW if os.name == "nt" else 0,
        )
        notes: list[str] = []
        try:
            for line in _lines(child):
                said = _read_line(line, notes)
                if self._stop.is_set() or report(*said):
                    self._end(child)
                    return Outcome(CANCELLED, {}, notes, self.argv)
            code = child.wait()
        finally:
            self._end(child)
        answer.seek(0)
        return Outcome(code, _json_object(answer.read()), notes, self.argv)

    @staticmethod
    def _end(child: subprocess.Popen[bytes]) -> None:
        """Stop a child that still runs: politely, so that it takes away what is half done, then for good."""
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _lines(child: subprocess.Popen[bytes]) -> Any:
    """Yield lines of stderr as they come, and an empty one now and then while none comes."""
    came: queue.Queue[bytes | None] = queue.Queue()

    def read() -> None:
        assert child.stderr is not None
        with child.stderr:
            for line in child.stderr:
                came.put(line)
        came.put(None)

    threading.Thread(target=read, name="pixmend-reader", daemon=True).start()
    while True:
        try:
            line = came.get(timeout=_LOOK_AGAIN_S)
        except queue.Empty:
            line = b""
        if line is None:
            return
        yield line


def _read_line(line: bytes, notes: list[str]) -> Any:
    """Return (sentence, percent) of a progress line; other text is kept as a note."""
    event = _json_object(line)
    if event.get("event") == "progress":
        total = max(int(event.get("total") or 0), 1)
        return str(event.get("stage", "")), min(100 * int(event.get("done") or 0) // total, 100)
    text = str(event.get("text", "")) if event else line.decode("utf-8", "replace").strip()
    if text:
        notes.append(text)
        del notes[:-50]
    return "", -1


def _json_object(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text.decode("utf-8", "replace"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def run_in_front(job: Job) -> Outcome:
    """Run a command and wait for it: for scripts, where there is no window to freeze."""
    return job.run(lambda _sentence, _percent: False)


def start(job: Job, on_end: Callable[[Outcome], None]) -> None:
    """Run a command beside Nuke; `on_end` is called in the main thread."""
    threading.Thread(target=_beside, args=(job, on_end), name="pixmend", daemon=True).start()


def _beside(job: Job, on_end: Callable[[Outcome], None]) -> None:
    try:
        outcome = job.run(_Bar(job.title).report)  # the bar goes away with its last name
    except Exception as exc:  # noqa: BLE001 - in a thread nobody would hear of it, and the node would wait for ever
        outcome = Outcome(-1, {}, [f"{type(exc).__name__}: {exc}"], job.argv)
    nuke.executeInMainThread(on_end, args=(outcome,))


class _Bar:
    """Nuke's progress bar."""

    def __init__(self, title: str) -> None:
        self._task = nuke.ProgressTask(title)

    def report(self, sentence: str, percent: int) -> bool:
        """Show how far it is; tell whether the user has pressed Cancel."""
        if sentence:
            self._task.setMessage(sentence)
        if percent >= 0:
            self._task.setProgress(percent)
        return bool(self._task.isCancelled())
