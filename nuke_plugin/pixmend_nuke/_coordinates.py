# SPDX-License-Identifier: Apache-2.0
"""The one place where y turns over.

A map counts pixels from the top-left one of the display window, y down. Nuke counts from the bottom left
of the format, y up, and pixel (i, j) covers [i, i + 1) x [j, j + 1). Nuke's reader puts the display window
at the origin, so a data window with an offset needs nothing more.
"""

from __future__ import annotations

import math

__all__ = ["to_map", "to_nuke"]


def to_map(x: float, y: float, height: int) -> tuple[int, int]:
    """Return the map's pixel under a point of Nuke; `height` is that of the full-size format."""
    return math.floor(x), height - 1 - math.floor(y)


def to_nuke(x: int, y: int, height: int) -> tuple[float, float]:
    """Return the centre of a map's pixel as a point of Nuke."""
    return x + 0.5, height - 1 - y + 0.5
