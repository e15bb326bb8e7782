# SPDX-License-Identifier: Apache-2.0
"""What the compositor's kernel computes, in 32-bit floats and in the same order. Compiled; the GIL is released.

The kernel is another program, in another language. What is here is what it promises to do, so
every step is one rounded operation: no sum is reordered, no product is fused with a sum.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["mend_picture", "predict_samples"]

_SUBTRACT, _PREDICT, _VALUE = 1, 2, 3
_HEAD = 3
_ROUNDINGS = np.float32(2.0**-22)  # four half units in the last place


@njit(cache=True, nogil=True)
def predict_samples(
    samples: NDArray[np.float32],
    tables: NDArray[np.float32],
    grain: NDArray[np.float32],
    curves: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Predict samples from the same neighbours.

    Parameters
    ----------
    samples : (K,) float32 ndarray
        Neighbours as the compositor holds them, finite.
    tables : (N, K + 1, 4) float32 ndarray
        Cells of the tables; the neighbours' channels are the same in all.
    grain : (N,) float32 ndarray
        On the sigma scale.
    curves : (3, M, 4) float32 ndarray
        Cells of the curves.

    Returns
    -------
    predicted : (N,) float32 ndarray
    doubt : (N,) float32 ndarray
        How far another order of the same sums, or products fused with them, may lead away.
    """
    value = np.empty(len(samples), np.float32)
    for k in range(len(samples)):
        value[k] = _along(curves[int(tables[0, k + 1, 2])], 0, samples[k])
    level = _levels(value, tables[0])
    predicted = np.empty(len(tables), np.float32)
    doubt = np.empty(len(tables), np.float32)
    for n in range(len(tables)):
        target = int(tables[n, 0, 1])
        told, weighed = np.float32(0.0), np.float32(0.0)
        for k in range(len(samples)):
            weight = tables[n, k + 1, 3]
            told += weight * (value[k] - level[int(tables[n, k + 1, 2])])
            weighed += abs(weight * value[k])
        told += level[target]
        told += grain[n]
        rounding = _ROUNDINGS * (weighed + abs(level[target]) + abs(grain[n]))
        predicted[n] = _along(curves[target], 1, told)
        above = abs(_along(curves[target], 1, told + rounding) - predicted[n])
        below = abs(_along(curves[target], 1, told - rounding) - predicted[n])
        doubt[n] = max(above, below) + _ROUNDINGS * abs(predicted[n])
    return predicted, doubt


@njit(cache=True, nogil=True)
def mend_picture(
    plate: NDArray[np.float32], index: NDArray[np.float32], cells: NDArray[np.float32], frame: int
) -> NDArray[np.float32]:
    """Do what the kernel does to a whole picture.

    Parameters
    ----------
    plate : (H, W, 3) float32 ndarray
        Row 0 is the top.
    index : (H, W, 4) float32 ndarray
        Of the same pixels.
    cells : (N, 4) float32 ndarray
        Of the control picture, in order.
    frame : int

    Returns
    -------
    (H, W, 3) float32 ndarray
        What the cells do not say, or say wrongly, is as in the plate, and so is what would be
        predicted from beyond the picture, or from NaN or Inf.
    """
    height, width = index.shape[:2]
    out = plate.copy()
    curves = _curves(cells)
    for y in range(height):
        for x in range(width):
            entry = int(index[y, x, 0])
            if entry < 1 or entry > int(cells[0, 2]):
                continue
            record = _record(cells, entry, frame)
            if record == 0:
                continue
            for c in range(3):
                mode, a, b = int(cells[record + c, 0]), cells[record + c, 1], int(cells[record + c, 2])
                if mode == _SUBTRACT:
                    out[y, x, c] = plate[y, x, c] - a
                elif mode == _VALUE:
                    out[y, x, c] = a
                elif mode == _PREDICT and curves.shape[1] > 1:
                    table = cells[b : b + 1 + int(cells[b, 0])]
                    samples = np.empty(len(table) - 1, np.float32)
                    if _gather(plate, table, (y, x), samples):
                        tables = np.expand_dims(table, 0)
                        out[y, x, c] = predict_samples(samples, tables, np.full(1, a), curves)[0][0]
    return out


@njit(cache=True, nogil=True)
def _record(cells: NDArray[np.float32], entry: int, frame: int) -> int:
    """Return the record's cell for an entry in a frame; 0 where there is none."""
    head = _HEAD + entry - 1
    low = int(cells[head, 0])
    high = low + int(cells[head, 1])
    while low < high:  # segments ascend
        middle = (low + high) // 2
        if frame > int(cells[middle, 1]):
            low = middle + 1
        elif frame < int(cells[middle, 0]):
            high = middle
        else:
            return int(cells[middle, 2]) + (frame - int(cells[middle, 0])) * int(cells[middle, 3])
    return 0


@njit(cache=True, nogil=True)
def _curves(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    nodes = int(cells[1, 3])
    curves = np.zeros((3, nodes, 4), np.float32)
    for c in range(3):
        start = int(cells[1, c])
        curves[c] = cells[start : start + nodes]
    return curves


@njit(cache=True, nogil=True)
def _gather(
    plate: NDArray[np.float32],
    table: NDArray[np.float32],
    place: tuple[int, int],
    samples: NDArray[np.float32],
) -> bool:
    """Put the neighbours of a pixel into `samples`; False where one is not there, or is not finite."""
    for k in range(len(samples)):
        row, column = place[0] - int(table[k + 1, 1]), place[1] + int(table[k + 1, 0])
        if row < 0 or row >= plate.shape[0] or column < 0 or column >= plate.shape[1]:
            return False
        samples[k] = plate[row, column, int(table[k + 1, 2])]
        if not np.isfinite(samples[k]):
            return False
    return True


@njit(cache=True, nogil=True)
def _levels(value: NDArray[np.float32], table: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the level (3,) of each channel: its first value, plus the mean difference from that; 0 without any."""
    first, total = np.zeros(3, np.float32), np.zeros(3, np.float32)
    number = np.zeros(3, np.int64)
    for k in range(len(value)):
        c = int(table[k + 1, 2])
        if number[c] == 0:
            first[c] = value[k]
        total[c] += value[k] - first[c]
        number[c] += 1
    level = np.zeros(3, np.float32)
    for c in range(3):
        if number[c] > 0:
            level[c] = first[c] + total[c] / np.float32(number[c])
    return level


@njit(cache=True, nogil=True)
def _along(curve: NDArray[np.float32], axis: int, given: np.float32) -> np.float32:
    """Follow a curve from one axis (0 sample, 1 value) to the other; beyond its ends it stays level."""
    low = _node(given, curve, axis)
    if given <= curve[0, axis]:
        return np.float32(curve[0, 1 - axis])
    if given >= curve[-1, axis]:
        return np.float32(curve[-1, 1 - axis])
    return np.float32(curve[low, 1 - axis] + (given - curve[low, axis]) * curve[low, 2 + axis])


@njit(cache=True, nogil=True)
def _node(given: np.float32, curve: NDArray[np.float32], column: int) -> int:
    """Return the last node that is not above what is given, of those but the last; 0 where all are."""
    low, high = 0, len(curve) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if curve[middle, column] <= given:
            low = middle
        else:
            high = middle
    return low
