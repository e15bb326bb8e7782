# SPDX-License-Identifier: Apache-2.0
"""Compiled: how well the pixels around a place in one frame match one photosite's footprint."""

from typing import NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["EVEN", "ODD", "RESULTS", "TERMS", "HitShapes", "match_places"]

_CORE_PX = 2  # footprints have 5 x 5 pixels
_SIDE = 2 * _CORE_PX + 1
_LAST = _SIDE**2 - 1
_RIM = _SIDE**2 - (_SIDE - 2) ** 2
_LANES = 112  # places at a time: all that is known of them stays in the cache
TERMS, RESULTS = 4, 3
"""Matrices have so many rows, and so many columns, or a multiple."""
EVEN = _LAST // 2 + 1
"""Numbers of a 5 x 5 patch that stay when it is turned by half."""
ODD = _LAST // 2
"""Numbers of it that change their sign then."""
_HALF = np.float32(np.sqrt(0.5))

_Patches: TypeAlias = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]
"""Of some places what stays, and what changes sign, (C * 13, N) and (C * 12, N); sigma (C, N); which are sound."""


class HitShapes(NamedTuple):
    """What places are matched with; patches as what stays, and what changes sign, when turned by half.

    Of pixel k of 25 and its opposite 24 - k these are their sum and difference over the root
    of 2, for the first 12; the middle one stays as it is.

    Attributes
    ----------
    lit : (C * 13, K) float32 ndarray, with rows and columns of 0 up to multiples of `TERMS` and `RESULTS`
        Footprints in linear light; they stay.
    together : (C, C, K) float32 ndarray
        Of each footprint what two of its channels say together, f_a' P f_b.
    even : (C * 13, C * 13) float32 ndarray, likewise
    odd : (C * 12, C * 12) float32 ndarray, likewise
        The two blocks of P, the inverse covariance of the shot's patches on the sigma scale.
    """

    lit: NDArray[np.float32]
    together: NDArray[np.float32]
    even: NDArray[np.float32]
    odd: NDArray[np.float32]


@njit(cache=True, nogil=True)
def match_places(
    codes: NDArray[np.uint16],
    chosen: NDArray[np.intp],
    tables: tuple[NDArray[np.float32], NDArray[np.float32]],
    shapes: HitShapes,
    least: float = 0.0,
) -> NDArray[np.float32]:
    """Match footprints with what is around places of one frame by generalised least squares.

    Parameters
    ----------
    codes : (M, 5, 5, C) uint16 ndarray
        Stored samples around places.
    chosen : (N,) intp ndarray
        Which of the places are asked.
    tables : two (C, 65536) float32 ndarray
        Linear level of every code, NaN where it is no number; one sigma of the noise there.
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
    x is the patch less the mean of its rim, in sigma of the noise at the rim, by channel. Many
    places at a time: vector code. Each is added up in the same order as one by itself.
    """
    channels = codes.shape[3]
    result = np.zeros((len(chosen), 3), np.float32)
    even = np.zeros((max(shapes.even.shape), _LANES), np.float32)
    odd = np.zeros((max(shapes.odd.shape), _LANES), np.float32)
    unit, is_sound = np.ones((channels, _LANES), np.float32), np.zeros(_LANES, np.bool_)
    weighed, of_odd = np.zeros_like(even), np.zeros_like(odd)
    total, rest = np.empty(_LANES, np.float32), np.empty(_LANES, np.float32)
    inner = np.empty((shapes.lit.shape[1], _LANES), np.float32)
    norm = np.empty((shapes.together.shape[2], _LANES), np.float32)
    for start in range(0, len(chosen), _LANES):
        some = chosen[start : start + _LANES]
        _take_patches(codes, tables, some, (even, odd, unit, is_sound))
        _times(shapes.even, even, weighed)
        _in_common(even, weighed, total)
        _times(shapes.odd, odd, of_odd)
        _in_common(odd, of_odd, rest)
        _over_units(weighed, unit)
        _times(shapes.lit, weighed, inner)
        _norms(shapes.together, unit, norm)
        for lane in range(len(some)):
            best = _best_of(inner, norm, lane)
            explained = inner[best, lane] * inner[best, lane] / norm[best, lane]
            if is_sound[lane] and explained >= least:
                result[start + lane, 0] = np.copysign(explained, inner[best, lane])
                result[start + lane, 1] = max(total[lane] + rest[lane] - explained, np.float32(0.0))
                result[start + lane, 2] = best
    return result


@njit(cache=True, nogil=True)
def _take_patches(
    codes: NDArray[np.uint16],
    tables: tuple[NDArray[np.float32], NDArray[np.float32]],
    chosen: NDArray[np.intp],
    into: _Patches,
) -> None:
    """Give patches in sigma, folded; sound are those of numbers alone."""
    even, odd, unit, is_sound = into
    patch = np.empty(_LAST + 1, np.float32)
    is_sound[:] = True
    for lane in range(len(chosen)):
        own = codes[chosen[lane]]
        for c in range(len(unit)):
            level, sigma = _levels_of(own, c, (tables[0][c], tables[1][c]), patch)
            if not sigma > 0.0:
                is_sound[lane] = False
                continue
            unit[c, lane] = sigma
            for i in range(ODD):
                both = patch[i] + patch[_LAST - i]
                even[c * EVEN + i, lane] = (both - np.float32(2.0) * level) * (_HALF / sigma)
                odd[c * ODD + i, lane] = (patch[i] - patch[_LAST - i]) * (_HALF / sigma)
            even[c * EVEN + ODD, lane] = (patch[ODD] - level) / sigma


