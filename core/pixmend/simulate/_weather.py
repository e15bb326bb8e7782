# SPDX-License-Identifier: Apache-2.0
"""Rain and snow: light that is somewhere else in the next frame."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pixmend.simulate._kernels import draw_strokes
from pixmend.simulate._lights import HD_AREA
from pixmend.simulate._sensor import Sensor, add_white_light

__all__ = ["rain_light", "snow_light"]

_SOFT_PX = 0.6
_SHUTTER = 0.5  # of the time from frame to frame


def rain_light(electrons: NDArray[np.float32], sensor: Sensor, rng: np.random.Generator) -> None:
    """Add the rain of one frame to its photosites, in place."""
    height, width = electrons.shape
    count = max(round(700 * height * width / HD_AREA), 8)
    x, y = rng.uniform(0, width, count), rng.uniform(0, height, count)
    length = rng.uniform(6, 40, count)
    light = rng.uniform(0.02, 0.35, count)
    falling = np.stack([x, y, x + 0.12 * length, y + length, np.ones(count), light], axis=1)
    _add_strokes(electrons, falling, sensor)


def snow_light(electrons: NDArray[np.float32], sensor: Sensor, index: int, *, seed: int) -> None:
    """Add the snow of one frame to its photosites, in place.

    Soft discs of 1 to 4 px; the larger are nearer, and drift faster. Each is the same flake from
    frame to frame, and none stays where it was.
    """
    height, width = electrons.shape
    rng = np.random.default_rng([seed, 109])
    count = max(round(1200 * height * width / HD_AREA), 12)
    thick = np.exp(rng.uniform(0.0, np.log(4.0), count))
    fall = thick * rng.uniform(2.0, 4.0, count)
    drift = thick * rng.normal(0.6, 0.8, count)
    x = (rng.uniform(0, width, count) + drift * index) % width
    y = (rng.uniform(0, height, count) + fall * index) % height
    light = rng.uniform(0.03, 0.5, count) / np.sqrt(thick)
    ends = [x + _SHUTTER * drift, y + _SHUTTER * fall]
    _add_strokes(electrons, np.stack([x, y, *ends, thick, light], axis=1), sensor)


def _add_strokes(electrons: NDArray[np.float32], strokes: NDArray[np.float64], sensor: Sensor) -> None:
    layer = np.zeros_like(electrons)
    draw_strokes(layer, strokes)
    add_white_light(electrons, ndimage.gaussian_filter(layer, _SOFT_PX, truncate=3.0), sensor)
