# SPDX-License-Identifier: Apache-2.0
"""What others would do to find lying pixels in a sequence, each as a picture of scores.

Each takes the shot's linear frames and returns (H, W) scores with the thresholds
to try. All get the square-root encoding that evens out the noise of the known
sensor, so that none is held back by its encoding.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["PEERS", "PeerScores", "score_peers"]

PEERS = (
    "L.A.Cosmic vote",
    "rawpy-style count",
    "temporal mean of high-pass",
    "robust temporal t",
    "darktable's rule",
)

_ELECTRONS_PER_UNIT = 2000.0
_READ_E = 8.0
_COSMIC_FRAMES = 6
_SIGMAS = (4, 5, 6, 7, 8, 10, 12, 15, 20, 30, 50)
_DARKTABLE_LEAST = 0.05  # its default threshold, of white
_DARKTABLE_RATIOS = (2.0, 4.0, 8.0, 16.0)  # 8 is its default strength
_ROWS = 60  # of the stack in memory at a time


@dataclass(frozen=True, slots=True)
class PeerScores:
    """Scores of one peer, (H, W), and the thresholds to try, in rising order."""

    name: str
    score: NDArray[np.float32]
    thresholds: tuple[float, ...]


def score_peers(frames: Sequence[NDArray[np.float16]]) -> Iterator[PeerScores]:
    """Run every peer on a shot, frames (H, W, 3) scene-linear."""
    yield PeerScores(PEERS[0], _cosmic_vote(frames), (0.3, 0.5, 0.9))
    high_passes, ratios = [], []
    raw_count = np.zeros(frames[0].shape[:2], dtype=np.float32)
    for frame in frames:
        linear = frame.astype(np.float32)
        high_passes.append(_strongest_high_pass(_even_noise(linear)).astype(np.float16))
        ratios.append(_over_neighbours(linear))
        limit = np.percentile(linear, 99.99) / 150  # rawpy.enhance: of the largest value
        raw_count += np.abs(_strongest_high_pass(linear)) > limit
    yield PeerScores(PEERS[1], raw_count / np.float32(len(frames)), (0.5, 0.7, 0.9, 0.95))
    yield PeerScores(PEERS[4], _median_of(ratios), _DARKTABLE_RATIOS)
    mean, robust_t = _temporal(high_passes)
    yield PeerScores(PEERS[2], np.abs(mean) / (1.4826 * np.median(np.abs(mean)) + 1e-9), _SIGMAS)
    yield PeerScores(PEERS[3], np.abs(robust_t), _SIGMAS)


def _even_noise(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    root = np.sqrt(np.abs(linear) * np.float32(_ELECTRONS_PER_UNIT) + np.float32(_READ_E**2))
    evened: NDArray[np.float32] = np.sign(linear) * 2 * (root - np.float32(_READ_E))
    return evened


def _strongest_high_pass(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the pixel minus its 5x5 median, of the channel where that is largest, (H, W)."""
    import cv2  # noqa: PLC0415 (a peer, not needed to test the rest)

    residual = np.stack(
        [picture[..., c] - cv2.medianBlur(np.ascontiguousarray(picture[..., c]), 5) for c in range(3)],
        axis=-1,
    )
    strongest = np.abs(residual).argmax(axis=-1)[..., None]
    picked: NDArray[np.float32] = np.take_along_axis(residual, strongest, axis=-1)[..., 0]
    return picked


def _over_neighbours(linear: NDArray[np.float32]) -> NDArray[np.float16]:
    """Return how many times a pixel is brighter than each of four at distance 2, as darktable asks, (H, W)."""
    bright = np.where(linear > _DARKTABLE_LEAST, linear, 0)
    around = np.full_like(linear, 1e-3)
    around[2:-2, 2:-2] = np.maximum.reduce(
        [linear[:-4, 2:-2], linear[4:, 2:-2], linear[2:-2, :-4], linear[2:-2, 4:], around[2:-2, 2:-2]]
    )
    ratio = bright / around
    ratio[[0, 1, -2, -1]] = 0
    ratio[:, [0, 1, -2, -1]] = 0
    return np.asarray(np.minimum(ratio.max(axis=-1), 1000), dtype=np.float16)


def _median_of(planes: Sequence[NDArray[np.float16]]) -> NDArray[np.float32]:
    """Return the median over the frames: what holds in half of them."""
    rows = range(0, planes[0].shape[0], _ROWS)
    parts = [np.median(np.stack([each[top : top + _ROWS] for each in planes]), axis=0) for top in rows]
    return np.concatenate(parts).astype(np.float32)


def _cosmic_vote(frames: Sequence[NDArray[np.float16]]) -> NDArray[np.float32]:
    """Return the share of some frames in which L.A.Cosmic flags a pixel."""
    import astroscrappy  # noqa: PLC0415 (a peer, not needed to test the rest)

    chosen = frames[:: max(len(frames) // _COSMIC_FRAMES, 1)][:_COSMIC_FRAMES]
    votes = np.zeros(frames[0].shape[:2], dtype=np.float32)
    for frame in chosen:
        electrons = frame.astype(np.float32).mean(axis=-1) * np.float32(0.6 * _ELECTRONS_PER_UNIT)
        flagged, _ = astroscrappy.detect_cosmics(
            np.maximum(electrons, 0) + 1,
            sigclip=4.5,
            objlim=5.0,
            gain=1.0,
            readnoise=6.0,
            satlevel=np.inf,
            niter=1,
            sepmed=True,
            cleantype="median",
        )
        votes += flagged
    return votes / np.float32(len(chosen))


def _temporal(
    high_passes: Sequence[NDArray[np.float16]],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the mean of the high-pass, and its median over the error of that median (MAD)."""
    height, width = high_passes[0].shape
    mean, robust_t = np.empty((2, height, width), dtype=np.float32)
    for top in range(0, height, _ROWS):
        rows = slice(top, top + _ROWS)
        block = np.stack([each[rows] for each in high_passes]).astype(np.float32)
        middle = np.median(block, axis=0)
        spread = 1.4826 * np.median(np.abs(block - middle), axis=0) + 0.15
        mean[rows] = block.mean(axis=0)
        robust_t[rows] = middle / (1.2533 * spread / np.sqrt(len(block)))
    return mean, robust_t
