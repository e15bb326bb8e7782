# SPDX-License-Identifier: Apache-2.0
"""What changes in a file, as ordered replacements of bytes. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

__all__ = ["ByteEdit", "check_order", "differing_edits", "keeps_size"]


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


def keeps_size(edits: Iterable[ByteEdit]) -> bool:
    """Tell whether no byte outside of the edits moves."""
    return not any(edit.growth for edit in edits)
