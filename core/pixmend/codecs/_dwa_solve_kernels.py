# SPDX-License-Identifier: Apache-2.0
"""Choose half-float DCT coefficients for which every sample of a block decodes to what is wanted.

Compiled and without the GIL. Samples are in the codec's non-linear domain, where each wanted value
is an interval: what rounds to it. Coefficients are half floats, a lattice that is finer for smaller
ones; the coarsest (as a rule the mean) are rounded first, and the finer ones make up for it.
"""

import math

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["Matrices", "solve_blocks", "synthesize"]

# Of the transform and back, (8, 8); from stored planes to samples and back, (planes, planes).
Matrices = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]

_MOST_ROUNDS = 160  # of clipping to the intervals, after each binade of coefficients
_LOOK_AFTER = 16  # rounds, whether they get anywhere


@numba.njit(nogil=True, cache=True)
def _transform(
    planes: NDArray[np.float64], matrix: NDArray[np.float64], scratch: NDArray[np.float64]
) -> None:
    """Replace each 8x8 plane P (64 values) by matrix.T @ P @ matrix."""
    for plane in range(planes.shape[0]):
        values = planes[plane]
        for row in range(8):
            for column in range(8):
                total = 0.0
                for k in range(8):
                    total += values[8 * row + k] * matrix[k, column]
                scratch[8 * row + column] = total
        for row in range(8):
            for column in range(8):
                total = 0.0
                for k in range(8):
                    total += matrix[k, row] * scratch[8 * k + column]
                values[8 * row + column] = total


@numba.njit(nogil=True, cache=True)
def _mix(planes: NDArray[np.float64], matrix: NDArray[np.float64]) -> None:
    """Replace the planes by matrix @ planes; one plane stays."""
    if planes.shape[0] == 1:
        return
    for index in range(64):
        a, b, c = planes[0, index], planes[1, index], planes[2, index]
        for row in range(3):
            planes[row, index] = matrix[row, 0] * a + matrix[row, 1] * b + matrix[row, 2] * c


