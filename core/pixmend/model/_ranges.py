# SPDX-License-Identifier: Apache-2.0
"""Frame ranges: the one place where their text is read and written."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from fileseq import framesToFrameRange
from fileseq.exceptions import FileSeqException
from fileseq.frameset import FrameSet

from pixmend.errors import RangeError

__all__ = ["FrameRange"]

_CHUNK = re.compile(r"-?\d+(?:--?\d+(?:x\d+)?)?")
_MOST_FRAMES = 10_000_000  # 115 hours at 24 fps: anything longer is a typing error


class FrameRange:
    """An immutable set of frame numbers with a compact text.

    The text is the fileseq and OpenJD syntax: ``1001-1100``, ``1001-1100x2``,
    ``1001,1004-1010``, negatives allowed (``-5--1``). Order and repeats in the
    text carry no meaning: frames are kept sorted and once each.

    Examples
    --------
    >>> str(FrameRange.parse("1003,1001-1002"))
    '1001-1003'
    """

    __slots__ = ("_frames", "_members")

    def __init__(self, frames: Iterable[int]) -> None:
        self._members = frozenset(frames)
        self._frames = tuple(sorted(self._members))

    @classmethod
    def parse(cls, text: str) -> "FrameRange":
        """Read a range from its text.

        Raises
        ------
        RangeError
            If the text is not a frame range, holds no frame, or too many.
        """
        return _parse(text)

    @property
    def frames(self) -> tuple[int, ...]:
        """All frame numbers, ascending."""
        return self._frames

    def __iter__(self) -> Iterator[int]:
        return iter(self._frames)

    def __len__(self) -> int:
        return len(self._frames)

    def __contains__(self, frame: object) -> bool:
        return frame in self._members

    def __or__(self, other: "FrameRange") -> "FrameRange":
        return self if self._members >= other._members else FrameRange(self._members | other._members)

    def __and__(self, other: "FrameRange") -> "FrameRange":
        return self if self._members <= other._members else FrameRange(self._members & other._members)

    def __sub__(self, other: "FrameRange") -> "FrameRange":
        return FrameRange(self._members - other._members)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FrameRange) and self._members == other._members

    def __hash__(self) -> int:
        return hash(self._members)

    def __str__(self) -> str:
        return framesToFrameRange(self._frames, sort=False) if self._frames else ""

    def __repr__(self) -> str:
        return f"FrameRange.parse({str(self)!r})"

    def thinned(self, count: int) -> "FrameRange":
        """Return at most `count` of the frames, evenly spaced, first and last included."""
        total = len(self._frames)
        if total <= count:
            return self
        if count == 1:
            return FrameRange([self._frames[total // 2]])
        return FrameRange(self._frames[index * (total - 1) // (count - 1)] for index in range(count))

    def every(self, step: int) -> "FrameRange":
        """Return every `step`-th of the frames, the first included."""
        return FrameRange(self._frames[::step])


@lru_cache(maxsize=4096)
def _parse(text: str) -> FrameRange:
    chunks = [chunk.strip() for chunk in text.split(",")]
    if not text.strip() or not all(_CHUNK.fullmatch(chunk) for chunk in chunks):
        raise RangeError(
            f"{text!r} is not a frame range", hint="write it like 1001-1100, 1001-1100x2 or 1,5-9"
        )
    try:
        frames = FrameSet(",".join(chunks))
    except FileSeqException as exc:
        raise RangeError(
            f"{text!r} is not a usable frame range", hint="steps start at 1, ranges end"
        ) from exc
    if len(frames) > _MOST_FRAMES:
        raise RangeError(f"{text!r} holds {len(frames)} frames", hint="check the last frame number")
    return FrameRange(int(frame) for frame in frames)
