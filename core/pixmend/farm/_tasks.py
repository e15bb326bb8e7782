# SPDX-License-Identifier: Apache-2.0
"""What each task says of itself in the job folder: the same on every engine."""

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from pixmend.errors import ExitCode, PixError
from pixmend.owner import Owner, this_owner
from pixmend.publish import publish_text

__all__ = [
    "TaskRecord",
    "TaskState",
    "end_file",
    "forget_records",
    "read_records",
    "recorded_task",
    "task_name",
]

_FOLDER = "tasks"
_BEAT_S = 20.0
_GONE_AFTER_S = 180.0  # without a beat, on a machine whose processes cannot be seen from here
_WHOLE_SECOND_S = 1.0  # scripts know no fractions
_SIGNALS_FROM = 128  # a shell adds the number of the signal


class TaskState(StrEnum):
    """How far a task is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    AGAIN = "again"
    """It ended with 75: what stood in its way may pass."""
    LOST = "lost"
    """Its process is gone without a word. Never written: whoever reads finds it out."""


@dataclass(slots=True, kw_only=True)
class TaskRecord:
    """One run of one task.

    Attributes
    ----------
    step, frames : str
        Which task it is; `frames` is empty where a step is one task.
    host, machine : str
        `machine` is one start of one kernel, as `owner.Owner` has it.
    pid : int
    begun : str
        When the process began, in ticks of the kernel.
    started, ended : float
        Seconds since 1970; `ended` is 0 while it runs, and when a lost one was last seen.
    state : TaskState
    exit_code : int
        A task that ends without an error may set it.
    reason : str
        What went wrong; empty if nothing did.
    """

    step: str
    frames: str
    host: str
    pid: int
    started: float
    machine: str = ""
    begun: str = ""
    ended: float = 0.0
    state: TaskState = TaskState.RUNNING
    exit_code: int = 0
    reason: str = ""


@contextmanager
def recorded_task(folder: Path, *, step: str, frames: str = "") -> Iterator[TaskRecord]:
    """Keep the record of a task in the job folder while the block does its work.

    What the block raises goes on; its exit code is in the record. The file is touched
    while the block works, so that a process that is killed is missed.

    Parameters
    ----------
    folder : Path
        The job folder.
    step : str
    frames : str
        As in the plan.

    Raises
    ------
    UsageError, TemporaryError
        If the record cannot be written.
    """
    record = TaskRecord(step=step, frames=frames, started=time.time(), **this_owner().as_json())
    path = _write(folder, record)
    try:
        with _touched(path):
            yield record
    except BaseException as exc:
        record.exit_code, record.reason = _exit_code(exc), str(exc) or type(exc).__name__
        raise
    finally:
        record.ended = time.time()
        record.state = _state_of(record.exit_code)
        _write(folder, record)


def read_records(folder: Path) -> dict[tuple[str, str], TaskRecord]:
    """Return the last record of each task of a job, by step and frames, as things are now.

    A task that says it runs, and whose process is gone, is lost. What an engine's script
    leaves in `end_file` counts where the task itself could not say how it ended. A record
    that cannot be read, say since it is from another version, is left out.
    """
    records = {}
    for path in sorted((folder / _FOLDER).glob("[!.]*.json")):
        try:
            seen = path.stat().st_mtime
            document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            record = TaskRecord(**document | {"state": TaskState(document["state"])})
        except (OSError, ValueError, LookupError, TypeError):
            continue
        records[record.step, record.frames] = _as_seen(record, seen)
    for path in sorted((folder / _FOLDER).glob("[!.]*.end")):
        step, _, frames = path.stem.partition(".")
        with suppress(OSError, ValueError):
            records[step, frames] = _as_ended(records.get((step, frames)), path, step=step, frames=frames)
    return records


def forget_records(folder: Path) -> None:
    """Delete the records of a job: what an earlier submission left says nothing of the next."""
    for path in (folder / _FOLDER).glob("[!.]*"):
        if path.suffix in {".json", ".end"}:
            path.unlink(missing_ok=True)


def task_name(step: str, frames: str) -> str:
    """Return the name that a task has in the job folder."""
    return f"{step}.{frames}" if frames else step


def end_file(task: str) -> str:
    """Return where, below the job folder, a script says how a task ended that it gave up.

    One line: exit code, seconds since 1970, name of the machine.
    """
    return f"{_FOLDER}/{task}.end"


def _as_seen(record: TaskRecord, seen: float) -> TaskRecord:
    if record.state is not TaskState.RUNNING:
        return record
    runs = Owner.from_json(asdict(record)).is_running()
    if runs is None:
        runs = time.time() - seen < _GONE_AFTER_S
    if runs:
        return record
    return replace(record, state=TaskState.LOST, ended=seen, reason="its process is gone")


def _as_ended(known: TaskRecord | None, path: Path, *, step: str, frames: str) -> TaskRecord:
    """Return what a record comes to by what a script says of the task's end; ValueError if it cannot be read."""
    code, when, host = path.read_text(encoding="utf-8").split()
    exit_code, ended = int(code), float(when)
    if known is None:
        reason = f"{_ending(exit_code)}: it did not begin its work"
        known = TaskRecord(step=step, frames=frames, host=host, pid=0, started=ended)
    elif known.started > ended + _WHOLE_SECOND_S or known.state in {TaskState.DONE, TaskState.FAILED}:
        return known
    else:
        was_asked = known.state is TaskState.AGAIN and known.reason
        reason = f"given up: {known.reason}" if was_asked else _ending(exit_code)
    return replace(known, state=TaskState.FAILED, ended=ended, exit_code=exit_code, reason=reason)


def _ending(exit_code: int) -> str:
    if exit_code > _SIGNALS_FROM:
        return f"ended by signal {exit_code - _SIGNALS_FROM}"
    return f"ended with {exit_code}"


@contextmanager
def _touched(path: Path) -> Iterator[None]:
    """Touch a file again and again while the block does its work."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(_BEAT_S):
            with suppress(OSError):  # a share that is away for a moment is no reason to stop work
                os.utime(path)

    thread = threading.Thread(target=beat, name="record of the task", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _write(folder: Path, record: TaskRecord) -> Path:
    path = folder / _FOLDER / f"{task_name(record.step, record.frames)}.json"
    publish_text(path, json.dumps(asdict(record)) + "\n", overwrite=True)
    return path


def _exit_code(exc: BaseException) -> ExitCode:
    if isinstance(exc, PixError):
        return exc.exit_code
    return ExitCode.INTERRUPTED if isinstance(exc, KeyboardInterrupt) else ExitCode.BUG


def _state_of(exit_code: int) -> TaskState:
    if exit_code == ExitCode.DONE:
        return TaskState.DONE
    return TaskState.AGAIN if exit_code == ExitCode.TEMPORARY else TaskState.FAILED
