# SPDX-License-Identifier: Apache-2.0
"""Progress on stderr: a bar on a terminal, plain lines in a log, JSON lines for hosts."""

import contextlib
import json
import os
import sys
from typing import TYPE_CHECKING, TextIO, cast

import pixmend
from pixmend.progress import Progress, Silent

if TYPE_CHECKING:
    import rich.progress

__all__ = ["Bar", "JsonLines", "OpenJdLines", "PlainLines", "make_progress"]

_LINES_PER_STAGE = 20
_PROTOCOL = 1


def make_progress(form: str, *, quiet: bool = False, stream: TextIO | None = None) -> Progress:
    """Return the `Progress` of a form: ``auto``, ``plain``, ``json``, ``openjd`` or ``none``."""
    if form == "openjd" or (form == "auto" and os.environ.get("PIXMEND_PROGRESS") == "openjd"):
        # Before --quiet: these lines are for the scheduler, and it reads them on stdout.
        return Silent() if sys.stdout is None else OpenJdLines(stream or sys.stdout)
    stream = stream or cast("TextIO | None", sys.stderr)
    if quiet or form == "none" or stream is None:  # None where the caller closed stderr
        return Silent()
    if form == "json":
        return JsonLines(stream)
    return Bar(stream) if form == "auto" and stream.isatty() else PlainLines(stream)


def _say(stream: TextIO, line: str) -> None:
    """Print one line; a reader that went away must not stop the work."""
    with contextlib.suppress(BrokenPipeError):
        print(line, file=stream, flush=True)


class PlainLines:
    """Some lines a stage, for logs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._stage, self._done, self._total, self._shown = "", 0, 0, 0

    def start(self, stage: str, total: int) -> None:
        """Begin a stage; its first line comes with its first steps."""
        self._stage, self._done, self._total, self._shown = stage, 0, total, 0

    def advance(self, count: int = 1) -> None:
        """Count steps; print a line for each twentieth of the stage."""
        self._done += count
        part = self._done * _LINES_PER_STAGE // max(self._total, 1)
        if part > self._shown:
            self._shown = part
            self.note(f"{self._stage}: {self._done}/{self._total}")

    def note(self, sentence: str) -> None:
        """Print one line."""
        _say(self._stream, sentence)

    def finish(self) -> None:
        """Nothing is left open."""


class JsonLines:
    """One JSON object a line; the first says hello."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._stage, self._done, self._total = "", 0, 0
        self._send(event="hello", protocol=_PROTOCOL, version=pixmend.__version__)

    def start(self, stage: str, total: int) -> None:
        """Begin a stage, said as 0 of `total`."""
        self._stage, self._done, self._total = stage, 0, total
        self.advance(0)

    def advance(self, count: int = 1) -> None:
        """Say how much of the stage is done."""
        self._done += count
        self._send(event="progress", stage=self._stage, done=self._done, total=self._total)

    def note(self, sentence: str) -> None:
        """Send a sentence for people."""
        self._send(event="note", text=sentence)

    def finish(self) -> None:
        """Nothing is left open; the result on stdout says how it ended."""

    def _send(self, **fields: object) -> None:
        _say(self._stream, json.dumps(fields))


class OpenJdLines:
    """Lines that schedulers of Open Job Description look for in what a task prints."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._done, self._total, self._shown = 0, 0, -1

    def start(self, stage: str, total: int) -> None:
        """Begin a stage, said by its name."""
        self._done, self._total, self._shown = 0, total, -1
        self.note(stage)
        self.advance(0)

    def advance(self, count: int = 1) -> None:
        """Say each percent of the stage."""
        self._done += count
        percent = min(100, 100 * self._done // max(self._total, 1))
        if percent > self._shown:
            self._shown = percent
            _say(self._stream, f"openjd_progress: {percent}")

    def note(self, sentence: str) -> None:
        """Say one sentence, in one line."""
        _say(self._stream, f"openjd_status: {' '.join(sentence.split())}")

    def finish(self) -> None:
        """Nothing is left open."""


class Bar:
    """A bar for each stage, on a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._bar: rich.progress.Progress | None = None
        self._task: rich.progress.TaskID | None = None

    def start(self, stage: str, total: int) -> None:
        """Draw the stage's bar below the ones before."""
        if self._bar is None:
            self._bar = self._make_bar()
            self._bar.start()
        self._task = self._bar.add_task(stage, total=total)

    def advance(self, count: int = 1) -> None:
        """Move the bar."""
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task, count)

    def note(self, sentence: str) -> None:
        """Print a line above the bars."""
        if self._bar is None:
            _say(self._stream, sentence)
        else:
            self._bar.console.print(sentence, markup=False, highlight=False, soft_wrap=True)

    def finish(self) -> None:
        """Leave the terminal as it was found."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = self._task = None

    def _make_bar(self) -> "rich.progress.Progress":
        from rich import progress
        from rich.console import Console

        return progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TimeRemainingColumn(),
            console=Console(file=self._stream),
        )
