# SPDX-License-Identifier: Apache-2.0
"""Footprints between a map, which speaks pixel space, and the fill, which indexes arrays."""

import numpy as np
from numpy.typing import NDArray

from pixmend.fill import LearntFootprint
from pixmend.frames import Encoding, FrameSource
from pixmend.model import CameraFootprint, DefectMap, Method, PlateInfo
from pixmend.pipeline._mender import train_mender
from pixmend.progress import Progress, Silent

__all__ = ["learn_camera_footprints"]

_DIGITS = 5
_REACH_PX = 2


def learn_camera_footprints(
    shot: FrameSource,
    defect_map: DefectMap,
    encoding: Encoding,
    *,
    workers: int = 1,
    progress: Progress | None = None,
) -> tuple[CameraFootprint, ...]:
    """Learn what a camera's photosites look like, from the defects of a map of a shot of it.

    Footprints that the map already has are what learning begins with. Places in the mosaic of which
    no photosite taught anything are left out.

    Raises
    ------
    FrameError
        If a frame cannot be read.
    """
    says = progress or Silent()
    mender = train_mender(shot, defect_map, encoding, says, method=Method.RECOVER, workers=workers)
    learnt = mender.footprints
    return tuple(_camera_footprint(each, shot.plate) for _, each in sorted(learnt.items()) if each.sites)


def _camera_footprint(learnt: LearntFootprint, plate: PlateInfo) -> CameraFootprint:
    row, column = learnt.cell
    return CameraFootprint(
        x=(column + plate.raster.x) % 2,
        y=(row + plate.raster.y) % 2,
        channels=plate.colour,
        weights=tuple(
            tuple(tuple(round(weight, _DIGITS) + 0.0 for weight in line) for line in plane)
            for plane in _middle(learnt.shape).tolist()
        ),
        sites=learnt.sites,
    )


def _middle(shape: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what lies within reach of one photosite, and what more of the window it spoils."""
    centre = shape.shape[1] // 2
    far = np.abs(np.argwhere(np.abs(shape) > 10.0**-_DIGITS)[:, 1:] - centre)
    reach = max(_REACH_PX, int(far.max(initial=0)))
    return shape[:, centre - reach : centre + reach + 1, centre - reach : centre + reach + 1]
