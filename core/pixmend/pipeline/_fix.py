# SPDX-License-Identifier: Apache-2.0
"""Defect map -> patches -> mended files with their ledgers and seals."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pixmend.errors import FrameError
from pixmend.model import Method
from pixmend.pipeline._fix_audit import FixAudit, audited_mender
from pixmend.pipeline._fix_plan import FixPlan
from pixmend.pipeline._frames_at_once import frames_at_once
from pixmend.pipeline._mender import Mender, train_mender
from pixmend.pipeline._originals import OriginalShot
from pixmend.pipeline._run_lock import RunLock, run_alone
from pixmend.pipeline._seal import Seals, broken_seals, hashed_as_fixed, hashes_for_ledger, seal_files
from pixmend.progress import Progress, Silent
from pixmend.seal import HashedFile, check_mhl
from pixmend.splice import (
    Ledger,
    WriteSettings,
    ledger_path,
    read_ledger,
    recover,
    remove_names_of_finished,
    remove_stale_temporaries,
    write_fixed,
    write_in_place,
)

__all__ = ["FixReport", "SkippedFrame", "fix"]


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
    frames_already_done : int
        Frames that an earlier run had written; nothing was done to them.
    samples_left : int
        Spoiled samples that nothing around them could predict, and that stayed as they were.
    samples_moved_by_codec : int
        Samples beside the mended ones that a lossy codec moved with them.
    repairs : Counter of Method or None
        How often a defect was mended in a frame, by how; None counts those left as they were.
    notices : list of str
        What the user should know of the files: one sentence each, each once.
    audit : FixAudit or None
        What came of looking at repairs before they were made; None where that was not asked for,
        or no frame was left.
    """

    frames_written: int = 0
    frames_already_done: int = 0
    frames_changed: int = 0
    samples_changed: int = 0
    samples_left: int = 0
    samples_moved_by_codec: int = 0
    repairs: Counter[Method | None] = field(default_factory=Counter)
    notices: list[str] = field(default_factory=list)
    skipped: list[SkippedFrame] = field(default_factory=list)
    seals: Seals = field(default_factory=Seals)
    audit: FixAudit | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Written:
    """A frame that was written; or that another run had written meanwhile."""

    ledger: Ledger
    samples_left: int = 0
    was_done: bool = False


def fix(
    plan: FixPlan,
    *,
    notes: Mapping[str, Any] | None = None,
    skip_bad_frames: bool = False,
    workers: int = 1,
    progress: Progress | None = None,
) -> FixReport:
    """Write every frame of the plan that is left with its defects mended.

    The fill is trained on frames of the whole shot, whichever of them are written, so
    that any part of a shot is mended the same to the bit, wherever it is run. Where no
    frame is left, nothing is learned, and no file changes.

    Raises
    ------
    FrameError
        At the first frame that cannot be read or patched, unless `skip_bad_frames`.
    ProofError
        If a frame could not be proved; it was not published.
    TemporaryError
        If another run is writing one of these frames, or the disk is full.
    """
    says = progress or Silent()
    if plan.settings.mhl:
        check_mhl()
    report = FixReport(frames_already_done=len(plan.done), notices=list(plan.notices))
    sealed = _sealed_before(plan)
    if len(plan.left):
        with run_alone(
            plan.folder, plan.left, frozenset(plan.targets[each].name for each in plan.left)
        ) as lock:
            _clear_up(plan)
            mender, report.audit = _mender_of(
                plan, skip_bad_frames=skip_bad_frames, workers=workers, progress=says
            )
            work = _FrameWork(plan, mender, notes or {}, skip_bad_frames=skip_bad_frames)
            written = _write_frames(plan, work, report, lock, workers=workers, progress=says)
        report.notices += broken_seals(list(written.values()), plan.settings.hashes, mhl=plan.settings.mhl)
        sealed |= written
    report.seals = seal_files(
        [sealed[frame] for frame in sorted(sealed)],
        plan.settings.hashes,
        mhl=plan.settings.mhl,
        comment="frames mended by pixmend; the ledgers beside them lead back to the originals",
        progress=says,
    )
    return report


