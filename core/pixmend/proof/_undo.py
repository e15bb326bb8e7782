# SPDX-License-Identifier: Apache-2.0
"""Undo: the original of a mended frame, byte for byte, by the ledger beside it."""

from pathlib import Path

from pixmend.splice import Ledger, Undone, ledger_path, read_ledger, restore, undo_in_place

__all__ = ["undo_frame"]


def undo_frame(fixed: Path, target: Path | None = None, *, overwrite: bool = False) -> tuple[Ledger, Undone]:
    """Restore the original of one frame.

    Parameters
    ----------
    fixed : Path
        The mended frame; its ledger lies beside it.
    target : Path, optional
        Where the original goes; None puts it in the place of `fixed`, and takes the
        ledger away, which then has nothing left to tell.
    overwrite : bool
        Whether a file at `target` may be replaced; no matter in place.

    Returns
    -------
    ledger : Ledger
        What was undone.
    undone : Undone
        Whether there was something to do: in place, a frame may be its original already,
        after an undo that was killed.

    Raises
    ------
    ProofError
        If the ledger is not there or damaged, the frame changed after it was mended, or
        the result would not be the original; nothing is published.
    UsageError, TemporaryError, BadFrameError, MissingFrameError
        As `splice.restore`.
    """
    if target is None or _is_same_place(fixed, target):
        return undo_in_place(fixed)
    ledger = read_ledger(ledger_path(fixed))
    restore(fixed, ledger, target, overwrite=overwrite)
    return ledger, Undone.RESTORED


def _is_same_place(fixed: Path, target: Path) -> bool:
    """Tell whether two paths are one name in one folder; a link to a mended frame is replaced, not followed."""
    return target.name == fixed.name and target.parent.exists() and target.parent.samefile(fixed.parent)
