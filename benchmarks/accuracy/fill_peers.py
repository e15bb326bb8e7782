# SPDX-License-Identifier: Apache-2.0
"""What others would fill a hole with. Each works one channel at a time, as published.

The libraries are imported where they are used: the tests of the tables run without them.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from benchmarks.accuracy.astrofix_equal import fill_like_astrofix

__all__ = ["FILL_PEERS", "MOTION_PEERS", "fill_by_channel", "fill_from_neighbours", "median_of_sound"]

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]
_RADIUS_PX = 3
_FEWEST_SOUND = 4


def _maskfill(plane: Plane, is_bad: Mask) -> Plane:
    from maskfill import maskfill  # noqa: PLC0415 (a peer, not there where the tests run)

    filled = maskfill(
        plane.astype(np.float64), is_bad.astype(np.float64), size=3, operator="median", smooth=True
    )
    return np.asarray(filled[0] if isinstance(filled, tuple) else filled, dtype=np.float32)


def _biharmonic(plane: Plane, is_bad: Mask) -> Plane:
    from skimage.restoration import inpaint_biharmonic  # noqa: PLC0415 (a peer)

    filled = inpaint_biharmonic(plane.astype(np.float64), is_bad, split_into_regions=True)
    return np.asarray(filled, dtype=np.float32)


def _opencv(name: str) -> Callable[[Plane, Mask], Plane]:
    def fill(plane: Plane, is_bad: Mask) -> Plane:
        import cv2  # noqa: PLC0415 (a peer)

        low, high = float(plane.min()), float(plane.max())
        codes = np.rint((plane - low) / (high - low) * 65535).astype(np.uint16)
        filled = cv2.inpaint(codes, is_bad.astype(np.uint8), _RADIUS_PX, getattr(cv2, name))
        return np.asarray(filled / 65535 * (high - low) + low, dtype=np.float32)

    return fill


def median_of_sound(plane: Plane, is_bad: Mask, *, reach_px: int) -> Plane:
    """Fill bad pixels with the median of the sound ones near them, in a larger window where there are few."""
    filled = plane.copy()
    left = is_bad
    while left.any():
        rows, columns = np.nonzero(left)
        padded = np.pad(np.where(is_bad, np.float32(np.nan), plane), reach_px, constant_values=np.nan)
        side = (2 * reach_px + 1,) * 2
        windows = sliding_window_view(padded, side)[rows, columns].reshape(len(rows), -1)
        enough = np.isfinite(windows).sum(axis=1) >= _FEWEST_SOUND
        filled[rows[enough], columns[enough]] = np.nanmedian(windows[enough], axis=1)
        left = np.zeros_like(is_bad)
        left[rows[~enough], columns[~enough]] = True
        reach_px += 1
    return filled


FILL_PEERS: Mapping[str, Callable[[Plane, Mask], Plane]] = {
    "median 3x3 of sound pixels": lambda plane, is_bad: median_of_sound(plane, is_bad, reach_px=1),
    "median 5x5 of sound pixels": lambda plane, is_bad: median_of_sound(plane, is_bad, reach_px=2),
    "OpenCV Telea": _opencv("INPAINT_TELEA"),
    "OpenCV NS": _opencv("INPAINT_NS"),
    "maskfill": _maskfill,
    "biharmonic": _biharmonic,
    "astrofix (own equal)": fill_like_astrofix,
}

MOTION_PEERS = ("median of t-1, t+1", "clone of t-1")


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


def fill_from_neighbours(
    name: str, before: NDArray[np.float32], after: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return what one of `MOTION_PEERS` puts in place of each sample; neighbours are given without holes.

    The median of two frames is their mean.
    """
    if name not in MOTION_PEERS:
        raise ValueError(f"no peer is called {name!r}")
    return before.copy() if name == MOTION_PEERS[1] else np.asarray((before + after) / 2, np.float32)
