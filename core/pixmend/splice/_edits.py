# SPDX-License-Identifier: Apache-2.0
"""What changes in a file, as ordered replacements of bytes. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import xxhash

from pixmend.formats import ByteSource

__all__ = [
    "ByteEdit",
    "check_order",
    "differing_edits",
    "hash_pair",
    "paired_blocks",
    "untouched_ranges",
]

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class ByteEdit:
    """One replacement: `old` stands at `offset` of the source, `new` takes its place.

    The two differ in length where a packed chunk grows or shrinks.
    """

    offset: int
    old: bytes
    new: bytes

    @property
    def stop(self) -> int:
        """The byte of the source after `old`."""
        return self.offset + len(self.old)

    @property
    def growth(self) -> int:
        """How many bytes the file gets longer."""
        return len(self.new) - len(self.old)


def differing_edits(offset: int, old: bytes, new: bytes) -> list[ByteEdit]:
    """Return one edit for each run of bytes that differs between two of the same length.

    Raises
    ------
    ValueError
        If the lengths differ.
    """
    if len(old) != len(new):
        raise ValueError(f"{len(old)} bytes cannot be compared with {len(new)}")
    differs = np.frombuffer(old, np.uint8) != np.frombuffer(new, np.uint8)
    edges = np.flatnonzero(np.diff(differs, prepend=False, append=False)).tolist()
    runs = zip(edges[::2], edges[1::2], strict=True)
    return [ByteEdit(offset + start, old[start:stop], new[start:stop]) for start, stop in runs]


def check_order(edits: Sequence[ByteEdit]) -> None:
    """Check that edits are in the order of their offsets and share no byte; else ValueError."""
    if any(after.offset < before.stop for before, after in pairwise(edits)):
        raise ValueError("byte edits overlap, or are not in order")


def untouched_ranges(size: int, edits: Sequence[ByteEdit]) -> list[tuple[int, int]]:
    """Return the ranges before, between and after ordered edits of a file of `size` bytes."""
    starts = [0, *(edit.stop for edit in edits)]
    stops = [*(edit.offset for edit in edits), size]
    return list(zip(starts, stops, strict=True))


def paired_blocks(source: ByteSource, edits: Sequence[ByteEdit]) -> Iterator[tuple[bytes, bytes]]:
    """Yield a file from begin to end, block by block, as it is and as it is with its edits."""
    for (start, stop), edit in zip(untouched_ranges(source.size, edits), (*edits, None), strict=True):
        for begin in range(start, stop, _BLOCK):
            block = source.read(begin, min(_BLOCK, stop - begin))
            yield block, block
        if edit is not None:
            yield edit.old, edit.new


def hash_pair(source: ByteSource, edits: Sequence[ByteEdit]) -> tuple[str, str]:
    """Return the hashes of a file and of the file that its edits make, in one pass.

    XXH3 with 128 bits: as fast as memory, and chance (bit rot, truncation, a file of
    another frame) will not meet it; it is no defence against forgery.
    """
    before, after = xxhash.xxh3_128(), xxhash.xxh3_128()
    for old, new in paired_blocks(source, edits):
        before.update(old)
        after.update(new)
    return f"xxh128:{before.hexdigest()}", f"xxh128:{after.hexdigest()}"
