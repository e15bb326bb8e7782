# SPDX-License-Identifier: Apache-2.0
"""Pictures to cut between, cheap: each seed is another place, and a camera moves over it."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["dissolve", "fade", "frames_of_world", "reel_of"]

_SIDE = 480


@cache
def _world(seed: int) -> NDArray[np.float32]:
    """Return a place in linear light: large and small things, some far brighter than others."""
    rng = np.random.default_rng([seed, 7])
    stops = np.full((_SIDE, _SIDE, 3), rng.normal(0.0, 1.0, 3))
    for size, gain in ((80, 2.0), (16, 0.7), (4, 0.3)):
        coarse = gain * rng.standard_normal((_SIDE // size, _SIDE // size, 3))
        stops += coarse.repeat(size, axis=0).repeat(size, axis=1)
    return (0.18 * 2.0**stops).astype(np.float32)


def frames_of_world(
    seed: int, count: int, *, size: tuple[int, int] = (128, 192), pan: float = 2.0, handheld: float = 0.0
) -> list[NDArray[np.float32]]:
    """Return frames (H, W, 3) of a camera that pans by so many pixels a frame, with noise."""
    rng = np.random.default_rng([seed, 8])
    x = 20 + np.abs(pan) * np.arange(count) + np.cumsum(rng.normal(0, handheld, count))
    y = 40 + np.cumsum(rng.normal(0, handheld, count))
    height, width = size
    rows, columns = (np.arange(length) for length in size)
    shot = []
    for index in range(count):
        down = np.round(rows + y[index]).astype(int) % _SIDE
        right = np.round(columns + x[index]).astype(int) % _SIDE
        light = _world(seed)[down[:, None], right[None, :]]
        noise = rng.standard_normal((height, width, 1)).astype(np.float32)
        shot.append(light + 0.02 * np.sqrt(light) * noise)
    return shot


def fade(frames: Sequence[NDArray[np.float32]], *, up: bool = False) -> list[NDArray[np.float32]]:
    """Return frames that go to black, or come from it, evenly."""
    gains = np.linspace(0.0, 1.0, len(frames)) if up else np.linspace(1.0, 0.0, len(frames))
    return [np.float32(gain) * frame for gain, frame in zip(gains, frames, strict=True)]


def dissolve(
    one: Sequence[NDArray[np.float32]], other: Sequence[NDArray[np.float32]], count: int
) -> list[NDArray[np.float32]]:
    """Return shots that mix for so many frames, the last of `one` with the first of `other`."""
    shares = [np.float32((index + 1) / (count + 1)) for index in range(count)]
    pairs = zip(shares, one[-count:], other[:count], strict=True)
    mixed = [(1 - share) * before + share * after for share, before, after in pairs]
    return [*one[:-count], *mixed, *other[count:]]


def reel_of(*shots: Sequence[NDArray[np.float32]]) -> tuple[list[NDArray[np.float32]], list[int]]:
    """Return the frames of shots one after the other, and the index that each but the first begins at."""
    cuts = np.cumsum([len(each) for each in shots])[:-1]
    return [frame for shot in shots for frame in shot], [int(each) for each in cuts]
