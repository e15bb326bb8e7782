# SPDX-License-Identifier: Apache-2.0
"""Mended files -> the originals, byte for byte."""

from pathlib import Path

from pixmend.errors import MissingFrameError
from pixmend.frames import FileShot
from pixmend.model import FrameRange
from pixmend.pipeline._frames_at_once import frames_at_once
from pixmend.progress import Progress, Silent
from pixmend.proof import undo_frame
from pixmend.publish import check_free

__all__ = ["undo", "undo_targets"]


def undo_targets(
    mended: FileShot, out: Path | None, *, frames: FrameRange | None = None, overwrite: bool = False
) -> dict[int, Path]:
    """Return where each original will go; `out` None means the place of the mended frame.

    Raises
    ------
    MissingFrameError
        If a frame that was asked for is not there.
    UsageError
        If an output exists.
    """
    wanted = mended.frames if frames is None else frames
    missing = wanted - mended.frames
    if len(missing):
        raise MissingFrameError(
            f"frames {missing} are missing", where=mended.label, hint=f"there are frames {mended.frames}"
        )
    targets = {frame: (out or mended.path(frame).parent) / mended.path(frame).name for frame in wanted}
    if out is not None:
        for target in targets.values():
            check_free(target, overwrite=overwrite)
    return targets


def undo(
    mended: FileShot,
    targets: dict[int, Path],
    *,
    overwrite: bool = False,
    workers: int = 1,
    progress: Progress | None = None,
) -> int:
    """Restore the originals; return how many.

    Raises
    ------
    ProofError
        If a frame has no ledger or changed since; the frames before it are restored.
    """
    says = progress or Silent()

    def restore(frame: int) -> int:
        fixed, target = mended.path(frame), targets[frame]
        undo_frame(fixed, None if target == fixed else target, overwrite=overwrite)
        return frame

    says.start("restoring originals", len(targets))
    done = 0
    for _ in frames_at_once(restore, targets, workers=workers):
        done += 1
        says.advance()
    return done
