# SPDX-License-Identifier: Apache-2.0
"""Mending the archive itself: the way back is on the disk before the first byte changes."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from pixmend.containers import ByteEdit, Container, Plan, keeps_size, patch_on
from pixmend.errors import PixError, ProofError, UsageError
from pixmend.model import Patch, PlateInfo
from pixmend.publish import publishing, write_error
from pixmend.splice._carry_over import carry_over
from pixmend.splice._copy import change_bytes, hash_with_edits, write_edited
from pixmend.splice._files import FileBytes, open_bytes, open_for_change
from pixmend.splice._ledger import Ledger, ledger_path
from pixmend.splice._ledger_file import read_ledger, write_ledger
from pixmend.splice._planning import open_plate, plan_on
from pixmend.splice._recover import Recovery, drop_ledger, recover, roll_back
from pixmend.splice._settings import WriteSettings
from pixmend.splice._write import check_samples, ledger_of

__all__ = ["write_in_place"]


def write_in_place(
    path: Path, patch: Patch, plate: PlateInfo, *, settings: WriteSettings | None = None
) -> Ledger:
    """Mend a frame where it lies, with its ledger beside it.

    The ledger, which holds the old bytes, is on the disk before the first byte changes.
    Where no byte moves (DPX, raw EXR chunks, plain TIFF) only those of the patch are
    written, into the file as it is: it keeps its inode, so its hard links see the change,
    and a program that reads it meanwhile may see a part of it. Else the whole is written
    beside it, proved, and renamed over it: hard links keep the old one.

    The time of modification is now, so that backups see the change.

    Parameters
    ----------
    path : Path
        A symbolic link stands for what it leads to; the ledger lies beside the link.
    settings : WriteSettings, optional
        `overwrite` is no matter here.

    Returns
    -------
    ledger : Ledger

    Raises
    ------
    UsageError
        If the frame may not be changed, or was mended in place before: its ledger, the
        only way back to the original, would be lost.
    ProofError
        If the patch was not computed from this file, or what was written is not what was
        meant; the file is as it was.
    UnsupportedError, BadFrameError, MissingFrameError
        As `check_patchable`.
    TemporaryError
        If the disk is full, or something else is wrong that may pass.
    """
    settings = settings or WriteSettings()
    _check_not_mended_before(path)
    with open_bytes(path) as opened:
        with open_for_change(path):  # what is write-protected stays, also where a rename could replace it
            pass
        container = open_plate(opened, plate, settings.options, exact=settings.exact)
        plan = plan_on(container, patch_on(container, patch), where=opened.name)
        write = _write_into if keeps_size(plan.edits) else _write_over
        return write(opened, container, plan, settings)


def _write_into(source: FileBytes, container: Container, plan: Plan, settings: WriteSettings) -> Ledger:
    """Write the edits into the file."""
    path, record = source.path, ledger_path(source.path)
    pair = hash_with_edits(source, plan.edits, hashes=settings.hashes)
    ledger = ledger_of(
        source,
        container,
        plan,
        pair,
        settings=settings,
        fixed_name=path.name,
        fixed_mtime_ns=time.time_ns(),
        in_place=True,
    )
    with _recovering(path):
        write_ledger(ledger, record, overwrite=True, durable=True)
    try:
        if plan.edits:
            _write_edits(path, plan.edits, ledger)
            check_samples(container, plan, path, settings)
    except BaseException:
        with contextlib.suppress(
            PixError, OSError
        ):  # the ledger stays for the next run, where even this fails
            roll_back(path, ledger)
            drop_ledger(record)
        raise
    return ledger


def _write_edits(path: Path, edits: tuple[ByteEdit, ...], ledger: Ledger) -> None:
    if change_bytes(path, edits) != ledger.fixed_hash:
        raise ProofError(
            "what was written is not what was meant; the original was put back",
            where=str(path),
            hint="another program changed the file meanwhile, or the disk is bad: check it before another run",
        )
    _set_time(path, ledger)


def _write_over(source: FileBytes, container: Container, plan: Plan, settings: WriteSettings) -> Ledger:
    """Write the whole beside the file, and rename it over."""
    real, record = source.path.resolve(), ledger_path(source.path)
    now = time.time_ns()
    with _recovering(source.path), publishing(real, overwrite=True, durable=True) as temporary:
        pair = write_edited(source, temporary, plan.edits, hashes=settings.hashes)
        check_samples(container, plan, temporary, settings)
        lost = carry_over(source, temporary, mtime_ns=now)
        ledger = ledger_of(
            source,
            container,
            plan,
            pair,
            settings=settings,
            fixed_name=source.path.name,
            fixed_mtime_ns=now,
            notices=lost,
            in_place=True,
        )
        write_ledger(ledger, record, overwrite=True, durable=True)
    return ledger


@contextlib.contextmanager
def _recovering(path: Path) -> Iterator[None]:
    """Drop the new ledger again where the frame is still its source when the block fails."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(PixError, OSError):
            recover(path)
        raise


def _set_time(path: Path, ledger: Ledger) -> None:
    """Give the mended file the time that its ledger tells, by which the next run knows it."""
    assert ledger.fixed_mtime_ns is not None, "ledgers of this version have it"
    with contextlib.suppress(OSError):  # another's file that one may write: known by its hash then
        os.utime(path, ns=(path.stat().st_atime_ns, ledger.fixed_mtime_ns))


def _check_not_mended_before(path: Path) -> None:
    """Keep the only way back: the ledger of a frame that was mended in place."""
    record = ledger_path(path)
    recovered = recover(path)
    if recovered not in {Recovery.MENDED, Recovery.STRANGER}:
        return
    ledger = read_ledger(record)
    if not ledger.edits:
        return
    if recovered is Recovery.MENDED:
        raise UsageError(
            "this frame was mended in place before, mending it again would lose the original",
            where=str(path),
            hint="run `pixmend undo` first, or mend it into another folder",
        )
    if ledger.in_place:
        _set_aside(record, ledger)


def _set_aside(record: Path, ledger: Ledger) -> None:
    """Rename a ledger whose frame is another one now: a new render, or one that something changed since.

    It may hold the only old bytes that there are, so it is not overwritten.
    """
    digits = ledger.fixed_hash.rpartition(":")[2][:12]
    try:
        record.replace(record.with_name(f"{ledger.fixed_name}.{digits}.ledger"))
    except OSError as exc:
        raise write_error(exc, record) from exc
