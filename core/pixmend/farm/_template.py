# SPDX-License-Identifier: Apache-2.0
"""The neutral job: an Open Job Description of what is to be done, and of nothing else.

Form: OpenJD 2023-09 with the extension TASK_CHUNKING, as its specification has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pixmend.errors import UsageError
from pixmend.farm._job import Job
from pixmend.farm._site import Site

__all__ = ["EXTENSIONS", "Laid", "make_template", "parameter_values"]

EXTENSIONS = ("TASK_CHUNKING",)
_MEMORY_MB = 4096
_NOTICE_SECONDS = 60  # to finish a frame that is being written


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """Over which frames the tasks of a job are laid.

    Attributes
    ----------
    frames : str
        OpenJD range.
    look, mend : int
        How many of them one task of looking, which proving is too, or of mending gets.
    """

    frames: str
    look: int
    mend: int


def make_template(job: Job, site: Site) -> dict[str, Any]:
    """Return the template of a job.

    Raises
    ------
    UsageError
        If a word of the site's command has braces, which mean something in a template.
    """
    if any("{{" in word for word in [*site.command, *site.environment.values()]):
        raise UsageError("'{{' cannot be part of a job", where="site file", hint="use a path without it")
    return {
        "specificationVersion": "jobtemplate-2023-09",
        "extensions": list(EXTENSIONS),
        "name": "{{Param.Name}}",
        "description": "pixmend: dead, stuck and hot pixels are found and mended, and nothing else is changed",
        "parameterDefinitions": [
            {"name": "Name", "type": "STRING"},
            {"name": "Job", "type": "PATH", "objectType": "DIRECTORY", "dataFlow": "NONE"},
            {"name": "Frames", "type": "STRING"},
            {"name": "LookChunk", "type": "INT", "minValue": 1},
            {"name": "MendChunk", "type": "INT", "minValue": 1},
        ],
        "jobEnvironments": [
            {"name": "pixmend", "variables": {"PIXMEND_PROGRESS": "openjd", **site.environment}}
        ],
        "steps": _steps(job, site),
    }


def parameter_values(job: Job, *, job_folder: str, laid: Laid) -> dict[str, str | int]:
    """Return the values that the template of a job is resolved with."""
    return {
        "Name": job.name,
        "Job": job_folder,
        "Frames": laid.frames,
        "LookChunk": laid.look,
        "MendChunk": laid.mend,
    }


def _steps(job: Job, site: Site) -> list[dict[str, Any]]:
    names = _names(job)
    befores: list[list[str]] = [[], *([name] for name in names)]
    return [_step(name, before, site) for name, before in zip(names, befores, strict=False)]


def _names(job: Job) -> list[str]:
    mends = ["Fix", "Verify", "Report"]
    if job.only == "fix":
        return mends
    finds = ["Measure", "Map"] if job.is_one_shot else ["Cuts", "Look", "Group", "Again", "Map"]
    return finds if job.only == "detect" else finds + mends


_CHUNKS = {
    "Look": "LookChunk",
    "Again": "LookChunk",
    "Measure": "LookChunk",
    "Fix": "MendChunk",
    "Verify": "LookChunk",
}


def _step(name: str, before: Sequence[str], site: Site) -> dict[str, Any]:
    args = [*site.command[1:], "farm", name.lower(), "{{Param.Job}}"]
    step: dict[str, Any] = {"name": name}
    if before:
        step["dependencies"] = [{"dependsOn": each} for each in before]
    if name in _CHUNKS:
        step["parameterSpace"] = {"taskParameterDefinitions": [_frames_in_chunks(_CHUNKS[name])]}
        args += ["--frames", "{{Task.Param.Frames}}"]
    step["hostRequirements"] = {
        "amounts": [
            {"name": "amount.worker.vcpu", "min": site.cores},
            {"name": "amount.worker.memory", "min": site.memory_mb or _MEMORY_MB},
        ]
    }
    step["script"] = {
        "actions": {
            "onRun": {
                "command": site.command[0],
                "args": [*args, "--workers", str(site.cores)],
                "timeout": site.timeout,
                "cancelation": {
                    "mode": "NOTIFY_THEN_TERMINATE",
                    "notifyPeriodInSeconds": _NOTICE_SECONDS,
                },
            }
        }
    }
    return step


def _frames_in_chunks(size: str) -> dict[str, Any]:
    return {
        "name": "Frames",
        "type": "CHUNK[INT]",
        "range": "{{Param.Frames}}",
        "chunks": {"defaultTaskCount": f"{{{{Param.{size}}}}}", "rangeConstraint": "CONTIGUOUS"},
    }