@numba.njit(nogil=True, cache=True)
def synthesize(
    coefficients: NDArray[np.float64], basis: NDArray[np.float64], colours: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the samples of one block, (planes, 64), before they are rounded."""
    samples, scratch = coefficients.copy(), np.empty(64)
    _transform(samples, basis, scratch)
    _mix(samples, colours)
    return samples


@numba.njit(nogil=True, cache=True)
def _analyze(
    samples: NDArray[np.float64], inverse: NDArray[np.float64], inverse_colours: NDArray[np.float64]
) -> None:
    """Replace samples by coefficients."""
    scratch = np.empty(64)
    _mix(samples, inverse_colours)
    _transform(samples, inverse, scratch)


@numba.njit(nogil=True, cache=True)
def _spacing(value: float) -> float:
    """Return the distance between half floats around `value`."""
    return math.ldexp(1.0, max(math.frexp(value)[1], -13) - 11)


@numba.njit(nogil=True, cache=True)
def _outside(
    samples: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    kept: NDArray[np.bool_],
) -> int:
    """Count samples of `kept` outside their intervals."""
    count = 0
    for plane in range(samples.shape[0]):
        for index in range(64):
            value = samples[plane, index]
            count += kept[plane, index] and (value < low[plane, index] or value > high[plane, index])
    return count


@numba.njit(nogil=True, cache=True)
def _round(values: NDArray[np.float64], step: float, offset: int, fixed: NDArray[np.bool_]) -> None:
    """Round the coefficients whose neighbours are `step` or more away; the mean of luma `offset` further."""
    for plane in range(values.shape[0]):
        for index in range(64):
            spacing = _spacing(values[plane, index])
            if fixed[plane, index] or spacing < step:
                continue
            shift = offset if plane == 0 and index == 0 else 0
            rounded = (np.rint(values[plane, index] / spacing) + shift) * spacing
            values[plane, index] = min(max(rounded, -65504.0), 65504.0)
            fixed[plane, index] = True


@numba.njit(nogil=True, cache=True)
def _make_up(
    values: NDArray[np.float64],
    fixed: NDArray[np.bool_],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    matrices: Matrices,
    room: float,
) -> bool:
    """Move the coefficients that are not fixed until all samples are in their intervals; tell if they are.

    They are to stay `room` from the ends where they can, for what is rounded later. Samples are clipped, then what is fixed is put back (projections onto convex sets), with the momentum of
    Nesterov, restarted where it leads away (O'Donoghue and Candes 2015).
    """
    moved = np.zeros(values.shape)
    before, momentum, best, since = np.inf, 0, np.inf, 0
    outside = True
    for _ in range(_MOST_ROUNDS):
        correction = synthesize(values, matrices[0], matrices[2])
        total, outside = 0.0, False
        for plane in range(values.shape[0]):
            for index in range(64):
                value = correction[plane, index]
                first, last = low[plane, index], high[plane, index]
                outside |= value < first or value > last
                keep = min(room, (last - first) / 8)
                correction[plane, index] = min(max(value, first + keep), last - keep) - value
                total += abs(correction[plane, index])
        if total == 0.0:
            return True
        since += 1
        if total < 0.7 * best:
            best, since = total, 0
        if since > _LOOK_AFTER:
            break
        momentum = momentum + 1 if total < before else 0
        before = total
        _analyze(correction, matrices[1], matrices[3])
        for plane in range(values.shape[0]):
            for index in range(64):
                if not fixed[plane, index]:
                    step = correction[plane, index] + momentum / (momentum + 3) * moved[plane, index]
                    values[plane, index] += step
                    moved[plane, index] = step
    return not outside


@numba.njit(nogil=True, cache=True)
def _solve(
    start: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    matrices: Matrices,
    offset: int,
) -> NDArray[np.float64]:
    """Return half-float coefficients near `start`; the mean of the first plane `offset` steps from the nearest."""
    values, fixed = start.copy(), np.zeros(start.shape, np.bool_)
    narrowest, step = np.inf, 0.0
    for plane in range(values.shape[0]):
        for index in range(64):
            narrowest = min(narrowest, high[plane, index] - low[plane, index])
            step = max(step, _spacing(values[plane, index]))
    while step >= narrowest / 512:
        _round(values, step, offset, fixed)
        if not _make_up(values, fixed, low, high, matrices, step):
            break  # what the free ones cannot make up for now, fewer cannot later
        step /= 2
    _round(values, 0.0, offset, fixed)
    return values


@numba.njit(nogil=True, cache=True)
def solve_blocks(
    wished: NDArray[np.float64],
    lows: NDArray[np.float64],
    highs: NDArray[np.float64],
    margin: float,
    matrices: Matrices,
    kept: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Choose coefficients for blocks.

    Parameters
    ----------
    wished : ndarray, shape (blocks, planes, 64)
        Samples to start from, inside their intervals.
    lows, highs : ndarray, shape (levels, blocks, planes, 64)
        The intervals, and wider ones to try where these allow no block; infinite for samples outside the
        picture.
    margin : float
        How far to stay from the ends of intervals, where they are wide enough.
    matrices : Matrices
    kept : ndarray, shape (blocks, planes, 64)
        Samples that must not change.

    Returns
    -------
    coefficients : ndarray, shape (blocks, planes, 64)
    changed : ndarray, shape (blocks,)
        How many samples of `kept` leave the first of their intervals (or come nearer to its end than `margin`).
    """
    best = np.empty(wished.shape)
    changed = np.full(len(wished), 1 << 30)
    for block in range(len(wished)):
        room = np.minimum(margin, (highs[0, block] - lows[0, block]) / 4)
        start = wished[block].copy()
        _analyze(start, matrices[1], matrices[3])
        for attempt in range(3 * len(lows)):
            level, offset = attempt // 3, (0, 1, -1)[attempt % 3]
            found = _solve(start, lows[level, block] + room, highs[level, block] - room, matrices, offset)
            samples = synthesize(found, matrices[0], matrices[2])
            count = _outside(samples, lows[0, block] + room, highs[0, block] - room, kept[block])
            if count < changed[block]:
                best[block], changed[block] = found, count
            if not count:
                break
    return best, changed
