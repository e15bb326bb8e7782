# SPDX-License-Identifier: Apache-2.0
"""``pixmend farm``: one task of a job, as an engine calls it; and how far a job is.

Each task may be run again, late, or on another machine: what is done stays, and files
come into being whole.
"""

from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pixmend
from pixmend.cli import _farm_status
from pixmend.cli._arguments import ArgumentParser, add_common_options, add_workers_option, read_frame_range
from pixmend.cli._farm_detect import again, cuts, group, look, map_of_job, measure
from pixmend.cli._farm_mend import fix, report, verify
from pixmend.cli._output import Result
from pixmend.errors import UsageError
from pixmend.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from pixmend.cli._farm_task import Task

__all__ = ["ACTIONS", "SUMMARY", "add_arguments", "run"]

SUMMARY = "do one task of a job that `submit` made, or say how far it is"


@dataclass(frozen=True, slots=True)
class _Action:
    step: str
    work: "Callable[[Task], Result]"
    is_chunked: bool


ACTIONS: dict[str, _Action | None] = {
    "cuts": _Action("Cuts", cuts, is_chunked=False),
    "look": _Action("Look", look, is_chunked=True),
    "group": _Action("Group", group, is_chunked=False),
    "again": _Action("Again", again, is_chunked=True),
    "measure": _Action("Measure", measure, is_chunked=True),
    "map": _Action("Map", map_of_job, is_chunked=False),
    "fix": _Action("Fix", fix, is_chunked=True),
    "verify": _Action("Verify", verify, is_chunked=True),
    "report": _Action("Report", report, is_chunked=False),
    "status": None,
}


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the actions and their arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, action in ACTIONS.items():
        if action is None:
            summary = _farm_status.SUMMARY
            _farm_status.add_arguments(actions.add_parser(name, help=summary, description=summary))
            continue
        summary = (action.work.__doc__ or "").partition("\n")[0]
        _add_task_arguments(actions.add_parser(name, help=summary, description=summary), action)


def _add_task_arguments(parser: ArgumentParser, action: _Action) -> None:
    parser.add_argument("job", metavar="JOB", type=Path, help="the job folder that `submit` named")
    if action.is_chunked:
        parser.add_argument("--frames", metavar="R", required=True, help="the frames of this task")
    add_workers_option(parser)
    add_common_options(parser)


def run(args: Namespace, progress: Progress) -> Result:
    """Do one task, and keep its record."""
    action = ACTIONS[args.action]
    if action is None:
        return _farm_status.run(args, progress)
    from pixmend.cli._farm_task import Task
    from pixmend.farm import read_job, recorded_task

    job = read_job(args.job)
    given = args.frames if action.is_chunked else ""
    frames = read_frame_range(given) & job.frames if given else job.frames
    with recorded_task(args.job, step=action.step, frames=given) as record:
        if job.pixmend != pixmend.__version__:
            raise UsageError(
                f"the job was submitted by pixmend {job.pixmend}, this is {pixmend.__version__}: "
                "they may find other defects",
                where=str(args.job),
                hint="use the same version of pixmend on all machines",
            )
        task = Task(folder=args.job, job=job, frames=frames, workers=args.workers, progress=progress)
        result = action.work(task)
        record.exit_code = int(result.exit_code)
    return result
