# SPDX-License-Identifier: Apache-2.0
"""Windows and robust statistics on arrays; knows nothing of defects or files."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

__all__ = [
    "MAD_TO_SIGMA",
    "cut_patches",
    "exact_gram",
    "middle_covariance",
    "mirrored",
    "patch_covariance",
    "patch_places",
    "robust_sigma",
    "sample_patches",
    "sound_patches",
    "structure_of",
]

MAD_TO_SIGMA = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""


def mirrored(places: NDArray[np.intp], side: int) -> NDArray[np.intp]:
    """Return places on a line of `side` samples; what lies beyond its ends is mirrored there, again and again.

    The ends are not repeated, which keeps even and odd: a mirrored mosaic is a mosaic.
    """
    period = max(2 * side - 2, 1)
    around = places % period
    return np.minimum(around, period - around)


def middle_covariance(
    covariance: NDArray[np.floating[Any]], *, channels: int, side: int
) -> NDArray[np.float64]:
    """Return the covariance of the middle pixels of patches, `side` a side, from that of whole patches, (D, D)."""
    whole = round(np.sqrt(len(covariance) / channels))
    middle = slice((whole - side) // 2, (whole + side) // 2)
    of_pixels = covariance.reshape(channels, whole, whole, channels, whole, whole)
    of_middle = of_pixels[:, middle, middle, :, middle, middle].reshape(channels * side**2, -1)
    return np.ascontiguousarray(of_middle, np.float64)


def robust_sigma(values: NDArray[Any], *, centre: float | None = None) -> float:
    """Return one standard deviation of `values` by the median absolute deviation.

    Non-finite values are ignored; 0.0 where nothing is left.
    """
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return 0.0
    middle = float(np.median(finite)) if centre is None else centre
    return float(MAD_TO_SIGMA * np.median(np.abs(finite - middle)))


def patch_places(
    shapes: Sequence[tuple[int, int]], *, radius_px: int, count: int, seed: int
) -> list[NDArray[np.intp]]:
    """Draw the places of square patches at random, as many in each picture.

    Parameters
    ----------
    shapes : sequence of (int, int)
        Height and width of the pictures.
    radius_px : int
        A patch has (2 * radius_px + 1) pixels a side.
    count : int
        About how many patches in all.
    seed : int
        Same seed and shapes, same places.

    Returns
    -------
    list of (N, 2) int ndarray
        One a picture: row and column of the first pixel of each patch. None where a picture is
        smaller than a patch.
    """
    side = 2 * radius_px + 1
    rng = np.random.default_rng(seed)
    places = []
    for height, width in shapes:
        fits = height >= side and width >= side
        size = count // len(shapes) if fits else 0
        corners = [rng.integers(0, length - side + 1, size) for length in (height, width)] if fits else []
        places.append(np.stack(corners, axis=1) if fits else np.zeros((0, 2), np.intp))
    return places


def cut_patches(
    picture: NDArray[Any], places: NDArray[np.intp], side: int, *, is_bad: NDArray[np.bool_] | None = None
) -> NDArray[Any]:
    """Return the patches of a picture that are sound, as `sound_patches` does."""
    return sound_patches(picture, places, side, is_bad=is_bad)[0]


def sound_patches(
    picture: NDArray[Any], places: NDArray[np.intp], side: int, *, is_bad: NDArray[np.bool_] | None = None
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return the patches of a picture that are sound, and which are.

    Parameters
    ----------
    picture : (C, H, W) ndarray
    places : (N, 2) int ndarray
        As `patch_places` draws them.
    side : int
        Of a patch.
    is_bad : (H, W) bool ndarray, optional
        Pixels that no patch may hold.

    Returns
    -------
    patches : (M, C, side, side) ndarray
        A copy; patches with a non-finite or bad sample are left out.
    is_sound : (N,) bool ndarray
        M are.
    """
    if not len(places):
        return np.zeros((0, len(picture), side, side), picture.dtype), np.zeros(0, bool)
    is_sound = np.ones(len(places), bool)
    if is_bad is not None and is_bad.any():
        is_sound = ~sliding_window_view(is_bad, (side, side))[tuple(places.T)].any(axis=(1, 2))
    windows = sliding_window_view(picture, (side, side), axis=(1, 2))
    patches = np.ascontiguousarray(np.moveaxis(windows, 0, 2)[tuple(places[is_sound].T)])
    is_finite = np.isfinite(patches).all(axis=(1, 2, 3))
    if is_finite.all():
        return patches, is_sound
    is_sound[is_sound] = is_finite
    return patches[is_finite], is_sound


