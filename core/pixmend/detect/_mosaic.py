# SPDX-License-Identifier: Apache-2.0
"""Whether a plate still has the mosaic of its sensor: debayer makes noise that differs from place to place."""

import numpy as np
from numpy.typing import NDArray

from pixmend.stats import ShotStatistics

__all__ = ["has_mosaic"]

# Of the noise of the quietest place: photosites of one plate differ by less where it was resized.
_UNEVEN = 0.1
_MOST = 3.0  # times the median; what is more is no noise
_ENOUGH = 100_000  # samples of each place: their size is known far better than it is uneven


def has_mosaic(statistics: ShotStatistics) -> bool:
    """Tell whether noise differs between the places of the 2 x 2 cells.

    Notes
    -----
    Where photosites were interpolated it is smoother. Resizing, desqueezing and most codecs
    end that: then a photosite lies anywhere between pixels, and is as wide as it was made.
    """
    blind = statistics.model.noise.is_blind
    told = zip(statistics.excess, blind, strict=True)
    return any(_unevenness(plane) > _UNEVEN for plane, is_blind in told if not is_blind)


def _unevenness(plane: NDArray[np.int16]) -> float:
    height, width = plane.shape
    step = 2 * max(height * width // (4 * _ENOUGH), 1)  # even, so that all rows of a place are of one parity
    places = [plane[y::step, x::2] for y in (0, 1) for x in (0, 1)]
    sizes = [_size(each) for each in places if each.size]
    return max(sizes) / max(min(sizes), 1e-9) - 1.0 if sizes else 0.0


def _size(excess: NDArray[np.int16]) -> float:
    """Return a robust mean magnitude, finer than the whole steps that a median is."""
    magnitude = np.abs(excess.astype(np.float32))
    return float(np.minimum(magnitude, _MOST * np.median(magnitude)).mean(dtype=np.float64))
