# SPDX-License-Identifier: Apache-2.0
"""Frames -> statistics -> defect map."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pixmend
from pixmend.detect import DetectSettings, find_defects, shot_is_still
from pixmend.errors import MissingFrameError, RangeError, UsageError
from pixmend.frames import Encoding, FrameSource
from pixmend.model import DefectMap, FrameRange, Source
from pixmend.pipeline._frames_at_once import frames_at_once
from pixmend.pipeline._training import read_training_rows
from pixmend.progress import Progress, Silent
from pixmend.stats import ShotStatistics, SigmaScale, measure_frame, train_shot_model

__all__ = [
    "MOST_FRAMES",
    "Detection",
    "Sampling",
    "chosen_frames",
    "detect",
    "map_from_statistics",
    "merge_statistics",
]

MOST_FRAMES = 48
"""Frames that are looked at when nothing else is said: what one more adds grows small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """Which frames are looked at.

    Attributes
    ----------
    frames : FrameRange or None
        Only these; None means all that exist.
    every : int or None
        Each N-th of them; None spreads at most `MOST_FRAMES` evenly.
    train : FrameRange or None
        Frames that train the shot model; None takes a few of those looked at. Name them
        where the parts of one shot are measured apart and merged later.
    """

    frames: FrameRange | None = None
    every: int | None = None
    train: FrameRange | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """What `detect` found, and the statistics that it rests on."""

    defect_map: DefectMap
    statistics: ShotStatistics


def detect(
    shot: FrameSource,
    encoding: Encoding,
    *,
    settings: DetectSettings | None = None,
    sampling: Sampling | None = None,
    prior: DefectMap | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Detection:
    """Find the static defects of a shot.

    Two passes: a few frames train the shot model, then each frame looked at is measured
    once. The map is the same to the bit for any number of workers.

    Raises
    ------
    MissingFrameError, BadFrameError, UnsupportedError
        If a frame cannot be read.
    RangeError
        If no frame is left to look at.
    """
    says = progress or Silent()
    sampling = sampling or Sampling()
    frames = chosen_frames(shot, sampling)
    model, scale = train_shot_model(
        read_training_rows(shot, sampling.train or frames, says, workers=workers),
        plate=shot.plate,
        codec=encoding,
        encoding=encoding.name,
        # Parts that are merged later must agree on how many frames speak in the end.
        pooled_frames=len(frames if sampling.train is None else shot.frames),
    )
    statistics = ShotStatistics.empty(model, stands_for=sampling.frames or shot.frames)
    _measure(shot, frames, statistics, scale, workers=workers, progress=says)
    defect_map = map_from_statistics(
        statistics, settings or DetectSettings(), prior=prior, label=shot.label, progress=says
    )
    return Detection(defect_map, statistics)


def map_from_statistics(
    statistics: ShotStatistics,
    settings: DetectSettings,
    *,
    prior: DefectMap | None = None,
    label: str = "",
    progress: Progress | None = None,
) -> DefectMap:
    """Decide what the statistics of a shot show; no frame is read."""
    says = progress or Silent()
    if shot_is_still(statistics):
        says.note("nothing moves in these frames: only what looks like one photosite is taken for a defect")
    model = statistics.model
    return DefectMap(
        raster=model.raster,
        source=Source(
            sequence=label,
            frames=statistics.stands_for,
            camera="" if prior is None else prior.source.camera,
            channels=model.channels,
        ),
        made_by={
            "pixmend": pixmend.__version__,
            "settings": {"encoding": model.encoding, **asdict(settings)},
        },
        defects=find_defects(statistics, settings, known=() if prior is None else prior.defects),
    )


def chosen_frames(shot: FrameSource, sampling: Sampling) -> FrameRange:
    """Return the frames to look at; MissingFrameError or RangeError if there are none."""
    asked = shot.frames if sampling.frames is None else sampling.frames
    missing = asked - shot.frames
    if len(missing):
        raise MissingFrameError(
            f"frames {missing} are missing", where=shot.label, hint=f"there are frames {shot.frames}"
        )
    if not len(asked):
        raise RangeError("no frame is left to look at", where=shot.label)
    return asked.thinned(MOST_FRAMES) if sampling.every is None else asked.every(sampling.every)


def _measure(
    shot: FrameSource,
    frames: FrameRange,
    statistics: ShotStatistics,
    scale: SigmaScale,
    *,
    workers: int,
    progress: Progress,
) -> None:
    def measure(frame: int) -> None:
        samples = shot.read(frame)
        planes = partial(_planes_at, scale, samples)
        statistics.add(frame, measure_frame(planes, statistics.model))

    progress.start("looking for defects", len(frames))
    for _ in frames_at_once(measure, frames, workers=workers):
        progress.advance()


def _planes_at(
    scale: SigmaScale, samples: NDArray[Any], rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> NDArray[np.float32]:
    return scale.forward(samples, rows=rows, columns=columns)


def merge_statistics(parts: Sequence[ShotStatistics]) -> ShotStatistics:
    """Join statistics of one shot that were measured apart.

    Raises
    ------
    UsageError
        If there are none, they do not belong together, or a frame is in two of them.
    """
    if not parts:
        raise UsageError("there are no statistics to merge")
    whole = ShotStatistics.empty(parts[0].model, stands_for=parts[0].stands_for)
    for part in parts:
        whole.merge(part)
    return whole
