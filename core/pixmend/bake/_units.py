# SPDX-License-Identifier: Apache-2.0
"""Stored samples <-> what a compositor holds, and the curve from there to the sigma scale."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.bake._control import Curve
from pixmend.fill import Scale
from pixmend.model import SampleCodec, SampleType

__all__ = ["Units", "alike", "curves_of_codes", "curves_of_floats", "curves_through"]

_MOST_NODES = 1 << 13


class Units:
    """What a compositor makes of stored samples: floats as they are, codes over the largest code.

    Parameters
    ----------
    sample : SampleType
        Of the colour channels.
    """

    def __init__(self, sample: SampleType) -> None:
        self.sample = sample

    @property
    def name(self) -> str:
        """``linear`` for floats, ``raw`` for codes, which a compositor must be told not to linearise."""
        return "linear" if self.sample.is_float else "raw"

    def held(self, stored: NDArray[Any]) -> NDArray[np.float32]:
        """Return samples as the compositor holds them, same shape."""
        with np.errstate(invalid="ignore"):  # signalling NaN
            held = stored.astype(np.float32)
        return held if self.sample.is_float else held / np.float32(self.sample.max_code)

    def held_of_bits(self, bits: NDArray[np.uint32]) -> NDArray[np.float32]:
        """Return samples of bit patterns as the compositor holds them, same shape."""
        return self.held(self.sample.from_bits(bits))

    def written(self, held: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what comes of it when the compositor's samples are written, comparable, same shape.

        Floats are rounded to half, whatever the plate's; codes to the nearest.
        """
        with np.errstate(over="ignore"):
            if self.sample.is_float:
                return held.astype(np.float16).astype(np.float32)
            return np.asarray(np.rint(held * np.float32(self.sample.max_code)), np.float32)


def alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell which finite samples are the same to the bit: 0 is not -0."""
    return np.asarray((one == other) & (np.signbit(one) == np.signbit(other)))


def curves_through(x: NDArray[np.float32], y: NDArray[np.float32]) -> tuple[Curve, ...]:
    """Return the curve of each channel through points that all channels share.

    Parameters
    ----------
    x : (M,) float32 ndarray
        Rising or equal.
    y : (C, M) float32 ndarray

    Notes
    -----
    Points at which a channel does not rise are left out; of those at the begin the last stays: codes
    below black are black.
    """
    kept = [0]
    for number in range(1, len(x)):
        rises = (y[:, number] > y[:, kept[-1]]).all()
        if rises and x[number] > x[kept[-1]]:
            kept.append(number)
        elif len(kept) == 1:
            kept = [number]
    return tuple(Curve(x[kept], each[kept]) for each in y)


def curves_of_codes(scale: Scale, units: Units, channels: int) -> tuple[Curve, ...]:
    """Return each channel's curve over codes: all of them, or evenly spread ones where there are too many."""
    last = units.sample.max_code
    codes = np.unique(np.linspace(0, last, min(last + 1, _MOST_NODES)).astype(np.uint32))
    return _curves_of(units.sample.from_bits(codes), scale, units, channels)


def curves_of_floats(
    level: NDArray[np.float64], codec: SampleCodec, scale: Scale, *, units: Units, channels: int
) -> tuple[Curve, ...]:
    """Return each channel's curve over floats that are not linear, between some levels of light (M,)."""
    return _curves_of(codec.from_linear(level.astype(np.float32), units.sample), scale, units, channels)


def _curves_of(stored: NDArray[Any], scale: Scale, units: Units, channels: int) -> tuple[Curve, ...]:
    values = scale.forward(np.repeat(stored[:, None, None], channels, axis=2))[:, :, 0]
    return curves_through(units.held(stored), values)
