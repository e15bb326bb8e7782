# SPDX-License-Identifier: Apache-2.0
"""What the planted defects truly do to the plate: footprints, amplitudes, the perfect map."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.model import Defect, DefectMap, Sample, Source
from pixmend.simulate._defects import PlantedDefect, mean_lie
from pixmend.simulate._sensor import develop
from pixmend.simulate._shot import SimulatedShot

__all__ = ["COLOUR", "Spoiled", "spoiled_samples", "true_map"]

COLOUR = ("R", "G", "B")
_REACH_PX = 6  # a footprint reaches 3 px, and its outermost pixel is made of photosites 3 px further
_APART_PX = 8  # photosites this far apart share no sample; even, so that they have one colour


@dataclass(frozen=True, slots=True)
class Spoiled:
    """What one planted defect spoils.

    Attributes
    ----------
    samples : tuple of Sample
        Relative to the defect's centre; never empty, the strongest is always in it.
    amplitude_sigma : float
        Mean excess of the strongest sample, in sigma of the clean plate there.
    """

    samples: tuple[Sample, ...]
    amplitude_sigma: float


def spoiled_samples(shot: SimulatedShot, defect: PlantedDefect, *, least_sigma: float = 0.5) -> Spoiled:
    """Find the samples that a defect truly spoils, on average over the shot.

    Parameters
    ----------
    shot : SimulatedShot
    defect : PlantedDefect
        Inside the shot's raster.
    least_sigma : float
        A sample counts as spoiled where the plate differs from its clean twin by
        more than this many sigma of the twin's own noise in that sample.

    Returns
    -------
    Spoiled

    Raises
    ------
    ValueError
        If the shot's plate was resized: its footprints are not computed.

    Notes
    -----
    Both are exact for a linear demosaic, not estimated: the difference is developed
    from the mean electrons, and the sigma is the photosites' noise carried through
    demosaic and matrix. Point lights and weather are not in the mean, and what is done
    to the plate after development is not in either.
    """
    if shot.spec.finish.scale != 1:
        raise ValueError("the footprints of a resized plate are not known")
    top, left, height, width = _window(shot, defect)
    rows, columns = np.mgrid[top : top + height, left : left + width]
    level = shot.mean_electrons(rows.ravel(), columns.ravel()).reshape(height, width)
    xs, ys = np.array(defect.sites).T
    lying = level.copy()
    lying[ys - top, xs - left] = mean_lie(defect, level[ys - top, xs - left], shot.spec.sensor)
    difference = _developed(shot, lying) - _developed(shot, level)
    excess = difference / _plate_sigma(shot, level)
    near = _near_sites(excess.shape[:2], ys - top, xs - left, reach=shot.spec.demosaic.reach_px)
    excess[~near] = 0.0
    strongest = np.unravel_index(np.abs(excess).argmax(), excess.shape)
    spoiled = np.abs(excess) > least_sigma
    spoiled[strongest] = True
    x, y = defect.centre
    samples = tuple(
        Sample(int(j) + left - x, int(i) + top - y, COLOUR[c]) for i, j, c in np.argwhere(spoiled)
    )
    return Spoiled(samples, float(excess[strongest]))


def true_map(shot: SimulatedShot, *, least_sigma: float = 0.5) -> DefectMap:
    """Return the map that a perfect detector would write for a shot.

    Parameters
    ----------
    shot : SimulatedShot
    least_sigma : float
        As in `spoiled_samples`.
    """
    defects = []
    for number, planted in enumerate(shot.planted, start=1):
        spoiled = spoiled_samples(shot, planted, least_sigma=least_sigma)
        x, y = planted.centre
        defects.append(
            Defect(
                id=f"d{number:04d}",
                x=x,
                y=y,
                kind=planted.kind,
                samples=spoiled.samples,
                frames=planted.frames,
                amplitude_sigma=round(spoiled.amplitude_sigma, 3),
                confidence=1.0,
                note=planted.label,
            )
        )
    source = Source(frames=shot.frames, camera="simulated", channels=COLOUR)
    return DefectMap(raster=shot.raster, defects=tuple(defects), source=source)


def _window(shot: SimulatedShot, defect: PlantedDefect) -> tuple[int, int, int, int]:
    """Top, left, height and width around a defect; the corner even, so that the mosaic keeps its order."""
    xs, ys = np.array(defect.sites).T
    top, left = (max((int(low.min()) - _REACH_PX) // 2 * 2, 0) for low in (ys, xs))
    bottom = min(int(ys.max()) + _REACH_PX + 1, shot.raster.height)
    right = min(int(xs.max()) + _REACH_PX + 1, shot.raster.width)
    return top, left, bottom - top, right - left


def _developed(shot: SimulatedShot, electrons: NDArray[np.float32]) -> NDArray[np.float32]:
    return develop(electrons, shot.spec.sensor, shot.spec.demosaic)


def _plate_sigma(shot: SimulatedShot, level: NDArray[np.float32]) -> NDArray[np.float64]:
    """Carry the photosites' noise through the development, those at a time that share no sample."""
    sigma = shot.spec.sensor.noise_sigma_e(level)
    quiet = _developed(shot, level)
    variance = np.zeros((*level.shape, 3))
    for y, x in np.ndindex(_APART_PX, _APART_PX):
        louder = level.copy()
        louder[y::_APART_PX, x::_APART_PX] += sigma[y::_APART_PX, x::_APART_PX]
        variance += np.square(_developed(shot, louder) - quiet, dtype=np.float64)
    spread: NDArray[np.float64] = np.sqrt(variance)
    return spread


def _near_sites(
    size: tuple[int, int], ys: NDArray[np.int64], xs: NDArray[np.int64], *, reach: int
) -> NDArray[np.bool_]:
    """Tell what lies within the reach of a site; what the window's own rim makes is further."""
    near = np.zeros(size, dtype=bool)
    for y, x in zip(ys, xs, strict=True):
        near[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1] = True
    return near
