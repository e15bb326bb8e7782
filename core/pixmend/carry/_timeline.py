# SPDX-License-Identifier: Apache-2.0
"""Timelines to the shots that a viewer sees, by record time.

Where two shots dissolve, each has the half of the dissolve that is nearer to it. What is
no camera picture (a gap, black, bars) is no shot.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import opentimelineio as otio
from opentimelineio.opentime import RationalTime, TimeRange

from pixmend.carry._cut_list import CutList, ListedShot
from pixmend.errors import UsageError

__all__ = ["list_from_timeline"]

_USUAL_RATE = 24.0
_SAME_RATE = 0.01  # 23.98 is written for 24000/1001
# Camera, reel and clip in a tape or clip name, as ARRI, RED and Sony write it: A012C003, A001_C004.
_CAMERA = re.compile(r"(?P<letter>[A-Z])\d{3}_?C\d{3}")
_DEEPEST = 16  # nested compositions


@dataclass(slots=True)
class _Piece:
    """What is seen from `start` to `end` (exclusive), from the start of the list."""

    start: RationalTime
    end: RationalTime
    clip: Any
    last: Any = None
    """The clip that the piece ends with, where several were joined."""
    mixed_first: RationalTime = field(default_factory=RationalTime)
    mixed_last: RationalTime = field(default_factory=RationalTime)
    """How long at its start and its end another clip is seen too."""

    def __post_init__(self) -> None:
        self.last = self.clip


def list_from_timeline(path: Path, *, rate: float | None = None) -> CutList:
    """Read a timeline by OpenTimelineIO.

    Parameters
    ----------
    path : Path
        A file with an adapter.
    rate : float, optional
        Frames a second, in place of what the list says.

    Raises
    ------
    UsageError
        If it cannot be read or shows nothing.
    """
    where = str(path)
    rate = None if rate is None else _timecode_rate(rate)
    timeline = _read(path, rate)
    try:
        pieces = _joined(_pieces(otio.algorithms.flatten_stack(timeline.video_tracks())))
        own_rate = pieces[0].start.rate if pieces else _USUAL_RATE
        begins = _record_start(timeline, own_rate)
    except (otio.exceptions.OTIOError, ValueError, RuntimeError, TypeError) as exc:
        raise UsageError(f"the timeline cannot be followed: {_reason(exc)}", where=where) from exc
    rate = rate or own_rate
    first = _frame(begins, rate)
    shots = tuple(shot for each in pieces if (shot := _shot(each, begins, rate)) is not None)
    return CutList(shots=shots, begins=first, rate=rate, where=where)


def _timecode_rate(rate: float) -> float:
    """Return the exact rate that is meant by, say, 23.98."""
    nearest: float = RationalTime.nearest_valid_timecode_rate(rate)
    if abs(nearest - rate) > _SAME_RATE:
        raise UsageError(f"{rate:g} frames a second is no rate of a timecode", where="--fps")
    return nearest


def _read(path: Path, rate: float | None) -> otio.schema.Timeline:
    # An EDL does not say its rate; the adapter takes 24.
    says = {"rate": rate} if rate and path.suffix.lower() == ".edl" else {}
    try:
        read = otio.adapters.read_from_file(str(path), **says)
    except Exception as exc:  # adapters raise whatever a damaged file makes them meet
        hint = "name its frame rate with --fps" if path.suffix.lower() == ".edl" else ""
        raise UsageError(f"the cut list cannot be read: {_reason(exc)}", where=str(path), hint=hint) from exc
    if isinstance(read, otio.schema.SerializableCollection):
        timelines = [each for each in read if isinstance(each, otio.schema.Timeline)]
        if len(timelines) != 1:
            raise UsageError(f"the file holds {len(timelines)} timelines, not one", where=str(path))
        read = timelines[0]
    if not isinstance(read, otio.schema.Timeline):
        raise UsageError("the file holds no timeline", where=str(path))
    return read


def _reason(exc: Exception) -> str:
    """Return the first line of what a library said."""
    text = str(exc).strip().splitlines()
    return text[0][:200].rstrip(".") if text else type(exc).__name__


def _record_start(timeline: otio.schema.Timeline, rate: float) -> RationalTime:
    """Return the record timecode at which the list begins."""
    if timeline.global_start_time is not None:
        return timeline.global_start_time
    tracks = timeline.video_tracks()
    # The CMX 3600 adapter keeps the first record timecode as minus the start of the track.
    if tracks and tracks[0].source_range is not None and tracks[0].source_range.start_time.value < 0:
        return -tracks[0].source_range.start_time
    return RationalTime(0, rate)


def _pieces(track: otio.schema.Track, *, depth: int = 0) -> Iterator[_Piece]:
    """Yield what a flat track shows, from its own start, dissolves shared out."""
    items = list(track)
    for number, item in enumerate(items):
        within = item.trimmed_range_in_parent() if _is_seen(item) else None
        if within is None:
            continue
        share, mixed_first = _share(items, number - 1, number - 2)
        start = within.start_time + share
        share, mixed_last = _share(items, number + 1, number + 2)
        end = within.end_time_exclusive() + share
        if isinstance(item, otio.core.Composition) and depth < _DEEPEST:
            yield from _mixed_at_ends([*_nested(item, start, end, depth=depth + 1)], mixed_first, mixed_last)
        else:
            yield from _mixed_at_ends([_Piece(start, end, item)], mixed_first, mixed_last)


def _mixed_at_ends(pieces: list[_Piece], first: RationalTime, last: RationalTime) -> list[_Piece]:
    """Return pieces, of which the first begins and the last ends in a dissolve."""
    if pieces:
        pieces[0].mixed_first, pieces[-1].mixed_last = first, last
    return pieces


def _is_seen(item: Any) -> bool:
    if isinstance(item, otio.schema.Transition | otio.schema.Gap) or not item.enabled:
        return False
    return not isinstance(getattr(item, "media_reference", None), otio.schema.GeneratorReference)


def _share(items: list[Any], beside: int, beyond: int) -> tuple[RationalTime, RationalTime]:
    """Return how far from the cut the item's picture goes, and how long of that another is seen too.

    To the middle of the transition that is `beside` it, if one is; all of it where nothing is
    seen `beyond` it (a fade).
    """
    if not (0 <= beside < len(items) and isinstance(items[beside], otio.schema.Transition)):
        return RationalTime(0, 1), RationalTime(0, 1)
    before, after = -items[beside].in_offset, items[beside].out_offset
    if not (0 <= beyond < len(items) and _is_seen(items[beyond])):
        return (after if beyond > beside else before), RationalTime(0, 1)
    middle = RationalTime((before + after).value // 2, after.rate)
    return middle, (middle - before if beyond > beside else after - middle)


def _nested(
    item: otio.core.Composition, start: RationalTime, end: RationalTime, *, depth: int
) -> Iterator[_Piece]:
    """Yield the pieces of a composition within a track, between `start` and `end` of the track."""
    children = item if isinstance(item, otio.schema.Stack) else [otio.schema.Track(children=_copies(item))]
    layers = [
        each.deepcopy()
        if isinstance(each, otio.schema.Track)
        else otio.schema.Track(children=_copies([each]))
        for each in children
    ]
    flat = otio.algorithms.flatten_stack(otio.schema.Stack(children=layers))
    within = TimeRange(item.trimmed_range().start_time, end - start)
    for piece in _pieces(otio.algorithms.track_trimmed_to_range(flat, within), depth=depth):
        piece.start, piece.end = start + piece.start, start + piece.end
        yield piece


def _copies(items: Iterable[Any]) -> list[Any]:
    return [each.deepcopy() for each in items]


def _joined(pieces: Iterable[_Piece]) -> list[_Piece]:
    """Join pieces that go on where the one before ended, in the list and in the take: no cut is there."""
    joined: list[_Piece] = []
    for piece in pieces:
        if joined and joined[-1].end == piece.start and _goes_on(joined[-1].last, piece.clip):
            joined[-1].end, joined[-1].last = piece.end, piece.clip
            joined[-1].mixed_last = piece.mixed_last
        else:
            joined.append(piece)
    return joined


def _goes_on(one: Any, other: Any) -> bool:
    ranges = [each.source_range for each in (one, other)]
    if None in ranges or one.name != other.name or not one.name:
        return False
    return bool(ranges[0].end_time_exclusive() == ranges[1].start_time)


def _shot(piece: _Piece, begins: RationalTime, rate: float) -> ListedShot | None:
    """Return a piece in whole frames of record time; None if it is shorter than one."""
    first, stop = (_frame(begins + at, rate) for at in (piece.start, piece.end))
    if stop <= first:
        return None
    return ListedShot(
        first=first,
        last=stop - 1,
        name=piece.clip.name or "",
        camera=_camera(piece.clip),
        mixed_first=_frame(piece.mixed_first, rate),
        mixed_last=_frame(piece.mixed_last, rate),
    )


def _frame(at: RationalTime, rate: float) -> int:
    frames: float = at.rescaled_to(rate).value
    return round(frames)


def _camera(clip: Any) -> str:
    """Return the camera's letter where the tape or clip name is one that a camera wrote."""
    tape = clip.metadata.get("cmx_3600", {}).get("reel", "") if hasattr(clip, "metadata") else ""
    url = getattr(getattr(clip, "media_reference", None), "target_url", "") or ""
    for text in (tape, clip.name or "", re.split(r"[\\/]", url)[-1]):
        found = _CAMERA.match(str(text))
        if found:
            return found["letter"]
    return ""
