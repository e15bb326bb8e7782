# SPDX-License-Identifier: Apache-2.0
"""What is seen of photosites: their samples, and what their surroundings say that belongs there.

Many at a time, of one frame or of many: so all their samples are looked up in a scale's curves at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._recover_kernels import matched_weights, sum_of_products
from pixmend.fill._recovery_plan import StoredLight
from pixmend.fill._rings import Cell, Rings, RingTable
from pixmend.fill._table_kernels import describe_window, weighted_sums
from pixmend.fill._windows import Scale

__all__ = ["LitWindows", "Measured", "SeenSite", "look_at_sites", "measure_sites", "texture_of"]

_LEAST_RING = 20  # samples; of fewer nothing is learned
_OWN_SAY = 10.0  # samples for which the shot's texture speaks, against what is seen of this place
_ROUNDS = 3


@dataclass(frozen=True, slots=True, eq=False)
class LitWindows:
    """Windows around N photosites.

    Attributes
    ----------
    light : (N, C, side, side) float32 ndarray
        Scene-linear.
    values : (N, C, side, side) float32 ndarray
        The same on the sigma scale.
    is_known : (N, C, side, side) bool ndarray
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


def look_at_sites(
    windows: LitWindows,
    reaches: NDArray[np.bool_],
    cells: Sequence[Cell],
    *,
    rings: Rings,
    scale: Scale,
    stored: StoredLight,
) -> list[SeenSite | None]:
    """Predict what photosites may have spoiled from what lies around; None where too little is known.

    Parameters
    ----------
    reaches : (N, C, side, side) bool ndarray
        Samples that each may have spoiled.
    cells : sequence of (int, int)
        Their places in the 2 x 2 mosaic.
    """
    spoiled = reaches & windows.is_known
    is_core = spoiled.copy()
    is_core[spoiled] = ~stored.is_clipped(windows.light[spoiled])
    is_ring = windows.is_known & ~reaches
    told = (is_ring.sum(axis=(1, 2, 3)) >= _LEAST_RING) & is_core.any(axis=(1, 2, 3))
    numbers = np.flatnonzero(told).tolist()
    looks = [_look(windows.values[n], (spoiled[n], is_core[n], is_ring[n]), cells[n], rings) for n in numbers]
    seen = iter(_lit(looks, windows.light[told][is_core[told]], scale))
    return [next(seen) if each else None for each in told.tolist()]


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """What the ring around one photosite says; as of `SeenSite`."""

    is_core: NDArray[np.bool_]
    contrast_class: int
    roughness: float
    table: RingTable
    channel: NDArray[np.intp]
    expected: NDArray[np.float32]


def _look(
    values: NDArray[np.float32],
    parts: tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]],
    cell: Cell,
    rings: Rings,
) -> _Look:
    """Predict one photosite; `parts` are what it spoiled, what of that is not lost, and the ring around."""
    spoiled, is_core, is_ring = parts
    deviation = np.empty(np.count_nonzero(is_ring), np.float32)
    level, contrast = describe_window(values, is_ring, deviation)
    contrast_class = rings.kriging.class_of(contrast)
    table = rings.table(cell, contrast_class, spoiled, is_ring, is_lost=spoiled & ~is_core)
    channel = np.nonzero(is_core)[0]
    expected = weighted_sums(table.weights, deviation, level[channel])
    return _Look(is_core, contrast_class, rings.roughness(cell, float(contrast)), table, channel, expected)


def _lit(looks: Sequence[_Look], light: NDArray[np.float32], scale: Scale) -> list[SeenSite]:
    """Return what is seen of photosites, of which `light` (M,) is all cores' one after the other."""
    if not looks:
        return []
    channel, expected = (
        np.concatenate(each) for each in zip(*((one.channel, one.expected) for one in looks), strict=True)
    )
    above, below = (scale.light_of(expected + np.float32(half), channel) for half in (0.5, -0.5))
    noise = np.maximum(above - below, np.float32(1e-9))
    belongs = scale.light_of(expected, channel)
    sites, first = [], 0
    for one in looks:
        own = slice(first, first := first + len(one.channel))
        sites.append(
            SeenSite(
                one.is_core,
                one.contrast_class,
                one.roughness,
                one.table,
                one.channel,
                light[own],
                one.expected,
                belongs[own],
                noise[own],
            )
        )
    return sites


def measure_sites(
    seen: Sequence[SeenSite], footprints: Sequence[NDArray[np.float64]], scale: Scale
) -> list[Measured | None]:
    """Measure lies against what the rings around predict; None where a footprint is not seen.

    Parameters
    ----------
    footprints : sequence of (C, side, side) float64 ndarray
        Linear light per unit of amplitude, one a site.

    Notes
    -----
    Generalised least squares (Aitken, Proceedings of the Royal Society of Edinburgh 55 (1936)
    42-48): a first step in linear light, in which the lie adds up, then Gauss-Newton steps
    on the sigma scale, on which noise and texture are what the covariance says.
    """
    matches = [_match(each, footprint) for each, footprint in zip(seen, footprints, strict=True)]
    told = [each for each in matches if each is not None]
    for _ in range(_ROUNDS - 1):
        for match, rest in zip(told, _rests(told, scale), strict=True):
            match.amplitude += float(sum_of_products(match.weights, rest)) / match.information
    measured = iter([_measured(match, rest) for match, rest in zip(told, _rests(told, scale), strict=True)])
    return [None if each is None else next(measured) for each in matches]


@dataclass(slots=True, eq=False)
class _Match:
    """A footprint held against what is seen of a photosite; `amplitude` is drawn nearer step by step."""

    seen: SeenSite
    shape: NDArray[np.float32]
    weights: NDArray[np.float32]
    information: float
    amplitude: float


def _match(seen: SeenSite, footprint: NDArray[np.float64]) -> _Match | None:
    shape = footprint[seen.is_core].astype(np.float32)
    lit = shape / seen.noise
    weights = matched_weights(seen.table.precision, lit)
    information = float(sum_of_products(weights, lit))
    if not information > 0.0:
        return None
    amplitude = float(sum_of_products(weights, (seen.light - seen.belongs) / seen.noise)) / information
    return _Match(seen, shape, weights, information, amplitude)


def _measured(match: _Match, rest: NDArray[np.float32]) -> Measured:
    whitened = matched_weights(match.seen.table.precision, rest)
    misfit = float(sum_of_products(whitened, rest)) / max(len(rest) - 1, 1)
    variance = texture_of(misfit, len(rest)) * match.seen.roughness / match.information
    return Measured(match.amplitude, variance, misfit)


def texture_of(misfit: float, count: int) -> float:
    """Return by what a place is rougher than its class, from a misfit of `count` samples: drawn towards 1."""
    return (max(misfit, 0.0) * count + _OWN_SAY) / (count + _OWN_SAY)


def _rests(matches: Sequence[_Match], scale: Scale) -> list[NDArray[np.float32]]:
    """Return of each what its core without the lie is more than expected, sigma scale."""
    if not matches:
        return []
    left = np.concatenate([each.seen.light - each.amplitude * each.shape for each in matches])
    values = scale.values_of(left, np.concatenate([each.seen.channel for each in matches]))
    rests, first = [], 0
    for each in matches:
        own = slice(first, first := first + len(each.shape))
        rests.append(values[own] - each.seen.expected)
    return rests
