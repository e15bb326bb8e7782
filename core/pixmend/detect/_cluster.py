# SPDX-License-Identifier: Apache-2.0
"""How many joined photosites a defect is: one, or a cluster."""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label
from scipy.optimize import nnls

from pixmend.detect._sites import MeanPicture
from pixmend.footprints import CAMERA_MATRIX, DEMOSAICS

__all__ = ["photosites_at"]

_REACH_PX = 4  # of the window that is explained
_CELLS = 5  # photosites a side that may be bad
_FIELD_PX = 24
_ENOUGH = 0.93  # of the excess: one photosite that explains so much is alone
_WORTH = 0.08  # of the excess: several must explain so much more than one does
_COST = 0.02  # of the excess: of two cameras the one that needs fewer photosites
_MOST = 9  # photosites; more is texture
_WEAK = 0.35  # times the strongest: a weaker one is a lobe that the shapes lack

_SINGLES = (6, 7, 8, 11, 12, 13, 16, 17, 18)  # of the 25, where a lone one may be

_Places = tuple[tuple[int, int], ...]


def photosites_at(picture: MeanPicture, y: int, x: int) -> _Places:
    """Return which photosites about an array position lie, as (dy, dx); more than one is a cluster.

    Notes
    -----
    The mean picture's excess over the median beside it is explained by photosites of one
    sign through a common demosaic, of any order of colours: by one if that is enough, else
    by joined ones of like strength. Empty where nothing stands out.
    """
    excess, sigma = _excess(picture, y, x)
    total = float(np.square(excess).sum())
    found: list[tuple[float, _Places]] = [
        _fitted(shapes / sigma[:, None, None], excess) for shapes in _photosite_shapes(len(excess))
    ]
    explained, places = max(found, key=lambda fit: fit[0] - _COST * total * len(fit[1]))
    return places if explained > 0.0 else ()


def _excess(picture: MeanPicture, y: int, x: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the excess (C, 9, 9) in sigma, 0 outside the picture, and the noise of one frame, (C,)."""
    reach = np.arange(-_REACH_PX, _REACH_PX + 1)
    height, width = picture.light.shape[1:]
    rows, columns = np.clip(y + reach, 0, height - 1), np.clip(x + reach, 0, width - 1)
    light = picture.light[:, rows[:, None], columns].astype(np.float64)
    sigma = np.median(picture.sigma[:, rows[:, None], columns], axis=(1, 2)).astype(np.float64)
    is_rim = np.maximum(np.abs(reach)[:, None], np.abs(reach)) == _REACH_PX
    excess = (light - np.median(light[:, is_rim], axis=1)[:, None, None]) / sigma[:, None, None]
    inside = ((y + reach == rows)[:, None]) & (x + reach == columns)
    return excess * inside, sigma


def _fitted(shapes: NDArray[np.float64], excess: NDArray[np.float64]) -> tuple[float, _Places]:
    """Return what photosites of one camera explain, and which they are: one if that is enough."""
    flat = shapes.reshape(_CELLS * _CELLS, -1).T
    middle, total = _CELLS // 2, float(np.square(excess).sum())
    single = max(_SINGLES, key=lambda index: _explained(flat, [index], excess))
    chosen, explained = [single], _explained(flat, [single], excess)
    if explained < _ENOUGH * total:
        several = _strong(flat, excess)
        more = _explained(flat, several, excess)
        if 1 < len(several) <= _MOST and more - explained >= _WORTH * total:
            chosen, explained = several, more
    rows, columns = np.divmod(chosen, _CELLS)
    return explained, tuple(zip((rows - middle).tolist(), (columns - middle).tolist(), strict=True))


def _strong(flat: NDArray[np.float64], excess: NDArray[np.float64]) -> list[int]:
    """Return the photosites that explain an excess together, but for the weak ones."""
    fits = [nnls(flat, sign * excess.ravel()) for sign in (1.0, -1.0)]
    weights = min(fits, key=lambda fit: float(fit[1]))[0]
    strong = weights.reshape(_CELLS, _CELLS) >= max(_WEAK * float(weights.max()), 1e-9)
    groups, _ = label(strong, structure=np.ones((3, 3)))
    strongest = groups.ravel()[weights.argmax()]
    return np.flatnonzero((groups == strongest).ravel() & (strongest > 0)).tolist()


def _explained(flat: NDArray[np.float64], chosen: list[int], excess: NDArray[np.float64]) -> float:
    """Return the energy that photosites of one sign explain."""
    if not chosen:
        return 0.0
    basis = flat[:, chosen]
    return max(float(np.square(basis @ nnls(basis, sign * excess.ravel())[0]).sum()) for sign in (1.0, -1.0))


@cache
def _photosite_shapes(channels: int) -> NDArray[np.float64]:
    """Return what each of 5x5 photosites becomes, (cameras, 5, 5, C, 9, 9); pixels where there is no mosaic."""
    side = 2 * _REACH_PX + 1
    spare = _REACH_PX - _CELLS // 2
    pixels = np.zeros((1, _CELLS, _CELLS, channels, side, side))
    for row, column in np.ndindex(_CELLS, _CELLS):
        pixels[0, row, column, :, row + spare, column + spare] = 1.0
    if channels != 3:
        return pixels
    cameras = [_developed(name, row, column) for name in DEMOSAICS for row in (0, 1) for column in (0, 1)]
    return np.concatenate([np.stack(cameras), pixels])


def _developed(demosaic: str, row: int, column: int) -> NDArray[np.float64]:
    """Develop each photosite about (row, column) of an RGGB cell alone."""
    y, x = _FIELD_PX // 2 + row, _FIELD_PX // 2 + column
    side, half = 2 * _REACH_PX + 1, _CELLS // 2
    shapes = np.zeros((_CELLS, _CELLS, 3, side, side))
    for down, across in np.ndindex(_CELLS, _CELLS):
        raw = np.zeros((_FIELD_PX, _FIELD_PX))
        raw[y + down - half, x + across - half] = 1.0
        working = np.tensordot(CAMERA_MATRIX, DEMOSAICS[demosaic](raw), axes=1)
        shapes[down, across] = working[
            :, y - _REACH_PX : y + _REACH_PX + 1, x - _REACH_PX : x + _REACH_PX + 1
        ]
    return shapes
