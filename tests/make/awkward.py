# SPDX-License-Identifier: Apache-2.0
"""A plan of words that are hard to quote, in a folder that is too."""

from collections.abc import Sequence
from pathlib import Path

from pixmend.farm import Plan, Step, Task

__all__ = ["AWKWARD", "awkward_plan", "called_as", "engine_folder"]

AWKWARD = 'it\'s 50% "of" {a $HOME \\ [x]; #1'
"""What means something to shells, Tcl and farms, and must stay as it is."""


def awkward_plan(
    *, chunks: Sequence[str] = ("1001-1003", "1004-1006", "1007-1007"), program: Sequence[str] = ("pixmend",)
) -> Plan:
    """Return a plan of one task, some side by side, and one that waits for them."""

    def step(name: str, before: Sequence[str], frames: Sequence[str]) -> Step:
        tasks = tuple(
            Task(each, (*program, name, AWKWARD, *(("--frames", each) if each else ()))) for each in frames
        )
        return Step(name=name, depends_on=tuple(before), tasks=tasks, cores=1, memory_mb=1536, timeout=601)

    return Plan(
        name="reel A",
        job_folder=Path("/jobs/reel A.job"),
        environment={"PIXMEND_PROGRESS": "openjd", "SAID": AWKWARD},
        steps=(step("Cuts", (), [""]), step("Look", ["Cuts"], chunks), step("Map", ["Look"], [""])),
    )


def called_as(plan: Plan, step: Step, task: Task, *, engine: str, retries: int) -> list[str]:
    """Return the words that an engine is to call a task with, so that it is tried again."""
    folder, name = plan.job_folder, f"{step.name}.{task.frames}" if task.frames else step.name
    return [
        "/bin/bash",
        f"{folder}/{engine}/again.sh",
        str(retries),
        f"{folder}/tasks/{name}.end",
        *task.argv,
    ]


def engine_folder(tmp_path: Path, name: str) -> Path:
    """Return the folder of an engine in a job folder, with an awkward path."""
    folder = tmp_path / "job's 50% {a" / name
    folder.mkdir(parents=True)
    return folder
