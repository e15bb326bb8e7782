# SPDX-License-Identifier: Apache-2.0
"""One camera's constellation, found again in another map.

A contrario (Desolneux, Moisan, Morel 2000): a placement is believed when so many common
points are too unlikely for points that lie anywhere. The number of placements that were
looked at counts against it, so that maps of many defects do not match by trying hard.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.special import bdtrc

from pixmend.model import DefectMap
from pixmend.register._hypotheses import Hypotheses, from_rasters, offsets, scales, stretches
from pixmend.register._placement import Placement
from pixmend.register._points import Constellation, constellation

__all__ = ["MOST_CHANCE", "TOLERANCE_PX", "match_maps", "match_points"]

TOLERANCE_PX = 1.5
"""Farthest that one defect lies from itself: a pixel of doubt in x and in y."""

MOST_CHANCE = 1e-4
"""Matches of unrelated maps that are accepted, for each pair of maps that is compared."""

_FORMS = 4  # rasters, offsets, scales, stretches: each is one more try
# Pairs of pairs grow with the fourth power of the points.
_POINTS_OF_OFFSETS, _POINTS_OF_SCALES, _POINTS_OF_STRETCHES = 200, 36, 20
_LEAST_TAIL = 1e-300  # smaller ones are all the same
_MOST_FITS = 10
_MOST_ROUNDS = 12
_LOOSENESS = {False: (1.0, 1.0), True: (3.0, 2.0, 1.0)}  # two points extrapolate less well than one
_CLEAR = 0.5  # of the points of the smaller map: what explains so many needs no second thought


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """A hypothesis after its scale and offset were fitted to the points that it brings together."""

    row: NDArray[np.float64]
    here: NDArray[np.int64]
    there: NDArray[np.int64]
    log10_chance: float


def match_maps(
    here: DefectMap, there: DefectMap, *, most_chance: float = MOST_CHANCE, by_offset_only: bool = False
) -> Placement | None:
    """Find where the defects of one map lie in another.

    Tried are: nothing moved; the whole raster resized, or cropped in its middle; any
    offset; any one scale from 0.3 to 3 with an offset; a scale each for x and y up to a
    ratio of two; all of it flipped in x and in y. The simpler the placement, the fewer
    common defects it needs: 2 where nothing moved, 3 for an offset, 4 or 5 for a scale.

    Lines, single-frame hits, rejected defects, and of a cluster all but the strongest
    are left out.

    Parameters
    ----------
    here, there : DefectMap
    most_chance : float
        How often maps of two cameras may be taken for one's, 0 to 1.
    by_offset_only : bool
        Try no scale; faster.

    Returns
    -------
    Placement or None
        From `here` to `there`; None where no placement is less likely by chance.
    """
    return match_points(
        constellation(here), constellation(there), most_chance=most_chance, by_offset_only=by_offset_only
    )


def match_points(
    here: Constellation,
    there: Constellation,
    *,
    most_chance: float = MOST_CHANCE,
    by_offset_only: bool = False,
) -> Placement | None:
    """Find a placement as `match_maps` does, for constellations at hand."""
    best: Placement | None = None
    tree = cKDTree(there.points)
    for hypotheses in _forms(here, there, by_offset_only=by_offset_only):
        for row in _promising(hypotheses, here, tree):
            fit = _fitted(row, here, there, form=hypotheses, tree=tree)
            if fit is not None and (best is None or fit.log10_chance < best.log10_chance):
                best = _placement(fit, here, there)
        if best is not None and _is_clear(best, here, there, most_chance):
            break
    return best if best is not None and best.log10_chance <= np.log10(most_chance) else None


def _forms(here: Constellation, there: Constellation, *, by_offset_only: bool) -> Iterator[Hypotheses]:
    """Yield hypotheses of more and more freedom, as far as there are points for them."""
    fewest = min(len(here), len(there))
    if fewest >= 2:
        yield from_rasters(here.raster, there.raster)
    if fewest >= 3:
        yield offsets(here.strongest(_POINTS_OF_OFFSETS), there.strongest(_POINTS_OF_OFFSETS))
    if by_offset_only:
        return
    if fewest >= 4:
        yield scales(here.strongest(_POINTS_OF_SCALES), there.strongest(_POINTS_OF_SCALES))
    if fewest >= 5:
        yield stretches(here.strongest(_POINTS_OF_STRETCHES), there.strongest(_POINTS_OF_STRETCHES))


def _is_clear(best: Placement, here: Constellation, there: Constellation, most_chance: float) -> bool:
    is_unlikely = best.log10_chance <= np.log10(most_chance)
    return is_unlikely and len(best.pairs) >= _CLEAR * min(len(here), len(there))


def _promising(form: Hypotheses, here: Constellation, tree: cKDTree) -> NDArray[np.float64]:
    """Return the few hypotheses that bring the most points together, at a first glance."""
    if not len(form.rows):
        return form.rows
    where = here.points[None, :, :] * form.rows[:, None, :2] + form.rows[:, None, 2:]
    distance, _ = tree.query(where)
    looseness = _LOOSENESS[form.is_scaled][0]
    common = (distance <= looseness * _tolerance(form.rows)[:, None]).sum(axis=1)
    order = np.argsort(-common, kind="stable")[:_MOST_FITS]
    best: NDArray[np.float64] = form.rows[order[common[order] >= form.least_pairs]]
    return best


def _fitted(
    row: NDArray[np.float64], here: Constellation, there: Constellation, *, form: Hypotheses, tree: cKDTree
) -> _Fit | None:
    """Fit a hypothesis to what it brings together, first with a loose hand, then with a firm one."""
    common = partial(_common, here=here.points, tree=tree)
    for looseness in _LOOSENESS[form.is_scaled]:
        most = 0
        # Each fit reaches farther from where it began, until it brings nothing new.
        for _ in range(_MOST_ROUNDS if form.is_scaled else 1):
            one, other = common(row, looseness=looseness)
            if len(one) < form.least_pairs:
                return None
            if len(one) <= most:
                break
            most = len(one)
            if form.pairs_used:
                row = _refined(
                    row, here.points[one], there.points[other], weights=here.weights[one], form=form
                )
    one, other = common(row, looseness=1.0)
    if len(one) < form.least_pairs:
        return None
    return _Fit(row, one, other, _log10_chance(row, len(one), here, there, form=form))


def _common(
    row: NDArray[np.float64], *, here: NDArray[np.float64], tree: cKDTree, looseness: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the indices of points that lie together, each used once."""
    reach = looseness * float(_tolerance(row))
    found = tree.query(here * row[:2] + row[2:])
    distance, nearest = np.asarray(found[0]), np.asarray(found[1])
    one = np.flatnonzero(distance <= reach)
    one = one[np.argsort(distance[one], kind="stable")]
    _, first = np.unique(nearest[one], return_index=True)
    one = np.sort(one[first])
    return one, nearest[one].astype(np.int64)


