# SPDX-License-Identifier: Apache-2.0
"""What each task says of itself in the job folder: the same on every engine."""

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pixmend.errors import ExitCode, PixError
from pixmend.publish import publish_text

__all__ = ["TaskRecord", "TaskState", "read_records", "recorded_task"]

_FOLDER = "tasks"


class TaskState(StrEnum):
    """How far a task is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    AGAIN = "again"
    """It ended with 75: what stood in its way may pass."""


@dataclass(slots=True, kw_only=True)
class TaskRecord:
    """One run of one task.

    Attributes
    ----------
    step, frames : str
        Which task it is; `frames` is empty where a step is one task.
    host : str
    pid : int
    started, ended : float
        Seconds since 1970; `ended` is 0 while it runs.
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
    ended: float = 0.0
    state: TaskState = TaskState.RUNNING
    exit_code: int = 0
    reason: str = ""


@contextmanager
def recorded_task(folder: Path, *, step: str, frames: str = "") -> Iterator[TaskRecord]:
    """Keep the record of a task in the job folder while the block does its work.

    What the block raises goes on; its exit code is in the record. A process that is
    killed leaves a record that says it runs.

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
    record = TaskRecord(
        step=step, frames=frames, host=socket.gethostname(), pid=os.getpid(), started=time.time()
    )
    _write(folder, record)
    try:
        yield record
    except BaseException as exc:
        record.exit_code, record.reason = _exit_code(exc), str(exc) or type(exc).__name__
        raise
    finally:
        record.ended = time.time()
        record.state = _state_of(record.exit_code)
        _write(folder, record)


def read_records(folder: Path) -> dict[tuple[str, str], TaskRecord]:
    """Return the last record of each task of a job, by step and frames.

    One that cannot be read, say since it is from another version, is left out.
    """
    records = {}
    for path in sorted((folder / _FOLDER).glob("[!.]*.json")):
        try:
            document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            record = TaskRecord(**document | {"state": TaskState(document["state"])})
        except (OSError, ValueError, LookupError, TypeError):
            continue
        records[record.step, record.frames] = record
    return records


def _write(folder: Path, record: TaskRecord) -> None:
    name = f"{record.step}.{record.frames}.json" if record.frames else f"{record.step}.json"
    publish_text(folder / _FOLDER / name, json.dumps(asdict(record)) + "\n", overwrite=True)


def _exit_code(exc: BaseException) -> ExitCode:
    if isinstance(exc, PixError):
        return exc.exit_code
    return ExitCode.INTERRUPTED if isinstance(exc, KeyboardInterrupt) else ExitCode.BUG


def _state_of(exit_code: int) -> TaskState:
    if exit_code == ExitCode.DONE:
        return TaskState.DONE
    return TaskState.AGAIN if exit_code == ExitCode.TEMPORARY else TaskState.FAILED
