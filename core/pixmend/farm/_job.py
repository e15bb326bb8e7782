# SPDX-License-Identifier: Apache-2.0
"""What was asked of a farm: one file in the job folder, which every task reads."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pixmend.errors import RangeError, UsageError
from pixmend.model import FrameRange
from pixmend.publish import publish_text

__all__ = ["Job", "read_job", "write_job"]

_SCHEMA = "pixmend.farm-job/1"
_FILE = "job.json"
_LISTS = ("detect", "fix", "verify")

Only = Literal["", "detect", "fix"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a job is to do; paths are absolute, and as the machines of the farm see them.

    Attributes
    ----------
    name : str
    pixmend : str
        The version that submitted it.
    shot : str
        The frames, as `open_shot` takes them.
    output : str
        The folder for the mended frames.
    frames : FrameRange
        Those that are wanted and were there.
    is_one_shot : bool
        Whether all are one shot, which is measured in parts; else there may be cuts.
    only : {"", "detect", "fix"}
        The part of the work that is wanted; empty: all of it.
    map : str
        The defects, where they are known already; else empty.
    cuts : str
        ``auto``, ``none``, or a cut list.
    encoding : str
        What the samples mean; empty where the frames say it.
    detect, fix, verify : tuple of str
        Further options, word for word as these commands take them.
    """

    name: str
    pixmend: str
    shot: str
    output: str
    frames: FrameRange
    is_one_shot: bool = False
    only: Only = ""
    map: str = ""
    cuts: str = "auto"
    encoding: str = ""
    detect: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()
    verify: tuple[str, ...] = ()


def write_job(folder: Path, job: Job) -> None:
    """Write a job into its folder; the same job may be written again.

    Raises
    ------
    UsageError
        If the folder is of another job, or cannot be written.
    TemporaryError
        If the disk is full.
    """
    if (folder / _FILE).exists() and replace(read_job(folder), pixmend=job.pixmend) != job:
        raise UsageError(
            "this folder is of another job",
            where=str(folder),
            hint="name another with --job, or remove this one if nothing of it runs",
        )
    document = {"schema": _SCHEMA} | asdict(job) | {"frames": str(job.frames)}
    publish_text(folder / _FILE, json.dumps(document, indent=1) + "\n", overwrite=True)


def read_job(folder: Path) -> Job:
    """Read the job of a folder.

    Raises
    ------
    UsageError
        If there is none, or it cannot be used.
    """
    path = folder / _FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return _job_from(document, path)
    except FileNotFoundError as exc:
        raise UsageError(
            "this is no job folder: there is no job.json in it",
            where=str(folder),
            hint="`pixmend submit` names the job folder that it makes",
        ) from exc
    except OSError as exc:
        raise UsageError(
            f"the job cannot be read: {(exc.strerror or str(exc)).lower()}", where=str(path)
        ) from exc
    except (ValueError, LookupError, TypeError, AttributeError, RangeError) as exc:
        raise UsageError("this is not the file of a job", where=str(path), hint="submit it again") from exc


def _job_from(document: dict[str, Any], path: Path) -> Job:
    schema = document.pop("schema")
    if schema != _SCHEMA:
        raise UsageError(
            f"the job is of form {schema!r}, this pixmend reads {_SCHEMA!r}",
            where=str(path),
            hint="use the same version of pixmend on all machines",
        )
    fields = document | {name: tuple(map(str, document[name])) for name in _LISTS}
    fields["frames"] = FrameRange.parse(document["frames"])
    return Job(**fields)
