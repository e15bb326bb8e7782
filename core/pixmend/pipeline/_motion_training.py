# SPDX-License-Identifier: Apache-2.0
"""How a shot moves, and how much its frames tell of each other: learnt around its defects, once."""

from collections.abc import Callable
from threading import Lock

import numpy as np

from pixmend.errors import FrameError
from pixmend.fill import Fusion, Kriging, Lesson, learn_fusion, lesson_at
from pixmend.frames import FrameSource
from pixmend.model import Defect, DefectMap, FrameRange, PlateInfo
from pixmend.pipeline._frames_at_once import frames_at_once
from pixmend.pipeline._neighbours import STEPS, Place, Surroundings
from pixmend.stats import SigmaScale

__all__ = ["MotionOnDemand", "learn_motion"]

_FRAMES = 8
_LESSONS = 1080  # in all
_ROWS = 8  # around which is read; a frame has many more
_SEED = 19_570_928  # of the places; any number, but for ever the same
_LEAST_NEIGHBOURS = 2


class MotionOnDemand:
    """Learns how a shot moves when a hole first asks for it: most shots have none that does.

    Whoever asks first, from whichever thread: what is learnt is the same.
    """

    def __init__(self, learn: Callable[[], Fusion | None]) -> None:
        self._learn = learn
        self._learnt: list[Fusion | None] = []
        self._lock = Lock()

    def __call__(self) -> Fusion | None:
        with self._lock:
            if not self._learnt:
                self._learnt.append(self._learn())
            return self._learnt[0]


def learn_motion(
    shot: FrameSource,
    defect_map: DefectMap,
    scale: SigmaScale,
    kriging: Kriging,
    *,
    workers: int = 1,
) -> Fusion | None:
    """Learn from a few frames of the whole shot, at sound places in the rows of defects.

    Parameters
    ----------
    shot : FrameSource
        As it was before anything was mended.

    Returns
    -------
    Fusion or None
        None where nothing moves, or hardly: neighbours show the same photosites again.

    Notes
    -----
    A frame that cannot be read teaches nothing. Same shot and map, same lessons.
    """
    frames = _frames_to_look_at(shot.frames)
    rows = _rows_of(defect_map.defects, shot.plate)
    if not len(frames) or not rows:
        return None
    around = Surroundings(shot, defect_map, scale)
    lessons: list[Lesson] = []

    def look(number: int) -> list[Lesson]:
        return _lessons_of(around, frames.frames[number], _places(number, rows, shot.plate), kriging.side)

    for found in frames_at_once(look, range(len(frames)), workers=workers):
        lessons += found
    return learn_fusion(lessons, kriging)


def _frames_to_look_at(frames: FrameRange) -> FrameRange:
    beside = {frame: sum(frame + step in frames for step in STEPS) for frame in frames}
    most = max(beside.values(), default=0)
    if most < _LEAST_NEIGHBOURS:
        return FrameRange(())
    return FrameRange(frame for frame, count in beside.items() if count == most).thinned(_FRAMES)


def _rows_of(defects: tuple[Defect, ...], plate: PlateInfo) -> list[int]:
    """Return a few array rows that defects are in, evenly chosen."""
    rows = sorted({each.y - plate.raster.y for each in defects})
    rows = [row for row in rows if 0 <= row < plate.raster.height]
    count = min(_ROWS, len(rows))
    return [rows[(2 * index + 1) * len(rows) // (2 * count)] for index in range(count)]


def _places(number: int, rows: list[int], plate: PlateInfo) -> list[Place]:
    """Return where one of the frames is looked at."""
    count = _LESSONS // _FRAMES
    columns = np.random.default_rng([_SEED, number]).integers(0, plate.raster.width, count)
    return [(rows[index % len(rows)], int(column)) for index, column in enumerate(columns)]


def _lessons_of(around: Surroundings, frame: int, places: list[Place], side: int) -> list[Lesson]:
    try:
        windows = around.current(frame, places)
    except FrameError:
        return []
    found = (
        lesson_at(window, beside, place, side=side)
        for window, beside, place in zip(windows, around.neighbours(frame, places), places, strict=True)
    )
    return [each for each in found if each is not None]
