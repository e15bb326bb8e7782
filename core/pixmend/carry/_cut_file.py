# SPDX-License-Identifier: Apache-2.0
"""Cut lists on disk: EDL, OTIO and whatever else OpenTimelineIO has an adapter for, or CSV."""

from pathlib import Path

from opentimelineio.adapters import suffixes_with_defined_adapters

from pixmend.carry._csv_list import list_from_csv
from pixmend.carry._cut_list import CutList
from pixmend.carry._timeline import list_from_timeline
from pixmend.errors import UsageError

__all__ = ["read_cut_list"]

_MOST_BYTES = 64 * 2**20  # a feature's list has some hundred kB


def read_cut_list(path: Path, *, rate: float | None = None) -> CutList:
    """Read which shots a reel holds.

    Parameters
    ----------
    path : Path
        ``.csv``: ``first,last[,camera][,name]`` in frame numbers of the reel, both
        inclusive. Else a timeline (``.edl``, ``.otio``): what its video shows, by record time.
    rate : float, optional
        Frames a second of the record timecode; by default what the list says, or 24 for
        one that does not (EDL).

    Raises
    ------
    UsageError
        If the file cannot be read, is of no known form, or names no shot; as RangeError
        if a frame is in two of them.
    """
    suffix = path.suffix.lower()
    known = ("csv", *sorted(suffixes_with_defined_adapters(read=True)))
    if suffix.removeprefix(".") not in known:
        raise UsageError(
            f"the suffix {path.suffix!r} does not say which kind of cut list this is",
            where=str(path),
            hint=f"one of {', '.join(f'.{each}' for each in known)}",
        )
    _check_readable(path)
    if suffix != ".csv":
        return list_from_timeline(path, rate=rate)
    if rate is not None:
        raise UsageError("a CSV list counts in frame numbers, it has no frame rate", where=str(path))
    return list_from_csv(_text(path), where=str(path))


def _check_readable(path: Path) -> None:
    try:
        size = path.stat().st_size
        if not path.is_dir():  # a bundle (.otiod) is a folder
            path.open("rb").close()
    except OSError as exc:
        reason = (exc.strerror or str(exc)).lower()
        raise UsageError(f"the cut list cannot be read: {reason}", where=str(path)) from exc
    if size > _MOST_BYTES:
        raise UsageError(f"larger than {_MOST_BYTES >> 20} MB, this is no cut list", where=str(path))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as exc:
        raise UsageError("this is not UTF-8 text", where=str(path), hint="save it as UTF-8") from exc
    except OSError as exc:
        reason = (exc.strerror or str(exc)).lower()
        raise UsageError(f"the cut list cannot be read: {reason}", where=str(path)) from exc
