# SPDX-License-Identifier: Apache-2.0
"""Suspects -> traces: single frames are read again, and only the rows around the suspects."""

from collections.abc import Callable, Mapping

import numpy as np

from pixmend.arrays import mirrored
from pixmend.detect import LEAST_FRAMES, WINDOW_PX, Glance, Query, Trace, glance, trace_of
from pixmend.frames import FrameSource
from pixmend.model import FrameRange
from pixmend.pipeline._frames_at_once import frames_at_once
from pixmend.pipeline._windows import read_windows
from pixmend.progress import Progress
from pixmend.stats import SigmaScale

__all__ = ["look_again"]

_FIRST_ROUNDS = (12, 23)  # frames of the third round; the 23 hold the 12
_MOST_FRAMES = 48  # of a suspect that shows all the time
_MOST_OF_UNSTEADY = 400  # of one that comes and goes


def look_again(
    shot: FrameSource,
    frames: FrameRange,
    queries: Mapping[int, Query],
    scale: SigmaScale,
    *,
    is_decided: Callable[[int, Trace], bool],
    workers: int,
    progress: Progress,
) -> dict[int, Trace] | None:
    """Return what suspects show in single frames, by their indices; None with too few frames to tell.

    Rounds, each of fewer suspects in more frames, until every suspect is decided: a dozen
    frames of all; twice and four times as many of those that these do not decide; and of those
    that come and go every frame, so that it is known when.

    Parameters
    ----------
    is_decided : callable
        Tells by its index and its trace whether more frames would say nothing new of a suspect.

    Raises
    ------
    FrameError
        If a frame cannot be read.
    """
    if len(frames) < LEAST_FRAMES or not queries:
        return None
    seen: dict[int, dict[int, Glance]] = {index: {} for index in queries}
    asked = list(seen)
    third = frames.thinned(_MOST_FRAMES)
    rounds = (*(third.thinned(count) for count in _FIRST_ROUNDS), third, frames.thinned(_MOST_OF_UNSTEADY))
    for wanted in rounds:
        _look(shot, wanted, {index: queries[index] for index in asked}, seen, scale, workers, progress)
        asked = [index for index in asked if not is_decided(index, trace_of(queries[index], seen[index]))]
    return {index: trace_of(query, seen[index]) for index, query in queries.items()}


def _look(
    shot: FrameSource,
    frames: FrameRange,
    queries: Mapping[int, Query],
    seen: dict[int, dict[int, Glance]],
    scale: SigmaScale,
    workers: int,
    progress: Progress,
) -> None:
    """Look at all frames at which the suspects have not been looked at yet."""
    new = [frame for frame in frames if any(frame not in seen[index] for index in queries)]
    raster, reach = shot.plate.raster, np.arange(WINDOW_PX) - WINDOW_PX // 2
    around = [
        (mirrored(query.y + reach, raster.height), mirrored(query.x + reach, raster.width))
        for query in queries.values()
    ]

    def look(frame: int) -> list[Glance]:
        windows = read_windows(shot, frame, around, scale)
        return [glance(window, query) for window, query in zip(windows, queries.values(), strict=True)]

    if not new:
        return
    progress.start("looking again at suspects", len(new))
    for frame, glances in zip(new, frames_at_once(look, new, workers=workers), strict=True):
        for index, each in zip(queries, glances, strict=True):
            seen[index].setdefault(frame, each)
        progress.advance()
