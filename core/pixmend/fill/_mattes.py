# SPDX-License-Identifier: Apache-2.0
"""Black bars in windows: picture is never filled from a bar, nor a bar from the picture."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Matte", "find_mattes"]

_LEAST_KNOWN = 3  # samples of a line, in each channel, to tell that it is one value
_LEAST_LINES = 2  # that are the same; no picture with noise has that


@dataclass(frozen=True, slots=True, eq=False)
class Matte:
    """The part of a window that is a bar.

    Attributes
    ----------
    is_bar : (side, side) bool ndarray
    value : (C,) float32 ndarray
        What every sample of the bar is.
    """

    is_bar: NDArray[np.bool_]
    value: NDArray[np.float32]


def find_mattes(windows: NDArray[np.float32], is_known: NDArray[np.bool_]) -> dict[int, Matte]:
    """Find bars of letterbox and pillarbox.

    Parameters
    ----------
    windows : (T, C, side, side) float32 ndarray
        Sigma scale; read only where `is_known`.
    is_known : (T, C, side, side) bool ndarray

    Returns
    -------
    dict of int to Matte
        By window; only of those that hold both bar and picture.

    Notes
    -----
    A bar is two lines or more, from a side of the window inwards, all of whose known samples are
    the same value in each channel, and none of the other lines' samples is below it. Clipped
    lights are above; where noise is crushed to black, the black counts as a bar: it tells nothing
    of the picture beside it.
    """
    mattes: dict[int, Matte] = {}
    for axis in (3, 2):
        lowest = np.where(is_known, windows, np.inf).min(axis=axis)
        highest = np.where(is_known, windows, -np.inf).max(axis=axis)
        is_told = (is_known.sum(axis=axis) >= _LEAST_KNOWN).all(axis=1)
        is_even = is_told & (lowest == highest).all(axis=1)
        for window in np.flatnonzero(is_even.sum(axis=1) >= _LEAST_LINES).tolist():
            lines, value = _bars(lowest[window], is_told[window], is_even[window])
            if not lines.any():
                continue
            across = np.broadcast_to(lines[:, None] if axis == 3 else lines, windows.shape[2:])
            if window in mattes:
                across = across | mattes[window].is_bar
            mattes[window] = Matte(across, value.astype(np.float32))
    return mattes


def _bars(
    lowest: NDArray[np.floating], is_told: NDArray[np.bool_], is_even: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.floating]]:
    """Return which lines of a window are a bar, from either side, and its value (C,)."""
    lines = np.zeros(len(is_told), bool)
    value = lowest[:, 0]
    for order in (range(len(lines)), range(len(lines) - 1, -1, -1)):
        run, darkest = _run(order, lowest, is_told, is_even)
        if run:
            lines[min(run) : max(run) + 1] = True  # lines of the hole between them, too
            value = darkest
    return lines, value


def _run(
    order: Iterable[int],
    lowest: NDArray[np.floating],
    is_told: NDArray[np.bool_],
    is_even: NDArray[np.bool_],
) -> tuple[list[int], NDArray[np.floating]]:
    """Return the lines of a bar that comes in from one side; none where there is no bar or nothing else."""
    told = [line for line in order if is_told[line]]
    value = lowest[:, told[0]]
    alike = is_even & (lowest == value[:, None]).all(axis=0)
    run = []
    for line in told:
        if not alike[line]:
            break
        run.append(line)
    others = lowest[:, is_told & ~alike]
    is_bar = len(run) >= _LEAST_LINES and others.size > 0 and bool((others >= value[:, None]).all())
    return run if is_bar else [], value
