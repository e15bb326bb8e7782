# SPDX-License-Identifier: Apache-2.0
"""Defect map -> patches -> mended files with their ledgers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pixmend.errors import FrameError, MissingFrameError, RangeError, UsageError
from pixmend.fill import Mend
from pixmend.frames import Encoding, FileShot
from pixmend.model import Defect, DefectMap, FrameRange, Status
from pixmend.pipeline._frames_at_once import frames_at_once
from pixmend.pipeline._mender import train_mender
from pixmend.progress import Progress, Silent
from pixmend.publish import check_free
from pixmend.splice import WriteSettings, check_patchable, write_fixed, write_in_place

__all__ = ["FixPlan", "FixReport", "SkippedFrame", "fix", "plan_fix"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FixPlan:
    """What `fix` is about to do; nothing was written when it was made.

    Attributes
    ----------
    frames : FrameRange
        Frames to write.
    targets : mapping of int to Path
        Their files.
    only : Status or None
        Narrows the defects.
    """

    shot: FileShot
    defect_map: DefectMap
    frames: FrameRange
    targets: Mapping[int, Path]
    only: Status | None = None
    overwrite: bool = False

    def defects(self, frame: int) -> tuple[Defect, ...]:
        """Return the defects to mend in a frame."""
        return self.defect_map.to_mend(frame, only=self.only)


@dataclass(frozen=True, slots=True)
class SkippedFrame:
    """A frame that was not written, and why."""

    frame: int
    reason: str


@dataclass(slots=True)
class FixReport:
    """What `fix` did.

    Attributes
    ----------
    samples_left : int
        Spoiled samples that nothing around them could predict, and that stayed as they were.
    """

    frames_written: int = 0
    frames_changed: int = 0
    samples_changed: int = 0
    samples_left: int = 0
    skipped: list[SkippedFrame] = field(default_factory=list)


def plan_fix(
    shot: FileShot,
    defect_map: DefectMap,
    out: Path,
    *,
    frames: FrameRange | None = None,
    only: Status | None = None,
    overwrite: bool = False,
    in_place: bool = False,
) -> FixPlan:
    """Check everything that can be checked before a frame is touched.

    Raises
    ------
    MapError
        If the map does not fit the plate.
    MissingFrameError, UnsupportedError, BadFrameError
        If a frame is missing, or the first cannot be patched.
    RangeError
        If there is no frame to mend.
    UsageError
        If an output exists, or source and output are the same folder, or not, in place.
    """
    wanted = shot.frames if frames is None else frames
    missing = wanted - shot.frames
    if len(missing):
        raise MissingFrameError(
            f"frames {missing} are missing", where=shot.label, hint=f"there are frames {shot.frames}"
        )
    if not len(wanted):
        raise RangeError("no frame is left to mend", where=shot.label)
    first = shot.path(wanted.frames[0])
    defect_map.check_fits(shot.plate)
    check_patchable(first, shot.plate)
    same_folder = out.resolve() == first.parent.resolve()
    if same_folder and not in_place:
        raise UsageError(
            "source and output are the same folder", where=str(out), hint="choose another, or pass --in-place"
        )
    if in_place and not same_folder:
        raise UsageError(
            "mending in place writes into the folder of the source", where=str(out), hint="name no other"
        )
    targets = {frame: out / shot.path(frame).name for frame in wanted}
    for target in targets.values():
        check_free(target, overwrite=overwrite or in_place)
    return FixPlan(
        shot=shot,
        defect_map=defect_map,
        frames=wanted,
        targets=targets,
        only=only,
        overwrite=overwrite or in_place,
    )


def fix(
    plan: FixPlan,
    encoding: Encoding,
    *,
    notes: Mapping[str, Any] | None = None,
    skip_bad_frames: bool = False,
    workers: int = 1,
    progress: Progress | None = None,
) -> FixReport:
    """Write every frame of the plan with its defects mended.

    The fill is trained on frames of the whole shot, whichever of them are written, so
    that any part of a shot is mended the same to the bit, wherever it is run.

    Raises
    ------
    FrameError
        At the first frame that cannot be read or patched, unless `skip_bad_frames`.
    ProofError
        If a frame could not be proved; it was not published.
    """
    says = progress or Silent()
    mender = train_mender(plan.shot, plan.defect_map, encoding, says, skip_bad_frames=skip_bad_frames)
    report = FixReport()
    settings = WriteSettings(overwrite=plan.overwrite, notes=notes or {})

    def mend(frame: int) -> Mend | SkippedFrame:
        try:
            mended = mender.mend(frame, plan.defects(frame))
            source, target, plate = plan.shot.path(frame), plan.targets[frame], plan.shot.plate
            if source.parent.resolve() == target.parent.resolve():  # of the same name: in place
                write_in_place(source, mended.patch, plate, settings=settings)
            else:
                write_fixed(source, target, mended.patch, plate, settings=settings)
        except FrameError as exc:
            if not skip_bad_frames:
                raise
            return SkippedFrame(frame, str(exc))
        return mended

    says.start("mending frames", len(plan.frames))
    for done in frames_at_once(mend, plan.frames, workers=workers):
        _count(report, done)
        says.advance()
    return report


def _count(report: FixReport, done: Mend | SkippedFrame) -> None:
    if isinstance(done, SkippedFrame):
        report.skipped.append(done)
        return
    report.frames_written += 1
    report.frames_changed += bool(len(done.patch))
    report.samples_changed += len(done.patch)
    report.samples_left += done.unfillable
