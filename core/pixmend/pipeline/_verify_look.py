# SPDX-License-Identifier: Apache-2.0
"""Mended frames -> defects that still show, and how far each repair stands out; shot by shot."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from pixmend.audit import AuditScore
from pixmend.detect import defects_left
from pixmend.errors import PixError, RangeError
from pixmend.fill import spoiled_samples
from pixmend.frames import Encoding, FileShot
from pixmend.model import Defect, DefectMap, FrameRange, Method, PlateInfo, Status
from pixmend.pipeline._audit import AUDIT_FRAMES, audit_repairs, frames_to_audit
from pixmend.pipeline._detect import detect
from pixmend.pipeline._measuring import Sampling
from pixmend.progress import Progress
from pixmend.splice import Ledger, ledger_path, read_ledger
from pixmend.stats import SigmaScale

__all__ = ["AuditedRepair", "look_at_repairs", "shots_to_look_at"]

_MOST_FRAMES = 1000  # looked at as one: more frames of a shot say no more of what is left in it
_NEAR_PX = 40  # of a defect: all that a score there may lean on, the lobes of a strong neighbour too


@dataclass(frozen=True, slots=True)
class AuditedRepair:
    """How far one repair stands out.

    Attributes
    ----------
    defect : Defect
    method : Method or None
        How it was mended in most frames, as the ledgers say; None where it was left as it was,
        or they do not say.
    score : AuditScore
    """

    defect: Defect
    method: Method | None
    score: AuditScore


def shots_to_look_at(defect_map: DefectMap, frames: FrameRange) -> list[FrameRange]:
    """Return what of some frames is looked at together: the shots that the map tells, in order.

    A map that tells none is of one shot. A very long one is looked at in parts of like length.
    """
    told: Any = defect_map.extra.get("shots_found")
    try:
        shots = [FrameRange.parse(each["frames"]) & frames for each in told] if told else [frames]
    except (RangeError, TypeError, LookupError):  # a field that people may have edited
        shots = [frames]
    return [part for shot in shots for part in _parts(shot.frames)]


def _parts(frames: tuple[int, ...]) -> Iterable[FrameRange]:
    count = -(-len(frames) // _MOST_FRAMES)
    ends = [len(frames) * number // count for number in range(1, count + 1)]
    return (FrameRange(frames[begin:end]) for begin, end in zip([0, *ends], ends, strict=False))


def look_at_repairs(
    mended: FileShot,
    defect_map: DefectMap,
    encoding: Encoding,
    *,
    frames: FrameRange,
    workers: int,
    progress: Progress,
) -> tuple[tuple[Defect, ...], tuple[AuditedRepair, ...]]:
    """Return the defects that still show in some mended frames, and how far each repair stands out.

    Parameters
    ----------
    frames : FrameRange
        One of `shots_to_look_at`.

    Raises
    ------
    FrameError
        If the frames cannot be read.
    """
    wanted = defect_map.wanted(only=_only_mended(mended, frames))
    there = {each.id for each in defect_map.defects if any(each.shows_in(frame) for frame in frames)}
    shown = [each for each in wanted if each.id in there]
    if not shown:
        return (), ()
    known = [each for each in defect_map.defects if each.id in there]
    found = detect(
        mended,
        encoding,
        sampling=Sampling(frames=frames),
        # Elsewhere nothing is asked. What was not to be mended stays, for it may teach what a defect looks like.
        excluded=_far_from(known, mended.plate),
        workers=workers,
        progress=progress,
    )
    model = found.statistics.model
    scores = audit_repairs(
        mended,
        defect_map.defects,
        SigmaScale(encoding, model.sample, model.noise),
        chosen=frames_to_audit(shown, frames),
        workers=workers,
        progress=progress,
    )
    methods = _methods(mended, frames)
    repairs = [
        AuditedRepair(each, methods.get(each.id), scores[each.id]) for each in shown if each.id in scores
    ]
    return defects_left(shown, found=found.defect_map.defects), tuple(repairs)


def _far_from(defects: Iterable[Defect], plate: PlateInfo) -> NDArray[np.bool_]:
    """Return where no defect is near, (H, W)."""
    raster = plate.raster
    near = np.zeros((raster.height, raster.width), np.bool_)
    _, rows, columns = spoiled_samples(defects, plate).T
    inside = (rows >= 0) & (rows < raster.height) & (columns >= 0) & (columns < raster.width)
    near[rows[inside], columns[inside]] = True
    return ~maximum_filter(near, 2 * _NEAR_PX + 1)


def _methods(mended: FileShot, frames: FrameRange) -> dict[str, Method | None]:
    """Return how each defect was mended in most of some frames, as their ledgers say."""
    counts: dict[str, Counter[Method | None]] = {}
    for frame in frames.thinned(AUDIT_FRAMES):
        ledger = _ledger_of(mended, frame)
        for each in () if ledger is None else ledger.repairs:
            counts.setdefault(each.defect, Counter())[each.method] += 1
    return {name: count.most_common(1)[0][0] for name, count in counts.items()}


def _only_mended(mended: FileShot, frames: FrameRange) -> Status | None:
    """Return the status that `fix --only` named, as the ledgers tell; None where it named none."""
    for frame in frames:
        ledger = _ledger_of(mended, frame)
        if ledger is not None:
            only = ledger.notes.get("only")
            return Status(only) if only in set(Status) else None
    return None


def _ledger_of(mended: FileShot, frame: int) -> Ledger | None:
    """Return a frame's ledger; None where it cannot be read, which the proofs tell."""
    try:
        return read_ledger(ledger_path(mended.path(frame)))
    except PixError:
        return None
