# SPDX-License-Identifier: Apache-2.0
"""Repairs are tried in memory before a frame is written: one that would show is made another way, or refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pixmend.audit import AuditScore, Trial, best_trial, method_to_try
from pixmend.errors import FrameError
from pixmend.fill import Mend, Wishes
from pixmend.frames import FrameSource
from pixmend.model import Defect, DefectMap, FrameRange, Method, Status
from pixmend.pipeline._audit import audit_repairs, frames_to_audit
from pixmend.pipeline._frames_at_once import frames_at_once
from pixmend.pipeline._mended_view import MendedView
from pixmend.pipeline._mender import Mender
from pixmend.progress import Progress

__all__ = ["FixAudit", "audited_mender"]

_FRAMES = 12


@dataclass(frozen=True, slots=True)
class FixAudit:
    """What the audit of repairs that were tried has changed; each defect by its id.

    Attributes
    ----------
    scores : dict of str to AuditScore
        Of the repairs that are made, as far as anything could be told.
    changed : dict of str to Method
        Mended by this method, because the one that was expected to be best would show.
    refused : tuple of str
        Left as they were: every repair would show no less.
    """

    scores: dict[str, AuditScore]
    changed: dict[str, Method]
    refused: tuple[str, ...]

    @property
    def seen(self) -> tuple[str, ...]:
        """Repairs that are made and may be seen: no other would show less."""
        return tuple(name for name, score in self.scores.items() if score.shows)


def audited_mender(
    mender: Mender,
    shot: FrameSource,
    defect_map: DefectMap,
    *,
    only: Status | None,
    skip_bad_frames: bool = False,
    workers: int = 1,
    progress: Progress,
) -> tuple[Mender, FixAudit]:
    """Return a mender whose repairs show as little as may be, and what was decided.

    A few frames are mended in memory, spread over the whole shot, whichever frames are to
    be written: any part of a shot is mended the same.

    Parameters
    ----------
    mender : Mender
        Trained on the shot.
    shot : FrameSource
    defect_map : DefectMap
    only : Status or None
        As of `fix`.

    Raises
    ------
    FrameError
        If a frame cannot be read, unless `skip_bad_frames`.
    """
    tries = _Tries(
        shot, defect_map, only=only, skip_bad_frames=skip_bad_frames, workers=workers, progress=progress
    )
    trials = _all_trials(tries, mender)
    hopeless = [each for each in tries.defects if all(trial.shows for trial in trials[each.id])]
    untouched = tries.untouched(mender, hopeless)
    best = {name: best_trial(each, untouched.get(name)) for name, each in trials.items()}
    audit = FixAudit(
        scores={
            name: each.score for name, each in best.items() if each is not None and each.score is not None
        },
        changed={
            name: each.asked
            for name, each in best.items()
            if each is not None and each.asked not in {None, trials[name][0].asked}
        },
        refused=tuple(name for name, each in best.items() if each is None),
    )
    wishes = Wishes(
        methods={**mender.wishes.methods, **audit.changed},
        refused=mender.wishes.refused | frozenset(audit.refused),
    )
    return mender.wishing(wishes), audit


def _all_trials(tries: "_Tries", mender: Mender) -> dict[str, list[Trial]]:
    """Try each defect by one method after the other, until it does not show or nothing is left to try."""
    trials = {name: [trial] for name, trial in tries.of(mender, tries.defects).items()}
    while wanted := {name: method for name, each in trials.items() if (method := method_to_try(each))}:
        wishes = replace(mender.wishes, methods={**mender.wishes.methods, **wanted})
        again = [each for each in tries.defects if each.id in wanted]
        for name, trial in tries.of(mender.wishing(wishes), again).items():
            trials[name].append(trial)
    return trials


class _Tries:
    """Mends some frames in memory, and looks at them."""

    def __init__(
        self,
        shot: FrameSource,
        defect_map: DefectMap,
        *,
        only: Status | None,
        skip_bad_frames: bool,
        workers: int,
        progress: Progress,
    ) -> None:
        self.defects = defect_map.wanted(only=only)
        self._shot, self._map, self._only = shot, defect_map, only
        self._skip_bad_frames, self._workers, self._progress = skip_bad_frames, workers, progress
        self._chosen = frames_to_audit(self.defects, shot.frames, most=_FRAMES)

    def of(self, mender: Mender, defects: Sequence[Defect]) -> dict[str, Trial]:
        """Return one trial of each defect, as this mender mends it."""
        mends = self._mended(mender, defects)
        used = _methods(mends)
        scores = self._scores(mender, defects, mends)
        return {
            each.id: Trial(
                mender.wishes.methods.get(each.id), used.get(each.id, frozenset()), scores.get(each.id)
            )
            for each in defects
        }

    def untouched(self, mender: Mender, defects: Sequence[Defect]) -> dict[str, AuditScore]:
        """Return how far defects stand out as they are."""
        left = mender.wishing(replace(mender.wishes, refused=frozenset(each.id for each in defects)))
        return self._scores(mender, defects, self._mended(left, defects)) if defects else {}

    def _mended(self, mender: Mender, defects: Sequence[Defect]) -> dict[int, Mend]:
        frames = FrameRange(frame for each in defects for frame in self._chosen.get(each.id, ()))

        def mend(frame: int) -> Mend | None:
            try:
                return mender.mend(frame, self._map.to_mend(frame, only=self._only))
            except FrameError:
                if not self._skip_bad_frames:
                    raise
                return None

        self._progress.start("trying repairs", len(frames))
        mends = {}
        for frame, found in zip(frames, frames_at_once(mend, frames, workers=self._workers), strict=True):
            if found is not None:
                mends[frame] = found
            self._progress.advance()
        return mends

    def _scores(
        self, mender: Mender, defects: Sequence[Defect], mends: Mapping[int, Mend]
    ) -> dict[str, AuditScore]:
        view = MendedView(self._shot, {frame: each.patch for frame, each in mends.items()})
        there = {each.id: self._chosen[each.id] & view.frames for each in defects if each.id in self._chosen}
        return audit_repairs(
            view,
            self._map.defects,
            mender.scale,
            chosen=there,
            workers=self._workers,
            progress=self._progress,
        )


def _methods(mends: Mapping[int, Mend]) -> dict[str, frozenset[Method]]:
    """Return by which methods each defect was mended in any frame."""
    used: dict[str, frozenset[Method]] = {}
    for mend in mends.values():
        for each in mend.repairs:
            if each.method is not None:
                used[each.defect] = used.get(each.defect, frozenset()) | {each.method}
    return used
