# SPDX-License-Identifier: Apache-2.0
"""Undo: the original of a mended frame, byte for byte, by the ledger beside it."""

import contextlib
from pathlib import Path

from pixmend.splice import Ledger, ledger_path, read_ledger, restore

__all__ = ["undo_frame"]


def undo_frame(fixed: Path, target: Path | None = None, *, overwrite: bool = False) -> Ledger:
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

    Raises
    ------
    ProofError
        If the ledger is not there or damaged, the frame changed after it was mended, or
        the result would not be the original; nothing is published.
    UsageError, TemporaryError, BadFrameError, MissingFrameError
        As `splice.restore`.
    """
    record = ledger_path(fixed)
    ledger = read_ledger(record)
    in_place = target is None or (target.exists() and target.samefile(fixed))
    restore(fixed, ledger, target or fixed, overwrite=overwrite or target is None)
    if in_place:
        with contextlib.suppress(OSError):  # a ledger that stays behind says nothing wrong
            record.unlink()
            record.parent.rmdir()  # goes with its last ledger
    return ledger
