# SPDX-License-Identifier: Apache-2.0
"""What the fill did in one frame -> what a compositor's kernel is to do, and proof that it gives the same."""

from collections import Counter
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pixmend.bake._control import CHANNELS, Curve, Mode, Table, curve_cells
from pixmend.bake._twin_kernels import predict_samples
from pixmend.bake._units import Units, alike
from pixmend.fill import Holes, Mend, PredictedTile, Trace
from pixmend.model import Method, Patch

__all__ = ["Done", "FrameRecipe", "Recipes", "tables_of_window"]


class Done(IntEnum):
    """What is done to a sample; from `TEMPORAL` to `DIFFERS` it is a value, and why."""

    SUBTRACTED = 0
    PREDICTED = 1
    TEMPORAL = 2  # the kernel sees one frame
    BAR = 3  # a sample of a black bar
    CODES = 4  # recovered, of codes: what is subtracted of light is no difference of codes
    ALONE = 5  # no neighbour of its own channel
    CLOSE = 6  # so near to the middle between two samples that another compiler could round it to the other
    DIFFERS = 7  # the kernel would give another sample
    LEFT = 8  # stays as it is


@dataclass(frozen=True, slots=True, eq=False)
class FrameRecipe:
    """What is to be done in one frame.

    Attributes
    ----------
    frame : int
    pixels : (N, 2) int ndarray
        y and x in pixel space; sorted, each once; of the pixels that change.
    records : (N, 3, 3) float32 ndarray
        Mode, a and b of R, G and B; b is an index into `tables`.
    tables : tuple of Table
    counts : Counter of Done
        Samples by what is done to them.
    picture : (N, 3) float32 ndarray
        What is to stand there, whole pixels, as the compositor holds them.
    """

    frame: int
    pixels: NDArray[np.intp]
    records: NDArray[np.float32]
    tables: tuple[Table, ...]
    counts: "Counter[Done]"
    picture: NDArray[np.float32]


@dataclass(slots=True, eq=False)
class _Samples:
    """The spoiled samples of a frame: what they are and are to be, and what the kernel is told."""

    old: NDArray[np.float32]
    new: NDArray[np.float32]
    is_changed: NDArray[np.bool_]
    record: NDArray[np.float32]
    done: NDArray[np.int8]
    tables: list[Table]