def _tolerance(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far a defect may lie from itself by each hypothesis, (..., 4) to (...)."""
    zoom: NDArray[np.float64] = np.maximum(1.0, np.abs(rows[..., :2]).max(axis=-1))
    return TOLERANCE_PX * zoom


def _refined(
    row: NDArray[np.float64],
    here: NDArray[np.float64],
    there: NDArray[np.float64],
    *,
    weights: NDArray[np.float64],
    form: Hypotheses,
) -> NDArray[np.float64]:
    """Return scale and offset by weighted least squares, in the freedom of the hypothesis."""
    share = (weights / weights.sum())[:, None]
    mean_here, mean_there = (here * share).sum(axis=0), (there * share).sum(axis=0)
    scale = row[:2]
    if form.is_scaled:
        flip = np.sign(row[:2])
        across = ((here - mean_here) * (there - mean_there) * flip * share).sum(axis=0)
        spread = (np.square(here - mean_here) * share).sum(axis=0)
        if not form.is_stretched:
            across, spread = across.sum(keepdims=True), spread.sum(keepdims=True)
        usable = (spread > 0.0) & (across > 0.0)
        scale = np.where(usable, flip * across / np.where(usable, spread, 1.0), row[:2])
    offset = mean_there - scale * mean_here
    if not form.is_scaled:
        # Whole pixels, where whole places can not tell them from parts of a pixel.
        doubt = 2.0 * np.sqrt(np.square(share).sum() / 6.0)
        offset = np.where(np.abs(offset - np.rint(offset)) < doubt, np.rint(offset), offset)
    return np.concatenate([scale, offset])


def _log10_chance(
    row: NDArray[np.float64], pairs: int, here: Constellation, there: Constellation, *, form: Hypotheses
) -> float:
    """Return how many placements as good two unrelated maps would show, as a logarithm.

    The points of both that lie where both rasters are can meet; each of one does with
    the probability that a circle around one of the other covers.
    """
    corners = np.array([(each.x, each.y) for each in (here.raster, there.raster)], dtype=np.float64)
    sizes = np.array([(each.width, each.height) for each in (here.raster, there.raster)], dtype=np.float64)
    ends = np.array([corners[0], corners[0] + sizes[0]]) * row[:2] + row[2:]
    low = np.maximum(ends.min(axis=0), corners[1]) - _tolerance(row)
    high = np.minimum(ends.max(axis=0), corners[1] + sizes[1]) + _tolerance(row)
    meeting = [
        int(((points >= low) & (points <= high)).all(axis=1).sum())
        for points in (here.points * row[:2] + row[2:], there.points)
    ]
    area = float(np.prod(np.maximum(high - low, 1.0)))
    chance = min(1.0, meeting[1] * np.pi * float(_tolerance(row)) ** 2 / area)
    free = max(meeting[0], pairs) - form.pairs_used
    tail = bdtrc(pairs - form.pairs_used - 1, free, chance)
    return float(np.log10(_FORMS * max(1, form.count)) + np.log10(max(tail, _LEAST_TAIL)))


def _placement(fit: _Fit, here: Constellation, there: Constellation) -> Placement:
    scale_x, scale_y, offset_x, offset_y = (float(each) for each in fit.row)
    pairs = zip(here.indices[fit.here].tolist(), there.indices[fit.there].tolist(), strict=True)
    return Placement(
        scale_x=scale_x,
        scale_y=scale_y,
        offset_x=offset_x,
        offset_y=offset_y,
        pairs=tuple(sorted(pairs)),
        log10_chance=fit.log10_chance,
    )
