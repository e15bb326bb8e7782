# SPDX-License-Identifier: Apache-2.0
"""Chunks of one part, stacked into one picture: its lines as bytes and as planes. Pure.

After "OpenEXR File Layout" (openexr.com): a line holds its channels one after the other, in
file order, little endian; a subsampled channel has samples in every n-th line and column.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd, lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import UnsupportedError
from pixmend.formats import ExrChannel, ExrCompression

__all__ = ["LARGEST_SAMPLING", "ChunkBox", "ChunkStack", "stack_chunks", "unpacked_bytes"]

LARGEST_SAMPLING = 8  # real ones are 2 and 4; damaged headers say anything


@dataclass(frozen=True, slots=True)
class ChunkBox:
    """The pixels that a chunk covers, in the coordinates of the file's data window.

    Attributes
    ----------
    x, y : int
        Of the first pixel; where subsampled channels have their samples hangs on it.
    width, height : int
    """

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ChunkStack:
    """A picture that is nothing but chunks of one part, one below the other, from line 0.

    Attributes
    ----------
    compression : ExrCompression
    channels : tuple of ExrChannel
        In file order.
    width : int
        Pixels in a line; a multiple of every `x_sampling`.
    lines : int
        Lines of all chunks; a multiple of every `y_sampling`.
    chunk_lines : int
        Lines of each chunk; the last may have fewer.
    """

    compression: ExrCompression
    channels: tuple[ExrChannel, ...]
    width: int
    lines: int
    chunk_lines: int

    @property
    def is_tiled(self) -> bool:
        """True where the chunks do not have the height of scanline chunks: the library codes tiles the same."""
        return self.chunk_lines != self.compression.lines_per_chunk

    @property
    def is_subsampled(self) -> bool:
        """True where a channel does not have a sample in every pixel."""
        return any(each.x_sampling * each.y_sampling > 1 for each in self.channels)

    def chunk_starts(self) -> list[int]:
        """Return the byte at which each chunk begins when unpacked, and the size of all of them."""
        line = np.arange(self.lines)
        sizes = sum(np.where(line % each.y_sampling, 0, self._row_bytes(each)) for each in self.channels)
        starts = np.concatenate([[0], np.cumsum(sizes)])
        return [int(starts[first]) for first in (*range(0, self.lines, self.chunk_lines), self.lines)]

    def split(self, unpacked: bytes) -> list[NDArray[Any]]:
        """Return one plane for each channel, (rows, samples), of all chunks' unpacked bytes."""
        periods = np.frombuffer(unpacked, np.uint8).reshape(self.lines // self._period, -1)
        planes = []
        for channel, places in self._places():
            rows = [periods[:, place] for place in places]
            plane = np.stack(rows, axis=1).reshape(-1, self._row_bytes(channel))
            planes.append(plane.view(channel.sample.dtype))
        return planes

    def join(self, planes: Sequence[bytes]) -> bytes:
        """Return all chunks' unpacked bytes; the inverse of `split`, from the bytes of the planes."""
        periods = np.empty((self.lines // self._period, self._period_bytes), np.uint8)
        for (channel, places), plane in zip(self._places(), planes, strict=True):
            rows = np.frombuffer(plane, np.uint8).reshape(len(periods), len(places), self._row_bytes(channel))
            for number, place in enumerate(places):
                periods[:, place] = rows[:, number]
        return periods.tobytes()

    @property
    def _period(self) -> int:
        """After how many lines their layout repeats; 1 without subsampling."""
        return lcm(*(each.y_sampling for each in self.channels))

    @property
    def _period_bytes(self) -> int:
        return sum(self._row_bytes(each) * (self._period // each.y_sampling) for each in self.channels)

    def _row_bytes(self, channel: ExrChannel) -> int:
        return self.width // channel.x_sampling * channel.sample_bytes

    def _places(self) -> list[tuple[ExrChannel, list[slice]]]:
        """Return each channel with the places of its rows among the bytes of a period."""
        placed: list[tuple[ExrChannel, list[slice]]] = [(each, []) for each in self.channels]
        start = 0
        for line in range(self._period):
            for channel, places in placed:
                if line % channel.y_sampling == 0:
                    stop = start + self._row_bytes(channel)
                    places.append(slice(start, stop))
                    start = stop
        return placed


def unpacked_bytes(box: ChunkBox, channels: Sequence[ExrChannel]) -> int:
    """Return the size of a chunk when it is not packed."""
    return sum(
        _samples_in(box.x, box.width, each.x_sampling)
        * _samples_in(box.y, box.height, each.y_sampling)
        * each.sample_bytes
        for each in channels
    )


def stack_chunks(
    compression: ExrCompression, channels: tuple[ExrChannel, ...], boxes: Sequence[ChunkBox]
) -> Iterator[tuple[ChunkStack, list[int | None]]]:
    """Yield stacks, each of chunks of the same size, that together hold all chunks.

    Yields
    ------
    stack : ChunkStack
    slots : list of int or None
        Which of `boxes` each chunk of the stack is; None for a filler, where subsampling
        wants a chunk to begin at another phase of lines than the one above ends.

    Raises
    ------
    UnsupportedError
        If the chunks do not fit the subsampling, as in no sound file.
    """
    full = compression.lines_per_chunk
    is_subsampled = any(each.x_sampling * each.y_sampling > 1 for each in channels)
    period = lcm(*(each.y_sampling for each in channels))
    for members in _together(boxes, full, is_subsampled=is_subsampled):
        box = boxes[members[0]]
        if is_subsampled and not _fits(box, channels, full):
            raise UnsupportedError("the subsampled channels do not fit the data window")
        chunk_lines = full if is_subsampled else box.height
        slots = _slots(members, boxes, chunk_lines, period)
        lines = (len(slots) - 1) * chunk_lines + box.height
        yield ChunkStack(compression, channels, box.width, lines, chunk_lines), slots


def _samples_in(first: int, length: int, sampling: int) -> int:
    """Return how many of the places from `first` on are multiples of `sampling`."""
    return (first + length - 1) // sampling - (first - 1) // sampling


def _together(boxes: Sequence[ChunkBox], full: int, *, is_subsampled: bool) -> list[list[int]]:
    """Group chunks by size; a short one stands alone where it cannot be a tile, being subsampled."""
    groups: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for index, box in enumerate(boxes):
        alone = (index,) if is_subsampled and box.height < full else ()
        groups[(box.width, box.height, *alone)].append(index)
    return list(groups.values())


def _fits(box: ChunkBox, channels: Sequence[ExrChannel], full: int) -> bool:
    """Tell whether a chunk is a scanline chunk that begins and ends where each channel has a sample."""
    period = lcm(*(each.y_sampling for each in channels))
    if max(max(each.x_sampling, each.y_sampling) for each in channels) > LARGEST_SAMPLING:
        return False
    fits_x = not any(box.x % each.x_sampling or box.width % each.x_sampling for each in channels)
    fits_y = box.height == full or (box.height < full and (box.y + box.height) % period == 0)
    return fits_x and fits_y and box.y % gcd(full, period) == 0


def _slots(members: Sequence[int], boxes: Sequence[ChunkBox], lines: int, period: int) -> list[int | None]:
    """Return the members at line phases as in their file, fillers between; ends with a whole period."""
    slots: list[int | None] = []
    for index in members:
        while (len(slots) * lines - boxes[index].y) % period:
            slots.append(None)
        slots.append(index)
    if boxes[members[-1]].height == lines:
        while len(slots) * lines % period:
            slots.append(None)
    return slots
