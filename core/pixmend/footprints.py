# SPDX-License-Identifier: Apache-2.0
"""What one photosite looks like after debayer: prior footprints to look for."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate

__all__ = ["CAMERA_MATRIX", "DEMOSAICS", "RADIUS_PX", "Footprint", "prior_footprints"]

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
_MEAN_OF_GREEN = np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]])
_MEAN_OF_CHROMA = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]])
_PHOTOSITES = (("red", (0, 0)), ("green in red row", (0, 1)), ("green in blue row", (1, 0)), ("blue", (1, 1)))
CAMERA_MATRIX = np.array([[1.5, -0.4, -0.1], [-0.2, 1.4, -0.2], [0.0, -0.4, 1.4]])
"""A typical camera-to-working-space matrix: saturation goes up, white stays white."""


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

    One photosite of each Bayer colour (green twice: in red and in blue rows), as two
    common linear interpolations spread it and a camera matrix colours it, and a pixel
    that lies in all channels alike (grey masters, three-sensor cameras). One-channel
    plates have one: the pixel itself.
    """
    pixel = np.zeros((channels, 2 * RADIUS_PX + 1, 2 * RADIUS_PX + 1))
    pixel[:, RADIUS_PX, RADIUS_PX] = 1.0
    if channels != 3:
        return (Footprint("pixel", pixel),)
    bayer = tuple(
        Footprint(f"{photosite}, {name}", _bayer_response(demosaic, *phase))
        for name, demosaic in DEMOSAICS.items()
        for photosite, phase in _PHOTOSITES
    )
    return (*bayer, Footprint("pixel", pixel))


def _bayer_response(
    demosaic: Callable[[NDArray[np.float64]], NDArray[np.float64]], row: int, column: int
) -> NDArray[np.float64]:
    """Develop a single lit photosite at (row, column) of an RGGB cell."""
    side = 16
    centre_y, centre_x = side // 2 + row, side // 2 + column
    raw = np.zeros((side, side))
    raw[centre_y, centre_x] = 1.0
    camera = demosaic(raw)
    working = np.tensordot(CAMERA_MATRIX, camera, axes=1)
    reach = slice(-RADIUS_PX, RADIUS_PX + 1)
    window = working[
        :, centre_y + reach.start : centre_y + reach.stop, centre_x + reach.start : centre_x + reach.stop
    ]
    return np.asarray(window / np.abs(window).max())


def _malvar(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interpolate an RGGB mosaic (H, W) to (3, H, W) by Malvar's filters."""
    filters = (_GREEN_AT_RED_BLUE, _CHROMA_IN_ROW, _CHROMA_IN_ROW.T, _CHROMA_AT_OTHER)
    green, in_row, in_column, at_other = (correlate(raw, kernel / 8.0, mode="constant") for kernel in filters)
    is_red, is_blue, green_in_red_row, green_in_blue_row = _cells(raw)
    red = np.select([is_red, green_in_red_row, green_in_blue_row], [raw, in_row, in_column], at_other)
    blue = np.select([is_blue, green_in_blue_row, green_in_red_row], [raw, in_row, in_column], at_other)
    return np.stack([red, np.where(is_red | is_blue, green, raw), blue])


def _bilinear(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interpolate an RGGB mosaic (H, W) to (3, H, W) by the mean of the nearest of each colour."""
    is_red, is_blue, *_ = _cells(raw)
    planes = ((is_red, _MEAN_OF_CHROMA), (~(is_red | is_blue), _MEAN_OF_GREEN), (is_blue, _MEAN_OF_CHROMA))
    return np.stack([correlate(raw * chosen, kernel / 4.0, mode="constant") for chosen, kernel in planes])


def _cells(raw: NDArray[np.float64]) -> tuple[NDArray[np.bool_], ...]:
    """Return where an RGGB mosaic is red, blue, green in a red row, and green in a blue row."""
    red_rows, red_columns = (np.arange(side) % 2 == 0 for side in raw.shape)
    in_red_row, in_red_column = red_rows[:, None], red_columns[None, :]
    return (
        in_red_row & in_red_column,
        ~in_red_row & ~in_red_column,
        in_red_row & ~in_red_column,
        ~in_red_row & in_red_column,
    )


DEMOSAICS: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "Malvar": _malvar,
    "bilinear": _bilinear,
}
"""Linear interpolations of an RGGB mosaic (H, W) to (3, H, W), by name."""
