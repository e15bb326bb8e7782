# SPDX-License-Identifier: Apache-2.0
"""Waiting for a job that runs elsewhere: by what its tasks say, and by what the engine still has of it."""

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pixmend.progress import Progress

if TYPE_CHECKING:
    from pixmend.farm import JobStatus, Submission

__all__ = ["wait_for_job"]

_SECONDS_BETWEEN_LOOKS = 5.0
_SECONDS_BETWEEN_QUESTIONS = 30.0  # to the engine, which has others to answer
_MISSED_FOR_GOOD = 3  # questions: a share may show the last records late


def wait_for_job(folder: Path, submission: "Submission", progress: Progress) -> "Submission":
    """Wait until the tasks of a job have ended, or the engine has none of them any more.

    An engine that can be asked knows best what begins again, say after a machine was lost and
    however long the queue is. Of one that cannot, the records of the tasks tell.
    """
    from pixmend.farm import job_status, read_outline, read_records

    outline = read_outline(folder)
    progress.start("tasks", sum(len(tasks) for tasks in outline.values()))
    told, asked, missed = 0, time.monotonic(), 0
    while True:
        status = job_status(outline, read_records(folder), now=time.time())
        done = sum(step.done for step in status.steps)
        progress.advance(max(done - told, 0))
        told = max(done, told)
        if _is_over(status, missed, can_ask=submission.is_queued is not None):
            return replace(submission, is_over=True, failures=_failures(status))
        time.sleep(_SECONDS_BETWEEN_LOOKS)
        is_time = time.monotonic() - asked > _SECONDS_BETWEEN_QUESTIONS or status.is_settled
        if submission.is_queued is not None and is_time:
            missed = 0 if submission.is_queued() else missed + 1
            asked = time.monotonic()


def _is_over(status: "JobStatus", missed: int, *, can_ask: bool) -> bool:
    if status.is_done or missed >= _MISSED_FOR_GOOD:
        return True
    return status.is_settled and (missed > 0 or not can_ask)


def _failures(status: "JobStatus") -> tuple[str, ...]:
    named = tuple(
        f"{f'{each.step} {each.frames}'.strip()}: {each.reason}" for each in (*status.failed, *status.lost)
    )
    never = sum(step.total - step.done for step in status.steps) - len(named)
    return named if named or not never else (f"{never} tasks were cancelled",)