class Recipes:
    """Turns mends of a shot's frames into recipes; may be called from several threads.

    Parameters
    ----------
    units : Units
    curves : tuple of Curve
        A curve a colour channel, of equal length.
    corner : (int, int)
        y and x in pixel space of the first sample of the plate's arrays.
    """

    def __init__(self, units: Units, curves: tuple[Curve, ...], corner: tuple[int, int]) -> None:
        self._units = units
        self._channels = len(curves)
        self._curves = np.stack([curve_cells(each) for each in curves])
        self._corner = np.array(corner)
        self._tables: dict[tuple[object, ...], tuple[Table, ...]] = {}

    def of(self, mend: Mend) -> FrameRecipe:
        """Return the recipe of a frame."""
        trace = mend.trace
        if trace is None:
            return self._packed(mend.patch, None, None)
        samples = self._samples(mend.patch, trace)
        self._subtract(samples, trace)
        spatial = trace.answers.is_by(Method.SPATIAL) & samples.is_changed
        samples.done[trace.answers.is_by(Method.TEMPORAL)] = Done.TEMPORAL
        samples.done[spatial] = Done.BAR
        for each in trace.predicted.tiles:
            mine = np.flatnonzero(spatial[each.places])
            if len(mine):
                self._predict(samples, trace, each, mine)
        return self._packed(mend.patch, samples, trace)

    def _samples(self, patch: Patch, trace: Trace) -> _Samples:
        """Return the spoiled samples, all that change as values."""
        count = len(trace.holes.spoiled)
        mine = patch.channel < self._channels
        number = _numbers(trace.holes, patch, mine, self._corner)
        old, new = np.zeros(count, np.float32), np.zeros(count, np.float32)
        old[number], new[number] = (self._units.held_of_bits(each[mine]) for each in (patch.old, patch.new))
        is_changed = np.zeros(count, bool)
        is_changed[number] = True
        record = np.zeros((count, 3), np.float32)
        record[is_changed, 0], record[:, 1] = Mode.VALUE, new
        return _Samples(old, new, is_changed, record, np.full(count, Done.DIFFERS, np.int8), [])

    def _subtract(self, samples: _Samples, trace: Trace) -> None:
        recovered = trace.answers.is_by(Method.RECOVER) & samples.is_changed
        if not self._units.sample.is_float:
            samples.done[recovered] = Done.CODES
            return
        with np.errstate(over="ignore", invalid="ignore"):
            lie = samples.old - samples.new
            is_exact = recovered & alike(samples.old - lie, samples.new)
        samples.record[is_exact, 0], samples.record[is_exact, 1] = Mode.SUBTRACT, lie[is_exact]
        samples.done[is_exact] = Done.SUBTRACTED

    def _predict(self, samples: _Samples, trace: Trace, tile: PredictedTile, mine: NDArray[np.intp]) -> None:
        """Let the targets `mine` of a tile be predicted where the kernel gives the same sample for sure."""
        tables = self._tables_of(tile, trace.holes)
        own = np.array([tables[each].knows_itself for each in mine.tolist()])
        samples.done[tile.places[mine[~own]]] = Done.ALONE
        mine = mine[own]
        if not len(mine):
            return
        places = tile.places[mine]
        window = np.moveaxis(trace.stored[tile.tile], -1, 0)
        grain = trace.answers.value[places] - tile.prediction.value[mine]
        found, doubt = predict_samples(
            self._units.held(window[tile.is_known]),
            np.stack([tables[each].cells() for each in mine.tolist()]),
            grain,
            self._curves,
        )
        wanted = self._units.written(samples.new[places])
        same, above, below = (
            alike(self._units.written(found + off), wanted) for off in (np.float32(0), doubt, -doubt)
        )
        sure = same & above & below
        samples.done[places] = np.where(sure, Done.PREDICTED, np.where(same, Done.CLOSE, Done.DIFFERS))
        for place, number, lacking in zip(places[sure], mine[sure].tolist(), grain[sure], strict=True):
            samples.record[place] = Mode.PREDICT, lacking, len(samples.tables)
            samples.tables.append(tables[number])

    def _tables_of(self, tile: PredictedTile, holes: Holes) -> tuple[Table, ...]:
        """Return the table of each target of a tile; those of one shape and weights are one object."""
        is_target = holes.is_target[tile.tile]
        cell = tuple((holes.origins[tile.tile] % 2).tolist())  # of the mosaic
        key = cell, tile.prediction.contrast_class, is_target.tobytes(), tile.is_known.tobytes()
        if key not in self._tables:
            self._tables[key] = tables_of_window(is_target, tile.is_known, tile.prediction.weights)
        return self._tables[key]

    def _packed(self, patch: Patch, samples: _Samples | None, trace: Trace | None) -> FrameRecipe:
        """Bring samples together as pixels."""
        if samples is None or trace is None:
            nothing = np.zeros((0, 3), np.float32)
            return FrameRecipe(
                patch.frame, np.zeros((0, 2), np.intp), nothing.reshape(0, 3, 3), (), Counter(), nothing
            )
        changed = np.flatnonzero(samples.is_changed)
        channel = trace.holes.spoiled[changed, 0]
        pixels, inverse = np.unique(trace.holes.spoiled[changed, 1:], axis=0, return_inverse=True)
        records = np.zeros((len(pixels), CHANNELS, 3), np.float32)
        picture = np.zeros((len(pixels), CHANNELS), np.float32)
        picture[inverse] = self._units.held(_whole_pixels(trace)[changed])
        if self._channels == 1:  # a compositor shows the one channel as all three
            records[inverse], picture[inverse] = samples.record[changed, None], samples.new[changed, None]
        else:
            records[inverse, channel] = samples.record[changed]
            picture[inverse, channel] = samples.new[changed]
        samples.done[~samples.is_changed] = Done.LEFT
        counts = Counter({Done(each): int(n) for each, n in enumerate(np.bincount(samples.done)) if n})
        return FrameRecipe(
            patch.frame, pixels + self._corner, records, tuple(samples.tables), counts, picture
        )


def _numbers(
    holes: Holes, patch: Patch, mine: NDArray[np.bool_], corner: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Return which of the spoiled samples, which are sorted, a patch's samples are."""
    key = _keys(holes.spoiled.T)
    x, y = patch.x[mine] - corner[1], patch.y[mine] - corner[0]
    return np.asarray(np.searchsorted(key, _keys((patch.channel[mine], y, x))))


def _keys(places: "NDArray[np.integer] | tuple[NDArray[np.integer], ...]") -> NDArray[np.int64]:
    channel, y, x = (np.asarray(each, np.int64) for each in places)
    return np.asarray((channel << 48) + (y << 24) + x)


def _whole_pixels(trace: Trace) -> "NDArray[np.generic]":
    """Return all stored channels (N, C) of the pixel of each spoiled sample."""
    tile, _, row, column = np.nonzero(trace.holes.is_target)
    stored = np.zeros((len(trace.holes.spoiled), trace.stored.shape[-1]), trace.stored.dtype)
    stored[trace.holes.places] = trace.stored[tile, row, column]
    return stored


def tables_of_window(
    is_target: NDArray[np.bool_], is_known: NDArray[np.bool_], weights: NDArray[np.float32]
) -> tuple[Table, ...]:
    """Return the table of each target of a window (C, side, side), whose weights (N, K) are of what is known."""
    known = np.argwhere(is_known)
    tables = []
    for (channel, row, column), own in zip(np.argwhere(is_target).tolist(), weights, strict=True):
        steps = np.stack([known[:, 2] - column, row - known[:, 1], known[:, 0]], axis=1)
        tables.append(Table(channel, steps.astype(np.int8), own))
    return tuple(tables)
