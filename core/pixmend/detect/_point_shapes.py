# SPDX-License-Identifier: Apache-2.0
"""What one photosite and what a point of light become in the plate, by camera."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from pixmend.detect._edge_directed import interpolate_light, interpolate_spike
from pixmend.footprints import CAMERA_MATRIX, DEMOSAICS

__all__ = [
    "BAYER_CAMERAS",
    "REACH_PX",
    "SATURATIONS",
    "Camera",
    "PointShapes",
    "block_is_green",
    "light_grid",
    "lights_at",
    "lit_alone",
    "point_shapes",
]

REACH_PX = 3
"""Shapes have (2 * REACH_PX + 1) pixels a side."""

SATURATIONS = (0.0, 0.6, 1.0, 1.4)
"""How far the camera matrix is from none; the typical one is 1."""

_SPREADS_PX = (0.4, 0.5, 0.62, 0.78, 1.0)
_FEW_SPREADS_PX = (0.45, 0.7)
_OFFSETS_PX = np.linspace(-1.0, 1.0, 7)
_FEW_OFFSETS_PX = np.linspace(-0.8, 0.8, 5)
_LIGHT_REACH_PX = 5  # what of a point of light falls further is nothing
_FIELD_PX = 24  # a picture to develop shapes in, with room for every filter
_MIDDLE = (_FIELD_PX // 2, _FIELD_PX // 2)
_NEIGHBOURS = tuple((dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1))
_CORNERS = tuple(
    (dy, dx) for dy in (-2, -1, 0, 1) for dx in (-2, -1, 0, 1)
)  # first photosite of a block of four
_BLOCK = ((0, 0), (0, 1), (1, 0), (1, 1))


_Interpolation = Callable[[NDArray[np.float64]], NDArray[np.float64]]
_INTERPOLATIONS: dict[str, tuple[_Interpolation, ...]] = {
    **{name: (own,) for name, own in DEMOSAICS.items()},
    "along edges": (interpolate_spike, interpolate_light),
}  # the first for one photosite; light may be developed by any


class Camera(NamedTuple):
    """How light became samples.

    Attributes
    ----------
    demosaic : str
        Empty where every pixel has photosites of all channels.
    row, column : int
        Where in the plate's first 2x2 pixels the red photosite is.
    saturation : float
        Of the typical camera matrix.
    matrix : tuple of float
        The nine of its own, row by row, where that is known.
    """

    demosaic: str
    row: int = 0
    column: int = 0
    saturation: float = 1.0
    matrix: tuple[float, ...] = ()

    @property
    def to_plate(self) -> NDArray[np.float64]:
        """Return the matrix from the camera's colours to the plate's, (3, 3)."""
        if self.matrix:
            return np.array(self.matrix).reshape(3, 3)
        return np.asarray(np.eye(3) + self.saturation * (CAMERA_MATRIX - np.eye(3)))


BAYER_CAMERAS = tuple(
    Camera(name, row, column) for name in _INTERPOLATIONS for row in (0, 1) for column in (0, 1)
)
"""One camera for each demosaic and order of colours."""


@dataclass(frozen=True, slots=True, eq=False)
class PointShapes:
    """Shapes about one pixel, in linear light of the plate's channels.

    Attributes
    ----------
    photosites : (P, C, 7, 7) float64 ndarray
        One lit photosite each: at the pixel or one beside it.
    points : (N, K, C, 7, 7) float64 ndarray
        Points of light through the lens, by spread and sub-pixel place, and of each in
        the K colours of the camera: a point is their sum with weights of one sign.
    blocks : (B, 4, C, 7, 7) float64 ndarray
        Four joined photosites each, about the pixel: a cluster is their sum with weights of one sign.
    """

    photosites: NDArray[np.float64]
    points: NDArray[np.float64]
    blocks: NDArray[np.float64]


def point_shapes(camera: Camera, y: int, x: int, *, channels: int = 3, few: bool = False) -> PointShapes:
    """Return the shapes about a pixel of even or odd `y` and `x`.

    Parameters
    ----------
    camera : Camera
    y, x : int
        0 or 1.
    channels : int
        3 where the camera has a demosaic.
    few : bool
        A coarser choice of points, enough to tell cameras apart.

    Notes
    -----
    The lens' point spread is a Gaussian integrated over each photosite, sigma 0.4 to
    1.0 px; it goes through the same mosaic, demosaic and matrix as the photosite.
    """
    if camera.matrix:
        return _bayer_shapes(camera, (y + camera.row) % 2, (x + camera.column) % 2, few=few)
    return _usual_shapes(camera, y, x, channels, few)


def light_grid() -> NDArray[np.float64]:
    """Return spread, y and x in px of each of the lights of `PointShapes.points`, in that order, (N, 3)."""
    return np.array([(s, y, x) for s in _SPREADS_PX for y in _OFFSETS_PX for x in _OFFSETS_PX])


def lights_at(lights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what lights (N, 3), by spread, y and x in px from a photosite, shed on it and all beside it, (N, 11, 11)."""
    lines = np.arange(-_LIGHT_REACH_PX, _LIGHT_REACH_PX + 1)
    spread = lights[:, :1]
    down, across = (_in_photosite(lines - lights[:, axis : axis + 1], spread) for axis in (1, 2))
    return np.asarray(down[:, :, None] * across[:, None, :])


