# SPDX-License-Identifier: Apache-2.0
"""What one photosite looks like after debayer: prior footprints to look for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate

__all__ = ["RADIUS_PX", "Footprint", "prior_footprints"]

RADIUS_PX = 2
"""Footprints are looked for in (2 * RADIUS_PX + 1) pixels a side."""

# Malvar, He and Cutler, "High-quality linear interpolation for demosaicing of Bayer-patterned
# color images", ICASSP 2004, figure 2; each is divided by 8.
_GREEN_AT_RED_BLUE = np.array(
    [[0, 0, -1, 0, 0], [0, 0, 2, 0, 0], [-1, 2, 4, 2, -1], [0, 0, 2, 0, 0], [0, 0, -1, 0, 0]]
)
_CHROMA_IN_ROW = np.array(
    [[0, 0, 0.5, 0, 0], [0, -1, 0, -1, 0], [-1, 4, 5, 4, -1], [0, -1, 0, -1, 0], [0, 0, 0.5, 0, 0]]
)
_CHROMA_AT_OTHER = np.array(
    [[0, 0, -1.5, 0, 0], [0, 2, 0, 2, 0], [-1.5, 0, 6, 0, -1.5], [0, 2, 0, 2, 0], [0, 0, -1.5, 0, 0]]
)
# A typical camera-to-working-space matrix: saturation goes up, white stays white.
_CAMERA_MATRIX = np.array([[1.5, -0.4, -0.1], [-0.2, 1.4, -0.2], [0.0, -0.4, 1.4]])


@dataclass(frozen=True, slots=True, eq=False)
class Footprint:
    """A shape to look for.

    Attributes
    ----------
    name : str
    shape : (C, 5, 5) float64 ndarray
        Linear light per unit of photosite excess; strongest sample has magnitude 1.
    """

    name: str
    shape: NDArray[np.float64]


def prior_footprints(channels: int) -> tuple[Footprint, ...]:
    """Return the footprints that a shot of `channels` colour channels may hold.

    One photosite of each Bayer colour (green twice: in red and in blue rows), as
    linear interpolation spreads it and a camera matrix colours it. One-channel
    plates have one: the pixel itself.
    """
    if channels != 3:
        single = np.zeros((channels, 2 * RADIUS_PX + 1, 2 * RADIUS_PX + 1))
        single[:, RADIUS_PX, RADIUS_PX] = 1.0
        return (Footprint("pixel", single),)
    names = (("red", (0, 0)), ("green in red row", (0, 1)), ("green in blue row", (1, 0)), ("blue", (1, 1)))
    return tuple(Footprint(name, _bayer_response(*phase)) for name, phase in names)


def _bayer_response(row: int, column: int) -> NDArray[np.float64]:
    """Develop a single lit photosite at (row, column) of an RGGB cell."""
    side = 16
    centre_y, centre_x = side // 2 + row, side // 2 + column
    raw = np.zeros((side, side))
    raw[centre_y, centre_x] = 1.0
    camera = _demosaic(raw)
    working = np.tensordot(_CAMERA_MATRIX, camera, axes=1)
    reach = slice(-RADIUS_PX, RADIUS_PX + 1)
    window = working[
        :, centre_y + reach.start : centre_y + reach.stop, centre_x + reach.start : centre_x + reach.stop
    ]
    return np.asarray(window / np.abs(window).max())


def _demosaic(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interpolate an RGGB mosaic (H, W) to (3, H, W) by Malvar's filters."""
    filters = (_GREEN_AT_RED_BLUE, _CHROMA_IN_ROW, _CHROMA_IN_ROW.T, _CHROMA_AT_OTHER)
    green, in_row, in_column, at_other = (correlate(raw, kernel / 8.0, mode="constant") for kernel in filters)
    red_rows, red_columns = (np.arange(side) % 2 == 0 for side in raw.shape)
    is_red = red_rows[:, None] & red_columns[None, :]
    is_blue = ~red_rows[:, None] & ~red_columns[None, :]
    green_in_red_row = red_rows[:, None] & ~red_columns[None, :]
    green_in_blue_row = ~red_rows[:, None] & red_columns[None, :]
    red = np.select([is_red, green_in_red_row, green_in_blue_row], [raw, in_row, in_column], at_other)
    blue = np.select([is_blue, green_in_blue_row, green_in_red_row], [raw, in_row, in_column], at_other)
    return np.stack([red, np.where(is_red | is_blue, green, raw), blue])
