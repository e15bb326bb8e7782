# SPDX-License-Identifier: Apache-2.0
"""Point lights that look like hot pixels: stars, LEDs, and glints on water."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from pixmend.simulate._sensor import Sensor, camera_light

__all__ = ["HD_AREA", "Lights", "glints_of_frame", "scatter_lights"]

HD_AREA = 1920 * 1080
"""Distractors are counted per this many pixels."""

_PSF_REACH_PX = 4
_TWO_FRAMES = 0.4  # share of the glints that are seen in two frames, not in one


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
    count = max(round(90 * size[0] * size[1] / HD_AREA), 3)
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


def glints_of_frame(size: tuple[int, int], offset: tuple[float, float], index: int, *, seed: int) -> Lights:
    """Return the glints of one frame: sun on a stretch of water, each for one frame or two.

    The water is a band across the lower half of the resting camera's view, and the glints
    crowd towards one place of it.
    """
    new = _glints_born(size, index, seed=seed)
    old = _glints_born(size, index - 1, seed=seed)[:, : int(_TWO_FRAMES * _glint_count(size))]
    y, x, sigma, light = np.concatenate([new, old], axis=1)
    warm = np.array([1.05, 1.0, 0.9])
    colour = (light[:, None] * warm).astype(np.float32)
    return Lights(y=y + offset[0], x=x + offset[1], sigma_px=sigma, colour=colour)


def _glint_count(size: tuple[int, int]) -> int:
    return max(round(100 * size[0] * size[1] / HD_AREA), 6)


def _glints_born(size: tuple[int, int], index: int, *, seed: int) -> NDArray[np.float64]:
    """Return y, x, sigma and light of the glints that begin in a frame, (4, N)."""
    rng = np.random.default_rng([seed, index + 1, 110])
    count = _glint_count(size)
    y = size[0] * rng.uniform(0.55, 0.95, count)
    x = size[1] * (0.5 + 0.18 * rng.standard_normal(count))
    light = np.exp(rng.uniform(np.log(0.1), np.log(12.0), count))
    return np.stack([y, x, rng.uniform(0.45, 0.9, count), light])


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
