# SPDX-License-Identifier: Apache-2.0
"""What a column of lying photosites, and what a thin upright line of light, become after debayer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from pixmend.detect._edge_directed import interpolate_line
from pixmend.footprints import CAMERA_MATRIX, DEMOSAICS

__all__ = ["LINE_REACH_PX", "NEIGHBOURS", "LineShape", "developed_shapes", "light_shapes", "line_shapes"]

LINE_REACH_PX = 5
"""Profiles across a line have (2 * LINE_REACH_PX + 1) pixels."""

NEIGHBOURS = (-2, -1, 0, 1, 2)
"""Columns, from the middle of a profile, that may be bad."""

_FIELD = (16, 28)  # a picture to develop profiles in, with room for every filter
_MIDDLE = (8, 14)
_SPREADS_PX = (0.5, 0.65, 0.85, 1.15)
_OFFSETS_PX = np.linspace(-1.2, 1.2, 9)


_LINEAR = DEMOSAICS
_ALONG_EDGES: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    f"{share:.2f} along edges": partial(interpolate_line, along=share) for share in (0.5, 0.75)
}
_DEMOSAICS = {**_LINEAR, **_ALONG_EDGES}


@dataclass(frozen=True, slots=True, eq=False)
class LineShape:
    """Profiles across bad columns, in linear light, of one camera.

    Attributes
    ----------
    name : str
    columns : (5, K, 2, C, 11) float64 ndarray
        For each of the `NEIGHBOURS`, the profile in even and in odd rows when every
        other of its photosites is lit, then the others (K = 2); without a mosaic all (K = 1).
    """

    name: str
    columns: NDArray[np.float64]

    @property
    def middle(self) -> NDArray[np.float64]:
        """Return the profile (2, C, 11) of the middle column with all its photosites lit alike."""
        return np.asarray(self.columns[NEIGHBOURS.index(0)].sum(axis=0))


@cache
def line_shapes(channels: int) -> tuple[LineShape, ...]:
    """Return what bad columns may look like on a plate of `channels` colour channels.

    A Bayer column holds two colours in turn, so its profile changes from row to row with
    a period of two: two pairs of colours, two orders, each by two demosaics. Then columns
    that lie in all channels alike. Rows are columns of the transposed picture, with the
    same shapes.
    """
    grey = LineShape("pixels", _grey(channels))
    return (grey,) if channels != 3 else (*(_bayer_lines(*grid) for grid in _grids(_LINEAR)), grey)


@cache
def developed_shapes(channels: int) -> tuple[LineShape, ...]:
    """Return `line_shapes`, and those of demosaics that look along edges; these score nearly as the others do."""
    edges = (_bayer_lines(*grid) for grid in _grids(_ALONG_EDGES)) if channels == 3 else ()
    return (*line_shapes(channels), *edges)


@cache
def light_shapes(channels: int) -> NDArray[np.float64]:
    """Return what thin lines of light become, (N, C, 2, C, 11): by spread and place, each in C colours.

    Notes
    -----
    The lens' line spread is a Gaussian integrated over each photosite; it goes through
    the same mosaic, demosaic and matrix as the column does.
    """
    profiles = np.stack([_line_of_light(spread, offset) for spread in _SPREADS_PX for offset in _OFFSETS_PX])
    if channels != 3:
        return np.stack([_plain_light(profile, channels) for profile in profiles])
    grids = _grids(_LINEAR) + _grids(_ALONG_EDGES)
    return np.concatenate([_bayer_light(*grid, profiles) for grid in grids])


def _grids(demosaics: Iterable[str]) -> list[tuple[str, int, int]]:
    """Name a demosaic, which row of the RGGB cell is even, and which of its columns is in the middle."""
    return [(name, order, column) for name in demosaics for order in (0, 1) for column in (0, 1)]


def _grey(channels: int) -> NDArray[np.float64]:
    columns = np.zeros((len(NEIGHBOURS), 1, 2, channels, 2 * LINE_REACH_PX + 1))
    for index, dx in enumerate(NEIGHBOURS):
        columns[index, ..., LINE_REACH_PX + dx] = 1.0
    return columns


def _bayer_lines(demosaic: str, order: int, column: int) -> LineShape:
    raws = np.zeros((len(NEIGHBOURS), 2, *_FIELD))
    for own, dx in zip(raws, NEIGHBOURS, strict=True):
        for first in (0, 1):
            own[first, first::2, _MIDDLE[1] + column + dx] = 1.0
    profiles = _developed(demosaic, raws.reshape(-1, *_FIELD), order, column)
    pair = ("red and green", "green and blue")[column]
    return LineShape(f"{pair}, {demosaic}", profiles.reshape(*raws.shape[:2], *profiles.shape[1:]))


def _bayer_light(
    demosaic: str, order: int, column: int, profiles: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what lines of light (N, 13) become, (N, 3, 2, C, 11): each colour of the mosaic lit alone."""
    rows, columns = np.indices(_FIELD) % 2
    across = np.zeros((len(profiles), _FIELD[1]))
    middle, reach = _MIDDLE[1] + column, profiles.shape[1] // 2
    across[:, middle - reach : middle + reach + 1] = profiles
    is_lit = np.stack([rows + columns == colour for colour in range(3)])
    raws = np.where(is_lit, across[:, None, None, :], 0.0)
    developed = _developed(demosaic, raws.reshape(-1, *_FIELD), order, column)
    return developed.reshape(len(profiles), 3, *developed.shape[1:])


def _developed(demosaic: str, raws: NDArray[np.float64], order: int, column: int) -> NDArray[np.float64]:
    """Return the profiles (N, 2, C, 11) about the middles of mosaics (N, H, W), dark at their sides.

    They are developed side by side, which is far faster than one by one.
    """
    count, height, width = raws.shape
    side_by_side = raws.swapaxes(0, 1).reshape(height, count * width)
    working = np.tensordot(CAMERA_MATRIX, _DEMOSAICS[demosaic](side_by_side), axes=1)
    middle = _MIDDLE[1] + column
    rows = [_MIDDLE[0] + (order + parity) % 2 for parity in (0, 1)]
    about = slice(middle - LINE_REACH_PX, middle + LINE_REACH_PX + 1)
    windows = working.reshape(len(working), height, count, width)[:, rows, :, about]
    return np.asarray(windows.transpose(2, 1, 0, 3))


def _plain_light(profile: NDArray[np.float64], channels: int) -> NDArray[np.float64]:
    """Without a mosaic a line of light looks the same in each channel, in any colour."""
    middle = len(profile) // 2
    near = profile[middle - LINE_REACH_PX : middle + LINE_REACH_PX + 1]
    parts = np.zeros((channels, 2, channels, len(near)))
    for channel in range(channels):
        parts[channel, :, channel] = near
    return parts


def _line_of_light(spread: float, offset: float) -> NDArray[np.float64]:
    distance = np.arange(-6, 7) - offset
    scale = spread * np.sqrt(2.0)
    profile: NDArray[np.float64] = 0.5 * (erf((distance + 0.5) / scale) - erf((distance - 0.5) / scale))
    return profile
