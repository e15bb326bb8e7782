# SPDX-License-Identifier: Apache-2.0
"""Stored samples <-> the sigma scale, in which the shot's noise is 1 at every brightness."""

from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.model import SampleCodec, SampleType
from pixmend.stats._curve_kernels import Curves, first_nodes, light_and_sigma, light_to_planes
from pixmend.stats._kernels import look_up
from pixmend.stats._noise import NoiseModel

__all__ = ["SigmaCurve", "SigmaScale", "curve_of"]

_TABLE_BITS = 16
_BRIGHTEST = 70_000.0  # above the largest half float


class SigmaCurve:
    """Linear light <-> the sigma scale, a curve a channel.

    The curve is the integral of ``1 / sigma(level)`` over the linear level: one unit
    is one sigma of the shot's noise, wherever on the curve, and 0 is black. It is
    strictly rising, so each value has one level.

    References
    ----------
    .. [1] F. J. Anscombe, "The transformation of Poisson, binomial and negative-
           binomial data", Biometrika 35 (1948) 246-254; the integral form for any
           variance law: M. S. Bartlett, Biometrics 3 (1947) 39-52.
    """

    def __init__(self, noise: NoiseModel) -> None:
        self.channels = len(noise.coefficients)
        self._noise = noise
        self._level = _levels()
        self._value = [_integral(self._level, noise, channel) for channel in range(self.channels)]
        slopes = [np.append(np.diff(value) / np.diff(self._level), 0.0) for value in self._value]
        self._curves = Curves(
            np.append(self._level, np.inf), np.stack(self._value), np.stack(slopes), *_first_nodes()
        )

    def from_linear(self, linear: NDArray[Any]) -> NDArray[np.float32]:
        """Return linear light (C, ...) on the sigma scale, same shape; NaN and Inf become NaN."""
        return np.stack([self.to_value(plane, channel) for channel, plane in enumerate(linear)])

    def to_level(self, values: NDArray[Any], channel: int) -> NDArray[np.float64]:
        """Return the linear level of sigma-scale `values` of one channel, same shape."""
        level: NDArray[np.float64] = np.interp(values, self._value[channel], self._level)
        return level

    def nodes(self, channel: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the linear levels (M,), rising, between which the curve of a channel is straight, and their values."""
        return self._level, self._value[channel]

    def light_and_sigma(self, values: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the linear level of finite sigma-scale `values` (C, H, W), and the noise sigma there."""
        light, sigma = np.empty_like(values), np.empty_like(values)
        for channel, plane in enumerate(values):
            curve = self._value[channel], self._level
            light_and_sigma(plane, curve, self._noise.coefficients[channel], light[channel], sigma[channel])
        return light, sigma

    def to_value(self, plane: NDArray[Any], channel: int) -> NDArray[np.float32]:
        """Return linear light of one channel on the sigma scale, same shape; NaN and Inf become NaN."""
        light = np.ascontiguousarray(plane, np.float32)
        own = slice(channel, channel + 1)
        curve = self._curves._replace(values=self._curves.values[own], slopes=self._curves.slopes[own])
        value = np.empty_like(light)
        places = np.arange(1), np.arange(light.size)
        light_to_planes(light.reshape(1, -1, 1), curve, places, value.reshape(1, 1, -1))
        return value

    def put(
        self,
        light: NDArray[np.float32],
        places: tuple[NDArray[np.intp], NDArray[np.intp]],
        planes: NDArray[np.float32],
    ) -> None:
        """Put rows and columns of light (H, W, C) on the sigma scale, into (C, rows, columns); NaN and Inf become NaN."""
        light_to_planes(light, self._curves, places, planes)


@lru_cache(maxsize=4)  # one shot's is asked for thousands of times, and takes milliseconds to make
def curve_of(noise: NoiseModel) -> SigmaCurve:
    """Return the curve of a noise model."""
    return SigmaCurve(noise)


class SigmaScale:
    """Stored samples <-> the sigma scale.

    Samples of up to 16 bits go through a table of all codes; longer ones are
    interpolated.

    Parameters
    ----------
    codec : SampleCodec
        Knows the plate's encoding.
    sample : SampleType
        How the colour channels are stored.
    noise : NoiseModel
        One row a colour channel.
    """

    def __init__(self, codec: SampleCodec, sample: SampleType, noise: NoiseModel) -> None:
        self.curve = curve_of(noise)
        self._codec = codec
        self._sample = sample
        self._tables = self._all_codes() if sample.bits <= _TABLE_BITS else None

    def forward(
        self,
        samples: NDArray[Any],
        *,
        rows: NDArray[np.intp] | None = None,
        columns: NDArray[np.intp] | None = None,
        out: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """Return stored samples (H, W, C) on the sigma scale as (C, H, W); NaN and Inf become NaN.

        With `rows` and `columns` only these, as (C, rows, columns); in `out`, if it is given.
        """
        rows = np.arange(samples.shape[0]) if rows is None else rows
        columns = np.arange(samples.shape[1]) if columns is None else columns
        shape = (self.curve.channels, len(rows), len(columns))
        values = np.empty(shape, np.float32) if out is None else out
        if self._tables is None:
            top, left = rows.min(), columns.min()
            part = samples[top : rows.max() + 1, left : columns.max() + 1]
            light = self._codec.to_linear(part, self._sample)
            self.curve.put(light, (rows - top, columns - left), values)
            return values
        look_up(samples.view(f"u{self._sample.dtype.itemsize}"), self._tables, (rows, columns), values)
        return values

    def to_bits(self, values: NDArray[Any], channel: NDArray[np.integer[Any]]) -> NDArray[np.uint32]:
        """Return the stored bit patterns nearest to sigma-scale values.

        Parameters
        ----------
        values : (N,) float ndarray
            Finite.
        channel : (N,) integer ndarray
            Index of the colour channel of each.
        """
        return self.light_to_bits(self.light_of(values, channel))

    def light(self, samples: NDArray[Any]) -> NDArray[np.float32]:
        """Return stored samples (H, W, C) as scene-linear light (C, H, W); NaN and Inf as stored."""
        return np.moveaxis(self._codec.to_linear(samples, self._sample), -1, 0)

    def light_of(self, values: NDArray[Any], channel: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Return the light (N,) of finite sigma-scale values (N,); `channel` (N,) is the index of each."""
        light = np.zeros(len(values), np.float32)
        for index in range(self.curve.channels):
            chosen = channel == index
            light[chosen] = self.curve.to_level(values[chosen], index)
        return light

    def values_of(self, light: NDArray[Any], channel: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Return light (N,) on the sigma scale, NaN and Inf as NaN; the inverse of `light_of`."""
        values = np.zeros(len(light), np.float32)
        for index in range(self.curve.channels):
            chosen = channel == index
            values[chosen] = self.curve.to_value(light[chosen], index)
        return values

    def light_to_bits(self, light: NDArray[np.float32]) -> NDArray[np.uint32]:
        """Return the stored bit patterns nearest to light (N,), finite."""
        return self._sample.to_bits(self._codec.from_linear(light, self._sample))

    def _all_codes(self) -> NDArray[np.float32]:
        codes = np.arange(1 << (8 * self._sample.dtype.itemsize), dtype=np.uint32)
        linear = self._codec.to_linear(self._sample.from_bits(codes), self._sample)
        return self.curve.from_linear(np.broadcast_to(linear, (self.curve.channels, len(codes))))


def _levels() -> NDArray[np.float64]:
    """Linear levels at which the integral is tabulated: dense at black, both signs."""
    lit = np.concatenate([[0.0], np.geomspace(1e-7, _BRIGHTEST, 4000)])
    return np.concatenate([-lit[:0:-1], lit])


@cache
def _first_nodes() -> tuple[NDArray[np.int32], int]:
    return first_nodes(_levels())


def _integral(level: NDArray[np.float64], noise: NoiseModel, channel: int) -> NDArray[np.float64]:
    slope = 1.0 / noise.sigma(level, channel)
    steps = 0.5 * (slope[1:] + slope[:-1]) * np.diff(level)
    value: NDArray[np.float64] = np.concatenate([[0.0], np.cumsum(steps)])
    value -= value[len(value) // 2]
    return value
