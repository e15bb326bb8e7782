# SPDX-License-Identifier: Apache-2.0
"""Windows and robust statistics on arrays; knows nothing of defects or files."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["flat_block_statistics", "patch_covariance", "robust_sigma", "sample_patches"]

_MAD_TO_SIGMA = 1.4826  # of a normal distribution


def robust_sigma(values: NDArray[Any], *, centre: float | None = None) -> float:
    """Return one standard deviation of `values` by the median absolute deviation.

    Non-finite values are ignored; 0.0 where nothing is left.
    """
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return 0.0
    middle = float(np.median(finite)) if centre is None else centre
    return float(_MAD_TO_SIGMA * np.median(np.abs(finite - middle)))


def flat_block_statistics(plane: NDArray[Any], *, size_px: int = 8) -> tuple[NDArray[Any], NDArray[Any]]:
    """Mean and plane-removed standard deviation of each block of a picture.

    Parameters
    ----------
    plane : (H, W) float ndarray
    size_px : int
        Side of the square blocks; a rest at the right and bottom is left out.

    Returns
    -------
    mean, sigma : (N,) float64 ndarray
        Blocks with any non-finite sample are left out.

    Notes
    -----
    A plane is fitted to each block and taken off, so that a slow gradient does not
    count as noise; the divisor is the remaining degrees of freedom.
    """
    height, width = (side // size_px * size_px for side in plane.shape)
    tiled = (
        plane[:height, :width]
        .astype(np.float64)
        .reshape(height // size_px, size_px, width // size_px, size_px)
    )
    blocks: NDArray[np.float64] = tiled.transpose(0, 2, 1, 3).reshape(-1, size_px, size_px)
    blocks = blocks[np.isfinite(blocks).all(axis=(1, 2))]
    ramp = np.arange(size_px) - (size_px - 1) / 2
    ramp_norm = size_px * (ramp @ ramp)
    mean = blocks.mean(axis=(1, 2))
    down = np.einsum("nyx,y->n", blocks, ramp)
    right = np.einsum("nyx,x->n", blocks, ramp)
    centred = blocks - mean[:, None, None]
    total = np.einsum("nyx,nyx->n", centred, centred)
    rest = np.maximum(total - (down**2 + right**2) / ramp_norm, 0.0)
    return mean, np.sqrt(rest / (size_px**2 - 3))


def sample_patches(
    frames: Sequence[NDArray[np.float32]],
    *,
    radius_px: int,
    count: int,
    seed: int,
    is_bad: Sequence[NDArray[np.bool_]] | None = None,
) -> NDArray[np.float64]:
    """Draw square patches at random places, evenly from all frames.

    Parameters
    ----------
    frames : sequence of (C, H, W) float32 ndarray
    radius_px : int
        A patch has (2 * radius_px + 1) pixels a side.
    count : int
        About how many patches in all.
    seed : int
        Same seed, same places.
    is_bad : sequence of (H, W) bool ndarray, optional
        One a frame: pixels that no patch may hold.

    Returns
    -------
    (N, C, side, side) float64 ndarray
        Patches with a non-finite or bad sample are left out; N may be 0.
    """
    side = 2 * radius_px + 1
    rng = np.random.default_rng(seed)
    drawn = []
    for number, frame in enumerate(frames):
        height, width = frame.shape[1:]
        if height < side or width < side:
            continue
        rows = rng.integers(0, height - side + 1, count // len(frames))
        columns = rng.integers(0, width - side + 1, count // len(frames))
        windows = np.lib.stride_tricks.sliding_window_view(frame, (side, side), axis=(1, 2))
        patches = windows[:, rows, columns].transpose(1, 0, 2, 3)
        usable = np.isfinite(patches).all(axis=(1, 2, 3))
        if is_bad is not None:
            bad = np.lib.stride_tricks.sliding_window_view(is_bad[number], (side, side))
            usable &= ~bad[rows, columns].any(axis=(1, 2))
        drawn.append(patches[usable].astype(np.float64))
    channels = frames[0].shape[0] if frames else 1
    return np.concatenate(drawn) if drawn else np.zeros((0, channels, side, side))


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
    flat, energy = _structure(patches)
    if len(flat) < size:
        return np.eye(size) + level_weight * same_channel
    weight = 1.0 / (energy + contrast_floor * np.median(energy))
    flat *= np.sqrt(weight / weight.mean())[:, None]
    covariance = _exact_gram(flat) / len(flat)
    mean_variance = float(np.trace(covariance)) / size
    covariance += mean_variance * (level_weight * same_channel + 1e-3 * np.eye(size))
    return covariance


def _exact_gram(rows: NDArray[np.float64]) -> NDArray[np.float64]:
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


def _structure(patches: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the patches (N, D) less their channel means, and the energy of each; none is constant."""
    size = int(np.prod(patches.shape[1:]))
    flat = (patches - patches.mean(axis=(2, 3), keepdims=True)).reshape(len(patches), size)
    energy = np.einsum("nd,nd->n", flat, flat) / size
    rounding = 1e-20 * np.square(patches, dtype=np.float64).mean(axis=(1, 2, 3))  # of the means
    varies = energy > rounding
    return flat[varies], energy[varies]
