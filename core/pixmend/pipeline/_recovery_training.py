# SPDX-License-Identifier: Apache-2.0
"""How the photosites of a shot are recovered: learnt around its defects, once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import FrameError
from pixmend.fill import (
    Band,
    Learnt,
    LearntFootprint,
    PhotositeWindows,
    Recoveries,
    Rings,
    StoredLight,
    cut_windows,
    defects_of_frame,
    known_footprint,
    plan_recoveries,
    reach_of,
    rows_of_windows,
)
from pixmend.frames import Encoding, FrameSource
from pixmend.model import DefectMap, FrameRange, PlateInfo
from pixmend.pipeline._frames_at_once import frames_at_once
from pixmend.progress import Progress

__all__ = ["learn_recovery"]

_FRAMES = 24
_FEWEST_FRAMES = 8
_MOST_WINDOWS = 24_000  # of all frames together; 24 MB and some seconds


def learn_recovery(
    shot: FrameSource,
    defect_map: DefectMap,
    learnt: Learnt,
    encoding: Encoding,
    progress: Progress,
    *,
    workers: int = 1,
) -> Recoveries:
    """Learn from a few frames of the whole shot how its photosites lie.

    Parameters
    ----------
    shot : FrameSource
        As it was before anything was mended.
    defect_map : DefectMap
        Its defects that are one photosite each are planned for, whatever their status; learning begins
        with its footprints.
    learnt : Learnt
        Scale and kriging.

    Notes
    -----
    A frame that cannot be read teaches nothing. Same shot and map, same plans.
    """
    plate = shot.plate
    stored = StoredLight(encoding, plate.sample_type(plate.colour[0]))
    kriging, scale = learnt.kriging, learnt.scale
    rings = Rings(kriging)
    shape = (len(plate.colour), kriging.side, kriging.side)
    reaches = {
        number: reach
        for number, each in enumerate(defect_map.defects)
        if (reach := reach_of(each, plate)) is not None
    }
    if not reaches:
        return Recoveries({}, rings, stored)
    found = defects_of_frame(defect_map.defects, plate, radius_px=kriging.radius_px)
    numbers = list(reaches)
    frames = shot.frames.thinned(max(min(_FRAMES, _MOST_WINDOWS // len(numbers)), _FEWEST_FRAMES))
    windows = _read(shot, frames, found.origins[numbers], kriging.side, progress, workers=workers)
    sites = [
        PhotositeWindows(
            (defect := defect_map.defects[number]),
            _cell(found.origins[number] + kriging.radius_px),
            reaches[number],
            _shown(windows, place, [defect.shows_in(frame) for frame in frames]),
            found.is_untouched[number],
        )
        for place, number in enumerate(numbers)
    ]
    known = _known_footprints(defect_map, plate, shape)
    return plan_recoveries(sites, shape, rings=rings, scale=scale, stored=stored, known=known)


def _known_footprints(
    defect_map: DefectMap, plate: PlateInfo, shape: tuple[int, int, int]
) -> dict[tuple[int, int], LearntFootprint]:
    """Return the map's footprints that are of this plate's channels, by array row and column modulo 2."""
    known = {}
    for each in defect_map.footprints:
        weights = np.array(each.weights)
        if each.channels == plate.colour and weights.shape[1] <= shape[1]:
            cell = (each.y - plate.raster.y) % 2, (each.x - plate.raster.x) % 2
            known[cell] = known_footprint(cell, weights, shape, sites=each.sites)
    return known


def _cell(centre: NDArray[np.intp]) -> tuple[int, int]:
    row, column = (int(each) % 2 for each in centre)
    return row, column


def _read(
    shot: FrameSource,
    frames: FrameRange,
    origins: NDArray[np.intp],
    side: int,
    progress: Progress,
    *,
    workers: int,
) -> list[NDArray[Any] | None]:
    """Return the windows (D, side, side, C) of each frame; None of those that cannot be read."""
    rows = rows_of_windows(origins[:, 0].tolist(), side=side, height=shot.plate.raster.height)
    progress.start("learning how photosites lie", len(frames))

    def read(frame: int) -> NDArray[Any] | None:
        try:
            samples = shot.read_bands(frame, rows)
        except FrameError:
            return None
        bands = [Band(first, band) for (first, _), band in zip(rows, samples, strict=True)]
        return cut_windows(bands, origins, side)

    windows: list[NDArray[Any] | None] = []
    for found in frames_at_once(read, frames, workers=workers):
        windows.append(found)
        progress.advance()
    return windows


def _shown(windows: Sequence[NDArray[Any] | None], place: int, shows: Sequence[bool]) -> NDArray[Any]:
    """Return one defect's windows of the frames in which it shows, (T, side, side, C)."""
    read = next((each for each in windows if each is not None), None)
    chosen = [each[place] for each, there in zip(windows, shows, strict=True) if there and each is not None]
    if read is None:
        return np.zeros((0, 0, 0, 0))
    return np.stack(chosen) if chosen else read[:0, 0][:, None]
