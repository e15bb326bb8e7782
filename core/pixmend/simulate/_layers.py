# SPDX-License-Identifier: Apache-2.0
"""What stands before the picture: a nearer depth that moves faster, and objects that move by themselves."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pixmend.simulate._kernels import draw_strokes
from pixmend.simulate._lights import HD_AREA
from pixmend.simulate._picture import LENS_SIGMA_PX, fractal

__all__ = ["Layer", "foreground", "moving_objects"]

_FOREGROUND_COVER = 0.25  # share of the picture
_PARALLAX = 1.8  # how much faster the near depth moves than the far one
_WALK_PX = (2.9, 0.35)  # x and y per frame


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Light that hides what is behind it.

    Attributes
    ----------
    planes : (3, h, w) float32 ndarray
        Electrons under each filter, times the cover.
    cover : (3, h, w) float32 ndarray
        0 to 1, the same three times: a photosite looks it up as it does its light.
    path : (N + 1, 4) float64 ndarray
        How the camera moves over it, as from `camera_path`.
    """

    planes: NDArray[np.float32]
    cover: NDArray[np.float32]
    path: NDArray[np.float64]


def foreground(planes: NDArray[np.float32], path: NDArray[np.float64], *, seed: int) -> Layer:
    """Return a nearer depth of ragged shapes: the picture's own mirror image, in shade."""
    rng = np.random.default_rng([seed, 111])
    ragged = fractal((planes.shape[1], planes.shape[2]), rng, slope=1.8)
    near = path.copy()
    near[:, :2] *= _PARALLAX
    return _layer(planes, ragged > np.quantile(ragged, 1 - _FOREGROUND_COVER), near, light=0.6)


def moving_objects(planes: NDArray[np.float32], path: NDArray[np.float64], *, seed: int) -> Layer:
    """Return upright shapes of 12 to 50 px width that walk through the picture."""
    rng = np.random.default_rng([seed, 112])
    height, width = planes.shape[1:]
    count = max(round(14 * height * width / HD_AREA), 2)
    x, y = rng.uniform(0, width, count), rng.uniform(0, height, count)
    tall = rng.uniform(40, 160, count)
    bodies = np.stack([x, y, x, y + tall, rng.uniform(12, 50, count), np.ones(count)], axis=1)
    shape = np.zeros((height, width), dtype=np.float32)
    draw_strokes(shape, bodies)
    walking = path.copy()
    walking[:, :2] -= np.arange(len(path))[:, None] * np.array(_WALK_PX)
    return _layer(planes, shape, walking, light=1.4)


def _layer(
    planes: NDArray[np.float32], shape: NDArray[np.generic], path: NDArray[np.float64], *, light: float
) -> Layer:
    cover = ndimage.gaussian_filter(np.asarray(shape, dtype=np.float32), LENS_SIGMA_PX)
    own_light = np.float32(light) * planes[:, :, ::-1]
    return Layer(own_light * cover, np.repeat(cover[None], 3, axis=0), path)
