# SPDX-License-Identifier: Apache-2.0
"""One frame's defects -> a patch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._holes import bad_pixels, tiles_of
from pixmend.fill._kriging import Kriging
from pixmend.model import Channel, Patch, PlateInfo

__all__ = ["Band", "Mend", "Scale", "fill_samples", "mend_frame"]


NOTHING: NDArray[np.intp] = np.zeros((0, 3), np.intp)


class Scale(Protocol):
    """Stored samples <-> the scale on which filling is done."""

    def forward(self, samples: NDArray[Any]) -> NDArray[np.float32]:
        """Return stored samples (H, W, C) as values (C, H, W); NaN where a sample says nothing."""
        ...

    def to_bits(self, values: NDArray[Any], channel: NDArray[np.integer[Any]]) -> NDArray[np.uint32]:
        """Return the stored bit patterns nearest to values (N,) of the channels (N,)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """Whole rows of a frame: array row `top` onward, (rows, W, C) as stored."""

    top: int
    samples: NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Mend:
    """One frame's patch, and how many spoiled samples nothing around them could predict."""

    patch: Patch
    unfillable: int


def mend_frame(
    frame: int,
    bands: Sequence[Band],
    spoiled: NDArray[np.intp],
    *,
    plate: PlateInfo,
    scale: Scale,
    kriging: Kriging,
    doubtful: NDArray[np.intp] = NOTHING,
) -> Mend:
    """Fill the spoiled samples of one frame.

    Parameters
    ----------
    bands : sequence of Band
        The rows that `rows_around` asks for.
    spoiled : (N, 3) int ndarray
        (channel, y, x) array positions, as `spoiled_samples` gives them.
    doubtful : (M, 3) int ndarray
        Samples that stay as they are but teach nothing, as `doubtful_samples` gives them.

    Returns
    -------
    Mend
        The patch holds only samples whose stored bits change. A sample that nothing
        around it can predict (all neighbours non-finite) is not in it.
    """
    channels = tuple(Channel(name, plate.sample_type(name)) for name in plate.colour)
    sample = channels[0].sample
    parts, unfillable = [Patch.empty(frame, channels)], 0
    for band in bands:
        inside = (spoiled[:, 1] >= band.top) & (spoiled[:, 1] < band.top + len(band.samples))
        local = spoiled[inside] - np.array([0, band.top, 0])
        values = fill_samples(
            scale.forward(band.samples), local, kriging, doubtful=doubtful - np.array([0, band.top, 0])
        )
        done = np.isfinite(values)
        unfillable += int((~done).sum())
        channel, y, x = local[done].T
        parts.append(
            Patch(
                frame,
                channels,
                (x + plate.raster.x).astype(np.int32),
                (y + band.top + plate.raster.y).astype(np.int32),
                channel.astype(np.int16),
                sample.to_bits(band.samples[y, x, channel]),
                scale.to_bits(values[done], channel),
            )
        )
    return Mend(_joined(parts).changes_only(), unfillable)


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
    radius = kriging.radius_px
    padded = np.pad(values, ((0, 0), (radius, radius), (radius, radius)), constant_values=np.nan)
    is_spoiled = np.zeros(values.shape, bool)
    is_spoiled[tuple(spoiled.T)] = True
    is_known = np.isfinite(padded)
    inside = is_known[:, radius : radius + values.shape[1], radius : radius + values.shape[2]]
    inside &= ~is_spoiled
    in_raster = ((doubtful[:, 1:] >= 0) & (doubtful[:, 1:] < values.shape[1:])).all(axis=1)
    inside[tuple(doubtful[in_raster].T)] = False
    filled: NDArray[np.float64] = np.full(values.shape, np.nan)
    for tile in tiles_of(bad_pixels(spoiled, *values.shape[1:])):
        row, column = tile.centre
        window = (slice(None), slice(row, row + kriging.side), slice(column, column + kriging.side))
        known = is_known[window]
        if not known.any():
            continue
        own = (slice(None), slice(tile.top, tile.bottom), slice(tile.left, tile.right))
        inner = (
            slice(None),
            slice(tile.top - row + radius, tile.bottom - row + radius),
            slice(tile.left - column + radius, tile.right - column + radius),
        )
        target = np.zeros(known.shape, bool)
        target[inner] = is_spoiled[own]
        if target.any():
            filled[own][is_spoiled[own]] = kriging.predict(padded[window], target, known)[0]
    return np.asarray(filled[tuple(spoiled.T)])


def _joined(parts: Sequence[Patch]) -> Patch:
    first = parts[0]
    names = ("x", "y", "channel", "old", "new")
    columns = (np.concatenate([getattr(part, name) for part in parts]) for name in names)
    return Patch(first.frame, first.channels, *columns)
