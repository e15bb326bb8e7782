# SPDX-License-Identifier: Apache-2.0
"""Jobs and plans for a farm, with no frames behind them; and plans of plain commands."""

import sys
from pathlib import Path

from pixmend.farm import (
    Job,
    Laid,
    Plan,
    Site,
    Step,
    Task,
    frames_to_lay,
    make_template,
    parameter_values,
    resolve_plan,
)
from pixmend.model import FrameRange

__all__ = ["Heard", "command", "job_of", "planned", "step_of"]


def job_of(frames="1001-1024", **fields):
    """Return a job over some frames."""
    known = {"name": "reel 'A'", "pixmend": "0.1.0", "shot": "/plates/reel.#.exr", "output": "/mended/reel"}
    return Job(frames=FrameRange.parse(frames), **known | fields)


def planned(folder=Path("/jobs/reel 'A'.job"), frames="1001-1024", *, size=6, site=None, **fields) -> Plan:
    """Return the plan of a job that a farm could run."""
    job, site = job_of(frames, **fields), site or Site(command=("pixmend",))
    laid = Laid(frames=frames_to_lay(job.frames, size), look=size, mend=size)
    values = parameter_values(job, job_folder=str(folder), laid=laid)
    return resolve_plan(make_template(job, site), values, folder=Path("/"))


def command(code, frames="", *words):
    """Return a task that runs some Python."""
    return Task(frames, (sys.executable, "-I", "-S", "-c", code, *map(str, words)))


def step_of(name, *tasks, after=(), timeout=60):
    """Return a step."""
    return Step(name=name, depends_on=tuple(after), tasks=tasks, cores=1, memory_mb=256, timeout=timeout)


class Heard:
    """A `Progress` that remembers what it was told."""

    def __init__(self):
        self.stages, self.notes = {}, []

    def start(self, stage, total):
        self._stage = stage
        self.stages[stage] = [0, total]

    def advance(self, count=1):
        self.stages[self._stage][0] += count

    def note(self, sentence):
        self.notes.append(sentence)

    def finish(self):
        pass
