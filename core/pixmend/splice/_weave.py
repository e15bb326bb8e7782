# SPDX-License-Identifier: Apache-2.0
"""A file and the file that its edits make, side by side, block by block. Pure."""

from collections import deque
from collections.abc import Iterable, Iterator

from pixmend.containers import ByteEdit
from pixmend.errors import ProofError

__all__ = ["Block", "weave"]

Block = bytes | bytearray | memoryview


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
