# SPDX-License-Identifier: Apache-2.0
"""Compiled: how well a piece of the scene fits elsewhere, and what stands between samples."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["interpolate", "match_costs", "slope_equations"]

_LEAST_SHARE = 0.6  # of a template's weight that must meet known samples


# No fused multiply-add anywhere here: the same bits on processors with and without it.
@njit(cache=True, nogil=True)
def match_costs(
    template: NDArray[np.float32],
    weight: NDArray[np.float32],
    samples: NDArray[np.float32],
    known: NDArray[np.float32],
    corner: tuple[int, int],
    steps: int,
) -> NDArray[np.float32]:
    """Return how much a template differs from what stands at each of some places.

    Parameters
    ----------
    template, weight : (C, P, P) float32 ndarray
        Finite values, and how much each counts; 0 where it is unknown.
    samples, known : (C, H, W) float32 ndarray
        Finite values, and 1 where they are known, else 0.
    corner : (int, int)
        Row and column at which the template's corner is put first; with all steps it must
        stay inside.
    steps : int
        Places along each axis, 1 px apart.

    Returns
    -------
    (steps, steps) float32 ndarray
        Weighted mean of the squared differences, less each channel's own mean difference;
        infinite where too little of the template meets known samples.

    Notes
    -----
    Each place adds up in the order of the template's samples; the loop over places is the
    innermost and becomes vector code.
    """
    channels, side, _ = template.shape
    total = np.float32(0.0)
    for value in weight.ravel():
        total += value
    costs = np.empty((steps, steps), np.float32)
    sums = np.empty((5, steps), np.float32)
    met, first, second, all_met, left_over = sums[0], sums[1], sums[2], sums[3], sums[4]
    for down in range(steps):
        all_met[:] = 0.0
        left_over[:] = 0.0
        for c in range(channels):
            met[:] = 0.0
            first[:] = 0.0
            second[:] = 0.0
            for y in range(side):
                for x in range(side):
                    share, value = weight[c, y, x], template[c, y, x]
                    if share == 0.0:
                        continue
                    row = corner[0] + down + y
                    column = corner[1] + x
                    here = samples[c, row, column : column + steps]
                    mask = known[c, row, column : column + steps]
                    for step in range(steps):
                        counts = share * mask[step]
                        off = value - here[step]
                        met[step] += counts
                        first[step] += counts * off
                        second[step] += counts * (off * off)
            for step in range(steps):
                if met[step] > 0.0:
                    all_met[step] += met[step]
                    left_over[step] += second[step] - first[step] * first[step] / met[step]
        for step in range(steps):
            enough = all_met[step] >= np.float32(_LEAST_SHARE) * total and all_met[step] > 0.0
            costs[down, step] = left_over[step] / all_met[step] if enough else np.float32(np.inf)
    return costs


@njit(cache=True, nogil=True)
def interpolate(
    samples: NDArray[np.float32],
    known: NDArray[np.float32],
    corner: tuple[int, int],
    taps: NDArray[np.float32],
    values: NDArray[np.float32],
    unknown: NDArray[np.float32],
) -> None:
    """Write what stands between samples, from those that are known, and how much is missing.

    Parameters
    ----------
    samples, known : (C, H, W) float32 ndarray
        As for `match_costs`.
    corner : (int, int)
        Row and column of the sample under the first tap of the first value.
    taps : (2, T) float32 ndarray
        Weights along rows' axis (down) and columns' axis (right); each sums to 1.
    values, unknown : (C, P, P) float32 ndarray
        Get the values, and the sum of the magnitudes of the weights on unknown samples.
    """
    channels, side, _ = values.shape
    count = taps.shape[1]
    wide = side + count - 1
    lines = np.empty((3, wide), np.float32)
    for c in range(channels):
        for y in range(side):
            lines[:] = 0.0
            for tap in range(count):
                w, row = taps[0, tap], corner[0] + y + tap
                size = abs(w)
                for x in range(wide):
                    mask = known[c, row, corner[1] + x]
                    lines[0, x] += w * (mask * samples[c, row, corner[1] + x])
                    lines[1, x] += w * mask
                    lines[2, x] += size * (np.float32(1.0) - mask)
            for x in range(side):
                value, share, missing = np.float32(0.0), np.float32(0.0), np.float32(0.0)
                for tap in range(count):
                    w = taps[1, tap]
                    value += w * lines[0, x + tap]
                    share += w * lines[1, x + tap]
                    missing += abs(w) * lines[2, x + tap]
                unknown[c, y, x] = missing
                values[c, y, x] = value / share if share > np.float32(0.5) else np.float32(0.0)


@njit(cache=True, nogil=True)
def slope_equations(
    template: NDArray[np.float32],
    weight: NDArray[np.float32],
    found: NDArray[np.float32],
    usable: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return the normal equations of the small shift that brings `found` onto a template.

    Parameters
    ----------
    template, weight : (C, P, P) float32 ndarray
        As for `match_costs`.
    found : (C, P + 2, P + 2) float32 ndarray
        Values at the template's places and one pixel around.
    usable : (C, P + 2, P + 2) bool ndarray
        Where `found` can be trusted.

    Returns
    -------
    (6,) float64 ndarray
        Sums over the template of slope times slope (down down, down right, right right) and
        of slope times difference (down, right), each less the channel's own means; then the
        sum of weights.
    """
    channels, side, _ = template.shape
    sums = np.zeros(6)
    for c in range(channels):
        n, sd, sr, so = 0.0, 0.0, 0.0, 0.0
        dd, dr, rr, do, ro = 0.0, 0.0, 0.0, 0.0, 0.0
        for y in range(side):
            for x in range(side):
                w = np.float64(weight[c, y, x])
                if w == 0.0 or not (
                    usable[c, y + 1, x + 1]
                    and usable[c, y, x + 1]
                    and usable[c, y + 2, x + 1]
                    and usable[c, y + 1, x]
                    and usable[c, y + 1, x + 2]
                ):
                    continue
                down = 0.5 * (np.float64(found[c, y + 2, x + 1]) - np.float64(found[c, y, x + 1]))
                right = 0.5 * (np.float64(found[c, y + 1, x + 2]) - np.float64(found[c, y + 1, x]))
                off = np.float64(template[c, y, x]) - np.float64(found[c, y + 1, x + 1])
                n += w
                sd += w * down
                sr += w * right
                so += w * off
                dd += w * down * down
                dr += w * down * right
                rr += w * right * right
                do += w * down * off
                ro += w * right * off
        if n > 0.0:
            sums[0] += dd - sd * sd / n
            sums[1] += dr - sd * sr / n
            sums[2] += rr - sr * sr / n
            sums[3] += do - sd * so / n
            sums[4] += ro - sr * so / n
            sums[5] += n
    return sums
