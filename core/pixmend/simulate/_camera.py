# SPDX-License-Identifier: Apache-2.0
"""How the simulated camera moves over its picture."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

__all__ = ["Motion", "camera_path", "reach_of", "views_of_shutter"]

_SHUTTER = 0.5  # 180 degrees
_SUB_SAMPLES = 4


class Motion(StrEnum):
    """How the camera moves; pixels and zoom are per frame."""

    LOCKED = "locked"
    PAN = "pan"
    SLOWPAN = "slowpan"
    HANDHELD = "handheld"
    ZOOM = "zoom"


def camera_path(motion: Motion, count: int, *, seed: int) -> NDArray[np.float64]:
    """Return where the camera looks at the start of each of `count` frames and at the end of the last.

    Parameters
    ----------
    motion : Motion
        ``pan`` 3.4 px a frame, ``slowpan`` 0.64, ``handheld`` a smoothed random
        walk of about 1.8 with a little roll, ``zoom`` 0.22 % a frame.
    count : int
    seed : int
        Of the random walk.

    Returns
    -------
    (count + 1, 4) float64 ndarray
        Shift x and y in px, scale, roll in radians.
    """
    t = np.arange(count + 1, dtype=np.float64)
    still = np.zeros_like(t)
    shift_x, shift_y, scale, roll = still, still, still + 1.0, still
    match Motion(motion):
        case Motion.PAN:
            shift_x, shift_y = 3.37 * t, 0.41 * t
        case Motion.SLOWPAN:
            shift_x, shift_y = 0.63 * t, 0.11 * t
        case Motion.ZOOM:
            shift_x, scale = 0.3 * t, np.exp(-0.0022 * t)
        case Motion.HANDHELD:
            rng = np.random.default_rng([seed, 101])
            shift_x, shift_y, roll = (_smooth_walk(rng, step, count + 1) for step in (4.0, 3.2, 0.0010))
        case Motion.LOCKED:
            pass
    return np.stack([shift_x, shift_y, scale, roll], axis=1)


def _smooth_walk(rng: np.random.Generator, step: float, count: int) -> NDArray[np.float64]:
    walk = np.cumsum(rng.normal(0.0, step, count))
    smooth = np.convolve(np.pad(walk, 2, mode="edge"), np.full(5, 0.2), "valid")
    from_rest: NDArray[np.float64] = smooth - smooth[0]
    return from_rest


def views_of_shutter(
    path: NDArray[np.float64], index: int, *, size: tuple[int, int], offset: tuple[float, float]
) -> NDArray[np.float64]:
    """Return the affine maps from raster to picture while the shutter of one frame is open.

    Parameters
    ----------
    path : (N + 1, 4) float64 ndarray
        From `camera_path`.
    index : int
        Which frame, from 0.
    size : (int, int)
        Height and width of the raster; scale and roll turn about its centre.
    offset : (float, float)
        y and x of the raster's corner in the picture where the camera stands at rest.

    Returns
    -------
    (4, 6) float64 ndarray
        Rows xx, xy, x_off, yx, yy, y_off: picture x = xx x + xy y + x_off, picture y likewise.
    """
    when = _SHUTTER * (np.arange(_SUB_SAMPLES) + 0.5) / _SUB_SAMPLES
    state = path[index] * (1.0 - when[:, None]) + path[index + 1] * when[:, None]
    shift_x, shift_y, scale, roll = state.T
    cos, sin = scale * np.cos(roll), scale * np.sin(roll)
    mid_y, mid_x = size[0] / 2, size[1] / 2
    x_off = offset[1] + shift_x + mid_x - cos * mid_x + sin * mid_y
    y_off = offset[0] + shift_y + mid_y - sin * mid_x - cos * mid_y
    return np.ascontiguousarray(np.stack([cos, -sin, x_off, sin, cos, y_off], axis=1))


def reach_of(path: NDArray[np.float64], *, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return the part of the picture plane that a camera path sees: top, left, bottom, right in px."""
    height, width = size
    corners = np.array([[0.0, 0.0], [width, 0.0], [0.0, height], [width, height]])
    seen = []
    for index in range(len(path) - 1):
        for xx, xy, x_off, yx, yy, y_off in views_of_shutter(path, index, size=size, offset=(0.0, 0.0)):
            x, y = corners.T
            seen.append(np.stack([yx * x + yy * y + y_off, xx * x + xy * y + x_off]))
    points = np.concatenate(seen, axis=1)
    top, left = points.min(axis=1)
    bottom, right = points.max(axis=1)
    return float(top), float(left), float(bottom), float(right)
