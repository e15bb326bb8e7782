# SPDX-License-Identifier: Apache-2.0
"""Counting bytes: what undo would bring back, against the source and against the ledger's hash."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pixmend.splice import FileBytes, FileState, HashPair, Ledger, state_by_hashes, weave

__all__ = ["ByteCounts", "count_bytes", "header_bytes_in_edits"]


@dataclass(frozen=True, slots=True)
class ByteCounts:
    """What was found.

    Attributes
    ----------
    state : FileState
        What the file is to the ledger.
    undo_identical : bool
        True where undo leads to the recorded hash and, with a source, to its very bytes.
    elsewhere : int or None
        Bytes of the source that undo would not bring back: they changed, and no edit
        of the ledger says so. None without a source.
    """

    state: FileState
    undo_identical: bool
    elsewhere: int | None


def count_bytes(fixed: FileBytes, ledger: Ledger, source: FileBytes | None) -> ByteCounts:
    """Rebuild the original in memory, a block at a time, and compare it; each file is read once.

    Raises
    ------
    BadFrameError
        If a file cannot be read, or is shorter than the ledger says.
    """
    pair = HashPair()
    position = elsewhere = 0
    for block, pieces in weave(fixed.blocks(), ledger.undo_edits(fixed), where=fixed.name):
        pair.update(block, pieces)
        if source is not None:
            rebuilt = b"".join(pieces)
            elsewhere += _differing_bytes(rebuilt, source, position)
            position += len(rebuilt)
    is_recorded = pair.own[1] == ledger.source_hash
    state = state_by_hashes(pair.own, ledger)
    if source is None:
        return ByteCounts(state, is_recorded, None)
    elsewhere += max(source.size - position, 0)
    return ByteCounts(state, is_recorded and elsewhere == 0, elsewhere)


def header_bytes_in_edits(ledger: Ledger, editable: Sequence[tuple[int, int]]) -> int:
    """Return how many replaced bytes of the mended file lie outside of its picture data.

    Parameters
    ----------
    editable : sequence of (int, int)
        Ranges of picture data of the mended file, in order.
    """
    replaced = sum(edit.fixed_length for edit in ledger.edits)
    in_picture = sum(
        max(0, min(stop, edit.fixed_offset + edit.fixed_length) - max(start, edit.fixed_offset))
        for start, stop in editable
        for edit in ledger.edits
    )
    return replaced - in_picture


def _differing_bytes(rebuilt: bytes, source: FileBytes, position: int) -> int:
    """Count differences; what lies behind the end of the source differs."""
    length = max(0, min(len(rebuilt), source.size - position))
    original = source.read(position, length) if length else b""
    if rebuilt == original:
        return 0
    pair = (np.frombuffer(each, np.uint8, length) for each in (rebuilt, original))
    return int(np.count_nonzero(np.not_equal(*pair))) + len(rebuilt) - length
