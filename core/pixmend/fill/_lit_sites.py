# SPDX-License-Identifier: Apache-2.0
"""What is seen of a photosite in a frame: its samples, and what its surroundings say that belongs there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._recover_kernels import matched_weights, sum_of_products
from pixmend.fill._recovery_plan import StoredLight
from pixmend.fill._rings import Cell, Rings, RingTable
from pixmend.fill._table_kernels import describe_window, weighted_sums
from pixmend.fill._windows import Scale

__all__ = ["LitWindow", "Measured", "SeenSite", "look_at_site", "measure", "texture_of"]

_LEAST_RING = 20  # samples; of fewer nothing is learned
_OWN_SAY = 10.0  # samples for which the shot's texture speaks, against what is seen of this place
_ROUNDS = 3


@dataclass(frozen=True, slots=True, eq=False)
class LitWindow:
    """A window around a photosite.

    Attributes
    ----------
    light : (C, side, side) float32 ndarray
        Scene-linear.
    values : (C, side, side) float32 ndarray
        The same on the sigma scale.
    is_known : (C, side, side) bool ndarray
        Finite samples that no other defect has touched; the photosite's own are among them.
    """

    light: NDArray[np.float32]
    values: NDArray[np.float32]
    is_known: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class SeenSite:
    """What is seen of a photosite in a frame, before anything is assumed of its lie.

    Attributes
    ----------
    is_core : (C, side, side) bool ndarray
        The N known samples that it may have spoiled.
    contrast_class : int
        Which class of windows the ring around is of.
    roughness : float
        By what its contrast is above what is usual in that class; 1 or more.
    table : RingTable
    channel : (N,) int ndarray
    light : (N,) float32 ndarray
        As it is, scene-linear.
    expected : (N,) float32 ndarray
        As the ring predicts it, sigma scale.
    belongs : (N,) float32 ndarray
        The same in scene-linear light.
    noise : (N,) float32 ndarray
        One standard deviation of the noise there, scene-linear.
    """

    is_core: NDArray[np.bool_]
    contrast_class: int
    roughness: float
    table: RingTable
    channel: NDArray[np.intp]
    light: NDArray[np.float32]
    expected: NDArray[np.float32]
    belongs: NDArray[np.float32]
    noise: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Measured:
    """A lie in one frame, by itself.

    Attributes
    ----------
    amplitude : float
        Linear light.
    variance : float
        Of its error.
    misfit : float
        Mean square of what the footprint does not explain, over what noise and texture of
        the shot do; about 1.
    """

    amplitude: float
    variance: float
    misfit: float


def look_at_site(
    window: LitWindow,
    reach: NDArray[np.bool_],
    cell: Cell,
    *,
    rings: Rings,
    scale: Scale,
    stored: StoredLight,
) -> SeenSite | None:
    """Predict what a photosite may have spoiled from what lies around; None where too little is known.

    Parameters
    ----------
    reach : (C, side, side) bool ndarray
        Samples that it may have spoiled.
    cell : (int, int)
        Its place in the 2 x 2 mosaic.
    """
    spoiled = reach & window.is_known
    is_lost = stored.is_clipped(window.light[spoiled])
    is_core = spoiled.copy()
    is_core[spoiled] = ~is_lost
    is_ring = window.is_known & ~reach
    if np.count_nonzero(is_ring) < _LEAST_RING or not is_core.any():
        return None
    deviation = np.empty(np.count_nonzero(is_ring), np.float32)
    level, contrast = describe_window(window.values, is_ring, deviation)
    contrast_class = rings.kriging.class_of(float(contrast))
    table = rings.table(cell, contrast_class, spoiled, is_ring).without(is_lost)
    channel = np.nonzero(is_core)[0]
    expected = weighted_sums(table.weights, deviation, level[channel])
    above, below = (scale.light_of(expected + np.float32(half), channel) for half in (0.5, -0.5))
    belongs = scale.light_of(expected, channel)
    return SeenSite(
        is_core,
        contrast_class,
        rings.roughness(cell, float(contrast)),
        table,
        channel,
        window.light[is_core],
        expected,
        belongs,
        np.maximum(above - below, np.float32(1e-9)),
    )


def measure(seen: SeenSite, footprint: NDArray[np.float64], scale: Scale) -> Measured | None:
    """Measure a lie against what the ring around predicts; None where its footprint is not seen.

    Parameters
    ----------
    footprint : (C, side, side) float64 ndarray
        Linear light per unit of amplitude.

    Notes
    -----
    Generalised least squares (Aitken, Proceedings of the Royal Society of Edinburgh 55 (1936)
    42-48): a first step in linear light, in which the lie adds up, then Gauss-Newton steps
    on the sigma scale, on which noise and texture are what the covariance says.
    """
    shape = footprint[seen.is_core].astype(np.float32)
    lit = shape / seen.noise
    weights = matched_weights(seen.table.precision, lit)
    information = sum_of_products(weights, lit)
    if not information > 0.0:
        return None
    amplitude = sum_of_products(weights, (seen.light - seen.belongs) / seen.noise) / information
    for _ in range(_ROUNDS - 1):
        amplitude += sum_of_products(weights, _rest(seen, amplitude * shape, scale)) / information
    rest = _rest(seen, amplitude * shape, scale)
    whitened = matched_weights(seen.table.precision, rest)
    misfit = float(sum_of_products(whitened, rest)) / max(len(rest) - 1, 1)
    return Measured(
        float(amplitude), texture_of(misfit, len(rest)) * seen.roughness / float(information), misfit
    )


def texture_of(misfit: float, count: int) -> float:
    """Return by what a place is rougher than its class, from a misfit of `count` samples: drawn towards 1."""
    return (max(misfit, 0.0) * count + _OWN_SAY) / (count + _OWN_SAY)


def _rest(seen: SeenSite, lie: NDArray[np.float32], scale: Scale) -> NDArray[np.float32]:
    """Return what a core without the lie is more than expected, sigma scale."""
    return scale.values_of(seen.light - lie, seen.channel) - seen.expected
