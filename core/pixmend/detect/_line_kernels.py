# SPDX-License-Identifier: Apache-2.0
"""Compiled inner loops of the search for lines. All release the GIL and are deterministic."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = [
    "block_medians",
    "blocks_worth_it",
    "cumulate",
    "grow_columns",
    "keep_best_runs",
    "match_cells",
    "match_rows",
    "mean_of_rows",
    "median_of_magnitudes",
    "row_medians",
    "running_sums",
    "sum_columns",
    "sum_rows",
    "unevenness_of_rows",
]

_ROUNDS, _CONVERGED = 500, 1e-10  # of coordinate descent; parts of one gain a round


@njit(cache=True, nogil=True)
def sum_rows(
    steps: NDArray[np.int16], unit: NDArray[np.float32], most: float, cell: int, result: NDArray[np.float32]
) -> None:
    """Add the clipped values of a plane (H, W) up over cells of rows, even and odd ones apart.

    A value is ``steps * unit``, at most `most` either way; `result` is (2, cells, W), and what
    lies beyond its cells counts nowhere.
    """
    high = np.float32(most)
    for y in range(result.shape[1] * cell):
        total = result[y % 2, y // cell]
        own, scale = steps[y], unit[y]
        for x in range(len(total)):
            total[x] += max(min(np.float32(own[x]) * scale[x], high), -high)


@njit(cache=True, nogil=True)
def sum_columns(
    steps: NDArray[np.int16], unit: NDArray[np.float32], most: float, cell: int, result: NDArray[np.float32]
) -> None:
    """Do for the columns of a plane (H, W) what `sum_rows` does for rows; `result` is (2, cells, H)."""
    high = np.float32(most)
    for y in range(steps.shape[0]):
        own, scale = steps[y], unit[y]
        for x in range(result.shape[1] * cell):
            result[x % 2, x // cell, y] += max(min(np.float32(own[x]) * scale[x], high), -high)


@njit(cache=True, nogil=True)
def match_cells(sums: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Correlate each cell (C, 2, cells, W) across with weights (2, C, S), zero outside -> (cells, W).

    S is odd. The plain version: the sum of ``scipy.ndimage.correlate1d`` over parities and channels.
    """
    channels, parities, cells, width = sums.shape
    reach = weights.shape[2] // 2
    result = np.zeros((cells, width), np.float32)
    for cell in range(cells):
        for c in range(channels):
            for parity in range(parities):
                for tap in range(weights.shape[2]):
                    weight, shift = weights[parity, c, tap], tap - reach
                    if weight != 0 and abs(shift) < width:
                        first, stop = max(-shift, 0), width - max(shift, 0)
                        source = sums[c, parity, cell, first + shift : stop + shift]
                        into = result[cell, first:stop]
                        for x in range(len(into)):
                            into[x] += weight * source[x]
    return result


@njit(cache=True, nogil=True)
def cumulate(cells: NDArray[np.float32]) -> NDArray[np.float64]:
    """Add cells (N, W) up from the top: (N + 1, W), the first row 0; to the bit ``numpy.cumsum``."""
    total = np.zeros((len(cells) + 1, cells.shape[1]))
    for row in range(len(cells)):
        above, own, below = total[row], cells[row], total[row + 1]
        for x in range(len(own)):
            below[x] = above[x] + own[x]
    return total


@njit(cache=True, nogil=True)
def running_sums(cumulated: NDArray[np.float64], cells: int, step: int) -> NDArray[np.float32]:
    """Return the sums of runs of `cells` cells, each `step` below the one before.

    `cumulated` (N + 1, W) holds the sum of all cells above each; the result is
    ((N - cells) // step + 1, W).
    """
    count, width = (len(cumulated) - 1 - cells) // step + 1, cumulated.shape[1]
    result = np.empty((count, width), np.float32)
    for run in range(count):
        above, below, row = cumulated[run * step], cumulated[run * step + cells], result[run]
        for x in range(width):
            row[x] = below[x] - above[x]
    return result


