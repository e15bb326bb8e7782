# SPDX-License-Identifier: Apache-2.0
"""OpenCue: a step is a layer, and cuebot cuts its frames into chunks. Needs pyoutline.

Of pyoutline only what makes the job's XML is used: its launcher would write a session into the
home folder, and its own way to start a layer needs a studio's shell wrappers.
"""

import logging
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import opencue
import outline
import outline.backend.cue
import outline.cuerun
import outline.modules.shell

from pixmend.errors import TemporaryError, UsageError
from pixmend.farm._again import tried_again, write_again
from pixmend.farm._engines import Command, Submission
from pixmend.farm._plan import Plan, Step, Task, write_outline
from pixmend.farm._site import Site
from pixmend.farm._words import check_words
from pixmend.model import FrameRange
from pixmend.progress import Progress
from pixmend.publish import publish_text

__all__ = ["ENGINE"]

_FILE = "job.xml"
_TOKENS = "#FRAME_START#-#FRAME_END#"  # #FRAME_CHUNK# would be the size of a chunk
_SINGLE = "1"
_SHORTEST_NAME = 3
_FINISHED = opencue.api.job_pb2.FINISHED
_PLACES = ("show", "shot", "facility", "user")
_LAYERS = ("tags", "service")


@dataclass(frozen=True, slots=True)
class _Layer:
    """A step as cuebot sees it: frames, and how many of these a call gets."""

    frames: str
    chunk: int
    argv: tuple[str, ...]


class _OpenCue:
    """The job's XML, and its launch."""

    def write(self, plan: Plan, site: Site, folder: Path) -> tuple[Command, ...]:
        """Write `job.xml`; the outline of the plan becomes that of cuebot's chunks."""
        write_again(folder)
        layers = [_layer(step) for step in plan.steps]
        publish_text(folder / _FILE, _spec(plan, layers, site, folder), overwrite=True)
        write_outline(folder.parent, _as_cut(plan, layers))
        return ()

    def submit(self, plan: Plan, site: Site, folder: Path, progress: Progress) -> Submission:  # noqa: ARG002 - as every engine
        """Launch what is in `job.xml`; CUEBOT_HOSTS, or `[opencue] hosts`, says where cuebot is."""
        spec = (folder / _FILE).read_text(encoding="utf-8")
        hosts = site.section("opencue").get("hosts")
        try:
            if hosts:
                opencue.Cuebot.setHosts(list(hosts))  # connects at once
            jobs = opencue.api.launchSpecAndWait(spec)
        except opencue.exception.ConnectionException as exc:
            raise _no_cuebot(exc) from exc
        except opencue.exception.CueException as exc:
            raise UsageError(
                f"cuebot did not take the job: {_first_line(exc)}", where=str(folder / _FILE)
            ) from exc
        return Submission(
            ids={"job": ",".join(str(job.data.name) for job in jobs)},
            is_queued=partial(_is_queued, [str(job.data.id) for job in jobs]),
        )


ENGINE = _OpenCue()


def _layer(step: Step) -> _Layer:
    """Return a step as frames and a size of chunks; which of the two borders differ is of no matter."""
    (first, *_), words = step.tasks, step.tasks[0].argv
    if not first.frames:
        return _Layer(_SINGLE, 1, words)
    tasks = [FrameRange.parse(task.frames) for task in step.tasks]
    frames = FrameRange.parse(",".join(task.frames for task in step.tasks))
    argv = tuple(_TOKENS if word == first.frames else word for word in words)
    return _Layer(str(frames), max(map(len, tasks)), argv)


def _as_cut(plan: Plan, layers: list[_Layer]) -> Plan:
    """Return the plan with the tasks that cuebot makes of the layers."""
    steps = (
        step if layer.frames == _SINGLE and not step.tasks[0].frames else replace(step, tasks=_chunks(layer))
        for step, layer in zip(plan.steps, layers, strict=True)
    )
    return replace(plan, steps=tuple(steps))


def _chunks(layer: _Layer) -> tuple[Task, ...]:
    frames = FrameRange.parse(layer.frames).frames
    starts = range(0, len(frames), layer.chunk)
    ends = [min(start + layer.chunk, len(frames)) - 1 for start in starts]
    named = [f"{frames[start]}-{frames[end]}" for start, end in zip(starts, ends, strict=True)]
    return tuple(
        Task(text, tuple(text if word == _TOKENS else word for word in layer.argv)) for text in named
    )


def _spec(plan: Plan, layers: list[_Layer], site: Site, folder: Path) -> str:
    logging.getLogger("outline").setLevel(logging.ERROR)
    ranges = ",".join(sorted({layer.frames for layer in layers}))
    job = outline.Outline(
        _cue_name(plan.name), frame_range=ranges, name_unique=False, **_places(site, "show", "shot", "user")
    )
    for name, value in plan.environment.items():
        job.set_env(name, value, True)  # what is not "pre-setshot" never reaches cuebot
    made: dict[str, Any] = {}
    for step, layer in zip(plan.steps, layers, strict=True):
        call = Task("" if layer.frames == _SINGLE else _TOKENS, layer.argv)
        words = tried_again(plan, step, call, site=site, folder=folder)
        made[step.name] = _shell_layer(step, replace(layer, argv=words), site)
        for before in step.depends_on:
            made[step.name].depend_all(made[before])
        job.add_layer(made[step.name])
    launcher = outline.cuerun.OutlineLauncher(job)
    for name, value in _flags(site).items():
        launcher.set_flag(name, value)
    return str(outline.backend.cue.serialize_simple(launcher))


def _shell_layer(step: Step, layer: _Layer, site: Site) -> Any:
    check_words(layer.argv)
    section = site.section("opencue")
    return outline.modules.shell.Shell(
        step.name,
        command=[shlex.quote(word) for word in layer.argv],
        range=layer.frames,
        chunk=layer.chunk,
        cores=float(step.cores),
        threadable=True,
        memory=f"{-(-step.memory_mb // 1024)}g",
        timeout=-(-step.timeout // 60),
        **{name: section[name] for name in _LAYERS if name in section},
    )


def _flags(site: Site) -> dict[str, Any]:
    priority = {} if site.priority is None else {"priority": site.priority}
    return {"pause": False, "nomail": True, "maxretries": 0, **priority, **_places(site, *_PLACES)}


def _places(site: Site, *names: str) -> dict[str, str]:
    section = site.section("opencue")
    return {name: section[name] for name in names if name in section}


def _is_queued(ids: Sequence[str]) -> bool:
    """Tell whether a frame runs or is ready to; those that wait for a dead one never are."""
    try:
        found = [opencue.api.getJob(each).data for each in ids]
    except opencue.exception.EntityNotFoundException:  # long over
        return False
    except opencue.exception.CueException:
        return True
    return any(
        job.state != _FINISHED and job.job_stats.running_frames + job.job_stats.waiting_frames
        for job in found
    )


def _cue_name(name: str) -> str:
    """Return a name that cuebot takes: letters, digits and underscores, three at least."""
    plain = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
    return plain if len(plain) >= _SHORTEST_NAME else f"pixmend_{plain}".strip("_")


def _no_cuebot(exc: Exception) -> TemporaryError:
    return TemporaryError(
        f"no cuebot answers: {_first_line(exc)}",
        where="--engine opencue",
        hint="name its machine in CUEBOT_HOSTS, or in the site file: [opencue] hosts",
    )


def _first_line(exc: Exception) -> str:
    return (str(exc).strip() or type(exc).__name__).splitlines()[0]
