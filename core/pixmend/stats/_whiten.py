# SPDX-License-Identifier: Apache-2.0
"""Whitening: every sample minus what its neighbours predict, in units of that prediction's error."""

import numpy as np
from numpy.typing import NDArray

from pixmend.arrays import patch_covariance, sample_patches
from pixmend.stats._kernels import correlate

__all__ = ["Whitener", "train_covariance"]

_RADIUS_PX = 3  # windows of 7 x 7 pixels
_PATCHES = 40_000
_SEED = 20_090_412  # of the patch places; any number, but for ever the same


def train_covariance(frames: list[NDArray[np.float32]]) -> NDArray[np.float64]:
    """Return the covariance (D, D) of 7 x 7 patches of pictures (C, H, W); NaN and Inf are left out."""
    patches = sample_patches(frames, radius_px=_RADIUS_PX, count=_PATCHES, seed=_SEED)
    return patch_covariance(patches, contrast_floor=1.0)


class Whitener:
    """Filters made of a shot's covariance.

    Attributes
    ----------
    radius_px : int
    filters : (C, C, side, side) float32 ndarray
        Row c of the inverse covariance at the window's centre, divided by the root of
        its diagonal: the response to the shot itself has variance 1.
    gain : (C,) float64 ndarray
        That root; with it, correlating the response with a footprint is the generalised
        least-squares match of the footprint.
    """

    def __init__(self, covariance: NDArray[np.float64], channels: int) -> None:
        area = len(covariance) // channels
        side = round(np.sqrt(area))
        centres = [channel * area + area // 2 for channel in range(channels)]
        precision = np.linalg.inv(covariance)
        self.radius_px = side // 2
        self.gain: NDArray[np.float64] = np.sqrt(np.diag(precision)[centres])
        filters = (precision[centres] / self.gain[:, None]).reshape(channels, channels, side, side)
        self.filters = np.ascontiguousarray(filters, np.float32)

    def whiten(self, planes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the whitened picture (C, H, W) of finite planes (C, H + 2r, W + 2r), r being `radius_px`."""
        return correlate(planes, self.filters)

    def whiten_mirrored(self, planes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the whitened picture, (C, H, W) like `planes`, which must be finite; borders mirrored."""
        reach = (self.radius_px, self.radius_px)
        return self.whiten(np.pad(planes, ((0, 0), reach, reach), mode="reflect"))
