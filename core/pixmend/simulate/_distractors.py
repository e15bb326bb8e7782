# SPDX-License-Identifier: Apache-2.0
"""What looks like a defect and is none: stars and LEDs, rain, burnt-in lettering."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, special

from pixmend.simulate._kernels import draw_strokes
from pixmend.simulate._sensor import Sensor, camera_light

__all__ = ["Lights", "burn_in_mask", "rain_light", "scatter_lights"]

_PSF_REACH_PX = 4
_HD_AREA = 1920 * 1080


@dataclass(frozen=True, slots=True, eq=False)
class Lights:
    """Point lights of the scene: they move with the picture, and pass the lens.

    Attributes
    ----------
    y, x : (N,) float64 ndarray
        In px of the picture.
    sigma_px : (N,) float64 ndarray
        Of the lens' point spread.
    colour : (N, 3) float32 ndarray
        Scene-linear light, summed over the point spread.
    """

    y: NDArray[np.float64]
    x: NDArray[np.float64]
    sigma_px: NDArray[np.float64]
    colour: NDArray[np.float32]

    def shine(self, electrons: NDArray[np.float32], views: NDArray[np.float64], sensor: Sensor) -> None:
        """Add the lights to the photosites of one frame, in place, each view of the shutter its share."""
        light = camera_light(self.colour[None], sensor)[:, 0]
        share = 1.0 / len(views)
        for xx, xy, x_off, yx, yy, y_off in views:
            places = np.linalg.solve(
                np.array([[xx, xy], [yx, yy]]), np.stack([self.x - x_off, self.y - y_off])
            )
            for k, (x, y) in enumerate(places.T):
                _add_point(electrons, (y, x, self.sigma_px[k]), share * light[:, k])


def scatter_lights(size: tuple[int, int], offset: tuple[float, float], *, seed: int) -> Lights:
    """Scatter stars (two in three, near white) and LEDs (one colour) over the resting camera's view."""
    rng = np.random.default_rng([seed, 107])
    count = max(round(90 * size[0] * size[1] / _HD_AREA), 3)
    stars = 2 * count // 3
    colour = rng.uniform(0.7, 1.3, (count, 3))
    colour[stars:] = np.eye(3)[rng.integers(3, size=count - stars)] + 0.08
    colour *= np.exp(rng.uniform(np.log(0.03), np.log(8.0), count))[:, None]
    return Lights(
        y=rng.uniform(0, size[0], count) + offset[0],
        x=rng.uniform(0, size[1], count) + offset[1],
        sigma_px=rng.uniform(0.45, 0.8, count),
        colour=colour.astype(np.float32),
    )


def _add_point(
    electrons: NDArray[np.float32], spot: tuple[float, float, float], light: NDArray[np.float32]
) -> None:
    """Add one Gaussian point, integrated over each photosite, through the colour filter."""
    y, x, sigma = spot
    top, left = max(int(y) - _PSF_REACH_PX, 0), max(int(x) - _PSF_REACH_PX, 0)
    bottom, right = int(y) + _PSF_REACH_PX + 1, int(x) + _PSF_REACH_PX + 1
    window = electrons[top : max(bottom, 0), left : max(right, 0)]
    if window.size == 0:
        return
    rows, columns = (np.arange(start, start + n) for start, n in zip((top, left), window.shape, strict=True))
    spread = np.outer(_in_photosite(rows - y, sigma), _in_photosite(columns - x, sigma))
    colours = (rows % 2)[:, None] + (columns % 2)[None, :]
    window += (spread * light[colours]).astype(np.float32)


def _in_photosite(distance: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    scale = sigma * np.sqrt(2.0)
    inside: NDArray[np.float64] = 0.5 * (
        special.erf((distance + 0.5) / scale) - special.erf((distance - 0.5) / scale)
    )
    return inside


def rain_light(electrons: NDArray[np.float32], sensor: Sensor, rng: np.random.Generator) -> None:
    """Add the rain of one frame to its photosites, in place."""
    height, width = electrons.shape
    count = max(round(700 * height * width / _HD_AREA), 8)
    x, y = rng.uniform(0, width, count), rng.uniform(0, height, count)
    length = rng.uniform(6, 40, count)
    light = rng.uniform(0.02, 0.35, count)
    falling = np.stack([x, y, x + 0.12 * length, y + length, np.ones(count), light], axis=1)
    layer = np.zeros((height, width), dtype=np.float32)
    draw_strokes(layer, falling)
    layer = ndimage.gaussian_filter(layer, 0.6, truncate=3.0)
    gains = sensor.gains()  # rain is white: the same in every white-balanced colour
    electrons[0::2, 0::2] += gains[0] * layer[0::2, 0::2]
    electrons[0::2, 1::2] += gains[1] * layer[0::2, 1::2]
    electrons[1::2, 0::2] += gains[1] * layer[1::2, 0::2]
    electrons[1::2, 1::2] += gains[2] * layer[1::2, 1::2]


@lru_cache(maxsize=4)
def burn_in_mask(size: tuple[int, int], *, seed: int) -> NDArray[np.float32]:
    """Return the cover of two lines of lettering, (H, W) float32, 0 to 1; do not write to it."""
    rng = np.random.default_rng([seed, 108])
    height, width = size
    unit = max(height // 540, 1)
    cover = np.zeros(size, dtype=np.float32)
    letters = min(40, (width - 4 * unit) // (6 * unit))
    for y in (height // 30, height - height // 30 - 7 * unit):
        glyphs = np.zeros((7, 6 * letters), dtype=np.float32)
        for k in range(letters):
            glyphs[:, 6 * k : 6 * k + 5] = rng.random((7, 5)) < 0.45
        line = np.kron(glyphs, np.ones((unit, unit), dtype=np.float32))
        cover[y : y + line.shape[0], 2 * unit : 2 * unit + line.shape[1]] = line
    cover.flags.writeable = False
    return cover
