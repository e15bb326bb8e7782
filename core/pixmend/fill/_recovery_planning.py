# SPDX-License-Identifier: Apache-2.0
"""What training frames show of a shot's photosites -> how each of them is recovered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._amplitude_prior import learn_prior
from pixmend.fill._footprint_fit import SiteLesson
from pixmend.fill._footprint_learning import CELLS, LearntFootprint, learn_footprints
from pixmend.fill._footprint_misfit import (
    Misfit,
    look_for_misfit,
    misfit_pattern,
    pooled_misfit,
    unexplained_rests,
)
from pixmend.fill._lit_sites import LitWindows, look_at_sites, measure_sites
from pixmend.fill._recover import light_at_strongest
from pixmend.fill._recovering import Recoveries
from pixmend.fill._recovery_plan import UNTOLD, AmplitudePrior, RecoveryPlan, StoredLight
from pixmend.fill._restlessness import restlessness_of
from pixmend.fill._rings import Cell, Rings
from pixmend.fill._windows import Scale, scaled_windows
from pixmend.model import Defect, Kind, PlateInfo

__all__ = ["PhotositeWindows", "plan_recoveries", "reach_of"]

_REACH_PX = 2  # of one photosite after debayer
_LARGEST_REACH_PX = 3  # where the plate was made larger
_TEACHERS = 60  # of each cell, the strongest
_MANY_PHOTOSITES = {Kind.CLUSTER, Kind.COLUMN, Kind.ROW}


@dataclass(frozen=True, slots=True, eq=False)
class PhotositeWindows:
    """What training frames hold around one photosite.

    Attributes
    ----------
    defect : Defect
    cell : (int, int)
        Its place in the 2 x 2 mosaic: array row and column, each modulo 2.
    reach_px : int
        How far it may spoil samples.
    samples : (T, side, side, C) ndarray
        As stored; of the frames in which it shows, maybe none.
    is_untouched : (C, side, side) bool ndarray
        Samples inside the raster that no other defect spoils or makes doubtful.
    """

    defect: Defect
    cell: Cell
    reach_px: int
    samples: NDArray[Any]
    is_untouched: NDArray[np.bool_]


def reach_of(defect: Defect, plate: PlateInfo) -> int | None:
    """Return how many px from its centre a defect may have spoiled samples; None if it is no one photosite's."""
    pixels = [(x, y) for x, y, channel in defect.pixels(plate.colour) if channel in plate.colour]
    if defect.kind in _MANY_PHOTOSITES or not pixels:
        return None
    reach = max(max(abs(x - defect.x), abs(y - defect.y)) for x, y in pixels)
    return max(reach, _REACH_PX) if reach <= _LARGEST_REACH_PX else None


def plan_recoveries(
    sites: Sequence[PhotositeWindows],
    shape: tuple[int, int, int],
    *,
    rings: Rings,
    scale: Scale,
    stored: StoredLight,
    known: Mapping[Cell, LearntFootprint] | None = None,
) -> Recoveries:
    """Plan how each photosite is recovered.

    Parameters
    ----------
    sites : sequence of PhotositeWindows
    shape : (int, int, int)
        (C, side, side) of the windows.
    known : mapping of (int, int) to LearntFootprint, optional
        What other shots of the camera taught.
    """
    look = _Look(shape, rings, scale, stored)
    lessons = {each.defect.id: look.lesson(each) for each in _teachers(sites)}
    footprints = learn_footprints(list(lessons.values()), shape, known=known)
    restless = {
        cell: restlessness_of(
            footprints[cell].shape, look.reach(_REACH_PX), cell, rings=rings, scale=scale, stored=stored
        )
        for cell in sorted({each.cell for each in sites})
    }
    learnt = [
        _learn(
            lessons.get(each.defect.id) or look.lesson(each),
            footprints[each.cell],
            restless[each.cell],
            scale,
        )
        for each in sites
    ]
    misfits = [each.misfit for each in learnt]
    plans = {}
    for site, told, wrong, unexplained in zip(
        sites, learnt, pooled_misfit(misfits), unexplained_rests(misfits), strict=True
    ):
        footprint = footprints[site.cell]
        plans[site.defect.id] = RecoveryPlan(
            site.cell,
            footprint.shape,
            footprint.doubt + wrong * misfit_pattern(footprint.shape),
            look.reach(site.reach_px),
            unexplained,
            restless[site.cell],
            told.prior,
        )
    return Recoveries(plans, rings, stored, footprints)


def _teachers(sites: Sequence[PhotositeWindows]) -> list[PhotositeWindows]:
    """Return the strongest photosites of each cell."""
    strongest = sorted(sites, key=lambda each: -abs(each.defect.amplitude_sigma or 0.0))
    return [each for cell in CELLS for each in [one for one in strongest if one.cell == cell][:_TEACHERS]]


class _Look:
    """Turns windows as stored into what is seen of a photosite."""

    def __init__(self, shape: tuple[int, int, int], rings: Rings, scale: Scale, stored: StoredLight) -> None:
        self._shape = shape
        self._rings = rings
        self._scale = scale
        self._stored = stored

    def reach(self, reach_px: int) -> NDArray[np.bool_]:
        """Return the samples within some px of the middle."""
        middle = self._shape[1] // 2
        near = np.zeros(self._shape, bool)
        near[:, middle - reach_px : middle + reach_px + 1, middle - reach_px : middle + reach_px + 1] = True
        return near

    def lesson(self, site: PhotositeWindows) -> SiteLesson:
        """Return what is seen of a photosite in all its frames."""
        reach = self.reach(site.reach_px)
        if not len(site.samples):
            return SiteLesson(site.defect.id, site.cell, reach, ())
        values = scaled_windows(np.moveaxis(site.samples, -1, 1), self._scale)
        light = self._scale.light(site.samples.reshape(-1, *site.samples.shape[2:]))
        light = np.swapaxes(light.reshape(values.shape[1], *values.shape[:1], *values.shape[2:]), 0, 1)
        seen = look_at_sites(
            LitWindows(light, values, site.is_untouched & np.isfinite(values)),
            np.broadcast_to(reach, values.shape),
            [site.cell] * len(values),
            rings=self._rings,
            scale=self._scale,
            stored=self._stored,
        )
        return SiteLesson(site.defect.id, site.cell, reach, tuple(each for each in seen if each is not None))


@dataclass(frozen=True, slots=True)
class _Learnt:
    """What the frames tell of one photosite."""

    prior: AmplitudePrior
    misfit: Misfit


def _learn(
    lesson: SiteLesson, footprint: LearntFootprint, restlessness: tuple[float, ...], scale: Scale
) -> _Learnt:
    found = measure_sites(lesson.glimpses, [footprint.shape] * len(lesson.glimpses), scale)
    if not found or None in found:
        return _Learnt(UNTOLD, Misfit(0.0, 0.0, 0.0))
    measured = [each for each in found if each is not None]
    amplitudes = np.array([each.amplitude for each in measured])
    factors = np.array([restlessness[seen.contrast_class] for seen in lesson.glimpses])
    misfit = look_for_misfit(lesson, footprint.shape, amplitudes)
    prior = learn_prior(
        amplitudes,
        np.array([each.variance for each in measured]) * factors,
        np.array([light_at_strongest(seen, footprint.shape)[0] for seen in lesson.glimpses]),
        alike=misfit.alike,
    )
    return _Learnt(prior, misfit)
