# SPDX-License-Identifier: Apache-2.0
"""The holes that fill is measured on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["HOLES", "Hole", "place_holes"]

_SPACING_PX = 32
_BORDER_PX = 24


@dataclass(frozen=True, slots=True)
class Hole:
    """One shape: side in px and which of R, G, B are bad."""

    name: str
    side_px: int
    channels: tuple[int, ...] = (0, 1, 2)


HOLES = (
    Hole("1 px", 1),
    Hole("2x2", 2),
    Hole("3x3", 3),
    Hole("5x5", 5),
    Hole("R only 3x3", 3, (0,)),
)


def place_holes(hole: Hole, size: tuple[int, int], *, seed: int) -> NDArray[np.bool_]:
    """Return where holes of one shape are, (H, W, 3), True where bad; about 32 px apart, never joined."""
    rng = np.random.default_rng([seed, 109])
    is_bad = np.zeros((*size, 3), dtype=bool)
    for y in range(_BORDER_PX, size[0] - _BORDER_PX, _SPACING_PX):
        for x in range(_BORDER_PX, size[1] - _BORDER_PX, _SPACING_PX):
            top, left = y + int(rng.integers(-6, 7)), x + int(rng.integers(-6, 7))
            for channel in hole.channels:
                is_bad[top : top + hole.side_px, left : left + hole.side_px, channel] = True
    return is_bad
