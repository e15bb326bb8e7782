# SPDX-License-Identifier: Apache-2.0
"""What `fix` is about to do: which frames, to where, and which of them are done already."""

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from pixmend.errors import MissingFrameError, PixError, ProofError, RangeError, UsageError
from pixmend.frames import FileShot
from pixmend.model import Defect, DefectMap, FrameRange
from pixmend.pipeline._frames_at_once import frames_at_once
from pixmend.pipeline._job import FixSettings, Jobs
from pixmend.pipeline._training import training_frames
from pixmend.publish import check_free
from pixmend.splice import (
    FileState,
    Ledger,
    check_patchable,
    file_state,
    is_original,
    ledger_path,
    open_bytes,
    read_ledger,
)

__all__ = ["FixPlan", "frames_not_mended", "plan_fix", "wanted_frames"]


@dataclass(frozen=True, kw_only=True)
class FixPlan:
    """What `fix` is about to do; nothing was written when it was made.

    Attributes
    ----------
    frames : FrameRange
        Frames that were asked for.
    done : FrameRange
        Those of them that an earlier run has written already, by the same map and settings.
    targets : mapping of int to Path
        The files of all of them.
    notices : tuple of str
        What the user should know of this form of file: one sentence each.
    """

    shot: FileShot
    defect_map: DefectMap
    settings: FixSettings
    frames: FrameRange
    done: FrameRange
    targets: Mapping[int, Path]
    notices: tuple[str, ...] = ()

    @property
    def left(self) -> FrameRange:
        """The frames that are to be written."""
        return self.frames - self.done

    @property
    def folder(self) -> Path:
        """Where they are written to."""
        return self.targets[self.frames.frames[0]].parent

    def defects(self, frame: int) -> tuple[Defect, ...]:
        """Return the defects to mend in a frame."""
        return self.defect_map.to_mend(frame, only=self.settings.only)

    def job(self, frame: int) -> str:
        """Return the name of what is to be done to a frame."""
        return self._jobs.name(self.defects(frame))

    def finished(self, frame: int) -> Ledger | None:
        """Return the ledger of a frame whose job an earlier run has done; None where it is to be done.

        Raises
        ------
        UsageError
            If a file is in the way that is not the outcome of this job.
        """
        target = self.targets[frame]
        if not os.path.lexists(target):
            return None
        ledger = _ledger_of(target)
        if ledger is not None and self._is_outcome(frame, target, ledger):
            return ledger
        if self.settings.in_place:
            _check_not_mended_otherwise(target, ledger)
        else:
            _check_not_in_the_way(target, ledger, overwrite=self.settings.overwrite)
        return None

    @cached_property
    def _jobs(self) -> Jobs:
        learns_from = training_frames(self.shot.frames)
        return Jobs(
            self.settings, self.shot.options, self.shot.plate, learns_from, self.defect_map.footprints
        )

    def _is_outcome(self, frame: int, target: Path, ledger: Ledger) -> bool:
        """Tell whether a target is what this job makes of the source as it is now."""
        if ledger.job != self.job(frame) or ledger.in_place != self.settings.in_place:
            return False
        with open_bytes(target) as found:
            # Whoever wants outputs replaced may doubt them: then every byte of both is looked at.
            if file_state(found, ledger, trust_times=not self.settings.overwrite) is not FileState.FIXED:
                return False
        if self.settings.in_place:
            return True
        with open_bytes(self.shot.path(frame)) as source:
            if source.facts.st_mtime_ns != ledger.source_mtime_ns:
                return False
            return is_original(source, ledger) if self.settings.overwrite else ledger.holds_old_bytes(source)