def _mender_of(
    plan: FixPlan, *, skip_bad_frames: bool, workers: int, progress: Progress
) -> tuple[Mender, FixAudit | None]:
    """Learn the shot, and try the repairs if that is asked for."""
    shot, settings = OriginalShot(plan.shot), plan.settings
    mender = train_mender(
        shot,
        plan.defect_map,
        settings.encoding,
        progress,
        method=settings.method,
        skip_bad_frames=skip_bad_frames,
        workers=workers,
    )
    if not settings.audit:
        return mender, None
    return audited_mender(
        mender,
        shot,
        plan.defect_map,
        only=settings.only,
        skip_bad_frames=skip_bad_frames,
        workers=workers,
        progress=progress,
    )


class _FrameWork:
    """What is done to one frame; called from several threads."""

    def __init__(
        self, plan: FixPlan, mender: Mender, notes: Mapping[str, Any], *, skip_bad_frames: bool
    ) -> None:
        self._plan = plan
        self._mender = mender
        self._skip_bad_frames = skip_bad_frames
        self._settings = WriteSettings(
            overwrite=plan.settings.overwrite,
            options=plan.shot.options,
            exact=plan.settings.exact,
            hashes=hashes_for_ledger(plan.settings.hashes),
            notes=notes,
        )

    def __call__(self, frame: int) -> _Written | SkippedFrame:
        try:
            return self._write(frame)
        except FrameError as exc:
            if not self._skip_bad_frames:
                raise
            return SkippedFrame(frame, str(exc))

    def _write(self, frame: int) -> _Written:
        plan = self._plan
        finished = plan.finished(frame)
        if finished is not None:  # by a run that ended after the plan was made
            return _Written(finished, was_done=True)
        mended = self._mender.mend(frame, plan.defects(frame))
        settings = replace(self._settings, job=plan.job(frame), repairs=mended.repairs)
        source, target = plan.shot.path(frame), plan.targets[frame]
        if plan.settings.in_place:
            ledger = write_in_place(target, mended.patch, plan.shot.plate, settings=settings)
        else:
            ledger = write_fixed(source, target, mended.patch, plan.shot.plate, settings=settings)
        return _Written(ledger, samples_left=mended.unfillable)


def _write_frames(
    plan: FixPlan,
    work: _FrameWork,
    report: FixReport,
    lock: RunLock,
    *,
    workers: int,
    progress: Progress,
) -> dict[int, HashedFile]:
    """Write the frames that are left; return those that want a seal."""
    written = {}
    progress.start("mending frames", len(plan.left))
    outcomes = frames_at_once(work, plan.left, workers=workers, waits=True)
    for frame, done in zip(plan.left, outcomes, strict=True):
        _count(report, done)
        if isinstance(done, _Written) and _needs_seal(plan, done.ledger):
            written[frame] = hashed_as_fixed(plan.targets[frame], done.ledger)
        lock.beat()
        progress.advance()
    return written


def _clear_up(plan: FixPlan) -> None:
    """Take away what a run that was killed left behind of the frames that are left, and names of finished ones."""
    targets = [plan.targets[frame] for frame in plan.left]
    # Of a link that is mended in place, the file that it leads to has the temporaries beside it.
    files = [each.resolve() for each in targets] if plan.settings.in_place else targets
    remove_stale_temporaries(files)
    remove_names_of_finished([plan.targets[frame] for frame in plan.done])
    if plan.settings.in_place:
        for target in targets:
            recover(target)


def _count(report: FixReport, done: _Written | SkippedFrame) -> None:
    if isinstance(done, SkippedFrame):
        report.skipped.append(done)
        return
    report.notices += [each for each in done.ledger.notices if each not in report.notices]
    if done.was_done:
        report.frames_already_done += 1
        return
    changed = len(done.ledger.patch.changes_only())
    report.frames_written += 1
    report.frames_changed += bool(changed)
    report.samples_changed += changed
    report.samples_left += done.samples_left
    report.repairs.update(each.method for each in done.ledger.repairs)
    report.samples_moved_by_codec += len(done.ledger.collateral)


def _sealed_before(plan: FixPlan) -> dict[int, HashedFile]:
    """Return the frames of earlier runs, whose seals may be missing: a killed run writes none."""
    if not (plan.settings.hashes or plan.settings.mhl):
        return {}
    ledgers = {frame: read_ledger(ledger_path(plan.targets[frame])) for frame in plan.done}
    return {
        frame: hashed_as_fixed(plan.targets[frame], ledger)
        for frame, ledger in ledgers.items()
        if _needs_seal(plan, ledger)
    }


def _needs_seal(plan: FixPlan, ledger: Ledger) -> bool:
    """Tell whether a frame was touched: in place, one without a defect was not."""
    return bool(ledger.edits) or not plan.settings.in_place
