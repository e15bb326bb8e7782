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
_TOGETHER = 16  # and a multiple of so many, where they are fewer
TERMS, RESULTS = 4, 3
"""Matrices have so many rows, and so many columns, or a multiple."""
EVEN = _LAST // 2 + 1
"""Numbers of a 5 x 5 patch that stay when it is turned by half."""
ODD = _LAST // 2
"""Numbers of it that change their sign then."""
_HALF = np.float32(np.sqrt(0.5))

_Patches: TypeAlias = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]
"""Of some places what stays when turned by half (C * 13, N), sigma (C, N), and which are sound."""

_Best: TypeAlias = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]
"""Of some places x' P f of the best footprint, its square over f' P f, and which one it is."""


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
        Squared scores of less are not looked at further: be it by themselves, or over what they
        leave of the half of the patch that stays, in mean squares of all its numbers.

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
    numbers = np.float32(channels * (EVEN + ODD))
    result = np.zeros((len(chosen), 3), np.float32)
    even, odd = _lanes_of(max(shapes.even.shape)), _lanes_of(max(shapes.odd.shape))
    weighed, of_odd = np.zeros_like(even), np.zeros_like(odd)
    unit, is_sound = np.ones((channels, _LANES), np.float32), np.zeros(_LANES, np.bool_)
    total, rest = np.zeros(_LANES, np.float32), np.zeros(_LANES, np.float32)
    inner, norm = _lanes_of(shapes.lit.shape[1]), _lanes_of(shapes.together.shape[2])
    amplitude, explained = np.zeros_like(total), np.zeros_like(total)
    best, lanes = np.zeros(_LANES, np.int32), np.zeros(_LANES, np.int32)
    for start in range(0, len(chosen), _LANES):
        some = chosen[start : start + _LANES]
        _take_even(codes, tables, some, (even, unit, is_sound))
        _times(shapes.even, even, _LANES, weighed)
        _in_common(even, weighed, total)
        _over_units(weighed, unit)
        _times(shapes.lit, weighed, _LANES, inner)
        _norms(shapes.together, unit, norm)
        _find_best(inner, norm, (amplitude, explained, best))
        count = 0
        for lane in range(
            len(some)
        ):  # what is left of the even half is enough to know most that are hopeless
            left = max((total[lane] - explained[lane]) / numbers, np.float32(1.0))
            lanes[count] = lane
            count += is_sound[lane] and explained[lane] >= least * left
        kept = lanes[:count]
        whole = -(-count // _TOGETHER) * _TOGETHER
        _take_odd(codes, tables[0], some[kept], unit[:, kept], odd)
        _times(shapes.odd, odd, whole, of_odd)
        _in_common(odd, of_odd, rest[:whole])
        for index in range(count):
            lane = kept[index]
            row = result[start + lane]
            row[0] = np.copysign(explained[lane], amplitude[lane])
            row[1] = max(total[lane] + rest[index] - explained[lane], np.float32(0.0))
            row[2] = best[lane]
    return result


@njit(cache=True, nogil=True)
def _lanes_of(count: int) -> NDArray[np.float32]:
    return np.zeros((count, _LANES), np.float32)


@njit(cache=True, nogil=True)
def _take_even(
    codes: NDArray[np.uint16],
    tables: tuple[NDArray[np.float32], NDArray[np.float32]],
    chosen: NDArray[np.intp],
    into: _Patches,
) -> None:
    """Give patches in sigma, what of them stays when turned by half; sound are those of numbers alone."""
    even, unit, is_sound = into
    level_of, sigma_of = tables
    patch = np.empty(_LAST + 1, np.float32)
    is_sound[:] = True
    for lane in range(len(chosen)):
        for c in range(len(unit)):
            level, sigma = _levels_of(codes, (chosen[lane], c), level_of, sigma_of, patch)
            if not sigma > 0.0:
                is_sound[lane] = False
                continue
            unit[c, lane] = sigma
            for i in range(ODD):
                both = patch[i] + patch[_LAST - i]
                even[c * EVEN + i, lane] = (both - np.float32(2.0) * level) * (_HALF / sigma)
            even[c * EVEN + ODD, lane] = (patch[ODD] - level) / sigma


@njit(cache=True, nogil=True)
def _take_odd(
    codes: NDArray[np.uint16],
    level_of: NDArray[np.float32],
    chosen: NDArray[np.intp],
    unit: NDArray[np.float32],
    odd: NDArray[np.float32],
) -> None:
    """Give what of patches changes its sign when turned by half, in sigma; all are sound."""
    for lane in range(len(chosen)):
        for c in range(len(unit)):
            half = _HALF / unit[c, lane]
            for i in range(ODD):
                opposite = _LAST - i
                one = level_of[c, codes[chosen[lane], i // _SIDE, i % _SIDE, c]]
                other = level_of[c, codes[chosen[lane], opposite // _SIDE, opposite % _SIDE, c]]
                odd[c * ODD + i, lane] = (one - other) * half


@njit(cache=True, nogil=True)
def _levels_of(
    codes: NDArray[np.uint16],
    asked: tuple[int, int],
    level_of: NDArray[np.float32],
    sigma_of: NDArray[np.float32],
    patch: NDArray[np.float32],
) -> tuple[np.float32, np.float32]:
    """Give the levels of one channel of a patch; return the mean of their rim, and of sigma there, 0 where any is no number."""
    # by unsigned places: none counts from the end, which is asked for every sample else
    index, c = np.uint64(asked[0]), np.uint64(asked[1])
    level, sigma, inner = np.float32(0.0), np.float32(0.0), np.float32(0.0)
    for y in range(_SIDE):
        for x in range(_SIDE):
            code = codes[index, np.uint64(y), np.uint64(x), c]
            value = level_of[c, code]
            patch[y * _SIDE + x] = value
            if y in (0, _SIDE - 1) or x in (0, _SIDE - 1):
                level += value
                sigma += sigma_of[c, code]
            else:
                inner += value
    if not np.isfinite(level + inner):
        return level, np.float32(0.0)
    return np.float32(level / np.float32(_RIM)), np.float32(sigma / np.float32(_RIM))


@njit(cache=True, nogil=True)
def _times(
    matrix: NDArray[np.float32], columns: NDArray[np.float32], lanes: int, result: NDArray[np.float32]
) -> None:
    """Give ``matrix.T @ columns`` of so many lanes, each sum in the order of `columns`: 4 of them to 3 results at a time."""
    for j in range(0, matrix.shape[1], RESULTS):
        of_a, of_b, of_c = result[j], result[j + 1], result[j + 2]
        of_a[:], of_b[:], of_c[:] = np.float32(0.0), np.float32(0.0), np.float32(0.0)
        for i in range(0, matrix.shape[0], TERMS):
            m0, m1, m2, m3 = matrix[i], matrix[i + 1], matrix[i + 2], matrix[i + 3]
            x0, x1, x2, x3 = columns[i], columns[i + 1], columns[i + 2], columns[i + 3]
            a0, a1, a2, a3 = m0[j], m1[j], m2[j], m3[j]
            b0, b1, b2, b3 = m0[j + 1], m1[j + 1], m2[j + 1], m3[j + 1]
            c0, c1, c2, c3 = m0[j + 2], m1[j + 2], m2[j + 2], m3[j + 2]
            for lane in range(lanes):
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
        for lane in range(len(total)):
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


@njit(cache=True, nogil=True, error_model="numpy")
def _find_best(inner: NDArray[np.float32], norm: NDArray[np.float32], into: _Best) -> None:
    """Give the footprint that explains most, the first of those that are equal."""
    amplitude, explained, best = into
    square, of_best = np.empty_like(explained), np.empty_like(explained)
    amplitude[:], of_best[:], best[:] = inner[0], norm[0], 0
    square[:] = amplitude * amplitude
    for k in range(1, len(norm)):
        own, of_own = inner[k], norm[k]
        for lane in range(len(best)):
            own_square = own[lane] * own[lane]
            is_better = own_square * of_best[lane] > square[lane] * of_own[lane]
            square[lane] = own_square if is_better else square[lane]
            of_best[lane] = of_own[lane] if is_better else of_best[lane]
            amplitude[lane] = own[lane] if is_better else amplitude[lane]
            best[lane] = k if is_better else best[lane]
    explained[:] = square / of_best
