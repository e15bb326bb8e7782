# SPDX-License-Identifier: Apache-2.0
"""Writing a mended frame, and restoring the original: all proved before it is published."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from pixmend.containers import Container, Plan, open_container, patch_on
from pixmend.errors import ProofError, UsageError
from pixmend.model import Patch, PlateInfo
from pixmend.publish import check_free, publishing, remove_second_names, remove_stale
from pixmend.splice._carry_over import carry_over
from pixmend.splice._copy import write_edited
from pixmend.splice._files import FileBytes, open_bytes
from pixmend.splice._hashes import HashPair
from pixmend.splice._ledger import Ledger, ledger_edits, ledger_path
from pixmend.splice._ledger_file import write_ledger
from pixmend.splice._planning import open_plate, plan_on
from pixmend.splice._settings import WriteSettings
from pixmend.splice._states import check_is_fixed

__all__ = [
    "check_samples",
    "ledger_of",
    "remove_names_of_finished",
    "remove_stale_temporaries",
    "restore",
    "write_fixed",
]


def write_fixed(
    source: Path, target: Path, patch: Patch, plate: PlateInfo, *, settings: WriteSettings | None = None
) -> Ledger:
    """Write a frame with a patch, all other bytes as they were, and its ledger beside it.

    Owner, extended attributes, mode and times of the file are those of the source. The
    ledger is published before the frame, so that a frame that can be seen has its
    ledger; a frame that is replaced goes away first. An empty patch copies.

    Parameters
    ----------
    source, target : Path
        Not the same file: `write_in_place` is for that.
    settings : WriteSettings, optional

    Returns
    -------
    ledger : Ledger

    Raises
    ------
    UsageError
        If something is in the way, or target and source are one file.
    ProofError
        If the patch was not computed from this file, or what was written is not what
        was meant; nothing is published.
    UnsupportedError, BadFrameError, MissingFrameError
        As `check_patchable`.
    TemporaryError
        If the disk is full, or something else is wrong that may pass.
    """
    settings = settings or WriteSettings()
    check_free(target, overwrite=settings.overwrite)
    _check_two_files(source, target)
    record = ledger_path(target)
    with open_bytes(source) as opened:
        container = open_plate(opened, plate, settings.options, exact=settings.exact)
        plan = plan_on(container, patch_on(container, patch), where=opened.name)
        with _no_orphan(record, target), publishing(target, overwrite=settings.overwrite) as temporary:
            pair = write_edited(opened, temporary, plan.edits, hashes=settings.hashes)
            check_samples(container, plan, temporary, settings)
            mtime_ns = opened.facts.st_mtime_ns
            lost = carry_over(opened, temporary, mtime_ns=mtime_ns)
            ledger = ledger_of(
                opened,
                container,
                plan,
                pair,
                settings=settings,
                fixed_name=target.name,
                fixed_mtime_ns=mtime_ns,
                notices=lost,
            )
            old_target = target if settings.overwrite else None
            write_ledger(ledger, record, overwrite=True, unpublish=old_target)
    return ledger


def restore(fixed: Path, ledger: Ledger, target: Path, *, overwrite: bool = False) -> None:
    """Rebuild the original of a mended frame, byte for byte.

    Its time of modification is that of the original, where the ledger knows it.

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
        if opened.size != ledger.fixed_size or not target.parent.exists():
            check_is_fixed(opened, ledger)  # before a folder is made for nothing
        edits = ledger.undo_edits(opened)
        with publishing(target, overwrite=overwrite) as temporary:
            found, undone = write_edited(opened, temporary, edits).own
            if found != ledger.fixed_hash:
                check_is_fixed(opened, ledger)
            if undone != ledger.source_hash:
                raise ProofError("the ledger does not lead back to the original", where=str(fixed))
            mtime_ns = opened.facts.st_mtime_ns if ledger.source_mtime_ns is None else ledger.source_mtime_ns
            carry_over(opened, temporary, mtime_ns=mtime_ns)


