# SPDX-License-Identifier: Apache-2.0
"""One frame's defects -> a patch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._band import Band
from pixmend.fill._holes import NOTHING, Holes, find_holes
from pixmend.fill._kriging import Kriging
from pixmend.model import Channel, Patch, PlateInfo, Repair

__all__ = ["Mend", "Scale", "fill_samples", "mend_frame", "scaled_windows"]

_AT_ONCE = 4096  # windows; numpy turns their samples into indices, four times the memory


class Scale(Protocol):
    """Stored samples <-> the scale on which filling is done."""

    def forward(self, samples: NDArray[Any]) -> NDArray[np.float32]:
        """Return stored samples (H, W, C) as values (C, H, W); NaN where a sample says nothing."""
        ...

    def to_bits(self, values: NDArray[Any], channel: NDArray[np.integer[Any]]) -> NDArray[np.uint32]:
        """Return the stored bit patterns nearest to values (N,) of the channels (N,)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Mend:
    """One frame's patch, how many spoiled samples nothing could tell, and what was done about each defect."""

    patch: Patch
    unfillable: int
    repairs: tuple[Repair, ...] = ()


def mend_frame(
    frame: int,
    bands: Sequence[Band],
    holes: Holes,
    *,
    plate: PlateInfo,
    scale: Scale,
    kriging: Kriging,
) -> Mend:
    """Fill the spoiled samples of one frame.

    Parameters
    ----------
    bands : sequence of Band
        The rows that the holes ask for, or more.
    holes : Holes
        Of the defects of this frame; the same for all frames with the same defects.

    Returns
    -------
    Mend
        The patch holds only samples whose stored bits change. A sample that nothing
        around it can predict (all neighbours non-finite) is not in it.
    """
    channels = tuple(Channel(name, plate.sample_type(name)) for name in plate.colour)
    if not len(holes.spoiled):
        return Mend(Patch.empty(frame, channels), 0)
    stored = _windows(bands, holes)
    values = scale.forward(stored.reshape(-1, *stored.shape[2:]))
    windows = np.swapaxes(values.reshape(len(channels), *stored.shape[:3]), 0, 1)
    filled = _fill_windows(windows, holes, kriging)
    done = np.isfinite(filled)
    channel, y, x = holes.spoiled[done].T
    old = np.empty(len(filled), stored.dtype)
    old[holes.places] = np.moveaxis(stored, -1, 1)[holes.is_target]
    patch = Patch(
        frame,
        channels,
        (x + plate.raster.x).astype(np.int32),
        (y + plate.raster.y).astype(np.int32),
        channel.astype(np.int16),
        channels[0].sample.to_bits(old[done]),
        scale.to_bits(filled[done], channel),
    )
    return Mend(patch.changes_only(), int((~done).sum()))


def scaled_windows(stored: NDArray[Any], scale: Scale) -> NDArray[np.float32]:
    """Return windows (N, C, side, side) of stored samples on the scale, same shape."""
    values = np.empty(stored.shape, np.float32)
    for first in range(0, len(stored), _AT_ONCE):
        some = np.moveaxis(stored[first : first + _AT_ONCE], 1, -1)  # (n, side, side, C)
        planes = scale.forward(some.reshape(-1, *some.shape[2:]))
        values[first : first + _AT_ONCE] = np.swapaxes(planes.reshape(len(planes), *some.shape[:3]), 0, 1)
    return values


def fill_samples(
    values: NDArray[np.float32],
    spoiled: NDArray[np.intp],
    kriging: Kriging,
    *,
    doubtful: NDArray[np.intp] = NOTHING,
) -> NDArray[np.float64]:
    """Predict spoiled samples from the sound ones around them.

    Parameters
    ----------
    values : (C, H, W) float32 ndarray
        Sigma scale, NaN where a sample says nothing.
    spoiled : (N, 3) int ndarray
        (channel, y, x).
    doubtful : (M, 3) int ndarray
        Likewise; those beyond the borders do not matter.

    Returns
    -------
    (N,) float64 ndarray
        NaN where nothing in the window is known.

    Notes
    -----
    Non-finite and doubtful samples, other defects and what lies beyond the borders take
    no part.
    """
    channels, height, width = values.shape
    holes = find_holes(spoiled, (channels, height, width), radius_px=kriging.radius_px, doubtful=doubtful)
    windows = np.moveaxis(_windows([Band(0, np.moveaxis(values, 0, -1))], holes), -1, 1)
    return _fill_windows(windows, holes, kriging)


def _windows(bands: Sequence[Band], holes: Holes) -> NDArray[Any]:
    """Return the stored samples of all windows, (T, side, side, C); outside of the frame, any."""
    side = holes.is_target.shape[-1]
    tops = np.array([band.top for band in bands])
    centres = holes.origins[:, 0] + side // 2
    cut = np.empty((len(centres), side, side, bands[0].samples.shape[-1]), bands[0].samples.dtype)
    steps = np.arange(side)
    for window, (row, column) in enumerate(holes.origins.tolist()):
        band = bands[int(np.searchsorted(tops, centres[window], side="right")) - 1]
        rows = np.clip(row - band.top + steps, 0, band.samples.shape[0] - 1)
        columns = np.clip(column + steps, 0, band.samples.shape[1] - 1)
        cut[window] = band.samples[rows[:, None], columns]
    return cut


def _fill_windows(windows: NDArray[np.float32], holes: Holes, kriging: Kriging) -> NDArray[np.float64]:
    """Return what stands at each of `holes.spoiled`; `windows` is (T, C, side, side)."""
    filled: NDArray[np.float64] = np.full(len(holes.spoiled), np.nan)
    is_known = holes.is_sound & np.isfinite(windows)
    first = 0
    for window, is_target, known in zip(windows, holes.is_target, is_known, strict=True):
        stop = first + int(np.count_nonzero(is_target))
        if stop > first and known.any():
            filled[holes.places[first:stop]] = kriging.predict(window, is_target, known).value
        first = stop
    return filled
