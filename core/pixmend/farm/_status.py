# SPDX-License-Identifier: Apache-2.0
"""How far a job is, by what its tasks have written down: the same for every engine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from pixmend.errors import ExitCode
from pixmend.farm._plan import Outline
from pixmend.farm._tasks import TaskRecord, TaskState

__all__ = ["JobStatus", "StepStatus", "job_status"]

_STRAGGLES = 3.0  # times the median of the tasks of its step that are done
_FEWEST_DONE = 3
_COMES_AGAIN_S = 600.0  # an engine that starts a lost or stopped task again has begun by then


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStatus:
    """How far one step is; the counts add up to `total`.

    Attributes
    ----------
    name : str
    total : int
    done, running, failed, lost, again, waiting : int
        `lost`: its process is gone; `again`: ended with 75 and not begun anew; `waiting`: not begun.
    """

    name: str
    total: int
    done: int
    running: int
    failed: int
    lost: int
    again: int
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatus:
    """How far a job is.

    Attributes
    ----------
    steps : tuple of StepStatus
    failed, lost, stragglers : tuple of TaskRecord
        A straggler runs for more than three times the median of its step.
    may_go_on : bool
        Whether a task runs, or has ended in a way after which engines try again.
    was_just_stopped : bool
        Whether somebody ended a task: a person, or an engine for a job of more weight.
    """

    steps: tuple[StepStatus, ...]
    failed: tuple[TaskRecord, ...]
    lost: tuple[TaskRecord, ...]
    may_go_on: bool
    was_just_stopped: bool
    stragglers: tuple[TaskRecord, ...]

    @property
    def is_done(self) -> bool:
        """Whether every task has ended well."""
        return all(step.done == step.total for step in self.steps)

    @property
    def is_over(self) -> bool:
        """Whether every task has ended well, or one has failed or stays lost and none goes on."""
        return self.is_done or (bool(self.failed or self.lost) and not self.may_go_on)

    @property
    def is_settled(self) -> bool:
        """Whether it is over, and nothing begins any more that an engine still has."""
        is_half_begun = any(0 < step.waiting < step.total for step in self.steps)
        return self.is_over and not is_half_begun and not self.was_just_stopped


def job_status(outline: Outline, records: Mapping[tuple[str, str], TaskRecord], *, now: float) -> JobStatus:
    """Return how far a job is.

    Parameters
    ----------
    outline : Outline
        The tasks that it has; records of others, from an earlier plan, say nothing.
    records : mapping of (str, str) to TaskRecord
        As `read_records` gives them.
    now : float
        Seconds since 1970.
    """
    by_step = {
        name: [records[name, frames] for frames in tasks if (name, frames) in records]
        for name, tasks in outline.items()
    }
    known = [record for those in by_step.values() for record in those]
    return JobStatus(
        steps=tuple(_step(name, len(tasks), by_step[name]) for name, tasks in outline.items()),
        failed=tuple(record for record in known if record.state is TaskState.FAILED),
        lost=tuple(record for record in known if record.state is TaskState.LOST),
        may_go_on=any(_may_go_on(record, now) for record in known),
        was_just_stopped=any(_was_just_stopped(record, now) for record in known),
        stragglers=tuple(record for those in by_step.values() for record in _stragglers(those, now)),
    )


def _may_go_on(record: TaskRecord, now: float) -> bool:
    if record.state is TaskState.LOST:
        return now - record.ended < _COMES_AGAIN_S
    return record.state in {TaskState.RUNNING, TaskState.AGAIN}


def _was_just_stopped(record: TaskRecord, now: float) -> bool:
    was_stopped = record.state is TaskState.FAILED and record.exit_code == ExitCode.INTERRUPTED
    return was_stopped and now - record.ended < _COMES_AGAIN_S


def _step(name: str, total: int, records: Iterable[TaskRecord]) -> StepStatus:
    states = [record.state for record in records]
    return StepStatus(
        name=name,
        total=total,
        done=states.count(TaskState.DONE),
        running=states.count(TaskState.RUNNING),
        failed=states.count(TaskState.FAILED),
        lost=states.count(TaskState.LOST),
        again=states.count(TaskState.AGAIN),
        waiting=total - len(states),
    )


def _stragglers(records: Iterable[TaskRecord], now: float) -> list[TaskRecord]:
    records = list(records)
    took = [record.ended - record.started for record in records if record.state is TaskState.DONE]
    if len(took) < _FEWEST_DONE:
        return []
    long = _STRAGGLES * max(median(took), 1.0)
    return [each for each in records if each.state is TaskState.RUNNING and now - each.started > long]
