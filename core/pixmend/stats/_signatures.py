# SPDX-License-Identifier: Apache-2.0
"""A small signature of each frame: how bright it is in some places; and how far two are apart."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["are_black", "changes", "light_of", "sign_frame", "signature_rows"]

_TOE = 0.001  # light: below it, noise would change by stops
_BLACK = 0.002  # light; a picture none of whose cells is brighter is black
_BANDS, _BAND_ROWS, _COLUMNS = 6, 16, 16
_LEVEL_SHARE = 0.2  # of a change of level all over: light goes on and off within a shot
_ROWS_AT_ONCE = 4096  # of the signatures of a long reel


def signature_rows(height: int) -> list[tuple[int, int]]:
    """Return the array rows [first, stop) of a frame that its signature is made of.

    Bands of whole EXR chunks, evenly spread; all rows of a small frame.
    """
    if height <= _BANDS * _BAND_ROWS:
        return [(0, height)]
    last = (height - _BAND_ROWS) // _BAND_ROWS
    tops = [(2 * number + 1) * last // (2 * _BANDS) * _BAND_ROWS for number in range(_BANDS)]
    return [(top, top + _BAND_ROWS) for top in sorted(set(tops))]


def sign_frame(bands: Sequence[NDArray[np.float32]]) -> NDArray[np.float16]:
    """Return the signature of a frame: how bright it is in some places, in stops.

    Parameters
    ----------
    bands : sequence of (rows, W, C) float32 ndarray
        Linear light of the rows that `signature_rows` names. NaN and Inf count as black.

    Returns
    -------
    signature : (K,) float16 ndarray
        ``log2`` of the mean light of each cell and channel, above a toe; finite. Equally
        long for all frames of a plate.
    """
    if len(bands) == 1 and len(bands[0]) >= _BANDS:
        bands = np.array_split(bands[0], _BANDS)
    cells = [_cells(band) for band in bands]
    return np.log2(np.maximum(np.concatenate(cells), 0.0) + np.float32(_TOE)).astype(np.float16)


def _cells(band: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean light of each part of a band, channel by channel."""
    profile = np.nan_to_num(band, nan=0.0, posinf=0.0, neginf=0.0).mean(axis=0, dtype=np.float64)
    parts = np.array_split(profile, min(_COLUMNS, len(profile)))
    return np.stack([part.mean(axis=0) for part in parts]).astype(np.float32).ravel()


def light_of(signatures: NDArray[np.float16]) -> NDArray[np.float32]:
    """Return the mean light of each place; same shape."""
    return np.asarray(np.exp2(signatures.astype(np.float32)) - np.float32(_TOE), np.float32)


def are_black(signatures: NDArray[np.float16]) -> NDArray[np.bool_]:
    """Tell of each frame, (N, K), whether it is black."""
    return np.asarray(signatures.max(axis=-1) < np.log2(_BLACK + _TOE))


def changes(signatures: NDArray[np.float16], lag: int) -> NDArray[np.float32]:
    """Return how much each frame differs from the one `lag` before, in stops; 0 for the first ones."""
    apart = np.zeros(len(signatures), np.float32)
    for first in range(lag, len(signatures), _ROWS_AT_ONCE):
        stop = min(first + _ROWS_AT_ONCE, len(signatures))
        now = signatures[first:stop].astype(np.float32)
        then = signatures[first - lag : stop - lag].astype(np.float32)
        apart[first:stop] = np.sqrt(_apart(now, then) * _apart(_sorted(now), _sorted(then)))
    return apart


def _apart(now: NDArray[np.float32], then: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean difference of each row, in stops, a change of level all over counted little."""
    difference = now - then
    level = np.median(difference, axis=1, keepdims=True)
    layout: NDArray[np.float32] = np.abs(difference - level).mean(axis=1)
    apart: NDArray[np.float32] = layout + np.float32(_LEVEL_SHARE) * np.abs(level[:, 0])
    return apart


def _sorted(signatures: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how bright the cells are, wherever they are: motion changes that least."""
    return np.sort(signatures, axis=1)
