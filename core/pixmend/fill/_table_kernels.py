# SPDX-License-Identifier: Apache-2.0
"""Compiled inner loops of prediction by tables, in 32-bit floats. They release the GIL and are deterministic.

A compositor's kernel does the same to a pixel. So the order of every sum is part of what these
functions promise: samples go channel by channel, row by row, from left to right.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["describe_holed", "describe_window", "describe_windows", "weighted_sums"]


@njit(cache=True, nogil=True)
def describe_window(
    window: NDArray[np.float32], is_known: NDArray[np.bool_], deviation: NDArray[np.float32]
) -> tuple[NDArray[np.float32], np.float32]:
    """Take the level of its channel off every known sample of a window.

    Parameters
    ----------
    window : (C, side, side) float32 ndarray
        Read only where `is_known`.
    is_known : (C, side, side) bool ndarray
        One is at least.
    deviation : (K,) float32 ndarray
        Gets the known samples less the level of their channels, in order.

    Returns
    -------
    level : (C,) float32 ndarray
        Mean of the known samples: the first of them, plus the sum of all differences from it, over
        their number. A channel without any has the mean of the others' levels, by their numbers.
    contrast : float32
        Mean of the squared deviations.
    """
    channels, side, _ = window.shape
    level = np.zeros(channels, np.float32)
    count = np.zeros(channels, np.int64)
    at = 0
    overall, known = np.float32(0.0), 0
    for c in range(channels):
        first, total = np.float32(0.0), np.float32(0.0)
        for y in range(side):
            for x in range(side):
                if is_known[c, y, x]:
                    if count[c] == 0:
                        first = window[c, y, x]
                    total += window[c, y, x] - first
                    count[c] += 1
        if count[c] > 0:
            level[c] = first + total / np.float32(count[c])
            overall += np.float32(count[c]) * level[c]
            known += count[c]
    squares = np.float32(0.0)
    for c in range(channels):
        if count[c] == 0:
            level[c] = overall / np.float32(known)
        for y in range(side):
            for x in range(side):
                if is_known[c, y, x]:
                    deviation[at] = window[c, y, x] - level[c]
                    squares += deviation[at] * deviation[at]
                    at += 1
    return level, squares / np.float32(known)


@njit(cache=True, nogil=True)
def describe_windows(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the contrast (N,) of whole windows (N, C, side, side), as `describe_window` does."""
    is_known = np.ones(windows.shape[1:], np.bool_)
    deviation = np.empty(is_known.size, np.float32)
    contrast = np.empty(len(windows), np.float32)
    for number in range(len(windows)):
        contrast[number] = describe_window(windows[number], is_known, deviation)[1]
    return contrast


@njit(cache=True, nogil=True)
def describe_holed(
    windows: NDArray[np.float32], is_known: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return level (N, C), contrast (N,) and deviation (N, K) of windows (N, C, side, side) with the same hole."""
    level = np.empty(windows.shape[:2], np.float32)
    contrast = np.empty(len(windows), np.float32)
    deviation = np.empty((len(windows), is_known.sum()), np.float32)
    for number in range(len(windows)):
        level[number], contrast[number] = describe_window(windows[number], is_known, deviation[number])
    return level, contrast, deviation


@njit(cache=True, nogil=True)
def weighted_sums(
    weights: NDArray[np.float32], deviation: NDArray[np.float32], level: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return what a table says of the targets.

    Parameters
    ----------
    weights : (K, N) float32 ndarray
        Of each known sample for each target.
    deviation : (K,) float32 ndarray
        As `describe_window` gives them.
    level : (N,) float32 ndarray
        Of each target's channel.

    Returns
    -------
    (N,) float32 ndarray
        The level, plus the sum over the known samples in order, begun at 0, of weight times
        deviation; products are rounded before they are added.
    """
    value = np.zeros(len(level), np.float32)
    for k in range(len(deviation)):
        for n in range(len(level)):
            value[n] += weights[k, n] * deviation[k]
    for n in range(len(level)):
        value[n] += level[n]
    return value
