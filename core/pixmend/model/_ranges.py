# SPDX-License-Identifier: Apache-2.0
"""Frame ranges: the one place where their text is read and written."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain

from fileseq import framesToFrameRange

from pixmend.errors import RangeError

__all__ = ["FrameRange"]

_CHUNK = re.compile(r"(?P<first>-?\d{1,9})(?:-(?P<last>-?\d{1,9})(?:x(?P<step>\d{1,9}))?)?", re.ASCII)
_MOST_FRAMES = 1_000_000  # 11 hours at 24 fps: anything longer is a typing error


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
    chunks = [_chunk(chunk.strip(), text) for chunk in text.split(",")]
    count = sum(len(chunk) for chunk in chunks)
    if count > _MOST_FRAMES:
        raise RangeError(f"{_short(text)} holds {count} frames", hint="check the last frame number")
    return FrameRange(chain.from_iterable(chunks))


def _chunk(chunk: str, text: str) -> range:
    """Return the frames of one part of a range, as ``5``, ``1-10`` or ``10-1x2``."""
    found = _CHUNK.fullmatch(chunk)
    if found is None:
        raise RangeError(
            f"{_short(text)} is not a frame range", hint="write it like 1001-1100, 1001-1100x2 or 1,5-9"
        )
    first = int(found["first"])
    last = int(found["last"] or first)
    step = int(found["step"] or 1)
    if step == 0:
        raise RangeError(f"{_short(text)} is not a usable frame range", hint="steps start at 1")
    return range(first, last + 1, step) if first <= last else range(first, last - 1, -step)


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "...")