def sample_patches(
    frames: Sequence[NDArray[np.float32]], *, radius_px: int, count: int, seed: int
) -> NDArray[np.float64]:
    """Cut square patches at random places, evenly from all frames.

    Parameters
    ----------
    frames : sequence of (C, H, W) float32 ndarray
    radius_px, count, seed
        As `patch_places` takes them.

    Returns
    -------
    (N, C, side, side) float64 ndarray
        Patches with a non-finite sample are left out; N may be 0.
    """
    side = 2 * radius_px + 1
    shapes = [(frame.shape[1], frame.shape[2]) for frame in frames]
    places = patch_places(shapes, radius_px=radius_px, count=count, seed=seed)
    patches = [cut_patches(frame, each, side) for frame, each in zip(frames, places, strict=True)]
    channels = frames[0].shape[0] if frames else 1
    return np.concatenate([np.zeros((0, channels, side, side)), *patches])


def patch_covariance(
    patches: NDArray[np.float64], *, contrast_floor: float, level_weight: float = 20.0
) -> NDArray[np.float64]:
    """Covariance of a shot's small-scale structure, across pixels and channels.

    Parameters
    ----------
    patches : (N, C, side, side) float64 ndarray
    contrast_floor : float
        Patches are weighted by 1 / (energy + contrast_floor * median energy), so
        that a few strong edges do not speak for the whole shot. 0 gives every
        patch the same say in shape, large values the plain covariance.
    level_weight : float
        Variance of each channel's unknown local level, in units of the mean
        variance: large, so that predictions follow the level of the neighbours.

    Returns
    -------
    (D, D) float64 ndarray
        D = C * side**2, channel-major; positive definite.

    Notes
    -----
    Each patch's channel means are taken off first. Constant patches (black bars,
    clipped skies) hold no structure and are left out. Without usable patches the
    result is that of white noise, which makes predictions plain local means.
    """
    channels, side = patches.shape[1:3]
    size = channels * side**2
    same_channel = np.kron(np.eye(channels), np.ones((side**2, side**2)))
    flat, energy = structure_of(patches)
    if len(flat) < size:
        return np.eye(size) + level_weight * same_channel
    weight = 1.0 / (energy + contrast_floor * np.median(energy))
    flat *= np.sqrt(weight / weight.mean())[:, None]
    covariance = exact_gram(flat) / len(flat)
    mean_variance = float(np.trace(covariance)) / size
    covariance += mean_variance * (level_weight * same_channel + 1e-3 * np.eye(size))
    return covariance


def exact_gram(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``rows.T @ rows``, the same to the bit on any machine and with any number of threads.

    The rows are rounded to so few bits that all sums stay whole numbers below 2**53:
    to 17 bits of the largest value for 100 000 rows.
    """
    bits = (52 - len(rows).bit_length()) // 2
    _, exponent = np.frexp(np.abs(rows).max())
    scale = 2.0 ** (bits - int(exponent))
    whole = np.rint(rows * scale)
    gram: NDArray[np.float64] = (whole.T @ whole) / scale**2
    return gram


def structure_of(patches: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the patches (N, D) less their channel means, and the energy of each; none is constant."""
    size = int(np.prod(patches.shape[1:]))
    flat = (patches - patches.mean(axis=(2, 3), keepdims=True)).reshape(len(patches), size)
    energy = np.einsum("nd,nd->n", flat, flat) / size
    rounding = 1e-20 * np.square(patches, dtype=np.float64).mean(axis=(1, 2, 3))  # of the means
    varies = energy > rounding
    return flat[varies], energy[varies]
