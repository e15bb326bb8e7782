# SPDX-License-Identifier: Apache-2.0
"""Frames -> statistics, of a shot or of a part of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.detect import LEAST_FRAMES
from pixmend.errors import MissingFrameError, RangeError, UsageError
from pixmend.frames import Encoding, FrameSource
from pixmend.model import FrameRange
from pixmend.pipeline._flash import hit_finder
from pixmend.pipeline._frames_at_once import frames_at_once
from pixmend.pipeline._training import check_light, read_training_rows
from pixmend.progress import Progress, Silent
from pixmend.stats import (
    Hits,
    ShotStatistics,
    SigmaScale,
    frame_is_idle,
    measure_frame,
    train_shot_model,
)

__all__ = ["MOST_FRAMES", "Sampling", "chosen_frames", "measure_shot", "merge_statistics"]

MOST_FRAMES = 48
"""Frames that are pooled when nothing else is said: what one more adds grows small."""

_NO_FRAMES = FrameRange(())
_IDLE_ROWS, _IDLE_BANDS = 16, 8  # of a frame, that tell whether a camera took it


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """Which frames are looked at.

    Attributes
    ----------
    frames : FrameRange or None
        Only these; None means all that exist.
    mixed : FrameRange
        Those of them that show another shot too, a dissolve. They are not looked at, unless
        hardly any others are left; what is found is taken to show in them as well.
    every : int or None
        Each N-th of them, and no other; None pools at most `MOST_FRAMES`, evenly spread,
        and watches all for flashes.
    train : FrameRange or None
        Frames that train the shot model; None takes a few of those looked at. Name them
        where the parts of one shot are measured apart and merged later.
    flashes : bool
        Whether every frame is read, so that what shows in one frame only is found too.
    """

    frames: FrameRange | None = None
    mixed: FrameRange = _NO_FRAMES
    every: int | None = None
    train: FrameRange | None = None
    flashes: bool = True


def measure_shot(
    shot: FrameSource,
    encoding: Encoding,
    *,
    sampling: Sampling,
    part: FrameRange | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> ShotStatistics:
    """Measure a shot, or a part of it: parts that are merged are the whole, to the bit.

    Parameters
    ----------
    sampling : Sampling
        Of the whole shot; each part learns from the same frames.
    part : FrameRange, optional
        Only these of the frames that are looked at, be there any or none. Frames that no camera
        took are left out; so there may be nothing in the parts where `detect` looks at all of them.

    Raises
    ------
    FrameError, RangeError
        As `detect`.
    """
    says = progress or Silent()
    frames = chosen_frames(shot, sampling)
    bands = _lively(read_training_rows(shot, sampling.train or frames, says, workers=workers))
    check_light(bands, shot, encoding)
    model, scale = train_shot_model(
        bands,
        plate=shot.plate,
        codec=encoding,
        encoding=encoding.name,
        # Parts that are merged later must agree on how many frames speak in the end.
        pooled_frames=len(frames if sampling.train is None else shot.frames),
    )
    statistics = ShotStatistics.empty(model, stands_for=sampling.frames or shot.frames)
    watched = frames
    if sampling.every is None and sampling.flashes:
        watched = _unmixed(statistics.stands_for, sampling)
    pooled = frames
    if part is not None:
        pooled, watched = pooled & part, watched & part
    _measure(
        shot,
        pooled,
        watched,
        statistics,
        scale,
        may_be_idle=part is None,
        workers=workers,
        progress=says,
    )
    return statistics


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
    asked = _unmixed(asked, sampling)
    return asked.thinned(MOST_FRAMES) if sampling.every is None else asked.every(sampling.every)


def _unmixed(frames: FrameRange, sampling: Sampling) -> FrameRange:
    """Return the frames that show this shot alone; all where these are too few."""
    alone = frames - sampling.mixed
    return alone if len(alone) >= LEAST_FRAMES else frames


def _lively(bands: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """Return the bands that a camera took; all of them if it took none."""
    return [band for band in bands if not frame_is_idle([band])] or list(bands)


def _measure(  # noqa: PLR0913 (each is one thing that frames are measured by)
    shot: FrameSource,
    frames: FrameRange,
    watched: FrameRange,
    statistics: ShotStatistics,
    scale: SigmaScale,
    *,
    may_be_idle: bool,
    workers: int,
    progress: Progress,
) -> None:
    """Pool `frames` and watch `watched`.

    Frames that no camera took are left out; if all are such, they are taken where `may_be_idle`.
    """
    model = statistics.model
    finder = hit_finder(model, scale)
    pooled, looked = set(frames), frames | watched

    def measure(frame: int, *, idle_too: bool = False) -> Hits | None:
        samples = shot.read(frame)
        if not idle_too and _is_idle(samples):
            return None
        if frame in pooled:
            planes = partial(_planes_at, scale, samples)
            statistics.add(frame, measure_frame(planes, model))
        return finder.find(samples, frame)

    progress.start("looking for defects", len(looked))
    found = {}
    for frame, hits in zip(looked, frames_at_once(measure, looked, workers=workers), strict=True):
        if hits is not None:
            found[frame] = hits
        progress.advance()
    if may_be_idle and not len(statistics.frames):
        everything = frames_at_once(partial(measure, idle_too=True), looked, workers=workers)
        found = {frame: hits for frame, hits in zip(looked, everything, strict=True) if hits is not None}
    statistics.add_hits(FrameRange(found), list(found.values()))


def _is_idle(samples: NDArray[Any]) -> bool:
    """Tell by a few bands of its rows whether a frame is black, a slate, leader or bars."""
    last = max(samples.shape[0] - _IDLE_ROWS, 0)
    tops = sorted({last * index // (_IDLE_BANDS - 1) for index in range(_IDLE_BANDS)})
    return frame_is_idle([samples[top : top + _IDLE_ROWS] for top in tops])


def _planes_at(
    scale: SigmaScale,
    samples: NDArray[Any],
    places: tuple[NDArray[np.intp], NDArray[np.intp]],
    out: NDArray[np.float32],
) -> None:
    scale.forward(samples, rows=places[0], columns=places[1], out=out)


def merge_statistics(parts: Iterable[ShotStatistics]) -> ShotStatistics:
    """Join statistics of one shot that were measured apart; at any time the sum and one part are in memory.

    Raises
    ------
    UsageError
        If there are none, they do not belong together, or a frame is in two of them.
    """
    each_part = iter(parts)
    first = next(each_part, None)
    if first is None:
        raise UsageError("there are no statistics to merge")
    whole = ShotStatistics.empty(first.model, stands_for=first.stands_for)
    for part in chain([first], each_part):
        whole.merge(part)
    return whole
