# SPDX-License-Identifier: Apache-2.0
"""Which defects of a frame are recovered, which are left as they are, and which are to be predicted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._answers import Answers, Wishes
from pixmend.fill._band import Band
from pixmend.fill._footprint_learning import LearntFootprint
from pixmend.fill._frame_defects import FrameDefects
from pixmend.fill._line_plan import LinePlan
from pixmend.fill._line_recovery import recover_lines
from pixmend.fill._lit_sites import LitWindows
from pixmend.fill._recover import Recovery, recover_sites
from pixmend.fill._recovery_plan import RecoveryPlan, StoredLight
from pixmend.fill._rings import Cell, Rings
from pixmend.fill._windows import Scale, cut_windows, scaled_windows
from pixmend.model import Method

__all__ = ["Recoveries", "recover_defects"]

_AT_ONCE = 512  # photosites: fast, and a map of many thousands asks for little memory
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

    def knows(self, defect: str) -> bool:
        """Tell whether a defect of an id can be recovered."""
        return defect in self.plans or defect in self.lines


@dataclass(frozen=True, slots=True, eq=False)
class _Site:
    """One defect in this frame: its samples as numbers among all, as places in its window, and without their lie.

    `light` (N,) is scene-linear, `value` (N,) the same on the sigma scale.
    """

    members: NDArray[np.intp]
    inside: tuple[NDArray[np.intp], ...]
    recovery: Recovery
    light: NDArray[np.float32]
    value: NDArray[np.float32]


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
    A sample is recovered where what its footprint and storage leave in doubt is less than the
    prediction is expected to be off: were these exact, a recovery would know all that a
    prediction knows, and more. The rest (clipped, or lost in quantisation) stays
    predicted; but where the scene clips, and the lie is small, it stays as it is. A defect is left where the mean expected square of its error is no less mended.
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
        if wish is None:
            _choose(answers, site)
        else:
            _recover(answers, site, np.isfinite(site.recovery.variance[site.inside]))


def _choose(answers: Answers, site: _Site) -> None:
    """Recover, leave or go on predicting a photosite, by what errors are expected."""
    recovery, inside = site.recovery, site.inside
    predicted = answers.variance[site.members] * recovery.roughness
    is_better = recovery.doubt[inside] < predicted
    mended = np.where(is_better, recovery.variance[inside], predicted).mean()
    squares = _squares_off(site, answers, predicted)
    told = np.isfinite(squares)
    far_off = float(squares[told].mean()) if told.any() else 0.0
    if mended > _BEYOND_TEXTURE * predicted.mean() or far_off > _FAR_OFF**2:
        return
    # What is clipped is the scene's only where the scene around says so too.
    is_doubtful = np.isinf(recovery.variance[inside]) & ~(squares < _FAR_OFF**2)
    as_it_is = np.where(is_doubtful, np.inf, recovery.variance_as_it_is[inside])
    stays = ~is_better & (as_it_is < predicted)
    mended = np.where(is_better, recovery.variance[inside], np.minimum(predicted, as_it_is)).mean()
    if as_it_is.mean() <= mended:
        stays[:] = True
    else:
        _recover(answers, site, is_better)
    answers.leave(site.members[stays], as_it_is[stays])


def _recover(answers: Answers, site: _Site, chosen: NDArray[np.bool_]) -> None:
    variance = site.recovery.variance[site.inside][chosen]
    answers.recover(site.members[chosen], site.light[chosen], site.value[chosen], variance)


def _squares_off(site: _Site, answers: Answers, variance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the squares (N,) by which a recovery differs from the prediction, in units of that one's variance.

    A lie of another shape (a pixel that is one value in all channels) leaves what no texture does, at
    the few samples that it spoils.
    """
    off = site.value - answers.value[site.members]
    return np.asarray(off.astype(np.float64) ** 2 / variance)


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
    for first in range(0, len(numbers), _AT_ONCE):
        for number, site in _recovered(found, numbers[first : first + _AT_ONCE], bands, recoveries, scale):
            yield site, wishes.methods.get(found.defects[number].id)


def _recovered(
    found: FrameDefects, numbers: Sequence[int], bands: Sequence[Band], recoveries: Recoveries, scale: Scale
) -> Iterator[tuple[int, _Site]]:
    """Yield those of some defects that can be recovered, with their numbers among all."""
    windows = _windows(found, numbers, bands, scale)
    plans = [recoveries.plans[found.defects[number].id] for number in numbers]
    told = recover_sites(windows, plans, rings=recoveries.rings, scale=scale, stored=recoveries.stored)
    sites = []
    for number, recovery in zip(numbers, told, strict=True):
        places = found.inside[number]
        if recovery is not None and places is not None:
            inside = tuple(places)
            sites.append((number, inside, recovery, recovery.light[inside]))
    if not sites:
        return
    light = np.concatenate([lit for *_, lit in sites])
    values = scale.values_of(light, np.concatenate([inside[0] for _, inside, *_ in sites]))
    first = 0
    for number, inside, recovery, lit in sites:
        value = values[first : (first := first + len(lit))]
        yield number, _Site(found.members[number], inside, recovery, lit, value)


def _windows(found: FrameDefects, numbers: Sequence[int], bands: Sequence[Band], scale: Scale) -> LitWindows:
    chosen = list(numbers)
    side = found.is_untouched.shape[-1]
    stored = cut_windows(bands, found.origins[chosen], side)
    values = scaled_windows(np.moveaxis(stored, -1, 1), scale)
    light = scale.light(stored.reshape(-1, *stored.shape[2:])).reshape(-1, len(chosen), side, side)
    return LitWindows(
        np.ascontiguousarray(np.swapaxes(light, 0, 1)),
        values,
        found.is_untouched[chosen] & np.isfinite(values),
    )
