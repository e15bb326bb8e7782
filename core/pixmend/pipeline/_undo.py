# SPDX-License-Identifier: Apache-2.0
"""Mended files -> the originals, byte for byte."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pixmend.errors import MissingFrameError
from pixmend.frames import FileShot
from pixmend.model import FrameRange
from pixmend.pipeline._frames_at_once import frames_at_once
from pixmend.pipeline._run_lock import run_alone
from pixmend.pipeline._seal import Seals, broken_seals, hashed_as_source, seal_files
from pixmend.progress import Progress, Silent
from pixmend.proof import undo_frame
from pixmend.publish import check_free
from pixmend.seal import HashedFile, check_mhl
from pixmend.splice import (
    Undone,
    is_original,
    ledger_path,
    open_bytes,
    read_ledger,
    remove_stale_temporaries,
)

__all__ = ["UndoReport", "left_to_undo", "undo", "undo_targets"]


@dataclass(slots=True)
class UndoReport:
    """What `undo` did.

    Attributes
    ----------
    restored : int
        Originals that were written.
    were_original : int
        Frames that an earlier run had restored.
    without_ledger : int
        Frames that have none where they lie, to which nothing was done: they were never
        mended or are restored, unless somebody took their ledgers away.
    """

    restored: int = 0
    were_original: int = 0
    without_ledger: int = 0
    notices: list[str] = field(default_factory=list)
    seals: Seals = field(default_factory=Seals)


def undo_targets(
    mended: FileShot, out: Path | None, *, frames: FrameRange | None = None, overwrite: bool = False
) -> dict[int, Path]:
    """Return where each original will go; `out` None means the place of the mended frame.

    Raises
    ------
    MissingFrameError
        If a frame that was asked for is not there.
    UsageError
        If an output exists that is not the original.
    """
    wanted = mended.frames if frames is None else frames
    missing = wanted - mended.frames
    if len(missing):
        raise MissingFrameError(
            f"frames {missing} are missing", where=mended.label, hint=f"there are frames {mended.frames}"
        )
    targets = {frame: (out or mended.path(frame).parent) / mended.path(frame).name for frame in wanted}
    if out is not None:
        for frame, target in targets.items():
            if not _is_restored(mended.path(frame), target):
                check_free(target, overwrite=overwrite)
    return targets


def undo(
    mended: FileShot,
    targets: Mapping[int, Path],
    *,
    overwrite: bool = False,
    hashes: Sequence[str] = (),
    mhl: bool = False,
    workers: int = 1,
    progress: Progress | None = None,
) -> UndoReport:
    """Restore the originals, and refresh the seals of their folder where asked to.

    It may be repeated: what is restored already stays as it is. In place, a frame
    without a ledger was not mended, or is restored.

    Raises
    ------
    ProofError
        If a frame has no ledger (elsewhere than in place) or changed since; the frames
        before it are restored.
    TemporaryError
        If another run is writing one of these frames, or the disk is full.
    """
    says = progress or Silent()
    if mhl:
        check_mhl()
    report = UndoReport()

    def restore(frame: int) -> HashedFile | None:
        fixed, target = mended.path(frame), targets[frame]
        in_place = target == fixed
        if frame in bare or (not in_place and _is_restored(fixed, target)):
            return None
        ledger, undone = undo_frame(fixed, None if in_place else target, overwrite=overwrite)
        return hashed_as_source(target, ledger) if undone is Undone.RESTORED else None

    says.start("restoring originals", len(targets))
    restored: list[HashedFile] = []
    frames = FrameRange(targets)
    names = frozenset(target.name for target in targets.values())
    with run_alone(targets[frames.frames[0]].parent, frames, names) as lock:
        remove_stale_temporaries(list(targets.values()))
        bare = _bare(mended, targets)
        for original in frames_at_once(restore, targets, workers=workers, waits=True):
            restored += [] if original is None else [original]
            lock.beat()
            says.advance()
    report.restored = len(restored)
    report.without_ledger = len(bare)
    report.were_original = len(targets) - len(bare) - len(restored)
    report.notices = broken_seals(restored, hashes, mhl=mhl)
    report.seals = seal_files(
        restored, hashes, mhl=mhl, comment="originals restored by pixmend", progress=says
    )
    return report


def left_to_undo(mended: FileShot, targets: Mapping[int, Path]) -> int:
    """Return how many originals `undo` would write now, if none of the files changed since.

    Errors as `undo`.
    """
    bare = _bare(mended, targets)
    return sum(
        frame not in bare and (target == mended.path(frame) or not _is_restored(mended.path(frame), target))
        for frame, target in targets.items()
    )


def _bare(mended: FileShot, targets: Mapping[int, Path]) -> frozenset[int]:
    """Return the frames that are to be restored where they lie, and have no ledger there."""
    return frozenset(
        frame
        for frame, target in targets.items()
        if target == mended.path(frame) and not ledger_path(target).exists()
    )


def _is_restored(fixed: Path, target: Path) -> bool:
    """Tell whether the original of a mended frame lies at `target` already."""
    record = ledger_path(fixed)
    if not os.path.lexists(target) or not target.is_file() or not record.exists():
        return False
    ledger = read_ledger(record)
    with open_bytes(target) as found:
        return is_original(found, ledger)
