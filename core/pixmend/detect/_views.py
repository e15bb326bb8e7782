# SPDX-License-Identifier: Apache-2.0
"""The two views of a shot that footprints are matched with, strip by strip."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._match_kernels import BLOCK_PX, block_noise
from pixmend.detect._view_kernels import padded_rows
from pixmend.stats import EXCESS_STEPS, ShotStatistics, Whitener

__all__ = ["STEPS", "STRIP_PX", "Views", "even", "strips", "views_of"]

STRIP_PX = 256
"""Rows that are worked on at a time: always these, so that nothing else decides a result."""

_MARGIN_PX = 6 * BLOCK_PX  # rows beside a strip that its noise is judged with
STEPS = 64
"""Per sigma, of the whitened mean picture."""

_MOST = 500.0  # sigma
_LOUD = 20.0
_LEAST = np.float32(1e-6)

_Stored: TypeAlias = tuple[NDArray[np.int16], NDArray[np.integer], int]


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """What is matched.

    Attributes
    ----------
    statistics : ShotStatistics
        Its pooled excess is the first view: each frame whitened, silenced where it is
        busy and clipped, so that no single frame decides.
    evened : (C, H, W) int16 ndarray
        The second, in 1/64 sigma: the mean picture, whitened by its own covariance and
        divided by its local noise. Where the scene moves it is smooth, and what is fixed
        stands out, busy surroundings or not.
    whitener : Whitener
        Of the second.
    """

    statistics: ShotStatistics
    evened: NDArray[np.int16]
    whitener: Whitener

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.evened.shape[1], self.evened.shape[2]

    def gains(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the gain of each view's whitener, (C,) each; a footprint is weighted by it."""
        return self.statistics.model.whitener.gain, self.whitener.gain

    def rows(self, first: int, stop: int, *, margin: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return rows [first - margin, stop + margin) of both views, as wide a margin at the sides.

        (C, stop - first + 2 * margin, W + 2 * margin) each; zero outside the raster.
        """
        pooled, meant = (padded_rows(*view, (first, stop), margin) for view in self.stored())
        return pooled, meant

    def stored(self) -> tuple[_Stored, _Stored]:
        """Return both views as they are stored: steps (C, H, W), frames seen (H, W), steps per sigma of one."""
        once = np.broadcast_to(np.ones(1, self.statistics.seen.dtype), self.size)
        return (self.statistics.excess, self.statistics.seen, EXCESS_STEPS), (self.evened, once, STEPS)


def strips(height: int) -> Iterator[tuple[int, int]]:
    """Return the first row of each strip and the one after its last."""
    return ((first, min(first + STRIP_PX, height)) for first in range(0, height, STRIP_PX))


def views_of(statistics: ShotStatistics) -> Views:
    """Return the two views of a shot; both have noise of about 1 everywhere."""
    whitener = Whitener(statistics.mean_covariance(), len(statistics.level))
    height, width = statistics.seen.shape
    evened = np.empty((len(statistics.level), height, width), np.int16)
    for first, stop in strips(height):
        low, high = max(first - _MARGIN_PX, 0), min(stop + _MARGIN_PX, height)
        whitened = whitener.whiten(_mirrored_level(statistics, low, high, margin=whitener.radius_px))
        evened[:, first:stop] = even(whitened)[:, first - low : stop - low]
    return Views(statistics, evened, whitener)


def _mirrored_level(statistics: ShotStatistics, first: int, stop: int, *, margin: int) -> NDArray[np.float32]:
    """Return rows [first - margin, stop + margin) of the mean level, as wide a margin at the sides; mirrored."""
    height, width = statistics.seen.shape
    low, high = max(first - margin, 0), min(stop + margin, height)
    level = statistics.part(rows=(low, high), columns=(0, width)).mean_level()
    beyond = (low - first + margin, stop + margin - high)
    return np.pad(level, ((0, 0), beyond, (margin, margin)), mode="reflect")


def even(whitened: NDArray[np.float32]) -> NDArray[np.int16]:
    """Divide whitened planes (C, H, W) by their local noise; in 1/64 sigma, at most 500."""
    evened = np.empty(whitened.shape, np.int16)
    height, width = whitened.shape[1:]
    for plane, result in zip(whitened, evened, strict=True):
        factor = STEPS / np.maximum(block_noise(plane, _LOUD, 0.0), _LEAST)
        factor = factor.repeat(BLOCK_PX, axis=0)[:height].repeat(BLOCK_PX, axis=1)[:, :width]
        result[...] = np.rint(np.clip(plane * factor, -_MOST * STEPS, _MOST * STEPS))
    return evened
