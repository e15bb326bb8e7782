# SPDX-License-Identifier: Apache-2.0
"""What a file is to a ledger: its source, its mended frame, something between, or a stranger."""

from enum import Enum
from pathlib import Path

from pixmend.errors import ProofError
from pixmend.splice._copy import hash_with_edits
from pixmend.splice._files import FileBytes
from pixmend.splice._hashes import hash_blocks
from pixmend.splice._ledger import Ledger

__all__ = ["FileState", "check_is_fixed", "file_state", "is_original", "not_fixed", "state_by_hashes"]


class FileState(Enum):
    """What a file is to a ledger.

    HALFWAY is what a run in place leaves that is killed while it writes: between source
    and mended frame, and with the ledger's bytes the source again.
    """

    SOURCE = "source"
    FIXED = "fixed"
    HALFWAY = "halfway"
    OTHER = "other"


def file_state(found: FileBytes, ledger: Ledger, *, trust_times: bool = False) -> FileState:
    """Return what a file is to a ledger.

    Parameters
    ----------
    trust_times : bool
        Take the recorded size and time of modification for a proof of the mended frame,
        as `make` and `rsync` do, where the edits are not undone: a source of the same
        size has the same time. Else every byte is read.

    Raises
    ------
    BadFrameError
        If the file cannot be read.
    """
    is_as_left = (found.size, found.facts.st_mtime_ns) == (ledger.fixed_size, ledger.fixed_mtime_ns)
    if trust_times and is_as_left and not (_changes(ledger) and ledger.holds_old_bytes(found)):
        return FileState.FIXED
    if found.size not in {ledger.fixed_size, ledger.source_size}:
        return FileState.OTHER
    if not (ledger.in_place and ledger.keeps_size):
        return _known_as(hash_blocks(found.blocks()), ledger)
    return state_by_hashes(hash_with_edits(found, ledger.undo_edits(found)).own, ledger)


def state_by_hashes(hashes: tuple[str, str], ledger: Ledger) -> FileState:
    """Return the same from the hashes of a file and of what the ledger would make of it."""
    found_hash, undone_hash = hashes
    state = _known_as(found_hash, ledger)
    may_be_halfway = ledger.in_place and ledger.keeps_size and state is FileState.OTHER
    return FileState.HALFWAY if may_be_halfway and undone_hash == ledger.source_hash else state


def is_original(found: FileBytes, ledger: Ledger) -> bool:
    """Tell whether a file is, byte for byte, the source of a mended frame; errors as `file_state`."""
    return file_state(found, ledger) is (FileState.SOURCE if _changes(ledger) else FileState.FIXED)


def check_is_fixed(found: FileBytes, ledger: Ledger) -> None:
    """Check that a file is, byte for byte, the one that the ledger was written for.

    Raises
    ------
    ProofError
        If it is not; the sentence says what it seems to be.
    BadFrameError
        If it cannot be read.
    """
    state = file_state(found, ledger)
    if state is FileState.FIXED:
        return
    raise not_fixed(found, ledger, state)


def not_fixed(found: FileBytes, ledger: Ledger, state: FileState) -> ProofError:
    """Return the error that says what a file seems to be, if it is not the mended frame."""
    if state is FileState.SOURCE:
        return ProofError("this is the original, not the mended frame", where=found.name)
    if state is FileState.HALFWAY:
        return ProofError(
            "mending it in place was interrupted, it is half mended",
            where=found.name,
            hint="run `pixmend undo` to get the original back, or `pixmend fix` again",
        )
    if Path(found.name).name != ledger.fixed_name:
        what = f"the ledger is of another frame, {ledger.fixed_name!r}"
    else:
        what = "the file changed after it was mended"
    return ProofError(what, where=found.name, hint="mend the frame again from its source")


def _changes(ledger: Ledger) -> bool:
    return ledger.source_hash != ledger.fixed_hash


def _known_as(found_hash: str, ledger: Ledger) -> FileState:
    """Return the state by a hash; a frame in which nothing was to change is mended as it is."""
    if found_hash == ledger.fixed_hash:
        return FileState.FIXED
    return FileState.SOURCE if found_hash == ledger.source_hash else FileState.OTHER
