# SPDX-License-Identifier: Apache-2.0
"""Compiled: how well the pixels around a place in one frame match one photosite's footprint."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["EVEN", "ODD", "HitShapes", "match_places"]

_CORE_PX = 2  # footprints have 5 x 5 pixels
_SIDE = 2 * _CORE_PX + 1
_LAST = _SIDE**2 - 1
_RIM = _SIDE**2 - (_SIDE - 2) ** 2
_INWARD_PX = 8  # beyond the border stands what is so far further in: never the place's own pixels
EVEN = _LAST // 2 + 1
"""Numbers of a 5 x 5 patch that stay when it is turned by half."""
ODD = _LAST // 2
"""Numbers of it that change their sign then."""
_HALF = np.float32(np.sqrt(0.5))


class HitShapes(NamedTuple):
    """What places are matched with; patches as what stays, and what changes sign, when turned by half.

    Of pixel k of 25 and its opposite 24 - k these are their sum and difference over the root
    of 2, for the first 12; the middle one stays as it is.

    Attributes
    ----------
    lit : (C * 13, K) float32 ndarray
        Footprints in linear light; they stay.
    together : (C, C, K) float32 ndarray
        Of each footprint what two of its channels say together, f_a' P f_b.
    even : (C * 13, C * 13) float32 ndarray
    odd : (C * 12, C * 12) float32 ndarray
        The two blocks of P, the inverse covariance of the shot's patches on the sigma scale.
    """

    lit: NDArray[np.float32]
    together: NDArray[np.float32]
    even: NDArray[np.float32]
    odd: NDArray[np.float32]


@njit(cache=True, nogil=True)
def match_places(
    bits: NDArray[np.uint16],
    tables: tuple[NDArray[np.float32], NDArray[np.float32]],
    places: NDArray[np.int32],
    shapes: HitShapes,
    least: float = 0.0,
) -> NDArray[np.float32]:
    """Match footprints at places of one frame by generalised least squares.

    Parameters
    ----------
    bits : (H, W, C) uint16 ndarray
        Stored samples; H and W are 9 or more.
    tables : two (C, 65536) float32 ndarray
        Linear level of every code, NaN where it is no number; one sigma of the noise there.
    places : (N, M) int32 ndarray
        y and x first.
    shapes : HitShapes
    least : float
        Squared scores of less are not looked at further.

    Returns
    -------
    (N, 3) float32 ndarray
        The squared score of the best footprint, x' P f squared over f' P f, signed as its
        amplitude; what it leaves of x' P x; which footprint it is. 0 near what is no number, and
        where the squared score is too small.

    Notes
    -----
    x is the patch less the mean of its rim, in sigma of the noise at the rim, by channel.
    """
    channels, count = bits.shape[2], shapes.lit.shape[1]
    result = np.zeros((len(places), 3), np.float32)
    even, odd = np.empty(channels * EVEN, np.float32), np.empty(channels * ODD, np.float32)
    patch = np.empty(_LAST + 1, np.float32)
    weighed, unit = np.empty_like(even), np.empty(channels, np.float32)
    inner, norm = np.empty(count, np.float32), np.empty(count, np.float32)
    for index in range(len(places)):
        y, x = places[index, 0], places[index, 1]
        is_sound = True
        for c in range(channels):
            own = even[c * EVEN : (c + 1) * EVEN], odd[c * ODD : (c + 1) * ODD], patch
            unit[c] = _excess_at(bits, (tables[0][c], tables[1][c]), (y, x, c), own)
            is_sound &= unit[c] > 0.0
        if not is_sound:
            continue
        total = _weigh(even, shapes.even, weighed)
        _compare(weighed, shapes.lit, unit, inner)
        _norms(shapes.together, unit, norm)
        best = _best_of(inner, norm)
        explained = inner[best] * inner[best] / norm[best]
        if explained < least:
            continue
        total += _weigh(odd, shapes.odd, weighed)
        result[index, 0] = np.copysign(explained, inner[best])
        result[index, 1] = max(total - explained, np.float32(0.0))
        result[index, 2] = best
    return result


@njit(cache=True, nogil=True)
def _excess_at(
    bits: NDArray[np.uint16],
    tables: tuple[NDArray[np.float32], NDArray[np.float32]],
    place: tuple[int, int, int],
    room: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]],
) -> np.float32:
    """Give the excess of one channel over the rim's mean, in sigma there, folded; return that sigma.

    0 where any sample is no number. `room` is for both parts and the patch itself.
    """
    (level_of, sigma_of), (even, odd, patch) = tables, room
    y, x, c = place
    level, sigma, inner = np.float32(0.0), np.float32(0.0), np.float32(0.0)
    for dy in range(-_CORE_PX, _CORE_PX + 1):
        row = _inside(y + dy, bits.shape[0])
        for dx in range(-_CORE_PX, _CORE_PX + 1):
            code = bits[row, _inside(x + dx, bits.shape[1]), c]
            value = level_of[code]
            patch[(dy + _CORE_PX) * _SIDE + dx + _CORE_PX] = value
            if abs(dy) == _CORE_PX or abs(dx) == _CORE_PX:
                level += value
                sigma += sigma_of[code]
            else:
                inner += value
    if not np.isfinite(level + inner):
        return np.float32(0.0)
    level /= np.float32(_RIM)
    sigma /= np.float32(_RIM)
    for i in range(ODD):
        even[i] = (patch[i] + patch[_LAST - i] - np.float32(2.0) * level) * (_HALF / sigma)
        odd[i] = (patch[i] - patch[_LAST - i]) * (_HALF / sigma)
    even[ODD] = (patch[ODD] - level) / sigma
    return np.float32(sigma)


@njit(cache=True, nogil=True)
def _weigh(
    excess: NDArray[np.float32], precision: NDArray[np.float32], weighed: NDArray[np.float32]
) -> np.float32:
    """Give P x, row by row of P, which is symmetric: vector code; return x' P x."""
    own = weighed[: len(excess)]
    own[:] = np.float32(0.0)
    for i in range(len(excess)):
        value, row = excess[i], precision[i]
        for j in range(len(own)):
            own[j] += value * row[j]
    total = np.float32(0.0)
    for i in range(len(excess)):
        total += excess[i] * own[i]
    return np.float32(total)


