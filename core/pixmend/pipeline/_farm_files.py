# SPDX-License-Identifier: Apache-2.0
"""Files that the tasks of a job leave for each other: JSON, each marked with the job that asked."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xxhash

from pixmend.errors import FrameError, TemporaryError
from pixmend.farm import Job
from pixmend.frames import FileShot, FrameSource
from pixmend.model import FrameRange
from pixmend.publish import publish_text

__all__ = ["asked_of", "digest_of", "file_facts", "files_state", "publish_json", "read_json"]


def asked_of(job: Job) -> str:
    """Name what decides what is found: the frames, the options and the content of files among them.

    What an earlier task left is taken only where this name is the same.

    Raises
    ------
    TemporaryError
        If a file among the options cannot be read.
    """
    words = (job.cuts, *job.detect)
    contents = {word: digest for word in words if (digest := _content(word))}
    said = [job.pixmend, job.shot, str(job.frames), job.is_one_shot, job.encoding, words, contents]
    return digest_of(json.dumps(said))


def digest_of(text: str) -> str:
    """Return a short name of a text."""
    return xxhash.xxh3_128_hexdigest(text.encode("utf-8", "backslashreplace"))


def files_state(source: FrameSource, frames: FrameRange) -> str:
    """Name the files of some frames as they are now, by size and time; empty for frames in memory."""
    if not isinstance(source, FileShot):
        return ""
    return digest_of(json.dumps([file_facts(source, frame) for frame in frames]))


def file_facts(source: FileShot, frame: int) -> list[int]:
    """Return size and time of a frame's file; nothing where it is not there."""
    try:
        found = source.path(frame).stat()
    except (OSError, FrameError):  # whoever reads the frame says so
        return []
    return [found.st_size, found.st_mtime_ns]


def publish_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write or replace a file; errors as `publish_text`."""
    publish_text(path, json.dumps(document, allow_nan=False) + "\n", overwrite=True)


def read_json(path: Path, *, schema: str, asked: str) -> dict[str, Any] | None:
    """Return what a task left; None if it is not there, or is of another job, version or form.

    Raises
    ------
    TemporaryError
        If it is there and cannot be read.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as exc:
        reason = (exc.strerror or str(exc)).lower()
        raise TemporaryError(f"cannot be read: {reason}", where=str(path)) from exc
    except ValueError:  # not written by a task, which write whole files
        return None
    is_ours = isinstance(document, dict) and (document.get("schema"), document.get("asked")) == (
        schema,
        asked,
    )
    return document if is_ours else None


def _content(word: str) -> str:
    path = Path(word.partition("=")[2] if word.startswith("--") else word)
    try:
        return xxhash.xxh3_128_hexdigest(path.read_bytes()) if path.is_absolute() and path.is_file() else ""
    except (OSError, ValueError) as exc:
        raise TemporaryError("a file that the job names cannot be read", where=word) from exc