def plan_fix(
    shot: FileShot,
    defect_map: DefectMap,
    out: Path,
    settings: FixSettings,
    *,
    frames: FrameRange | None = None,
    workers: int = 1,
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
        If an output exists that is not the outcome of this very job, or source and output
        are the same folder, or not, in place; or if two frames are one file, in place.
    """
    wanted = wanted_frames(shot, frames)
    first = shot.path(wanted.frames[0])
    defect_map.check_fits(shot.plate)
    notices = check_patchable(first, shot.plate, shot.options)
    _check_place(out, first.parent, in_place=settings.in_place)
    plan = _plan_of_all(shot, defect_map, out, settings, frames=wanted)
    if settings.in_place:
        _check_own_files(plan.targets)
    finished = zip(wanted, frames_at_once(plan.finished, wanted, workers=workers), strict=True)
    done = FrameRange(frame for frame, ledger in finished if ledger is not None)
    return replace(plan, done=done, notices=notices)


def _plan_of_all(
    shot: FileShot, defect_map: DefectMap, out: Path, settings: FixSettings, *, frames: FrameRange
) -> FixPlan:
    """Return the plan that nothing is known to be done of."""
    return FixPlan(
        shot=shot,
        defect_map=defect_map,
        settings=settings,
        frames=frames,
        done=FrameRange(()),
        targets={frame: out / shot.path(frame).name for frame in frames},
    )


def frames_not_mended(
    shot: FileShot,
    defect_map: DefectMap,
    out: Path,
    settings: FixSettings,
    *,
    frames: FrameRange,
    workers: int = 1,
) -> dict[int, str]:
    """Return the frames that are not what this very job makes of the source, each with a sentence.

    Nothing is written, and no frame is decoded.
    """
    gone = frames - shot.frames
    plan = _plan_of_all(shot, defect_map, out, settings, frames=frames & shot.frames)

    def trouble_with(frame: int) -> str:
        try:
            if plan.finished(frame) is not None:
                return ""
        except PixError as exc:
            return str(exc)
        is_there = os.path.lexists(plan.targets[frame])
        return "is there, but is not what this map makes of the source" if is_there else "is missing"

    found = zip(plan.frames, frames_at_once(trouble_with, plan.frames, workers=workers), strict=True)
    return dict.fromkeys(gone, "is missing in the source") | {frame: said for frame, said in found if said}


def wanted_frames(shot: FileShot, frames: FrameRange | None) -> FrameRange:
    """Return the frames that are asked for, all if none are; an error where one is missing, or none is there."""
    wanted = shot.frames if frames is None else frames
    missing = wanted - shot.frames
    if len(missing):
        raise MissingFrameError(
            f"frames {missing} are missing", where=shot.label, hint=f"there are frames {shot.frames}"
        )
    if not len(wanted):
        raise RangeError("no frame is left to mend", where=shot.label)
    return wanted


def _check_place(out: Path, source: Path, *, in_place: bool) -> None:
    same_folder = _is_same_folder(out, source)
    if same_folder and not in_place:
        raise UsageError(
            "source and output are the same folder", where=str(out), hint="choose another, or pass --in-place"
        )
    if in_place and not same_folder:
        raise UsageError(
            "mending in place writes into the folder of the source", where=str(out), hint="name no other"
        )


def _is_same_folder(first: Path, second: Path) -> bool:
    """Tell whether two folders are one: one that is mounted twice has two paths."""
    try:
        return first.samefile(second)
    except OSError:  # one is not there
        return False


def _check_own_files(targets: Mapping[int, Path]) -> None:
    """Keep a file that two frames share (links, for a held frame) from being mended twice where it lies.

    Its ledgers would contradict each other, and undo would stop at one of them.
    """
    owners: dict[tuple[int, int], int] = {}
    for frame, path in targets.items():
        with contextlib.suppress(OSError):  # said where the frame is read
            facts = path.stat()
            first = owners.setdefault((facts.st_dev, facts.st_ino), frame)
            if first != frame:
                raise UsageError(
                    f"frames {first} and {frame} are one file, which cannot be mended in place twice",
                    where=str(path),
                    hint="mend into another folder, or leave one of them out with --frames",
                )


def _ledger_of(target: Path) -> Ledger | None:
    """Return the ledger of a file; None where it has none that can be read."""
    record = ledger_path(target)
    try:
        return read_ledger(record) if record.exists() else None
    except ProofError:
        return None


def _check_not_in_the_way(target: Path, ledger: Ledger | None, *, overwrite: bool) -> None:
    try:
        check_free(target, overwrite=overwrite)
    except UsageError as exc:
        if ledger is not None and target.is_file():
            exc.what = "exists already, mended from another source, or by another map or other settings"
        raise


def _check_not_mended_otherwise(target: Path, ledger: Ledger | None) -> None:
    """Keep the only way back: the ledger of a frame that was mended in place for another job."""
    if ledger is None or not ledger.edits:
        return
    with open_bytes(target) as found:
        state = file_state(found, ledger, trust_times=True)
    if state is FileState.FIXED:
        raise UsageError(
            "this frame was mended in place before, by another map or other settings; mending it again "
            "would lose the original",
            where=str(target),
            hint="run `pixmend undo` first, or mend it into another folder",
        )
