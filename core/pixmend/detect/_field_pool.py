# SPDX-License-Identifier: Apache-2.0
"""Frames of one flat field, pooled: what is fixed in them stands out of what moves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from pixmend.stats import NoiseModel, SigmaScale, Whitener, clip_for, train_covariance

__all__ = ["FieldFrame", "FieldPool"]

_STANDS_OUT_SIGMA = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class FieldFrame:
    """One frame on the sigma scale.

    Attributes
    ----------
    whitened : (C, H, W) float32 ndarray
        Each sample less what its neighbours predict; noise 1.
    level : (C, H, W) float32 ndarray
        Less `middle`, the frame's median; 0 where the sample is not finite.
    middle : (C,) float32 ndarray
    is_finite : (H, W) bool ndarray
    """

    whitened: NDArray[np.float32]
    level: NDArray[np.float32]
    middle: NDArray[np.float32]
    is_finite: NDArray[np.bool_]


class FieldPool:
    """Sums over the frames of flat fields. Same frames in the same order, same sums, to the bit.

    Parameters
    ----------
    training : sequence of (H, W, C) ndarray
        Frames of the field as stored, or bands of them, to learn its structure from.
    scale : SigmaScale
    noise : NoiseModel
        What the scale was made from.
    shape : (int, int, int)
        Channels, height and width of a frame.
    frames : int
        How many will be added; sets how much one of them may count.

    Notes
    -----
    A frame's own median is taken off, so that fields of different exposure can be pooled.
    In `excess` one frame counts for `clip_for(frames)` sigma at most: what moves (hands,
    reflections) does not decide anywhere. `level` and `square` are not clipped, and tell
    how bright a site is and how it varies.
    """

    def __init__(
        self,
        training: Sequence[NDArray[Any]],
        *,
        scale: SigmaScale,
        noise: NoiseModel,
        shape: tuple[int, int, int],
        frames: int,
    ) -> None:
        self.whitener = Whitener(train_covariance([scale.forward(each) for each in training]), shape[0])
        self.noise = noise
        self.shape = shape
        self.count = 0
        self._scale = scale
        self._clip = np.float32(clip_for(frames))
        self._middle = np.zeros(shape[0])
        self._excess, self._level, self._square = (np.zeros(shape, np.float32) for _ in range(3))
        self._stood_out = np.zeros(shape[1:], np.uint16)
        self._is_finite = np.ones(shape[1:], np.bool_)

    def measure(self, samples: NDArray[Any]) -> FieldFrame:
        """Bring one frame as stored, (H, W, C), to the form that `add` takes; in any thread.

        Notes
        -----
        NaN and Inf are taken for the frame's median; nothing is found near them.
        """
        values = self._scale.forward(samples)
        is_finite = np.isfinite(values)
        middle = np.array(
            [
                np.median(plane[sound]) if sound.any() else 0.0
                for plane, sound in zip(values, is_finite, strict=True)
            ],
            np.float32,
        )
        values -= middle[:, None, None]
        values[~is_finite] = 0.0
        reach = (self.whitener.radius_px, self.whitener.radius_px)
        padded = np.pad(values, ((0, 0), reach, reach), mode="reflect")
        return FieldFrame(self.whitener.whiten(padded), values, middle, np.asarray(is_finite.all(axis=0)))

    def add(self, frame: FieldFrame) -> None:
        """Add one frame."""
        self.count += 1
        self._middle += frame.middle
        self._is_finite &= frame.is_finite
        self._stood_out += (np.abs(frame.whitened) >= _STANDS_OUT_SIGMA).any(axis=0)
        self._excess += np.clip(frame.whitened, -self._clip, self._clip)
        self._level += frame.level
        self._square += np.square(frame.level)

    def excess(self) -> NDArray[np.float32]:
        """Return the clipped mean of the whitened frames times the root of their number, (C, H, W)."""
        excess: NDArray[np.float32] = self._excess / np.float32(np.sqrt(max(self.count, 1)))
        return excess

    def is_sound(self) -> NDArray[np.bool_]:
        """Return where no frame has a non-finite sample within reach of a footprint's match, (H, W)."""
        if self._is_finite.all():
            return self._is_finite
        return ~binary_dilation(
            ~self._is_finite, np.ones((3, 3), bool), iterations=2 * self.whitener.radius_px
        )

    def mean(self) -> NDArray[np.float32]:
        """Return the mean on the sigma scale, (C, H, W)."""
        count = max(self.count, 1)
        middle = (self._middle / count).astype(np.float32)
        mean: NDArray[np.float32] = self._level / np.float32(count) + middle[:, None, None]
        return mean

    def variance(self) -> NDArray[np.float32]:
        """Return the variance over time, (C, H, W), in sigma squared; at least 0."""
        count = np.float32(max(self.count, 1))
        mean = self._level / count
        variance: NDArray[np.float32] = np.maximum(self._square / count - mean * mean, 0.0)
        return variance

    def light(self) -> NDArray[np.float32]:
        """Return the mean in linear light, (C, H, W)."""
        light = self.mean()
        for channel in range(len(light)):
            light[channel] = self._scale.curve.to_level(light[channel], channel)
        return light

    def sigma(self, light: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the noise of one frame at linear `light`, (C, H, W)."""
        return np.stack(
            [self.noise.sigma(plane, channel).astype(np.float32) for channel, plane in enumerate(light)]
        )

    def stood_out(self, y: int, x: int) -> int:
        """Return in how many frames a pixel stood out by itself, in any channel."""
        return int(self._stood_out[y, x])
