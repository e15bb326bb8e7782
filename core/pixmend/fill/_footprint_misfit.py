# SPDX-License-Identifier: Apache-2.0
"""How far footprints are from what photosites really do: little after a linear demosaic, much after others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from pixmend.fill._footprint_fit import SiteLesson, excess_of
from pixmend.fill._lit_sites import SeenSite

__all__ = ["Misfit", "look_for_misfit", "misfit_pattern", "pooled_misfit", "unexplained_rests"]

_TELLING = 3.0  # lie over noise, mean squares: of fainter ones what is left says nothing
_ALIKE_IN_STRENGTH = 9  # photosites
_USUAL = 2.0  # times what is usual: still no sign
_LITTLE = 0.2
_CALM = (
    0.8  # share of the frames that are taken as they are; accidents of texture count as the worst of these
)


@dataclass(frozen=True, slots=True)
class Misfit:
    """What a footprint leaves of one photosite's lie.

    Attributes
    ----------
    rest : float
        Mean square of what is left, over what noise and texture leave, less 1.
    lie : float
        Mean square of the lie itself in the same units.
    alike : float
        Correlation of what is left from frame to frame, 0 to 1.
    """

    rest: float
    lie: float
    alike: float


def misfit_pattern(shape: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where a footprint (C, side, side) is likely to be wrong, a variance: where it is strong, and around."""
    squares = shape**2
    around = uniform_filter(squares.mean(axis=0), 3, mode="constant")
    return np.asarray((squares + around) / 2)


def look_for_misfit(
    lesson: SiteLesson, shape: NDArray[np.float64], amplitudes: NDArray[np.float64]
) -> Misfit:
    """Return what is left of one photosite, whose lie has some amplitude (T,) in each frame."""
    pattern = misfit_pattern(shape)
    rests, lies = [], []
    for seen, amplitude in zip(lesson.glimpses, amplitudes.tolist(), strict=True):
        rests.append(float((_rest(seen, shape, amplitude) ** 2).mean()) - 1.0)
        noise = seen.table.variance * seen.roughness * seen.noise.astype(np.float64) ** 2
        lies.append(float((amplitude**2 * pattern[seen.is_core] / noise).mean()))
    calm = np.minimum(rests, np.quantile(rests, _CALM))
    return Misfit(float(calm.mean()), float(np.mean(lies)), _alike(lesson, shape, amplitudes))


def pooled_misfit(found: Sequence[Misfit]) -> list[float]:
    """Return for each photosite the variance of its footprint, in units of `misfit_pattern`.

    Notes
    -----
    What is left of a strong lie says how well the footprint fits; of a faint one, nothing. So each
    photosite learns from those next in strength that are as strong or stronger, by their median:
    demosaics that look for edges treat strong lies and faint ones differently.
    """
    variance = [0.0] * len(found)
    ratios: list[float] = []
    for number in sorted(range(len(found)), key=lambda each: -found[each].lie):
        if found[number].lie >= _TELLING:
            ratios.append(found[number].rest / found[number].lie)
        if ratios:
            variance[number] = max(float(np.median(ratios[-_ALIKE_IN_STRENGTH:])), 0.0)
    return variance


def unexplained_rests(found: Sequence[Misfit]) -> list[float]:
    """Return for each photosite what is left of it in every frame alike, as `RecoveryPlan.unexplained`.

    Where nothing moves texture is alike in every frame, too: what most photosites show is no sign,
    as long as it is no more than texture.
    """
    same = [max(each.rest + 1.0, 0.0) * each.alike for each in found]
    usual = min(float(np.median(same)), 1.0) if same else 0.0
    return [max(each - _USUAL * usual - _LITTLE, 0.0) for each in same]


def _alike(lesson: SiteLesson, shape: NDArray[np.float64], amplitudes: NDArray[np.float64]) -> float:
    total, squares, count = np.zeros(shape.shape), 0.0, len(lesson.glimpses)
    for seen, amplitude in zip(lesson.glimpses, amplitudes.tolist(), strict=True):
        rest = _rest(seen, shape, amplitude)
        total[seen.is_core] += rest
        squares += float((rest**2).sum())
    if count < 2 or squares <= 0:
        return 0.0
    return float(np.clip(((total**2).sum() - squares) / ((count - 1) * squares), 0.0, 1.0))


def _rest(seen: SeenSite, shape: NDArray[np.float64], amplitude: float) -> NDArray[np.float64]:
    """Return what is left of a core, (N,), in units of what is expected there."""
    rest = excess_of(seen) - amplitude * shape[seen.is_core] / seen.noise
    return np.asarray(rest / np.sqrt(seen.table.variance * seen.roughness))
