# SPDX-License-Identifier: Apache-2.0
"""What a job comes to: steps, and the commands that each is made of. Every engine writes from this."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pixmend.errors import UsageError
from pixmend.publish import publish_text

__all__ = ["Outline", "Plan", "Step", "Task", "read_outline", "write_outline"]

_SCHEMA = "pixmend.farm-plan/1"
_FILE = "plan.json"


@dataclass(frozen=True, slots=True)
class Task:
    """One command; it may be run again at any time, and twice at once.

    Attributes
    ----------
    frames : str
        The frames that it is about, ``1001-1024``; empty where a step is one task.
    argv : tuple of str
        The command.
    """

    frames: str
    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Tasks that may run side by side.

    Attributes
    ----------
    name : str
    depends_on : tuple of str
        Steps of which every task must have ended well before one of these begins.
    tasks : tuple of Task
        At least one.
    cores, memory_mb : int
        What one task wants of a machine.
    timeout : int
        Seconds after which a task is taken for stuck.
    """

    name: str
    depends_on: tuple[str, ...]
    tasks: tuple[Task, ...]
    cores: int
    memory_mb: int
    timeout: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A whole job, its steps in an order in which they could run.

    Attributes
    ----------
    name : str
    job_folder : Path
        Where the tasks read and write what is the job's own, as the farm sees it.
    environment : mapping of str to str
        Variables of every task.
    steps : tuple of Step
    """

    name: str
    job_folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[Step, ...]

    @property
    def task_count(self) -> int:
        """How many commands there are in all."""
        return sum(len(step.tasks) for step in self.steps)


Outline = Mapping[str, tuple[str, ...]]
"""The frames of the tasks of each step, in order: all that the status of a job needs of its plan."""


def write_outline(folder: Path, plan: Plan) -> None:
    """Write the outline of a plan into its job folder. Errors as `publish_text`."""
    steps = [{"name": step.name, "tasks": [task.frames for task in step.tasks]} for step in plan.steps]
    text = json.dumps({"schema": _SCHEMA, "steps": steps})
    publish_text(folder / _FILE, text + "\n", overwrite=True)


def read_outline(folder: Path) -> Outline:
    """Read the outline of the plan in a job folder.

    Raises
    ------
    UsageError
        If there is none.
    """
    path = folder / _FILE
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {step["name"]: tuple(step["tasks"]) for step in document["steps"]}
    except FileNotFoundError as exc:
        raise UsageError(
            "this is no job folder: there is no plan in it",
            where=str(folder),
            hint="`pixmend submit` names the job folder that it makes",
        ) from exc
    except (OSError, ValueError, LookupError, TypeError) as exc:
        raise UsageError(
            "the plan of this job cannot be read", where=str(path), hint="submit the job again"
        ) from exc
