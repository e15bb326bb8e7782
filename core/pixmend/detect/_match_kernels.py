# SPDX-License-Identifier: Apache-2.0
"""Compiled inner loops of matching. All release the GIL and are deterministic."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["BLOCK_PX", "block_noise", "keep_best", "limit_scores"]

BLOCK_PX = 4
"""Noise is judged once for each block of so many pixels a side."""

_AROUND, _BESIDE = 3, 1  # blocks: noise is judged in 7 x 7 less 3 x 3, so that no defect is its own noise


@njit(cache=True, nogil=True)
def block_noise(response: NDArray[np.float32], most: float, own_share: float) -> NDArray[np.float32]:
    """Robust local standard deviation of a zero-mean plane (H, W) at each of its blocks of 4 x 4.

    Two steps, as `pixmend.stats.measure_frame` judges busyness: the mean absolute value of the
    blocks around, then again with what stands out by more than 2.5 of it cut down. No
    sample counts more than `most`. A block and those beside it are no part of what is
    around them, so that a wide defect is not its own noise; where `own_share` times
    their own mean is more, that counts. (ceil(H / 4), ceil(W / 4)); 1 for white normal noise.
    """
    rows, columns = -(-response.shape[0] // BLOCK_PX), -(-response.shape[1] // BLOCK_PX)
    ceiling = np.full((rows, columns), np.float32(most))
    mean = _mean_around(_block_sums(response, ceiling), response.shape, own_share)
    for row in range(rows):
        for column in range(columns):
            ceiling[row, column] = min(np.float32(2.5 * 1.2533) * mean[row, column], np.float32(most))
    scale = _mean_around(_block_sums(response, ceiling), response.shape, own_share)
    for row in range(rows):
        for column in range(columns):
            scale[row, column] *= np.float32(1.30)
    return scale


@njit(cache=True, nogil=True)
def _block_sums(response: NDArray[np.float32], ceiling: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = response.shape
    rows, columns = ceiling.shape
    sums = np.zeros((rows, columns), np.float32)
    wide = columns * BLOCK_PX
    most, across = np.zeros(wide, np.float32), np.zeros(wide, np.float32)
    for row in range(rows):
        _spread_blocks(ceiling[row], most)
        across[:] = 0.0
        for y in range(row * BLOCK_PX, min((row + 1) * BLOCK_PX, height)):
            source = response[y]
            for x in range(width):
                size = abs(source[x])
                across[x] += min(size, most[x])
        for column in range(columns):
            start = column * BLOCK_PX
            sums[row, column] = (across[start] + across[start + 1]) + (across[start + 2] + across[start + 3])
    return sums


@njit(cache=True, nogil=True)
def _spread_blocks(values: NDArray[np.float32], line: NDArray[np.float32]) -> None:
    for column in range(len(values)):
        for x in range(BLOCK_PX):
            line[column * BLOCK_PX + x] = values[column]


@njit(cache=True, nogil=True)
def _mean_around(sums: NDArray[np.float32], size: tuple[int, int], own_share: float) -> NDArray[np.float32]:
    """Return the mean of the samples in the blocks around each block, without it and those beside it."""
    rows, columns = sums.shape
    mean = np.empty((rows, columns), np.float32)
    outer, inner = np.empty(columns, np.float32), np.empty(columns, np.float32)
    for row in range(rows):
        top, bottom = max(row - _AROUND, 0), min(row + _AROUND + 1, rows)
        first, stop = max(row - _BESIDE, 0), min(row + _BESIDE + 1, rows)
        outer[:] = 0.0
        inner[:] = 0.0
        for y in range(top, bottom):
            if first <= y < stop:
                inner += sums[y]
            else:
                outer += sums[y]
        down, guarded = _samples(top, bottom, size[0]), _samples(first, stop, size[0])
        for column in range(columns):
            left, right = max(column - _AROUND, 0), min(column + _AROUND + 1, columns)
            start, end = max(column - _BESIDE, 0), min(column + _BESIDE + 1, columns)
            around, own = np.float32(0.0), np.float32(0.0)
            for x in range(left, right):
                around += outer[x]
                if x < start or x >= end:
                    around += inner[x]
                else:
                    own += inner[x]
            of_own = guarded * _samples(start, end, size[1])
            of_around = down * _samples(left, right, size[1]) - of_own
            mean[row, column] = max(
                around / np.float32(max(of_around, 1)), np.float32(own_share) * own / np.float32(of_own)
            )
    return mean


@njit(cache=True, nogil=True)
def _samples(first: int, stop: int, side: int) -> int:
    """Count the samples of blocks [first, stop) along one axis; the last block may be cut."""
    return min(stop * BLOCK_PX, side) - first * BLOCK_PX


@njit(cache=True, nogil=True)
def keep_best(
    responses: tuple[NDArray[np.float32], NDArray[np.float32]],
    noise: tuple[NDArray[np.float32], NDArray[np.float32]],
    kept: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int8]],
    number: int,
    skipped: int,
) -> None:
    """Put what some footprints score where they are the best so far; the first is number `number`.

    `responses` (K, h, W) of both views have a `noise` each, by block, (K, blocks, blocks); `kept`
    are the best score so far, the largest pooled one, and whose the score is, (H, W) each. The
    first of them is row `skipped` of the responses, a whole number of blocks.
    """
    score, largest, best = kept
    height, width = best.shape
    wide = noise[0].shape[2] * BLOCK_PX  # two arrays, not one of two rows: unpacked, those count as scattered
    of_pooled, of_meant = np.empty(wide, np.float32), np.empty(wide, np.float32)
    is_better = np.empty(width, np.bool_)
    for y in range(height):
        for k in range(len(responses[0])):  # while the row is in the cache
            block = (skipped + y) // BLOCK_PX
            _spread_blocks(np.float32(1.0) / noise[0][k, block], of_pooled)
            _spread_blocks(np.float32(1.0) / noise[1][k, block], of_meant)
            pooled, meant = responses[0][k, skipped + y], responses[1][k, skipped + y]
            _keep_row((pooled, meant), (of_pooled, of_meant), (score[y], largest[y]), is_better)
            whose, own = best[y], np.int8(number + k)
            for x in range(width):  # by itself, as numbers of one size are vector code
                whose[x] = own if is_better[x] else whose[x]


@njit(cache=True, nogil=True)
def _keep_row(
    responses: tuple[NDArray[np.float32], NDArray[np.float32]],
    factors: tuple[NDArray[np.float32], NDArray[np.float32]],
    kept: tuple[NDArray[np.float32], NDArray[np.float32]],
    is_better: NDArray[np.bool_],
) -> None:
    pooled, meant = responses
    of_pooled, of_meant = factors
    score, largest = kept
    for x in range(len(score)):
        seen = pooled[x] * of_pooled[x]
        both = np.float32(0.5) * (seen + meant[x] * of_meant[x])
        is_better[x] = abs(both) > abs(score[x])
        score[x] = both if is_better[x] else score[x]
        largest[x] = max(largest[x], abs(seen))


@njit(cache=True, nogil=True)
def limit_scores(score: NDArray[np.float32], pooled: NDArray[np.float32], trust: float) -> None:
    """Cut scores (H, W) to at most `trust` times the largest of the 3 x 3 `pooled` ones, which are not negative.

    The plain version: ``numpy.clip`` by `trust` times ``scipy.ndimage.maximum_filter(pooled, 3)``.
    """
    height, width = score.shape
    column = np.zeros(width + 2, np.float32)  # the largest of three rows, in a frame of zeros
    for y in range(height):
        above, own, below = pooled[max(y - 1, 0)], pooled[y], pooled[min(y + 1, height - 1)]
        for x in range(width):
            column[x + 1] = max(above[x], own[x], below[x])
        into = score[y]
        for x in range(width):
            most = np.float32(trust) * max(column[x], column[x + 1], column[x + 2])
            into[x] = min(max(into[x], -most), most)
