# SPDX-License-Identifier: Apache-2.0
"""Which defects of a frame are recovered, which are left as they are, and which are to be predicted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._answers import LEFT, METHODS, Answers, Wishes
from pixmend.fill._band import Band
from pixmend.fill._footprint_learning import LearntFootprint
from pixmend.fill._frame_defects import FrameDefects
from pixmend.fill._line_plan import LinePlan
from pixmend.fill._line_recovery import recover_lines
from pixmend.fill._lit_sites import LitWindow
from pixmend.fill._recover import Recovery, recover
from pixmend.fill._recovery_plan import RecoveryPlan, StoredLight
from pixmend.fill._rings import Cell, Rings
from pixmend.fill._windows import Scale, cut_windows, scaled_windows
from pixmend.model import Method

__all__ = ["Recoveries", "recover_defects"]

_FAR_OFF = 4.0  # standard deviations that what is recovered may lie from what is predicted around it
_BEYOND_TEXTURE = (
    2.0  # times the square of a prediction's error: what is left then is a footprint that does not fit
)


@dataclass(frozen=True, slots=True, eq=False)
class Recoveries:
    """How the photosites of a shot are recovered.

    Attributes
    ----------
    plans : mapping of str to RecoveryPlan
        By the ids of defects; of those that can be recovered.
    rings : Rings
        Predicts a photosite from around it.
    stored : StoredLight
    footprints : mapping of (int, int) to LearntFootprint
        What was learned of each place in the 2 x 2 mosaic, array row and column modulo 2.
    lines : mapping of str to LinePlan
        By the ids of columns and rows; of those that can be recovered.
    """

    plans: Mapping[str, RecoveryPlan]
    rings: Rings
    stored: StoredLight
    footprints: Mapping[Cell, LearntFootprint] = field(default_factory=dict)
    lines: Mapping[str, LinePlan] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class _Site:
    """One defect in this frame: its samples as numbers among all, and as places in its window."""

    members: NDArray[np.intp]
    inside: tuple[NDArray[np.intp], ...]
    recovery: Recovery


def recover_defects(
    answers: Answers,
    found: FrameDefects,
    bands: Sequence[Band],
    *,
    recoveries: Recoveries,
    scale: Scale,
    wishes: Wishes,
) -> None:
    """Let each defect that is better recovered than predicted be recovered, and each that is better left be left.

    Parameters
    ----------
    answers : Answers
        Holds the spatial prediction; changed in place.

    Notes
    -----
    The mean over its samples of the expected square of the error decides. A sample that
    is beyond recovery (clipped, or its light lost in quantisation) stays predicted while
    the rest of the defect is recovered.
    """
    recover_lines(
        answers,
        found,
        bands,
        plans=recoveries.lines,
        scale=scale,
        stored=recoveries.stored,
        wishes=wishes,
    )
    for site, wish in _sites(found, bands, recoveries, scale, wishes):
        variance = site.recovery.variance[site.inside]
        before = answers.variance[site.members] * site.recovery.roughness
        is_better = site.recovery.doubt[site.inside] < before if wish is None else np.isfinite(variance)
        mended = np.where(is_better, variance, before).mean()
        is_odd = (
            mended > _BEYOND_TEXTURE * before.mean() or _far_off(site, answers, before, scale) > _FAR_OFF**2
        )
        if wish is None and is_odd:
            continue
        if wish is None and site.recovery.variance_as_it_is[site.inside].mean() <= mended:
            answers.method[site.members] = LEFT
            answers.variance[site.members] = site.recovery.variance_as_it_is[site.inside]
        elif is_better.any():
            places, inside = site.members[is_better], tuple(each[is_better] for each in site.inside)
            answers.recovered[places] = site.recovery.light[inside]
            answers.value[places] = scale.values_of(answers.recovered[places], inside[0])
            answers.variance[places] = variance[is_better]
            answers.method[places] = METHODS.index(Method.RECOVER)


def _far_off(site: _Site, answers: Answers, variance: NDArray[np.float64], scale: Scale) -> float:
    """Return the mean square by which a recovery differs from the prediction, in units of that one's variance.

    A lie of another shape (a pixel that is one value in all channels) leaves what no texture does, at
    the few samples that it spoils.
    """
    light = site.recovery.light[site.inside]
    off = scale.values_of(light, site.inside[0]) - answers.value[site.members]
    squares = off.astype(np.float64) ** 2 / variance
    told = np.isfinite(squares)
    return float(squares[told].mean()) if told.any() else 0.0


def _sites(
    found: FrameDefects, bands: Sequence[Band], recoveries: Recoveries, scale: Scale, wishes: Wishes
) -> Iterator[tuple[_Site, Method | None]]:
    """Yield the defects that can be recovered in this frame, and whether somebody asked for that."""
    numbers = [
        number
        for number, defect in enumerate(found.defects)
        if defect.id in recoveries.plans
        and defect.id not in wishes.refused
        and wishes.methods.get(defect.id, Method.RECOVER) is Method.RECOVER
    ]
    if not numbers:
        return
    side = found.is_untouched.shape[-1]
    stored = cut_windows(bands, found.origins[numbers], side)
    values = scaled_windows(np.moveaxis(stored, -1, 1), scale)
    light = scale.light(stored.reshape(-1, *stored.shape[2:])).reshape(-1, len(numbers), side, side)
    for number, window, lit_samples in zip(numbers, values, np.swapaxes(light, 0, 1), strict=True):
        name = found.defects[number].id
        members = found.members[number]
        inside = found.holes.spoiled[members] - np.array([0, *found.origins[number]])
        if not ((inside[:, 1:] >= 0) & (inside[:, 1:] < side)).all():
            continue
        lit = LitWindow(
            np.ascontiguousarray(lit_samples), window, found.is_untouched[number] & np.isfinite(window)
        )
        recovery = recover(
            lit, recoveries.plans[name], rings=recoveries.rings, scale=scale, stored=recoveries.stored
        )
        if recovery is not None:
            yield _Site(members, tuple(inside.T), recovery), wishes.methods.get(name)
