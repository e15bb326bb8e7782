# SPDX-License-Identifier: Apache-2.0
"""Small shots whose photosites lie in a known way: noise on a mosaic, a linear demosaic, a camera matrix."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pixmend.footprints import CAMERA_MATRIX, DEMOSAICS
from pixmend.frames import MemoryShot
from pixmend.model import Defect, DefectMap, FrameRange, Kind, Raster, Sample
from tests.make.shots import rgb_plate

__all__ = ["NOISE", "SIDE", "lying_shot", "map_of", "true_footprint"]

SIDE = 80
NOISE = 0.01
_LEVEL = 0.3

Site = tuple[int, int]
"""Row and column."""


def true_footprint(site: Site) -> NDArray[np.float64]:
    """Return what one unit on a photosite adds to the 9 x 9 pixels around, (3, 9, 9)."""
    mosaic = np.zeros((SIDE, SIDE))
    mosaic[site] = 1.0
    row, column = site
    return _developed(mosaic)[:, row - 4 : row + 5, column - 4 : column + 5]


def lying_shot(
    lies: Mapping[Site, Sequence[float]], *, frames: int = 8, moving: bool = True
) -> tuple[MemoryShot, dict[int, NDArray[np.float32]]]:
    """Render a shot whose photosites have these lies, one a frame, and its clean twin in linear light."""
    stored, clean = {}, {}
    for number in range(frames):
        rng = np.random.default_rng([1910, number])
        down, right = np.indices((SIDE, SIDE)) + (2.3 * number if moving else 0.0)
        scene = _LEVEL + 0.05 * np.sin(right / 3.1) * np.cos(down / 4.7)
        mosaic = scene + rng.normal(0.0, NOISE, (SIDE, SIDE))
        spoiled = mosaic.copy()
        for site, strength in lies.items():
            spoiled[site] += strength[number]
        stored[1001 + number] = np.moveaxis(_developed(spoiled), 0, -1).astype(np.float16)
        clean[1001 + number] = _developed(mosaic).astype(np.float32)
    return MemoryShot(rgb_plate(Raster(0, 0, SIDE, SIDE)), stored), clean


def map_of(sites: Sequence[Site], *, kind: Kind = Kind.HOT, frames: FrameRange | None = None) -> DefectMap:
    """Return the map that names the 3 x 3 pixels around each site, in all channels."""
    samples = tuple(Sample(dx, dy, name) for dy in (-1, 0, 1) for dx in (-1, 0, 1) for name in "RGB")
    defects = (
        Defect(id=f"d{number}", x=x, y=y, kind=kind, samples=samples, amplitude_sigma=9.0, frames=frames)
        for number, (y, x) in enumerate(sites)
    )
    return DefectMap(raster=Raster(0, 0, SIDE, SIDE), defects=tuple(defects))


def _developed(mosaic: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.tensordot(CAMERA_MATRIX, DEMOSAICS["Malvar"](mosaic), axes=1)