@njit(cache=True, nogil=True)
def blocks_worth_it(
    responses: tuple[NDArray[np.float32], NDArray[np.float32]],
    units: tuple[float, float],
    block: tuple[int, int],
    least: float,
    trust: float,
) -> NDArray[np.bool_]:
    """Tell which blocks of two planes (H, W) hold a place that may score `least` as `keep_best_runs` scores.

    `units` are the largest factors that the planes may have anywhere.
    """
    height, width = responses[0].shape
    rows, columns = (height + block[0] - 1) // block[0], (width + block[1] - 1) // block[1]
    result = np.zeros((rows, columns), np.bool_)
    pooled_unit, meant_unit = np.float32(0.5 * units[0]), np.float32(0.5 * units[1])
    trusted = np.float32(2.0 * trust)
    for y in range(height):
        row = result[y // block[0]]
        for column in range(columns):
            left = column * block[1]
            right = min(left + block[1], width)
            pooled, meant = responses[0][y, left:right], responses[1][y, left:right]
            most = np.float32(0.0)
            for x in range(right - left):
                seen = abs(pooled[x]) * pooled_unit
                most = max(most, min(seen + abs(meant[x]) * meant_unit, trusted * seen))
            row[column] |= most >= least
    return result


@njit(cache=True, nogil=True)
def block_medians(
    response: NDArray[np.float32], down: int, across: int, wanted: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return the median magnitude of each wanted block of a finite plane (H, W), 0 of others.

    Those at the ends may be cut.
    """
    height, width = response.shape
    rows, columns = (height + down - 1) // down, (width + across - 1) // across
    result = np.zeros((rows, columns), np.float32)
    room = np.empty(down * across, np.float32)
    for row in range(rows):
        first, stop = row * down, min((row + 1) * down, height)
        for column in range(columns):
            if not wanted[row, column]:
                continue
            left, wide = column * across, min(across, width - column * across)
            for y in range(first, stop):
                source, into = response[y, left : left + wide], room[(y - first) * wide :]
                for x in range(wide):
                    into[x] = abs(source[x])
            result[row, column] = median_of_magnitudes(room[: (stop - first) * wide])
    return result


@njit(cache=True, nogil=True)
def median_of_magnitudes(values: NDArray[np.float32]) -> np.floating:
    """Return the median of numbers that are not negative, bit by bit: their bits are in their own order.

    Unlike a partition, counting is vector code.
    """
    bits = values.view(np.uint32)
    lower = (len(bits) - 1) // 2
    found = np.uint32(0)
    for place in range(31):
        tried = np.uint32(found | (np.uint32(1) << np.uint32(30 - place)))
        if _count_below(bits, tried) <= lower:
            found = tried
    least = np.float32(np.inf)
    if len(bits) % 2 or _count_below(bits, np.uint32(found + np.uint32(1))) > lower + 1:
        least = _as_float(found)
    else:
        for x in range(len(bits)):
            least = min(least, values[x] if bits[x] > found else np.float32(np.inf))
    return np.float32(0.5) * (_as_float(found) + least)


@njit(cache=True, nogil=True)
def _count_below(bits: NDArray[np.uint32], most: np.uint32) -> int:
    count = np.uint32(0)
    for x in range(len(bits)):
        count = np.uint32(count + np.uint32(bits[x] < most))
    return int(count)


@njit(cache=True, nogil=True)
def _as_float(bits: np.uint32) -> np.float32:
    value: np.float32 = np.array([bits], np.uint32).view(np.float32)[0]
    return value


@njit(cache=True, nogil=True)
def row_medians(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the median magnitude of each row of planes (C, H, W), W at least 1: (C, H)."""
    channels, height, _ = values.shape
    result = np.empty((channels, height), np.float32)
    for c in range(channels):
        for y in range(height):
            result[c, y] = median_of_magnitudes(np.abs(values[c, y]))
    return result


@njit(cache=True, nogil=True)
def match_rows(
    level: NDArray[np.float32], scale: NDArray[np.float32], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Correlate the rows of planes (C, H, W), each in units of its `scale` (C, H), with weights (2, C, S): (H, W).

    The first weights are of even rows, the others of odd ones; S is odd. Rows are mirrored at their
    ends. The plain version: the sum over channels of ``scipy.ndimage.correlate1d``.
    """
    channels, height, width = level.shape
    taps = weights.shape[2]
    reach = taps // 2
    result = np.zeros((height, width))
    own = np.empty(width + 2 * reach)
    for y in range(height):
        total = result[y]
        for c in range(channels):
            row, unit = level[c, y], scale[c, y]
            for x in range(width):
                own[reach + x] = row[x] / unit
            for x in range(reach):
                own[reach - 1 - x] = own[reach + min(x, width - 1)]
                own[reach + width + x] = own[reach + width - 1 - min(x, width - 1)]
            for tap in range(taps):
                weight, source = weights[y % 2, c, tap], own[tap : tap + width]
                for x in range(width):
                    total[x] += weight * source[x]
    return result


@njit(cache=True, nogil=True)
def unevenness_of_rows(
    level: NDArray[np.float32], scale: NDArray[np.float32], most: float
) -> NDArray[np.float64]:
    """Return the mean square of the second differences along each row of planes (C, H, W): (H,).

    Each plane's rows in units of their own `scale` (C, H); no square counts more than `most`.
    """
    channels, height, width = level.shape
    result = np.zeros(height)
    for y in range(height):
        for c in range(channels):
            row, unit = level[c, y], 1.0 / np.float64(scale[c, y])
            for x in range(width - 2):
                bend = (np.float64(row[x + 2]) - row[x + 1]) - (np.float64(row[x + 1]) - row[x])
                result[y] += min((bend * unit) ** 2, most)
        result[y] /= channels * max(width - 2, 1)
    return result


@njit(cache=True, nogil=True)
def mean_of_rows(
    level: NDArray[np.float32], scale: NDArray[np.float32], shares: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return sums of the rows of planes (C, H, W), each in units of its `scale` (C, H): (K, C, W).

    Each row has its share (K, H) in each sum.
    """
    channels, height, width = level.shape
    result = np.zeros((len(shares), channels, width))
    for k in range(len(shares)):
        for c in range(channels):
            total = result[k, c]
            for y in range(height):
                if shares[k, y] != 0:
                    row, factor = level[c, y], shares[k, y] / np.float64(scale[c, y])
                    for x in range(width):
                        total[x] += factor * np.float64(row[x])
    return result


@njit(cache=True, nogil=True)
def keep_best_runs(
    responses: tuple[NDArray[np.float32], NDArray[np.float32]],
    factors: tuple[NDArray[np.float32], NDArray[np.float32]],
    kept: tuple[NDArray[np.float32], NDArray[np.int8]],
    blocks: tuple[int, int, NDArray[np.bool_]],
    index: int,
    trust: float,
) -> None:
    """Put what profile number `index` scores where it is the best so far.

    `responses` (H, W) of both views have a factor for each block, which makes their noise 1;
    the score is their mean, at most `trust` times the first. `kept` are the scores so far and
    whose they are. `blocks` are the places down and across of each, and which are worth it.
    """
    score, best = kept
    height, width = score.shape
    down, across, worth = blocks
    for y in range(height):
        for column in range(worth.shape[1]):
            if not worth[y // down, column]:
                continue
            pooled_unit, meant_unit = factors[0][y // down, column], factors[1][y // down, column]
            for x in range(column * across, min((column + 1) * across, width)):
                seen = responses[0][y, x] * pooled_unit
                ceiling = np.float32(trust) * abs(seen)
                both = max(min(np.float32(0.5) * (seen + responses[1][y, x] * meant_unit), ceiling), -ceiling)
                if abs(both) > abs(score[y, x]):
                    score[y, x], best[y, x] = both, index


@njit(cache=True, nogil=True)
def grow_columns(
    gram: NDArray[np.float64], shares: NDArray[np.float64], parts: int, worth: float
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Explain a profile by neighbouring columns, of one sign, one more while that explains `worth` more.

    Parameters
    ----------
    gram : (N * parts, N * parts) float64 ndarray
        Inner products of the profiles of N columns, `parts` colours each.
    shares : (N * parts,) float64 ndarray
        Their inner products with what is to be explained.

    Returns
    -------
    chosen : (N,) bool ndarray
        First one about the middle, then those beside.
    weights : (N * parts,) float64 ndarray
        The amplitudes, all of one sign, by least squares; 0 where not chosen.
    """
    count = len(shares) // parts
    chosen, weights, explained = np.zeros(count, np.bool_), np.zeros(len(shares)), 0.0
    for size in range(count):
        best, most, amplitudes = -1, explained, weights
        for index in range(count):
            near = abs(index - count // 2) <= 1
            if size:
                near = (index > 0 and chosen[index - 1]) or (index + 1 < count and chosen[index + 1])
            if not near or chosen[index]:
                continue
            tried = chosen.copy()
            tried[index] = True
            energy, found = _of_one_sign(gram, shares, tried, parts)
            if best < 0 or energy > most:
                best, most, amplitudes = index, energy, found
        if best < 0 or most - explained < worth:
            break
        chosen[best] = True
        weights, explained = amplitudes, most
    return chosen, weights


@njit(cache=True, nogil=True)
def _of_one_sign(
    gram: NDArray[np.float64], shares: NDArray[np.float64], chosen: NDArray[np.bool_], parts: int
) -> tuple[float, NDArray[np.float64]]:
    """Return how much columns explain, either all brighter or all darker, and their amplitudes."""
    brighter = _nonnegative(gram, shares, chosen, parts)
    darker = _nonnegative(gram, -shares, chosen, parts)
    lit, lost = float(brighter @ (gram @ brighter)), float(darker @ (gram @ darker))
    return (lit, brighter) if lit >= lost else (lost, -darker)


@njit(cache=True, nogil=True, error_model="numpy")
def _nonnegative(
    gram: NDArray[np.float64], shares: NDArray[np.float64], chosen: NDArray[np.bool_], parts: int
) -> NDArray[np.float64]:
    """Solve least squares with no weight below 0, by coordinate descent on the normal equations."""
    weights = np.zeros(len(shares))
    for _ in range(_ROUNDS):
        moved, size = 0.0, 0.0
        for k in range(len(shares)):
            if chosen[k // parts] and gram[k, k] > 0:
                best = max(weights[k] + (shares[k] - gram[k] @ weights) / gram[k, k], 0.0)
                moved += (best - weights[k]) ** 2 * gram[k, k]
                size += best**2 * gram[k, k]
                weights[k] = best
        if moved <= _CONVERGED**2 * size:
            break
    return weights
