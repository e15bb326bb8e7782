# SPDX-License-Identifier: Apache-2.0
"""Channels that hold no picture (alpha, depth, ids): spoiled samples take over a value from beside them.

They are touched only where a map names them. What they hold may not be mixed: between
the depth of a roof and that of the sky there is no depth. So a sample gets the bits of a
sound one: of the lower median of those nearest by.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._band import Band
from pixmend.model import Channel, Defect, Patch, PlateInfo

__all__ = ["data_samples", "mend_data_channel", "rows_of_data"]

_REACH_PX = 4
_ENOUGH = 3  # samples to take the median of


def data_samples(defects: Sequence[Defect], plate: PlateInfo) -> dict[str, NDArray[np.intp]]:
    """Return the spoiled samples of channels without picture: (N, 2) array rows and columns, sorted, by channel."""
    found: dict[str, set[tuple[int, int]]] = {}
    for defect in defects:
        for x, y, name in defect.pixels(plate.colour):
            if name not in plate.colour:
                found.setdefault(name, set()).add((y - plate.raster.y, x - plate.raster.x))
    return {name: np.array(sorted(places), np.intp) for name, places in sorted(found.items())}


def rows_of_data(places: NDArray[np.intp], height: int) -> tuple[int, int]:
    """Return the array rows [first, stop) that are needed to mend samples of a channel."""
    return max(int(places[0, 0]) - _REACH_PX, 0), min(int(places[-1, 0]) + _REACH_PX + 1, height)


def mend_data_channel(
    frame: int, band: Band, places: NDArray[np.intp], channel: Channel, plate: PlateInfo
) -> Patch:
    """Mend samples of one channel that holds no picture.

    Parameters
    ----------
    band : Band
        Of that channel alone, (rows, W, 1), of the rows that `rows_of_data` names.
    places : (N, 2) int ndarray
        Spoiled samples: array rows and columns.

    Returns
    -------
    Patch
        Of that channel alone, changes only. A sample with no sound one within 4 px stays.

    Notes
    -----
    The sound samples are those of the smallest square about it that holds three, of 9 x 9 px
    at most. NaN and Inf are no sound samples.
    """
    samples = band.samples[..., 0]
    is_bad = np.zeros(samples.shape, bool)
    is_bad[places[:, 0] - band.top, places[:, 1]] = True
    sound = ~is_bad & np.isfinite(samples) if channel.sample.is_float else ~is_bad
    new = samples.copy()
    for y, x in (places - np.array([band.top, 0])).tolist():
        value = _lower_median(samples, sound, y, x)
        if value is not None:
            new[y, x] = value
    y, x = (places - np.array([band.top, 0])).T
    patch = Patch(
        frame,
        (channel,),
        (places[:, 1] + plate.raster.x).astype(np.int32),
        (places[:, 0] + plate.raster.y).astype(np.int32),
        np.zeros(len(places), np.int16),
        channel.sample.to_bits(samples[y, x]),
        channel.sample.to_bits(new[y, x]),
    )
    return patch.changes_only()


def _lower_median(samples: NDArray[Any], sound: NDArray[np.bool_], y: int, x: int) -> Any:
    """Return the lower median of the sound samples near a place; None where there are none."""
    for reach in range(1, _REACH_PX + 1):
        square = np.s_[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]
        values = np.sort(samples[square][sound[square]])
        if len(values) >= _ENOUGH or (reach == _REACH_PX and len(values)):
            return values[(len(values) - 1) // 2]
    return None
