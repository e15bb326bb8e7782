# SPDX-License-Identifier: Apache-2.0
"""The shots that a list names, and where they lie in a reel of frames."""

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from opentimelineio.opentime import RationalTime, from_timecode

from pixmend.errors import RangeError, UsageError

__all__ = ["CutList", "ListedShot"]

_TIMECODE = re.compile(r"\d{1,2}[:;.][0-5]\d[:;.][0-5]\d[:;.]\d{2,3}", re.ASCII)
_FRAME = re.compile(r"-?\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedShot:
    """One shot of a list.

    Attributes
    ----------
    first, last : int
        Its first and its last frame; both belong to it.
    name : str
        What the list calls it; may be empty.
    camera : str
        The camera that took it; empty where the list does not say.
    mixed_first, mixed_last : int
        How many of its first and its last frames show the shot before or after too: a dissolve.
    """

    first: int
    last: int
    name: str = ""
    camera: str = ""
    mixed_first: int = 0
    mixed_last: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CutList:
    """The shots of a list, in order; none overlaps another.

    Attributes
    ----------
    shots : tuple of ListedShot
    begins : int or None
        Where the list itself begins, which may be before its first shot (a gap): its
        record timecode as a count of frames. None where the list counts in the frame
        numbers of the reel already.
    rate : float
        Frames a second of the record timecode.
    where : str
        The file.
    """

    shots: tuple[ListedShot, ...]
    begins: int | None = None
    rate: float = 24.0
    where: str = ""

    def __post_init__(self) -> None:
        if not self.shots:
            raise UsageError("the list names no shot", where=self.where)
        ordered = tuple(sorted(self.shots, key=lambda each: each.first))
        object.__setattr__(self, "shots", ordered)
        for one, other in pairwise(ordered):
            if other.first <= one.last:
                raise RangeError(
                    f"frame {other.first} is in two shots, {_named(one)} and {_named(other)}",
                    where=self.where,
                    hint="a frame belongs to one shot; in a dissolve to the nearer one",
                )

    def in_reel(self, first_frame: int, *, start: str | None = None) -> tuple[ListedShot, ...]:
        """Return the shots in the frame numbers of a reel.

        Parameters
        ----------
        first_frame : int
            The reel's first frame.
        start : str, optional
            A frame number of the reel: there the list begins. Or a timecode: the record
            timecode of the reel's first frame. When left out, the list begins with the reel.

        Raises
        ------
        UsageError
            If `start` is neither, or the list counts in frame numbers and needs none.
        """
        if self.begins is None:
            if start is not None:
                raise UsageError(
                    "this list counts in frame numbers of the reel, it needs no --cuts-start",
                    where=self.where,
                )
            return self.shots
        by = self._shift(self.begins, first_frame, start)
        return tuple(replace(each, first=each.first + by, last=each.last + by) for each in self.shots)

    def _shift(self, begins: int, first_frame: int, start: str | None) -> int:
        if start is None:
            return first_frame - begins
        if _FRAME.fullmatch(start):
            return int(start) - begins
        return first_frame - frames_of_timecode(start, self.rate, where="--cuts-start")


def frames_of_timecode(text: str, rate: float, *, where: str) -> int:
    """Return how many frames after 00:00:00:00 a timecode lies; UsageError if it is none at this rate."""
    problem = UsageError(
        f"{text[:40]!r} is neither a frame number nor a timecode like 01:00:00:00 at {rate:g} frames a second",
        where=where,
    )
    if not _TIMECODE.fullmatch(text):
        raise problem
    try:
        return int(from_timecode(text, RationalTime.nearest_valid_timecode_rate(rate)).value)
    except ValueError as exc:
        raise problem from exc


def _named(shot: ListedShot) -> str:
    range_text = f"{shot.first}-{shot.last}"
    return f"{shot.name} ({range_text})" if shot.name else range_text