def lit_alone(camera: Camera, y: int, x: int) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return what each photosite lit alone shows about a pixel, (I, 11, 11, C, 7, 7), and its colour, (11, 11).

    By each of the ways I in which the camera may develop light; it has a demosaic.
    """
    row, column = (y + camera.row) % 2, (x + camera.column) % 2
    lines = np.arange(-_LIGHT_REACH_PX, _LIGHT_REACH_PX + 1)
    colour = (lines[:, None] + row) % 2 + (lines[None, :] + column) % 2
    developed = _developed_photosites(camera.demosaic, row, column)
    return np.asarray(np.einsum("ij,nabjyx->nabiyx", camera.to_plate, developed)), colour


def block_is_green(camera: Camera, y: int, x: int) -> NDArray[np.bool_]:
    """Tell which photosites of the `PointShapes.blocks` about a pixel are green, (B, 4)."""
    first = y + camera.row + x + camera.column
    return np.array(
        [[(first + top + left + dy + dx) % 2 == 1 for dy, dx in _BLOCK] for top, left in _CORNERS]
    )


@lru_cache(maxsize=128)
def _usual_shapes(
    camera: Camera,
    y: int,
    x: int,
    channels: int,
    few: bool,  # noqa: FBT001 (a part of what is cached)
) -> PointShapes:
    """As `point_shapes`, of a camera that is no shot's own."""
    if camera.demosaic:
        return _bayer_shapes(camera, (y + camera.row) % 2, (x + camera.column) % 2, few=few)
    return _plain_shapes(channels, few=few)


def _plain_shapes(channels: int, *, few: bool) -> PointShapes:
    """Shapes of a camera without mosaic: a defect lies in all channels alike, or in one."""
    sites = np.stack([_lit_pixel(_MIDDLE[0] + dy, _MIDDLE[1] + dx) for dy, dx in _NEIGHBOURS])
    colours = np.concatenate([np.eye(channels), np.ones((1, channels))])[channels == 1 :]
    photosites = np.einsum("kc,nyx->kncyx", colours, _window(sites, *_MIDDLE))
    spreads, offsets = (_FEW_SPREADS_PX, _FEW_OFFSETS_PX) if few else (_SPREADS_PX, _OFFSETS_PX)
    lights = _window(_lights(spreads, offsets), _LIGHT_REACH_PX, _LIGHT_REACH_PX)
    pixels = _blocks_of(lambda dy, dx: _window(_lit_pixel(_MIDDLE[0] + dy, _MIDDLE[1] + dx), *_MIDDLE))
    return PointShapes(
        photosites.reshape(-1, *photosites.shape[2:]),
        np.einsum("kc,nyx->nkcyx", np.eye(channels), lights),
        np.repeat(pixels[:, :, None], channels, axis=2),
    )


def _bayer_shapes(camera: Camera, row: int, column: int, *, few: bool) -> PointShapes:
    """Shapes about a photosite at (row, column) of an RGGB cell."""
    photosites, points, blocks = _mosaic_shapes(camera.demosaic, row, column, few)
    matrix = camera.to_plate
    return PointShapes(
        np.einsum("ij,njyx->niyx", matrix, photosites),
        np.einsum("ij,nkjyx->nkiyx", matrix, points),
        np.einsum("ij,nkjyx->nkiyx", matrix, blocks),
    )


