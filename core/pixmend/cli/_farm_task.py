# SPDX-License-Identifier: Apache-2.0
"""One task of a job, and the plain commands that it stands for."""

from argparse import Namespace
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixmend.cli._arguments import ArgumentParser
from pixmend.progress import Progress

if TYPE_CHECKING:
    from pixmend.farm import Job
    from pixmend.model import FrameRange

__all__ = ["Task", "detect_arguments", "fix_arguments", "verify_arguments"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What an engine asked for.

    Attributes
    ----------
    folder : Path
        The job folder.
    job : Job
    frames : FrameRange
        Of this task; those of the job where a step is one task.
    workers : int
    progress : Progress
    """

    folder: Path
    job: "Job"
    frames: "FrameRange"
    workers: int
    progress: Progress

    @property
    def map_path(self) -> Path:
        """The map that frames are mended by: the one that was given, or the job's own."""
        return Path(self.job.map) if self.job.map else self.folder / "map.json"


def detect_arguments(task: Task) -> Namespace:
    """Return the arguments of the `pixmend detect` that finds the same."""
    cuts = "none" if task.job.is_one_shot else task.job.cuts
    words = [task.job.shot, *task.job.detect, "--cuts", cuts, "-o", str(task.map_path)]
    return _parsed("detect", task, words)


def fix_arguments(task: Task) -> Namespace:
    """Return the arguments of the `pixmend fix` of this task's frames."""
    words = [task.job.shot, *task.job.fix, "--map", str(task.map_path), "-o", task.job.output]
    return _parsed("fix", task, [*words, "--frames", str(task.frames)])


def verify_arguments(task: Task) -> Namespace:
    """Return the arguments of the `pixmend verify` of this task's frames."""
    words = [task.job.output, *task.job.verify, "--map", str(task.map_path), "--source", task.job.shot]
    return _parsed("verify", task, [*words, "--frames", str(task.frames)])


def _parsed(command: str, task: Task, words: list[str]) -> Namespace:
    parser = ArgumentParser(prog=f"pixmend {command}")
    module: Any = import_module(f"pixmend.cli._{command}")
    module.add_arguments(parser)
    encoding = ["--encoding", task.job.encoding] if task.job.encoding else []
    return parser.parse_args([*words, *encoding, "--workers", str(task.workers)])