def ledger_of(  # noqa: PLR0913  a ledger gathers what all others know
    source: FileBytes,
    container: Container,
    plan: Plan,
    pair: HashPair,
    *,
    settings: WriteSettings,
    fixed_name: str,
    fixed_mtime_ns: int,
    notices: tuple[str, ...] = (),
    in_place: bool = False,
) -> Ledger:
    """Return the ledger of a plan; `pair` holds the hashes of the source and of the mended file."""
    source_hash, fixed_hash = pair.own
    source_digests, fixed_digests = pair.extra
    return Ledger(
        frame=plan.stored.frame,
        file_format=container.file_format,
        source_name=source.path.name,
        fixed_name=fixed_name,
        source_size=source.size,
        fixed_size=source.size + sum(edit.growth for edit in plan.edits),
        source_hash=source_hash,
        fixed_hash=fixed_hash,
        edits=ledger_edits(plan.edits),
        patch=plan.stored,
        old_bytes=b"".join(edit.old for edit in plan.edits),
        collateral=plan.collateral,
        options=settings.options,
        exact=settings.exact,
        in_place=in_place,
        job=settings.job,
        source_mtime_ns=source.facts.st_mtime_ns,
        fixed_mtime_ns=fixed_mtime_ns,
        source_digests=source_digests,
        fixed_digests=fixed_digests,
        notices=(*container.notices, *notices),
        repairs=settings.repairs,
        notes=dict(settings.notes),
    )


def check_samples(container: Container, plan: Plan, written: Path, settings: WriteSettings) -> None:
    """Decode what was touched from the written file, by the file's own header and table.

    Raises
    ------
    ProofError
        If it does not hold what was meant.
    """
    with open_bytes(written) as stored:
        again = open_container(stored, container.channels, options=settings.options, exact=settings.exact)
        if again.channels != container.channels or again.raster != container.raster:
            raise ProofError("the written header is another; nothing was published", where=str(written))
        if not again.holds(plan):
            raise ProofError(
                "the written samples are not the patch's; nothing was published", where=str(written)
            )


def remove_stale_temporaries(targets: list[Path]) -> int:
    """Take away what killed runs left half-written of frames and of their ledgers.

    To be called by a run that holds these targets for itself.

    Returns
    -------
    removed : int

    Raises
    ------
    UsageError, TemporaryError
        If a folder cannot be looked into.
    """
    return sum(remove_stale(folder, names) for folder, names in _names_by_folder(targets).items())


def remove_names_of_finished(targets: list[Path]) -> None:
    """Take away the second names that killed runs left of frames, and of their ledgers, that are finished.

    Whoever else works on them. Errors as `remove_stale_temporaries`.
    """
    for folder, names in _names_by_folder(targets).items():
        remove_second_names(folder, names)


def _names_by_folder(targets: list[Path]) -> dict[Path, set[str]]:
    names: dict[Path, set[str]] = {}
    for path in (*targets, *map(ledger_path, targets)):
        names.setdefault(path.parent, set()).add(path.name)
    return names


def _check_two_files(source: Path, target: Path) -> None:
    """Keep a source from being replaced; links to it at the target are replaced, not followed."""
    real = source.resolve()
    # Not by the path: a folder that is mounted twice has two.
    if (
        not target.is_symlink()
        and target.name == real.name
        and target.exists()
        and target.parent.samefile(real.parent)
    ):
        raise UsageError(
            "source and target are the same file",
            where=str(target),
            hint="choose another output, or mend in place",
        )


@contextlib.contextmanager
def _no_orphan(record: Path, target: Path) -> Iterator[None]:
    """Take the new ledger away again where its frame could not be published after it."""
    before = _identity(record)
    try:
        yield
    except BaseException:
        if _identity(record) != before and not target.exists():
            with contextlib.suppress(OSError):
                record.unlink()
        raise


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another of the same name."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_ino, facts.st_mtime_ns