@lru_cache(maxsize=32)
def _mosaic_shapes(
    demosaic: str,
    row: int,
    column: int,
    few: bool,  # noqa: FBT001 (a part of what is cached)
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return photosites, points and blocks as `PointShapes` has them, in the camera's own colours."""
    spreads, offsets = (_FEW_SPREADS_PX, _FEW_OFFSETS_PX) if few else (_SPREADS_PX, _OFFSETS_PX)
    points = _developed_points(demosaic, (row, column), spreads, offsets)
    developed = _developed_photosites(demosaic, row, column)
    middle = slice(_LIGHT_REACH_PX - 1, _LIGHT_REACH_PX + 2)
    alone = developed[0, middle, middle].reshape(-1, *developed.shape[3:])
    blocks = _blocks_of(lambda dy, dx: developed[0, _LIGHT_REACH_PX + dy, _LIGHT_REACH_PX + dx])
    return alone, points, blocks


def _developed_points(
    demosaic: str, place: tuple[int, int], spreads: Sequence[float], offsets: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return points of light about a photosite at `place`, in the camera's own colours."""
    y, x = (_FIELD_PX // 2 + each for each in place)
    lines = np.arange(_FIELD_PX) % 2
    of_colour = _near(lines[:, None] + lines[None, :], y, x) == np.arange(3)[:, None, None]
    lights = _lights(spreads, offsets)[:, None] * of_colour
    developed = _developed_photosites(demosaic, *place)
    return np.concatenate([np.tensordot(lights, lit, axes=2) for lit in developed])


def _blocks_of(lit: Callable[[int, int], NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the blocks of 2 x 2 photosites about a pixel, (B, 4, ...), by what each photosite (dy, dx) becomes."""
    return np.array([[lit(top + dy, left + dx) for dy, dx in _BLOCK] for top, left in _CORNERS])


@lru_cache(maxsize=16)
def _developed_photosites(demosaic: str, row: int, column: int) -> NDArray[np.float64]:
    """Develop each photosite near (row, column) alone, by each interpolation: (I, 11, 11, 3, 7, 7)."""
    reach = range(-_LIGHT_REACH_PX, _LIGHT_REACH_PX + 1)
    return np.array(
        [
            [[_photosite_beside(each, (row, column), (dy, dx)) for dx in reach] for dy in reach]
            for each in _developed_cell(demosaic)
        ]
    )


@lru_cache(maxsize=4)
def _developed_cell(demosaic: str) -> NDArray[np.float64]:
    """Develop each photosite of one cell alone, by each interpolation: (I, 2, 2, 3, H, W)."""
    middle_y, middle_x = _MIDDLE
    return np.array(
        [
            [[interpolate(_lit_pixel(middle_y + y, middle_x + x)) for x in (0, 1)] for y in (0, 1)]
            for interpolate in _INTERPOLATIONS[demosaic]
        ]
    )


def _photosite_beside(
    cell: NDArray[np.float64], place: tuple[int, int], shift: tuple[int, int]
) -> NDArray[np.float64]:
    """Return what a photosite so far from a place shows about that place: the mosaic repeats every 2 px."""
    y, x = ((at + by) % 2 for at, by in zip(place, shift, strict=True))
    return _window(cell[y, x], _MIDDLE[0] + y - shift[0], _MIDDLE[1] + x - shift[1])


def _lit_pixel(y: int, x: int) -> NDArray[np.float64]:
    field = np.zeros((_FIELD_PX, _FIELD_PX))
    field[y, x] = 1.0
    return field


def _lights(spreads: Sequence[float], offsets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points of light about the middle, (N, 11, 11), each of spread and place another."""
    lines = np.arange(-_LIGHT_REACH_PX, _LIGHT_REACH_PX + 1)
    along = [[_in_photosite(lines - offset, spread) for offset in offsets] for spread in spreads]
    return np.stack([np.outer(down, across) for each in along for down in each for across in each])


def _in_photosite(distance: NDArray[np.float64], spread: float | NDArray[np.float64]) -> NDArray[np.float64]:
    scale = spread * np.sqrt(2.0)
    inside: NDArray[np.float64] = 0.5 * (erf((distance + 0.5) / scale) - erf((distance - 0.5) / scale))
    return inside


def _window(field: NDArray[np.float64], y: int, x: int) -> NDArray[np.float64]:
    return field[..., y - REACH_PX : y + REACH_PX + 1, x - REACH_PX : x + REACH_PX + 1]


def _near(field: NDArray[Any], y: int, x: int) -> NDArray[Any]:
    reach = slice(-_LIGHT_REACH_PX, _LIGHT_REACH_PX + 1)
    return field[..., y + reach.start : y + reach.stop, x + reach.start : x + reach.stop]
