# SPDX-License-Identifier: Apache-2.0
"""How the columns and rows of a shot are recovered: learnt around them, once."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import FrameError
from pixmend.fill import (
    Band,
    Learnt,
    Line,
    LineGlimpse,
    LinePlan,
    LineStudy,
    StoredLight,
    doubtful_samples,
    line_of,
    plan_line,
    rows_of_windows,
    spoiled_samples,
)
from pixmend.frames import FrameSource
from pixmend.model import DefectMap, FrameRange
from pixmend.pipeline._frames_at_once import frames_at_once
from pixmend.progress import Progress

__all__ = ["learn_lines"]

_FRAMES = 24
_FEWEST_FRAMES = 8
_MOST_WINDOWS = 24_000  # of all frames together; some seconds


def learn_lines(
    shot: FrameSource,
    defect_map: DefectMap,
    learnt: Learnt,
    stored: StoredLight,
    progress: Progress,
    *,
    workers: int = 1,
) -> Mapping[str, LinePlan]:
    """Learn from a few frames of the whole shot how its lines lie, by the ids of the defects.

    Parameters
    ----------
    shot : FrameSource
        As it was before anything was mended.
    defect_map : DefectMap
        Its columns and rows are planned for, whatever their status.
    learnt : Learnt
        Scale and kriging.

    Notes
    -----
    A frame that cannot be read teaches nothing. Same shot and map, same plans. Of each frame
    only sums are kept.
    """
    plans: dict[str, LinePlan] = {}
    lines = {each.id: line for each in defect_map.defects if (line := line_of(each, shot.plate)) is not None}
    if not lines:
        return plans
    amplitudes = {each.id: each.amplitude_sigma for each in defect_map.defects}
    progress.start("learning how lines lie", len(lines))
    for name, line in lines.items():
        glimpses = _glimpses(name, line, shot, defect_map, learnt, stored, workers=workers)
        plan = plan_line(line, glimpses, amplitude_sigma=amplitudes[name])
        if plan is not None:
            plans[name] = plan
        progress.advance()
    return plans


def _glimpses(
    name: str,
    line: Line,
    shot: FrameSource,
    defect_map: DefectMap,
    learnt: Learnt,
    stored: StoredLight,
    *,
    workers: int,
) -> list[LineGlimpse]:
    plate, kriging = shot.plate, learnt.kriging
    shape = (len(plate.colour), plate.raster.height, plate.raster.width)
    study = LineStudy(line, _unsound(name, defect_map, shot), shape, radius_px=kriging.radius_px)
    rows = rows_of_windows(study.tops, side=kriging.side, height=shape[1])
    (defect,) = (each for each in defect_map.defects if each.id == name)
    frames = FrameRange(frame for frame in shot.frames if defect.shows_in(frame))
    count = max(min(_FRAMES, _MOST_WINDOWS // len(study.tops)), _FEWEST_FRAMES)

    def look(frame: int) -> LineGlimpse | None:
        try:
            samples = shot.read_bands(frame, rows)
        except FrameError:
            return None
        bands = [Band(first, band) for (first, _), band in zip(rows, samples, strict=True)]
        return study.look(bands, kriging=kriging, scale=learnt.scale, stored=stored)

    found = frames_at_once(look, frames.thinned(count), workers=workers)
    return [each for each in found if each is not None]


def _unsound(name: str, defect_map: DefectMap, shot: FrameSource) -> NDArray[np.intp]:
    others = [each for each in defect_map.defects if each.id != name]
    return np.concatenate([spoiled_samples(others, shot.plate), doubtful_samples(others, shot.plate)])
