# SPDX-License-Identifier: Apache-2.0
"""``pixmend farm status``: how far a job is, whichever engine runs it."""

import time
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixmend.cli._arguments import ArgumentParser, add_common_options
from pixmend.cli._output import Result, Table
from pixmend.errors import ExitCode
from pixmend.progress import Progress

if TYPE_CHECKING:
    from pixmend.farm import JobStatus, TaskRecord

__all__ = ["SUMMARY", "add_arguments", "run"]

SUMMARY = "say how far a job is, what failed and what takes long"

_MOST_TOLD = 20
_COUNTS = ("total", "done", "running", "failed", "lost", "again", "waiting")


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("job", metavar="JOB", type=Path, help="the job folder that `submit` named")
    add_common_options(parser)


def run(args: Namespace, progress: Progress) -> Result:
    """Read what the tasks have written down."""
    from pixmend.farm import job_status, read_outline, read_records

    del progress
    now = time.time()
    status = job_status(read_outline(args.job), read_records(args.job), now=now)
    rows = [[step.name, *(str(getattr(step, name)) for name in _COUNTS)] for step in status.steps]
    fields = {
        "job": str(args.job),
        "state": _state(status),
        "steps": [
            {"name": step.name} | {name: getattr(step, name) for name in _COUNTS} for step in status.steps
        ],
        "failed": [_fields(each, now) for each in status.failed],
        "lost": [_fields(each, now) for each in status.lost],
        "stragglers": [_fields(each, now) for each in status.stragglers],
    }
    table = Table(("step", *_COUNTS), rows, frozenset(_COUNTS))
    code = ExitCode.SKIPPED if status.failed or status.lost else ExitCode.DONE
    return Result("farm.status", "\n".join(_sentences(status, now)), fields, code, table)


def _state(status: "JobStatus") -> str:
    if status.is_done:
        return "done"
    if status.is_over:
        return "failed"
    return "running" if any(step.total > step.waiting for step in status.steps) else "waiting"


def _sentences(status: "JobStatus", now: float) -> list[str]:
    lines = [
        f"the job is {_state(status)}" if status.is_over else f"the job is {_state(status)}, not at its end"
    ]
    failed = [
        f"failed: {_named(each)} on {each.host}: {each.reason or each.exit_code}" for each in status.failed
    ]
    lost = [
        f"lost: {_named(each)} on {each.host}: {each.reason}, an engine may start it again"
        for each in status.lost
    ]
    long = [
        f"takes long: {_named(each)} on {each.host}, {now - each.started:.0f} s so far"
        for each in status.stragglers
    ]
    for told in (failed, lost, long):
        lines += told[:_MOST_TOLD]
        lines += [f"and {len(told) - _MOST_TOLD} more"] if len(told) > _MOST_TOLD else []
    return lines


def _named(record: "TaskRecord") -> str:
    return f"{record.step} {record.frames}".strip()


def _fields(record: "TaskRecord", now: float) -> dict[str, Any]:
    return {
        "step": record.step,
        "frames": record.frames,
        "host": record.host,
        "pid": record.pid,
        "seconds": round((record.ended or now) - record.started, 1),
        "exit_code": record.exit_code,
        "reason": record.reason,
    }
