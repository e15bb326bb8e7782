# SPDX-License-Identifier: Apache-2.0
"""Windows of a frame, as stored and on the scale on which filling is done."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._band import Band

__all__ = ["Scale", "cut_windows", "scaled_windows"]

_AT_ONCE = 4096  # windows; numpy turns their samples into indices, four times the memory


class Scale(Protocol):
    """Stored samples <-> the scale on which filling is done."""

    def forward(self, samples: NDArray[Any]) -> NDArray[np.float32]:
        """Return stored samples (H, W, C) as values (C, H, W); NaN where a sample says nothing."""
        ...

    def light(self, samples: NDArray[Any]) -> NDArray[np.float32]:
        """Return stored samples (H, W, C) as scene-linear light (C, H, W); NaN and Inf as stored."""
        ...

    def light_of(self, values: NDArray[Any], channel: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Return the light of values (N,) of the channels (N,)."""
        ...

    def values_of(self, light: NDArray[Any], channel: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Return the values of light (N,) in the channels (N,)."""
        ...

    def light_to_bits(self, light: NDArray[np.float32]) -> NDArray[np.uint32]:
        """Return the stored bit patterns nearest to light (N,), finite."""
        ...


def scaled_windows(stored: NDArray[Any], scale: Scale) -> NDArray[np.float32]:
    """Return windows (N, C, side, side) of stored samples on the scale, same shape."""
    values = np.empty(stored.shape, np.float32)
    for first in range(0, len(stored), _AT_ONCE):
        some = np.moveaxis(stored[first : first + _AT_ONCE], 1, -1)  # (n, side, side, C)
        planes = scale.forward(some.reshape(-1, *some.shape[2:]))
        values[first : first + _AT_ONCE] = np.swapaxes(planes.reshape(len(planes), *some.shape[:3]), 0, 1)
    return values


def cut_windows(bands: Sequence[Band], origins: NDArray[np.intp], side: int) -> NDArray[Any]:
    """Return the stored samples of windows that begin at (row, column), (T, side, side, C); outside of the frame, any."""
    tops = np.array([band.top for band in bands])
    centres = origins[:, 0] + side // 2
    cut = np.empty((len(centres), side, side, bands[0].samples.shape[-1]), bands[0].samples.dtype)
    for window, (row, column) in enumerate(origins.tolist()):
        band = bands[int(np.searchsorted(tops, centres[window], side="right")) - 1]
        cut[window] = _cut(band.samples, row - band.top, column, side)
    return cut


def _cut(samples: NDArray[Any], row: int, column: int, side: int) -> NDArray[Any]:
    height, width = samples.shape[:2]
    if 0 <= row <= height - side and 0 <= column <= width - side:
        return samples[row : row + side, column : column + side]
    rows = np.clip(np.arange(row, row + side), 0, height - 1)
    return samples[rows[:, None], np.clip(np.arange(column, column + side), 0, width - 1)]
