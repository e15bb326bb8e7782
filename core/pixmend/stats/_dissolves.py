# SPDX-License-Identifier: Apache-2.0
"""Where one shot dissolves into the next, from a small signature of each frame.

A dissolve mixes two pictures in light: for some frames the signature goes evenly along the
straight line from the one to the other, and the two have nothing in common. A move of the
camera leaves that line; a light that comes up stays on it, but the picture goes on as it was.

Only dissolves from or into a picture that hardly moves are looked for. Where both move, one
shot or two is the same to a detector; where one stays, what stays there is no defect of both.
"""

import numpy as np
from numpy.typing import NDArray

from pixmend.stats._signatures import are_black, changes, light_of

__all__ = ["find_dissolves"]

_HALVES = (4, 6, 8, 12, 16, 24)  # frames: half of a dissolve, and as much of a shot on each side of it
_FLOOR = 0.25  # stops
_STAYS = 0.12  # of the change: so little changes on the side that stays, in half the time
_GOES_ON = 0.75  # of the change: so much may on the other side
_OFF_LINE = 0.35  # of the change; what moves on either side is off the line too
_UNEVEN = 0.2  # of the change; a cut is .5 away from even progress
_ALIKE = 0.6  # correlation of the layouts of one picture in two lights
_FLAT = 0.01  # stops; a picture that differs less from place to place is none
_DARK = 0.01  # light


def find_dissolves(signatures: NDArray[np.float16]) -> list[range]:
    """Return the indices of the frames of each dissolve, in order; its ends are known within a few frames.

    Parameters
    ----------
    signatures : (N, K) float16 ndarray
        Of each frame of a sequence, from `sign_frame`; finite.
    """
    candidates = [each for half in _HALVES for each in _candidates(signatures, half)]
    kept: list[range] = []
    for _, middle, half in sorted(candidates, key=lambda each: (-each[0], each[1:])):
        found = range(middle - half, middle + half + 1)
        if all(found.stop <= other.start or found.start >= other.stop for other in kept):
            kept.append(found)
    return sorted(kept, key=lambda each: each.start)


def _candidates(signatures: NDArray[np.float16], half: int) -> list[tuple[float, int, int]]:
    """Return change, middle and half of the length of what may be a dissolve of 2 `half` frames."""
    count = len(signatures)
    if count <= 4 * half:
        return []
    middles = np.arange(2 * half, count - 2 * half)
    change, beside = changes(signatures, 2 * half)[middles + half], changes(signatures, half)
    before, after = beside[middles - half], beside[middles + 2 * half]
    mask = (change > _FLOOR) & (np.minimum(before, after) < _STAYS * change)
    mask &= np.maximum(before, after) < _GOES_ON * change
    return [
        (float(change[index]), middle, half)
        for index, middle in zip(np.flatnonzero(mask), middles[mask].tolist(), strict=True)
        if _is_mixed(signatures[middle - half : middle + half + 1])
    ]


def _is_mixed(signatures: NDArray[np.float16]) -> bool:
    """Tell whether frames go evenly from the first picture to the last, which is another."""
    if are_black(signatures).any():
        return False
    light = light_of(signatures)
    first, last = np.log2(light[[0, -1]] + np.float32(_DARK))
    if min(first.std(), last.std()) < _FLAT or np.corrcoef(first, last)[0, 1] > _ALIKE:
        return False
    # Each place counts by its own light, else the brightest would be all.
    steps = (light - light[0]) / (np.abs(light[0]) + np.abs(light[-1]) + np.float32(_DARK))
    whole = float(steps[-1] @ steps[-1])
    progress = steps @ steps[-1] / whole
    off_line = np.linalg.norm(steps - progress[:, None] * steps[-1], axis=1) / np.sqrt(whole)
    uneven = np.abs(progress - np.linspace(0.0, 1.0, len(signatures)))
    return bool(off_line.max() < _OFF_LINE and uneven.max() < _UNEVEN)
