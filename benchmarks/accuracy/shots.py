# SPDX-License-Identifier: Apache-2.0
"""The shots that fill is measured on."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.accuracy.scene import Group, Scene
from benchmarks.accuracy.scenes import TEST
from benchmarks.pictures import load_picture
from pixmend.model import FrameRange
from pixmend.simulate import Motion, ShotSpec, SimulatedShot, procedural_street

__all__ = ["FILL_SHOTS", "SEED", "busiest_part", "fill_shot"]

SEED = 4711  # not the seed of the tests, nor of the study that the methods come from

_CROP = (384, 512)
_ROOM_PX = 40  # around the crop, for the camera to move in
_MOST_STEP = 4.0  # stops, of the Sobel sum: one glaring edge is not a busy place

FILL_SHOTS = tuple(scene for scene in TEST if scene.group is Group.DRY)


def fill_shot(scene: Scene, *, frames: int, motion: Motion | None = None) -> SimulatedShot:
    """Return the fill shot: 512x384 where the picture is busiest, without defects."""
    spec = ShotSpec(
        width=_CROP[1],
        height=_CROP[0],
        frames=FrameRange(range(1001, 1001 + frames)),
        motion=scene.motion if motion is None else motion,
        exposure=scene.exposure,
        recipe=(),
        seed=SEED,
    )
    still = load_picture(scene.picture)
    return SimulatedShot(
        spec, picture=busiest_part(procedural_street(1080, 1920) if still is None else still)
    )


def busiest_part(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the crop with the most edges and texture, large enough for the camera to move in.

    A hole in a flat field tells little: there the mean of the ring beats the truth,
    noise and all.
    """
    stops = np.log2(np.maximum(picture.mean(axis=-1), 1e-3))
    steps = np.hypot(ndimage.sobel(stops, axis=0), ndimage.sobel(stops, axis=1))
    busy = ndimage.uniform_filter(np.minimum(steps, _MOST_STEP), _CROP)
    height, width = (side + 2 * _ROOM_PX for side in _CROP)
    inside = busy[height // 2 : -(height // 2) or None, width // 2 : -(width // 2) or None]
    top, left = np.unravel_index(inside.argmax(), inside.shape)
    return picture[top : top + height, left : left + width]
