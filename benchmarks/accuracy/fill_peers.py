# SPDX-License-Identifier: Apache-2.0
"""What others would fill a hole with. Each works one channel at a time, as published."""

from collections.abc import Callable

import cv2
import numpy as np
from maskfill import maskfill
from numpy.typing import NDArray
from skimage.restoration import inpaint_biharmonic

__all__ = ["FILL_PEERS", "fill_by_channel"]

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]
_RADIUS_PX = 3


def _maskfill(plane: Plane, is_bad: Mask) -> Plane:
    filled = maskfill(
        plane.astype(np.float64), is_bad.astype(np.float64), size=3, operator="median", smooth=True
    )
    return np.asarray(filled[0] if isinstance(filled, tuple) else filled, dtype=np.float32)


def _biharmonic(plane: Plane, is_bad: Mask) -> Plane:
    filled = inpaint_biharmonic(plane.astype(np.float64), is_bad, split_into_regions=True)
    return np.asarray(filled, dtype=np.float32)


def _opencv(flag: int) -> Callable[[Plane, Mask], Plane]:
    def fill(plane: Plane, is_bad: Mask) -> Plane:
        low, high = float(plane.min()), float(plane.max())
        codes = np.rint((plane - low) / (high - low) * 65535).astype(np.uint16)
        filled = cv2.inpaint(codes, is_bad.astype(np.uint8), _RADIUS_PX, flag)
        return np.asarray(filled / 65535 * (high - low) + low, dtype=np.float32)

    return fill


def _median(plane: Plane, is_bad: Mask) -> Plane:
    """Median of the sound pixels in 5x5, in a larger window where there are few."""
    filled = plane.copy()
    for y, x in np.argwhere(is_bad):
        reach = 2
        while True:
            window = np.s_[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]
            sound = plane[window][~is_bad[window]]
            if len(sound) >= 4:
                break
            reach += 1
        filled[y, x] = np.median(sound)
    return filled


FILL_PEERS: dict[str, Callable[[Plane, Mask], Plane]] = {
    "median 5x5 of sound pixels": _median,
    "OpenCV Telea": _opencv(cv2.INPAINT_TELEA),
    "OpenCV NS": _opencv(cv2.INPAINT_NS),
    "maskfill": _maskfill,
    "biharmonic": _biharmonic,
}


def fill_by_channel(
    fill: Callable[[Plane, Mask], Plane], picture: NDArray[np.float32], is_bad: Mask
) -> NDArray[np.float32]:
    """Fill the bad samples of a picture, (H, W, 3) both; all others stay as they are."""
    filled = picture.copy()
    for c in range(picture.shape[-1]):
        if is_bad[..., c].any():
            plane = fill(np.ascontiguousarray(picture[..., c]), is_bad[..., c])
            filled[..., c] = np.where(is_bad[..., c], plane, picture[..., c])
    return filled
