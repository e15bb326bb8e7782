# SPDX-License-Identifier: Apache-2.0
"""Whitening: every sample minus what its neighbours predict, in units of that prediction's error."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.arrays import cut_patches, patch_covariance, patch_places, sample_patches, sound_patches
from pixmend.stats._whiten_kernels import fold_filters, whiten_planes

__all__ = ["RADIUS_PX", "Whitener", "train_covariance", "train_stored_covariance", "train_summed_covariance"]

RADIUS_PX = 3
"""Windows have 7 x 7 pixels."""

_PATCHES = 40_000
_SEED = 20_090_412  # of the patch places; any number, but for ever the same


def train_covariance(frames: list[NDArray[np.float32]]) -> NDArray[np.float64]:
    """Return the covariance (D, D) of 7 x 7 patches of pictures (C, H, W); NaN and Inf are left out."""
    patches = sample_patches(frames, radius_px=RADIUS_PX, count=_PATCHES, seed=_SEED)
    return patch_covariance(patches, contrast_floor=1.0)


def train_stored_covariance(
    frames: Sequence[NDArray[Any]], to_planes: Callable[[NDArray[Any]], NDArray[np.float32]]
) -> NDArray[np.float64]:
    """Return what `train_covariance` does of frames as stored, (H, W, C), of which only patches are brought to planes.

    Parameters
    ----------
    to_planes : callable
        Gives rows of samples (N, 7, C) on the sigma scale, (C, N, 7).
    """
    side = 2 * RADIUS_PX + 1
    sizes = [(frame.shape[0], frame.shape[1]) for frame in frames]
    places = patch_places(sizes, radius_px=RADIUS_PX, count=_PATCHES, seed=_SEED)
    stored = np.concatenate(
        [
            cut_patches(np.moveaxis(frame, -1, 0), each, side)
            for frame, each in zip(frames, places, strict=True)
        ]
    )
    count, channels = stored.shape[:2]
    planes = to_planes(np.moveaxis(stored, 1, -1).reshape(count * side, side, channels))
    patches = np.moveaxis(planes.reshape(channels, count, side, side), 0, 1).astype(np.float64, order="C")
    return patch_covariance(patches[np.isfinite(patches).all(axis=(1, 2, 3))], contrast_floor=1.0)


def train_summed_covariance(
    sums: NDArray[np.integer],
    seen: NDArray[np.integer],
    steps: int,
    *,
    is_bad: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:
    """Return what `train_covariance` does of the mean of frames, of which only patches are worked out.

    Parameters
    ----------
    sums : (C, H, W) int ndarray
        Of frames, in so many steps a unit.
    seen : (H, W) int ndarray
        How many frames each pixel has; none counts as one.
    is_bad : (H, W) bool ndarray, optional
        Pixels that no patch may hold.
    """
    side = 2 * RADIUS_PX + 1
    (places,) = patch_places([seen.shape], radius_px=RADIUS_PX, count=_PATCHES, seed=_SEED)
    patches, is_sound = sound_patches(sums, places, side, is_bad=is_bad)
    frames = np.maximum(cut_patches(seen[None], places[is_sound], side), 1).astype(np.float32)
    mean = np.multiply(patches, 1.0 / (steps * frames), dtype=np.float32)
    return patch_covariance(mean.astype(np.float64), contrast_floor=1.0)


class Whitener:
    """Filters made of a shot's covariance.

    What two samples have in common is the same in the window turned by half, so both estimates
    are taken: on frames that taught nothing signal over noise is better by 1 to 4 in 1000, and a
    filter that is the same turned by half costs little more than half the products.

    Attributes
    ----------
    radius_px : int
    filters : (C, C, 7, 7) float32 ndarray
        Row c of the inverse covariance at the window's centre, divided by the root of
        its diagonal: the response to the shot itself has variance 1. The same turned by half.
    taps : (C, C, 25) float32 ndarray
        Half of them, as the kernels take them.
    gain : (C,) float64 ndarray
        That root; with it, correlating the response with a footprint is the generalised
        least-squares match of the footprint.
    """

    def __init__(self, covariance: NDArray[np.float64], channels: int) -> None:
        area = len(covariance) // channels
        side = round(np.sqrt(area))
        centres = [channel * area + area // 2 for channel in range(channels)]
        turned = np.arange(len(covariance)).reshape(channels, area)[:, ::-1].ravel()
        precision = np.linalg.inv((covariance + covariance[np.ix_(turned, turned)]) / 2)
        self.radius_px = side // 2
        self.gain: NDArray[np.float64] = np.sqrt(np.diag(precision)[centres])
        filters = (precision[centres] / self.gain[:, None]).reshape(channels, channels, side, side)
        self.filters = np.ascontiguousarray((filters + filters[:, :, ::-1, ::-1]) / 2, np.float32)
        self.taps = fold_filters(self.filters)

    def whiten(self, planes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the whitened picture (C, H, W) of finite planes (C, H + 2r, W + 2r), r being `radius_px`."""
        whitened: NDArray[np.float32] = whiten_planes(np.ascontiguousarray(planes), self.taps)
        return whitened

    def whiten_mirrored(self, planes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the whitened picture, (C, H, W) like `planes`, which must be finite; borders mirrored."""
        reach = (self.radius_px, self.radius_px)
        return self.whiten(np.pad(planes, ((0, 0), reach, reach), mode="reflect"))
