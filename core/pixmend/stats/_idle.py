# SPDX-License-Identifier: Apache-2.0
"""Frames that no camera took: black, leader, slates and colour bars."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["drawn_share", "frame_is_idle"]

_DRAWN_SHARE = 0.95  # the rest of a slate is the rims of its letters, of bars a ramp's steps


def frame_is_idle(bands: Sequence[NDArray[Any]]) -> bool:
    """Tell whether a frame, or bands of its rows, is black, a slate, leader or colour bars.

    Parameters
    ----------
    bands : sequence of (rows, W, C) ndarray
        Samples as stored. A few bands serve: what is drawn is drawn all over.

    Notes
    -----
    Such a frame says nothing of the sensor, and teaches wrong noise. A picture whose
    blacks are clipped can look the same: where every frame of a shot is idle, look at
    them all. Frames without pixels are idle.
    """
    areas = [band.shape[0] * band.shape[1] for band in bands]
    least, drawn, left = _DRAWN_SHARE * sum(areas), 0.0, sum(areas)
    for band, area in zip(bands, areas, strict=True):
        drawn += drawn_share(band) * area
        left -= area
        if drawn + left < least:  # as after the first band of nearly every picture
            return False
    return True


def drawn_share(samples: NDArray[Any]) -> float:
    """Return the share of pixels that equal the one beside or below them, bit for bit in every channel.

    Parameters
    ----------
    samples : (H, W, C) ndarray
        As stored; NaN equals the same NaN, and -0 equals 0. 0.0 where there are no pixels.

    Notes
    -----
    Photographed light has noise, and nowhere are two neighbours the same in all channels
    but where it is clipped. What is drawn is constant along rows, columns or both.
    """
    height, width = samples.shape[:2]
    if not height * width:
        return 0.0
    kind = np.dtype(f"u{samples.dtype.itemsize}")
    # A fade makes -0 of what noise put below black.
    minus_zero = np.array(-0.0, samples.dtype).view(kind) if samples.dtype.kind == "f" else np.array(0, kind)
    return float(_count_drawn(np.ascontiguousarray(samples).view(kind), minus_zero[()]) / (height * width))


@njit(cache=True, nogil=True)
def _count_drawn(bits: NDArray[Any], minus_zero: Any) -> int:
    """Count pixels that equal their right or lower neighbour; the last ones look left and up.

    `minus_zero` equals 0, of which it has a bit more, or none.
    """
    height, width, channels = bits.shape
    count = 0
    for y in range(height):
        below = y + 1 if y + 1 < height else max(y - 1, 0)
        for x in range(width):
            beside = x + 1 if x + 1 < width else max(x - 1, 0)
            same_beside, same_below = beside != x, below != y
            for c in range(channels):
                own, right, lower = bits[y, x, c], bits[y, beside, c], bits[below, x, c]
                same_beside = same_beside and (own == right or own | right == minus_zero)
                same_below = same_below and (own == lower or own | lower == minus_zero)
            count += same_beside or same_below
    return count
