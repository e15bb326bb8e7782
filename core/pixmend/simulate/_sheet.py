# SPDX-License-Identifier: Apache-2.0
"""Pictures for people: crops of defects, side by side, large enough to see a photosite."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import OpenImageIO
from numpy.typing import NDArray

from pixmend.errors import UsageError
from pixmend.publish import publishing

__all__ = ["comparison_sheet", "write_png"]

_CROP_PX = 24
_ZOOM = 8
_GUTTER_PX = 8
_GUTTER_LIGHT = 0.5


def comparison_sheet(
    columns: Sequence[NDArray[np.float32]], places: Sequence[tuple[int, int]]
) -> NDArray[np.uint8]:
    """Draw crops of several versions of a frame, a version a column and a place a row.

    Parameters
    ----------
    columns : sequence of (H, W, 3) float32 ndarray
        Scene-linear, e.g. before and after.
    places : sequence of (int, int)
        Centres as x, y in array positions.

    Returns
    -------
    (h, w, 3) uint8 ndarray
        sRGB. Each row is exposed for the median of its first crop, so that dark places
        show. NaN is black.
    """
    rows = [_row([_crop(column, x, y) for column in columns]) for x, y in places]
    return _with_gutters(rows, axis=0)


def write_png(path: Path, pixels: NDArray[np.uint8], *, overwrite: bool = False) -> None:
    """Write an 8-bit sRGB picture atomically; errors as `publishing`."""
    height, width, channels = pixels.shape
    with publishing(path, overwrite=overwrite) as temporary:
        stem = temporary.with_name(f"{temporary.name}.png")
        try:
            spec = OpenImageIO.ImageSpec(width, height, channels, "uint8")
            picture = OpenImageIO.ImageBuf(spec)
            picture.set_pixels(OpenImageIO.ROI(), np.ascontiguousarray(pixels))
            if not picture.write(str(stem)):
                raise UsageError(f"cannot be written: {picture.geterror()}", where=str(path))
            stem.rename(temporary)
        finally:
            stem.unlink(missing_ok=True)


def _crop(frame: NDArray[np.float32], x: int, y: int) -> NDArray[np.float32]:
    top = min(max(y - _CROP_PX // 2, 0), frame.shape[0] - _CROP_PX)
    left = min(max(x - _CROP_PX // 2, 0), frame.shape[1] - _CROP_PX)
    return np.nan_to_num(frame[top : top + _CROP_PX, left : left + _CROP_PX])


def _row(crops: Sequence[NDArray[np.float32]]) -> NDArray[np.uint8]:
    gain = 0.18 / max(float(np.median(crops[0])), 1e-4)
    large = [_to_srgb(crop * gain).repeat(_ZOOM, axis=0).repeat(_ZOOM, axis=1) for crop in crops]
    return _with_gutters(large, axis=1)


def _with_gutters(parts: Sequence[NDArray[np.uint8]], *, axis: int) -> NDArray[np.uint8]:
    shape = list(parts[0].shape)
    shape[axis] = _GUTTER_PX
    gutter = np.full(shape, round(255 * _GUTTER_LIGHT), np.uint8)
    return np.concatenate([each for part in parts for each in (part, gutter)][:-1], axis=axis)


def _to_srgb(linear: NDArray[np.float32]) -> NDArray[np.uint8]:
    """IEC 61966-2-1."""
    light = np.clip(linear, 0.0, 1.0)
    curve = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * curve), np.uint8)
