# SPDX-License-Identifier: Apache-2.0
"""What changes in a file, as ordered replacements of bytes. Pure."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pixmend.errors import ProofError

__all__ = ["ByteEdit", "check_order", "differing_edits", "keeps_size", "weave"]

Block = bytes | bytearray | memoryview


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


def weave(
    blocks: Iterable[Block], edits: Iterable[ByteEdit], *, where: str = ""
) -> Iterator[tuple[Block, list[Block]]]:
    """Yield a file block by block, and the pieces that stand for each block with the edits.

    Parameters
    ----------
    blocks : iterable of bytes-like
        The whole file, from its begin; each may be reused by its maker after its turn.
    edits : iterable of ByteEdit
        In order, without overlap.
    where : str
        What an error calls the file.

    Raises
    ------
    ProofError
        If the file does not hold the old bytes of an edit.
    """
    waiting = deque(edits)
    begin = used = 0  # where the block begins; up to where the file has its pieces
    rest = b""  # old bytes of the last edit that lie in blocks to come
    for block in blocks:
        end = begin + len(block)
        rest = _without(rest, block, where)
        pieces: list[Block] = []
        while waiting and waiting[0].offset < end:
            edit = waiting.popleft()
            if edit.offset > used:
                pieces.append(block[used - begin : edit.offset - begin])
            pieces.append(edit.new)
            rest = _without(edit.old, block[edit.offset - begin :], where)
            used = edit.stop
        if used < end:
            pieces.append(block[used - begin :])
            used = end
        yield block, pieces
        begin = end
    if rest or any(edit.old for edit in waiting):
        raise ProofError("the file ends within an edit; nothing was published", where=where)
    if waiting:
        yield b"", [edit.new for edit in waiting]


def _without(old: bytes, block: Block, where: str) -> bytes:
    """Compare old bytes with the begin of a block; return those that lie behind its end."""
    here = old[: len(block)]
    if here and here != bytes(block[: len(here)]):
        raise ProofError(
            "the file does not hold the bytes that were to be replaced; nothing was published",
            where=where,
            hint="it changed while it was read: run again",
        )
    return old[len(here) :]
