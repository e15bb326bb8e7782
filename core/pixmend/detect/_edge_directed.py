# SPDX-License-Identifier: Apache-2.0
"""What a demosaic that looks along edges does to spikes and to smooth light: nearly linear, each its way."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate

__all__ = ["interpolate_light", "interpolate_line", "interpolate_spike"]

_BESIDE = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]) / 4.0
_BEND = np.array([[0, 0, -1, 0, 0], [0] * 5, [-1, 0, 4, 0, -1], [0] * 5, [0, 0, -1, 0, 0]]) / 8.0
_ABOVE = np.array([[1], [0], [1]]) / 2.0
_BEND_DOWN = np.array([[-1], [0], [2], [0], [-1]]) / 4.0
_NEAREST = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 4.0


def interpolate_light(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interpolate an RGGB mosaic (H, W) to (3, H, W) as where no axis is the smoother one.

    Green is the mean of what both axes give, with the bend of the photosite's own
    colour; red and blue are green plus the mean of the nearest differences from it
    (Hamilton and Adams, US 5629734, expired).
    """
    return _with_colour_differences(raw, correlate(raw, _BESIDE) + correlate(raw, _BEND))


def interpolate_spike(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interpolate one lit photosite: its neighbours look along the other axis, and do not see it."""
    return _with_colour_differences(raw, 0.5 * raw)


def interpolate_line(raw: NDArray[np.float64], *, along: float) -> NDArray[np.float64]:
    """Interpolate an RGGB mosaic whose columns differ: a share `along` of the photosites look down the column.

    A clear column is an edge, so most do; the fainter it is, the more the noise decides.
    """
    down = correlate(raw, _ABOVE) + correlate(raw, _BEND_DOWN)
    across = correlate(raw, _ABOVE.T) + correlate(raw, _BEND_DOWN.T)
    return _with_colour_differences(raw, along * down + (1.0 - along) * across)


def _with_colour_differences(
    raw: NDArray[np.float64], green_elsewhere: NDArray[np.float64]
) -> NDArray[np.float64]:
    rows, columns = np.indices(raw.shape)
    green = np.where((rows + columns) % 2 == 1, raw, green_elsewhere)
    chroma = [
        green + correlate(np.where((rows % 2 == odd) & (columns % 2 == odd), raw - green, 0.0), _NEAREST)
        for odd in (0, 1)
    ]
    return np.stack([chroma[0], green, chroma[1]])