@njit(cache=True, nogil=True)
def _levels_of(
    codes: NDArray[np.uint16],
    c: int,
    tables: tuple[NDArray[np.float32], NDArray[np.float32]],
    patch: NDArray[np.float32],
) -> tuple[np.float32, np.float32]:
    """Give the levels of one channel; return the mean of their rim, and of sigma there, 0 where any is no number."""
    level_of, sigma_of = tables
    level, sigma, inner = np.float32(0.0), np.float32(0.0), np.float32(0.0)
    for y in range(_SIDE):
        for x in range(_SIDE):
            code = codes[y, x, c]
            value = level_of[code]
            patch[y * _SIDE + x] = value
            if y in (0, _SIDE - 1) or x in (0, _SIDE - 1):
                level += value
                sigma += sigma_of[code]
            else:
                inner += value
    if not np.isfinite(level + inner):
        return level, np.float32(0.0)
    return np.float32(level / np.float32(_RIM)), np.float32(sigma / np.float32(_RIM))


@njit(cache=True, nogil=True)
def _times(matrix: NDArray[np.float32], columns: NDArray[np.float32], result: NDArray[np.float32]) -> None:
    """Give ``matrix.T @ columns``, each sum in the order of `columns`: 4 of them to 3 results at a time."""
    for j in range(0, matrix.shape[1], RESULTS):
        of_a, of_b, of_c = result[j], result[j + 1], result[j + 2]
        of_a[:], of_b[:], of_c[:] = np.float32(0.0), np.float32(0.0), np.float32(0.0)
        for i in range(0, matrix.shape[0], TERMS):
            m0, m1, m2, m3 = matrix[i], matrix[i + 1], matrix[i + 2], matrix[i + 3]
            x0, x1, x2, x3 = columns[i], columns[i + 1], columns[i + 2], columns[i + 3]
            a0, a1, a2, a3 = m0[j], m1[j], m2[j], m3[j]
            b0, b1, b2, b3 = m0[j + 1], m1[j + 1], m2[j + 1], m3[j + 1]
            c0, c1, c2, c3 = m0[j + 2], m1[j + 2], m2[j + 2], m3[j + 2]
            for lane in range(_LANES):
                s0, s1, s2, s3 = x0[lane], x1[lane], x2[lane], x3[lane]
                of_a[lane] = (((of_a[lane] + a0 * s0) + a1 * s1) + a2 * s2) + a3 * s3
                of_b[lane] = (((of_b[lane] + b0 * s0) + b1 * s1) + b2 * s2) + b3 * s3
                of_c[lane] = (((of_c[lane] + c0 * s0) + c1 * s1) + c2 * s2) + c3 * s3


@njit(cache=True, nogil=True)
def _in_common(excess: NDArray[np.float32], weighed: NDArray[np.float32], total: NDArray[np.float32]) -> None:
    """Give x' P x."""
    total[:] = np.float32(0.0)
    for i in range(len(excess)):
        x, of_x = excess[i], weighed[i]
        for lane in range(_LANES):
            total[lane] += x[lane] * of_x[lane]


@njit(cache=True, nogil=True, error_model="numpy")
def _over_units(weighed: NDArray[np.float32], unit: NDArray[np.float32]) -> None:
    """Divide what was weighed by the sigma of its channel."""
    for i in range(len(unit) * EVEN):
        row, sigma = weighed[i], unit[i // EVEN]
        for lane in range(_LANES):
            row[lane] /= sigma[lane]


@njit(cache=True, nogil=True, error_model="numpy")
def _norms(together: NDArray[np.float32], unit: NDArray[np.float32], norm: NDArray[np.float32]) -> None:
    """Give f' P f of each footprint in sigma."""
    norm[:] = np.float32(0.0)
    weight = np.empty(_LANES, np.float32)
    for a in range(len(unit)):
        for b in range(len(unit)):
            of_a, of_b = unit[a], unit[b]
            for lane in range(_LANES):
                weight[lane] = np.float32(1.0) / (of_a[lane] * of_b[lane])
            for k in range(len(norm)):
                row, factor = norm[k], together[a, b, k]
                for lane in range(_LANES):
                    row[lane] += weight[lane] * factor


@njit(cache=True, nogil=True)
def _best_of(inner: NDArray[np.float32], norm: NDArray[np.float32], lane: int) -> int:
    best = 0
    for k in range(1, len(norm)):
        square, most = inner[k, lane] * inner[k, lane], inner[best, lane] * inner[best, lane]
        if square * norm[best, lane] > most * norm[k, lane]:
            best = k
    return best