@njit(cache=True, nogil=True)
def _compare(
    weighed: NDArray[np.float32],
    lit: NDArray[np.float32],
    unit: NDArray[np.float32],
    inner: NDArray[np.float32],
) -> None:
    """Give what each footprint, in sigma, has in common with a weighed patch."""
    inner[:] = np.float32(0.0)
    for i in range(len(weighed)):
        value, row = weighed[i] / unit[i // EVEN], lit[i]
        for k in range(len(inner)):
            inner[k] += value * row[k]


@njit(cache=True, nogil=True)
def _norms(together: NDArray[np.float32], unit: NDArray[np.float32], norm: NDArray[np.float32]) -> None:
    """Give f' P f of each footprint in sigma."""
    norm[:] = np.float32(0.0)
    for a in range(len(unit)):
        for b in range(len(unit)):
            weight, row = np.float32(1.0) / (unit[a] * unit[b]), together[a, b]
            for k in range(len(norm)):
                norm[k] += weight * row[k]


@njit(cache=True, nogil=True)
def _best_of(inner: NDArray[np.float32], norm: NDArray[np.float32]) -> int:
    best = 0
    for k in range(1, len(inner)):
        if inner[k] * inner[k] * norm[best] > inner[best] * inner[best] * norm[k]:
            best = k
    return best


@njit(cache=True, nogil=True)
def _inside(place: int, size: int) -> int:
    """Return a place inside an axis."""
    if place < 0:
        return place + _INWARD_PX
    return place - _INWARD_PX if place >= size else place
