# SPDX-License-Identifier: Apache-2.0
"""Hits -> flashes: the second look, at windows of the frames beside."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pixmend.arrays import middle_covariance
from pixmend.detect import (
    FLASH_MATCH_PX,
    FLASH_WINDOW_PX,
    FlashCandidate,
    flash_candidates,
    flash_footprints,
    judge_flash,
    resized_footprints,
)
from pixmend.errors import FrameError
from pixmend.footprints import Footprint
from pixmend.frames import FrameSource
from pixmend.model import Defect
from pixmend.pipeline._frames_at_once import frames_at_once
from pixmend.pipeline._windows import read_windows
from pixmend.stats import HitFinder, Hits, ShotModel, SigmaScale

__all__ = ["find_flashes", "hit_finder"]

_BESIDE = 2  # frames that tell what the scene is


def hit_finder(model: ShotModel, scale: SigmaScale) -> HitFinder:
    """Return what finds the hits of the frames of a shot."""
    footprints = np.stack([each.shape for each in flash_footprints(len(model.channels))])
    return HitFinder(scale, model.sample, footprints, model.covariance)


def find_flashes(  # noqa: PLR0913 (each is one thing that is known of the shot)
    shot: FrameSource,
    hits: Hits,
    scale: SigmaScale,
    *,
    covariance: NDArray[np.float64],
    known_places: Sequence[tuple[int, int]] = (),
    learned: Sequence[Footprint] = (),
    excluded: NDArray[np.bool_] | None = None,
    workers: int = 1,
) -> tuple[Defect, ...]:
    """Return the defects that show in one frame only, by frame, then in reading order.

    Parameters
    ----------
    hits : Hits
        Of the frames that were looked at.
    scale : SigmaScale
        What the hits were found on.
    covariance : (D, D) float64 ndarray
        Of the shot's patches.
    known_places : sequence of (int, int)
        Array positions (y, x) where a defect of another kind is.
    learned : sequence of Footprint
        What the shot's lasting defects look like, if that is known.
    excluded : (H, W) bool ndarray, optional
        Where none is looked for.

    Raises
    ------
    FrameError
        If a frame with a candidate cannot be read. One beside that cannot tells nothing.
    """
    raster, channels = shot.plate.raster, shot.plate.colour
    resized = resized_footprints(learned)
    candidates = flash_candidates(hits, known_places, (raster.height, raster.width), is_resized=bool(resized))
    if excluded is not None:
        candidates = [each for each in candidates if not excluded[each.y, each.x]]
    windows = _read_windows(shot, candidates, scale, workers=workers)
    judge = partial(
        judge_flash,
        curve=scale.curve,
        footprints=flash_footprints(len(channels), learned),
        resized=resized,
        covariance=middle_covariance(covariance, channels=len(channels), side=FLASH_MATCH_PX),
        raster=raster,
        channels=channels,
    )
    found = (judge(each, around) for each, around in zip(candidates, windows, strict=True) if len(around) > 1)
    return tuple(sorted((each for each in found if each is not None), key=_order))


def _order(defect: Defect) -> tuple[int, int, int]:
    first = defect.frames.frames[0] if defect.frames is not None else 0
    return first, defect.y, defect.x


def _read_windows(
    shot: FrameSource, candidates: Sequence[FlashCandidate], scale: SigmaScale, *, workers: int
) -> list[NDArray[np.float32]]:
    """Return the windows (N, C, 41, 41) of each candidate: its own frame, then those beside that can be read."""
    wanted: dict[int, list[int]] = defaultdict(list)
    beside = [_frames_beside(each.frame, shot.frames.frames) for each in candidates]
    for number, each in enumerate(candidates):
        for frame in (each.frame, *beside[number]):
            wanted[frame].append(number)

    def read(frame: int) -> dict[int, NDArray[np.float32]]:
        numbers = wanted[frame]
        try:
            return dict(zip(numbers, _cut(shot, frame, [candidates[n] for n in numbers], scale), strict=True))
        except FrameError:
            if any(candidates[n].frame == frame for n in numbers):
                raise
            return {}

    frames = sorted(wanted)
    found = dict(zip(frames, frames_at_once(read, frames, workers=workers), strict=True))
    return [
        np.stack([found[frame][number] for frame in (each.frame, *beside[number]) if number in found[frame]])
        for number, each in enumerate(candidates)
    ]


def _frames_beside(frame: int, frames: Sequence[int]) -> list[int]:
    """Return the nearest other of ascending frames: one before and one after, or at the ends of the shot two of one side."""
    near = frames[bisect_left(frames, frame - _BESIDE) : bisect_right(frames, frame + _BESIDE)]
    others = (each for each in near if each != frame)
    return sorted(others, key=lambda each: (abs(each - frame), each))[:_BESIDE]


def _cut(
    shot: FrameSource, frame: int, candidates: Sequence[FlashCandidate], scale: SigmaScale
) -> list[NDArray[np.float32]]:
    """Return the window (C, 41, 41) of each candidate in one frame."""
    raster, reach = shot.plate.raster, np.arange(-FLASH_WINDOW_PX, FLASH_WINDOW_PX + 1)
    around = [
        (_inside(each.y + reach, raster.height), _inside(each.x + reach, raster.width)) for each in candidates
    ]
    return read_windows(shot, frame, around, scale)


def _inside(index: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    """Return indices inside an axis: what lies beyond its ends is taken from beyond the window.

    So no candidate is seen twice in its window, as it would be in a mirror.
    """
    index = np.where(index < 0, FLASH_WINDOW_PX - index, index)
    beyond = index - (size - 1)
    index = np.where(beyond > 0, size - 1 - FLASH_WINDOW_PX - beyond, index)
    return np.clip(index, 0, size - 1)
