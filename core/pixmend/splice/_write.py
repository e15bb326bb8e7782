# SPDX-License-Identifier: Apache-2.0
"""Writing a mended frame, and restoring the original: all proved before it is published."""

import contextlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pixmend.errors import ProofError, UsageError
from pixmend.formats import ByteSource, ReadOptions
from pixmend.model import Patch, PlateInfo
from pixmend.publish import check_free, publishing
from pixmend.splice._container import Container, open_container, patch_on
from pixmend.splice._edits import ByteEdit, hash_pair
from pixmend.splice._files import FileBytes, open_bytes, write_edited
from pixmend.splice._ledger import Ledger, ledger_edits, ledger_path
from pixmend.splice._ledger_file import read_ledger, write_ledger
from pixmend.splice._plan import Plan
from pixmend.splice._planning import open_plate, plan_on
from pixmend.splice._settings import WriteSettings

__all__ = ["check_is_fixed", "restore", "write_fixed"]


def write_fixed(
    source: Path, target: Path, patch: Patch, plate: PlateInfo, *, settings: WriteSettings | None = None
) -> Ledger:
    """Write a frame with a patch, all other bytes as they were, and its ledger beside it.

    Mode and times of the file are those of the source. The ledger is published before
    the frame, so that a frame that can be seen has its ledger. An empty patch copies.

    Parameters
    ----------
    source, target : Path
        They may be the same file, with `settings.overwrite`.
    settings : WriteSettings, optional

    Raises
    ------
    UsageError
        If something is in the way, or the frame was mended in place before: its ledger,
        the only way back to the original, would be lost.
    ProofError
        If the patch was not computed from this file, or what was written is not what
        was meant; nothing is published.
    UnsupportedError, BadFrameError, MissingFrameError
        As `check_patchable`.
    TemporaryError
        If the disk is full.
    """
    settings = settings or WriteSettings()
    check_free(target, overwrite=settings.overwrite)
    with open_bytes(source) as opened:
        container = open_plate(opened, plate, settings.options, exact=settings.exact)
        placed = patch_on(container, patch)
        plan = plan_on(container, placed, where=opened.name)
        names = (source.name, target.name)
        ledger = _ledger_for(
            opened,
            plan.edits,
            plan.stored,
            file_format=container.file_format,
            names=names,
            notes=settings.notes,
        )
        record = ledger_path(target)
        if target.exists() and target.samefile(source):
            _check_not_mended_before(ledger, record)
        with _no_orphan(record, target), publishing(target, overwrite=settings.overwrite) as temporary:
            _write_proved(opened, temporary, plan.edits, ledger.fixed_hash)
            _check_samples(container, plan, temporary, settings.options)
            write_ledger(ledger, record, overwrite=settings.overwrite or not target.exists())
    return ledger


def restore(fixed: Path, ledger: Ledger, target: Path, *, overwrite: bool = False) -> None:
    """Rebuild the original of a mended frame, byte for byte.

    Parameters
    ----------
    fixed, target : Path
        They may be the same file, with `overwrite`.

    Raises
    ------
    ProofError
        If `fixed` is not the file that the ledger is of, or the result would not be
        the original; nothing is published.
    UsageError, TemporaryError, BadFrameError, MissingFrameError
        As `write_fixed`.
    """
    check_free(target, overwrite=overwrite)
    with open_bytes(fixed) as opened:
        check_is_fixed(opened, ledger)
        edits = ledger.undo_edits(opened)
        _, source_hash = hash_pair(opened, edits)
        if source_hash != ledger.source_hash:
            raise ProofError("the ledger does not lead back to the original", where=str(fixed))
        with publishing(target, overwrite=overwrite) as temporary:
            _write_proved(opened, temporary, edits, source_hash)


def _ledger_for(
    source: FileBytes,
    edits: Sequence[ByteEdit],
    patch: Patch,
    *,
    file_format: str,
    names: tuple[str, str],
    notes: Mapping[str, Any],
) -> Ledger:
    """Return the ledger of a plan; `names` are those of the source and of the mended file."""
    source_hash, fixed_hash = hash_pair(source, edits)
    return Ledger(
        frame=patch.frame,
        file_format=file_format,
        source_name=names[0],
        fixed_name=names[1],
        source_size=source.size,
        fixed_size=source.size + sum(edit.growth for edit in edits),
        source_hash=source_hash,
        fixed_hash=fixed_hash,
        edits=ledger_edits(edits),
        patch=patch,
        old_bytes=b"".join(edit.old for edit in edits),
        notes=dict(notes),
    )


def check_is_fixed(found: ByteSource, ledger: Ledger) -> None:
    """Check that a file is, byte for byte, the one that the ledger was written for.

    Raises
    ------
    ProofError
        If it is not; the sentence says what it seems to be.
    BadFrameError
        If it cannot be read.
    """
    found_hash, _ = hash_pair(found, ())
    if found_hash == ledger.fixed_hash:
        return
    if found_hash == ledger.source_hash:
        raise ProofError("this is the original, not the mended frame", where=found.name)
    if Path(found.name).name != ledger.fixed_name:
        what = f"the ledger is of another frame, {ledger.fixed_name!r}"
    else:
        what = "the file changed after it was mended"
    raise ProofError(what, where=found.name, hint="mend the frame again from its source")


def _write_proved(source: FileBytes, temporary: Path, edits: Sequence[ByteEdit], expected: str) -> None:
    """Write, and read again what is now on the disk."""
    write_edited(source, temporary, edits)
    with open_bytes(temporary) as written:
        found, _ = hash_pair(written, ())
    if found != expected:
        raise ProofError(
            "what was written is not what was meant; nothing was published",
            where=source.name,
            hint="the source changed meanwhile, or the disk is bad: check it before another run",
        )
    with contextlib.suppress(PermissionError):  # file systems that keep no modes or times
        shutil.copystat(source.path, temporary)


def _check_samples(container: Container, plan: Plan, temporary: Path, options: ReadOptions | None) -> None:
    """Decode what was touched from the written file, by the file's own header and table."""
    with open_bytes(temporary) as stored:
        written = open_container(stored, container.channels, options=options)
        if written.channels != container.channels or written.raster != container.raster:
            raise ProofError("the written header is another; nothing was published", where=str(temporary))
        if written.units(plan.stored) != plan.units:
            raise ProofError(
                "the written samples are not the patch's; nothing was published", where=str(temporary)
            )


@contextlib.contextmanager
def _no_orphan(record: Path, target: Path) -> Iterator[None]:
    """Take the new ledger away again where its frame could not be published after it."""
    was_there = record.exists()
    try:
        yield
    except BaseException:
        if not was_there and not target.exists():
            with contextlib.suppress(OSError):
                record.unlink()
        raise


def _check_not_mended_before(ledger: Ledger, record: Path) -> None:
    """Keep the only way back: the ledger of a frame that was mended in place."""
    if not record.exists():
        return
    earlier = read_ledger(record)
    if earlier.edits and earlier.fixed_hash == ledger.source_hash:
        raise UsageError(
            "this frame was mended in place before, mending it again would lose the original",
            where=str(record.parent.parent / ledger.fixed_name),
            hint="run `pixmend undo` first, or mend it into another folder",
        )
