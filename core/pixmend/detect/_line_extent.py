# SPDX-License-Identifier: Apache-2.0
"""Where a line begins and ends: the likeliest change along it, by views and by its own profile."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

from pixmend.arrays import MAD_TO_SIGMA
from pixmend.detect._line_kernels import match_rows, row_medians
from pixmend.detect._line_scores import LineView, Run, row_responses

__all__ = ["extent_by_profile", "extent_of_run"]

_MOST_OF_ROW = 4.0  # what one row says of where a line ends
_BOTH_ROWS = (0.25, 0.5, 0.25)  # as much of even rows as of odd: a Bayer column holds two colours in turn
_AT_EDGE = 6  # rows from the picture's edge: a line that ends so near goes on to it
_STEADY = 0.5  # of its mean: the median row must say so much, or a few strong photosites made the run
_WIDE_PX, _OWN_PX = 64, 8  # columns to either side that tell how busy a row is, but for the nearest
_LEAST_SPREAD = 0.02  # of a line's amplitude


def extent_of_run(
    run: Run, views: Sequence[LineView], profile: NDArray[np.float64]
) -> tuple[int, int] | None:
    """Return where the line of a run begins, and the row after its end; None where it is none.

    Notes
    -----
    It is the stretch through the middle of the run that has the most excess over half
    the line's own: of two levels, one inside and one outside, the most likely change.
    """
    white = float(np.linalg.norm(profile * views[0].gain[:, None]) / np.sqrt(2.0))
    each = [row_responses(view, profile, run.x) for view in views]
    along = np.copysign(1.0 / white, run.score) * np.mean(each, axis=0)
    inside = along[run.first : run.stop]
    steady = float(np.mean([np.median(inside[parity::2]) for parity in (0, 1)]))
    if steady < _STEADY * inside.mean():
        return None
    half = 0.5 * min(steady, _MOST_OF_ROW)
    both = np.clip(correlate1d(along, _BOTH_ROWS), -_MOST_OF_ROW, _MOST_OF_ROW)
    return _likeliest(both - half, (run.first + run.stop) // 2)


def extent_by_profile(
    light: NDArray[np.floating],
    sigma: NDArray[np.floating],
    x: int,
    model: NDArray[np.float64],
    *,
    middle: int,
) -> tuple[int, int]:
    """Return where a line of known profile begins, and the row after its end.

    Parameters
    ----------
    light, sigma : (C, H, W) float ndarray
    x : int
        The profile's middle.
    model : (2, C, 11) float64 ndarray
        In sigma, for even and odd rows.
    middle : int
        A row that it is known to have.

    Notes
    -----
    The profile is matched to each row of the mean picture, and to the columns around for
    the row's own spread: a busy row says little, and does not end a line.
    """
    first, stop = max(x - _WIDE_PX, 0), min(x + _WIDE_PX + 1, light.shape[2])
    scale = row_medians(np.ascontiguousarray(sigma[:, :, first:stop:3], np.float32))
    weights = model - model.mean(axis=2, keepdims=True)
    matched = match_rows(np.ascontiguousarray(light[:, :, first:stop], np.float32), scale, weights)
    for parity in (0, 1):
        matched[parity::2] /= max(float(np.square(weights[parity]).sum()), 1e-9)
    around = np.abs(np.arange(first, stop) - x) > _OWN_PX
    spread = MAD_TO_SIGMA * row_medians(np.ascontiguousarray(matched[None, :, around], np.float32))[0]
    evidence = (matched[:, x - first] - 0.5) / np.square(spread + _LEAST_SPREAD)
    return _likeliest(np.clip(evidence, -_MOST_OF_ROW, _MOST_OF_ROW), middle)


def _likeliest(evidence: NDArray[np.float64], middle: int) -> tuple[int, int]:
    """Return the stretch through row `middle` with the most evidence for the line."""
    sums = np.concatenate([[0.0], np.cumsum(evidence)])
    first, stop = int(sums[: middle + 1].argmin()), middle + 1 + int(sums[middle + 1 :].argmax())
    height = len(evidence)
    return 0 if first <= _AT_EDGE else first, height if height - stop <= _AT_EDGE else stop
