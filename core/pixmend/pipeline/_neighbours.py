# SPDX-License-Identifier: Apache-2.0
"""What stands around holes in a frame and in the frames beside: each frame's rows are read once."""

from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import FrameError
from pixmend.fill import (
    CURRENT_RADIUS_PX,
    NEIGHBOUR_RADIUS_PX,
    Neighbour,
    bad_pixels,
    doubtful_samples,
    rows_of_windows,
    spoiled_samples,
)
from pixmend.frames import FrameSource
from pixmend.model import DefectMap, PlateInfo
from pixmend.stats import SigmaScale

__all__ = ["STEPS", "Surroundings"]

STEPS = (-4, -2, -1, 1, 2, 4)
"""Frames beside that are looked into; the farthest only where motion is slow."""

_MOST_BYTES = 256 << 20  # of windows that are kept
_SIDE_PX = 2 * NEIGHBOUR_RADIUS_PX + 1

Place = tuple[int, int]
"""Array row and column."""


class Surroundings:
    """Windows of frames around places, for several threads at once.

    Parameters
    ----------
    shot : FrameSource
        As it was before anything was mended.
    defect_map : DefectMap
        Whose defects are unknown in all frames, whatever their status and frames.
    scale : SigmaScale
        Kept as `scale`.

    Notes
    -----
    Windows are kept as stored, of the frames last asked for, up to 256 MB: frames that are
    mended in order are read once, unless there are so many holes that this is too little.
    What is returned does not depend on what is kept.
    """

    def __init__(self, shot: FrameSource, defect_map: DefectMap, scale: SigmaScale) -> None:
        self._shot = shot
        self.scale = scale
        self._map = defect_map
        self._kept: OrderedDict[int, _FrameWindows] = OrderedDict()
        self._lock = Lock()

    @cached_property
    def _is_bad(self) -> NDArray[np.bool_]:
        """Unknown samples: as much as a frame, and often nobody asks."""
        return _unknown_samples(self._map, self._shot.plate)

    def current(self, frame: int, places: Sequence[Place]) -> list[NDArray[np.float32]]:
        """Return what is around each place, (C, side, side) on the sigma scale, NaN where it is unknown.

        The side is 2 * CURRENT_RADIUS_PX + 1.

        Raises
        ------
        FrameError
            If the frame cannot be read.
        """
        windows = self._windows(frame, places)
        inner = slice(NEIGHBOUR_RADIUS_PX - CURRENT_RADIUS_PX, NEIGHBOUR_RADIUS_PX + CURRENT_RADIUS_PX + 1)
        return [self._scaled(windows[place], place, inner) for place in places]

    def neighbours(self, frame: int, places: Sequence[Place]) -> list[list[Neighbour]]:
        """Return what is around each place in the frames beside; those that cannot be read are left out."""
        found: list[list[Neighbour]] = [[] for _ in places]
        for step in STEPS:
            if frame + step not in self._shot.frames:
                continue
            try:
                windows = self._windows(frame + step, places)
            except FrameError:
                continue
            for place, beside in zip(places, found, strict=True):
                beside.append(Neighbour(step, self._scaled(windows[place], place, slice(None))))
        return found

    def _windows(self, frame: int, places: Sequence[Place]) -> dict[Place, NDArray[Any]]:
        with self._lock:
            holder = self._kept.setdefault(frame, _FrameWindows(self._shot, frame))
            self._kept.move_to_end(frame)
        windows = holder.get(places)
        with self._lock:
            while len(self._kept) > 1 and sum(each.bytes for each in self._kept.values()) > _MOST_BYTES:
                self._kept.popitem(last=False)
        return windows

    def _scaled(self, stored: NDArray[Any], place: Place, part: slice) -> NDArray[np.float32]:
        values = self.scale.forward(stored[part, part])
        rows, columns = (
            np.arange(at - NEIGHBOUR_RADIUS_PX, at + NEIGHBOUR_RADIUS_PX + 1)[part] for at in place
        )
        height, width = self._is_bad.shape[1:]
        outside = ((rows < 0) | (rows >= height))[:, None] | (columns < 0) | (columns >= width)
        bad = self._is_bad[:, rows.clip(0, height - 1)[:, None], columns.clip(0, width - 1)]
        values[bad | outside] = np.nan
        return values


class _FrameWindows:
    """Windows of one frame, read when they are first asked for."""

    def __init__(self, shot: FrameSource, frame: int) -> None:
        self._shot = shot
        self._frame = frame
        self._windows: dict[Place, NDArray[Any]] = {}
        self._lock = Lock()

    @property
    def bytes(self) -> int:
        """How much is kept."""
        return sum(each.nbytes for each in list(self._windows.values()))

    def get(self, places: Sequence[Place]) -> dict[Place, NDArray[Any]]:
        """Return stored windows (side, side, C) around places; beyond the borders, any."""
        with self._lock:
            missing = sorted({place for place in places if place not in self._windows})
            if missing:
                self._read(missing)
            return {place: self._windows[place] for place in places}

    def _read(self, places: Sequence[Place]) -> None:
        height, width = self._shot.plate.raster.height, self._shot.plate.raster.width
        rows = rows_of_windows((row - NEIGHBOUR_RADIUS_PX for row, _ in places), side=_SIDE_PX, height=height)
        bands = self._shot.read_bands(self._frame, rows)
        steps = np.arange(-NEIGHBOUR_RADIUS_PX, NEIGHBOUR_RADIUS_PX + 1)
        tops = np.array([first for first, _ in rows])
        for row, column in places:
            number = int(np.searchsorted(tops, row, side="right")) - 1
            within = (row + steps).clip(0, height - 1).clip(*_ends(rows[number])) - tops[number]
            self._windows[row, column] = bands[number][within[:, None], (column + steps).clip(0, width - 1)]


def _ends(rows: tuple[int, int]) -> tuple[int, int]:
    return rows[0], rows[1] - 1


def _unknown_samples(defect_map: DefectMap, plate: PlateInfo) -> NDArray[np.bool_]:
    """Return the samples (C, H, W) that defects spoil or make doubtful, or that are coded with such."""
    shape = (len(plate.colour), plate.raster.height, plate.raster.width)
    unknown = np.zeros(shape, bool)
    spoiled = spoiled_samples(defect_map.defects, plate)
    for samples in (spoiled, doubtful_samples(defect_map.defects, plate)):
        inside = ((samples >= 0) & (samples < shape)).all(axis=1)
        unknown[tuple(samples[inside].T)] = True
    if plate.block_px > 1:
        unknown |= bad_pixels(spoiled, *shape[1:], block_px=plate.block_px)
    return unknown
