# SPDX-License-Identifier: Apache-2.0
"""The way back in place: after a killed run, and on demand. Every step can be repeated."""

import contextlib
import os
from enum import Enum
from pathlib import Path

from pixmend.errors import ProofError
from pixmend.publish import sync_folder
from pixmend.splice._copy import change_bytes
from pixmend.splice._files import open_bytes
from pixmend.splice._ledger import Ledger, ledger_path
from pixmend.splice._ledger_file import read_ledger
from pixmend.splice._states import FileState, file_state, not_fixed
from pixmend.splice._write import restore

__all__ = ["Recovery", "Undone", "drop_ledger", "recover", "roll_back", "undo_in_place"]


class Recovery(Enum):
    """What `recover` found, and did.

    NOTHING: no ledger, or no frame. MENDED: the frame is the ledger's, whole. DROPPED: the
    frame was still its source, the ledger is gone. ROLLED_BACK: it was half mended and is
    its source again. STRANGER: the frame is another one than the ledger's; both stay.
    """

    NOTHING = "nothing"
    MENDED = "mended"
    DROPPED = "dropped"
    ROLLED_BACK = "rolled back"
    STRANGER = "stranger"


class Undone(Enum):
    """What `undo_in_place` did: the original is RESTORED, or it WAS_ORIGINAL already."""

    RESTORED = "restored"
    WAS_ORIGINAL = "was original"


def recover(path: Path) -> Recovery:
    """Bring a frame that a killed run in place left behind back to a state that is whole.

    Nothing is written before its hash in memory says that the original comes out.

    Raises
    ------
    ProofError
        If the ledger is damaged, or the original did not come out.
    UsageError, TemporaryError, BadFrameError
        If the frame cannot be read or changed.
    """
    record = ledger_path(path)
    if not record.exists() or not path.exists():
        return Recovery.NOTHING
    ledger = read_ledger(record)
    with open_bytes(path) as opened:
        state = file_state(opened, ledger, trust_times=True)
    if state is FileState.SOURCE:
        _give_time_back(path, ledger)
        drop_ledger(record)
        return Recovery.DROPPED
    if state is FileState.HALFWAY:
        roll_back(path, ledger)
        drop_ledger(record)
        return Recovery.ROLLED_BACK
    return Recovery.MENDED if state is FileState.FIXED else Recovery.STRANGER


def undo_in_place(path: Path) -> tuple[Ledger, Undone]:
    """Restore the original of a mended frame in its place, and take its ledger away.

    A frame that was mended in place by bytes of the same number is changed back the same
    way and keeps its inode; any other is replaced by a rename. May be killed and repeated.

    Raises
    ------
    ProofError
        If there is no ledger, it is damaged, or the frame is another one than the ledger's.
    UsageError, TemporaryError, BadFrameError, MissingFrameError
        As `restore`.
    """
    record = ledger_path(path)
    ledger = read_ledger(record)
    with open_bytes(path) as opened:
        state = file_state(opened, ledger)
        if state is FileState.OTHER:
            raise not_fixed(opened, ledger, state)
    if state is FileState.SOURCE:
        _give_time_back(path, ledger)
        _drop_with_folder(record)
        return ledger, Undone.WAS_ORIGINAL
    if ledger.in_place and ledger.keeps_size:
        roll_back(path, ledger)
    else:
        real = path.resolve()
        restore(real, ledger, real, overwrite=True)
    _drop_with_folder(record)
    return ledger, Undone.RESTORED


def roll_back(path: Path, ledger: Ledger) -> None:
    """Put the ledger's old bytes where they were; its edits must keep the size of the file.

    Raises
    ------
    ProofError
        If the original did not come out; the ledger must be kept.
    UsageError, TemporaryError, BadFrameError, MissingFrameError
        If the file cannot be read or changed.
    """
    with open_bytes(path) as opened:
        edits = [edit for edit in ledger.undo_edits(opened) if edit.old != edit.new]
    if change_bytes(path, edits) != ledger.source_hash:
        raise ProofError(
            "the original did not come out; the ledger is kept",
            where=str(path),
            hint="check the disk, then run `pixmend undo` again",
        )
    _give_time_back(path, ledger)


def drop_ledger(record: Path) -> None:
    """Take away a ledger that has nothing left to tell; one that stays behind says nothing wrong."""
    with contextlib.suppress(OSError):
        record.unlink()
        sync_folder(record.parent)


def _drop_with_folder(record: Path) -> None:
    """Take away a ledger, and the folder with its last one; only where no other thread writes ledgers."""
    drop_ledger(record)
    with contextlib.suppress(OSError):
        record.parent.rmdir()


def _give_time_back(path: Path, ledger: Ledger) -> None:
    """Let an original count as modified when it was, also where an undo was killed just before."""
    facts = path.stat()
    if not ledger.in_place or ledger.source_mtime_ns in {None, facts.st_mtime_ns}:
        return
    with contextlib.suppress(OSError):  # another's file that one may write
        os.utime(path, ns=(facts.st_atime_ns, ledger.source_mtime_ns))
