# SPDX-License-Identifier: Apache-2.0
"""The rows of a shot that its noise and structure are learned from."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import FrameError, UnsupportedError
from pixmend.frames import Encoding, FrameSource
from pixmend.model import FrameRange, PlateInfo, SampleType
from pixmend.pipeline._frames_at_once import frames_at_once
from pixmend.progress import Progress

__all__ = ["check_light", "learn_from_rows", "read_training_rows", "training_frames", "training_rows"]

T = TypeVar("T")

_FRAMES = 8
_LEAST_LIGHT, _MOST_LIGHT = 3e-6, 3e5  # white is 1; beyond, the numbers of noise and levels end
_EVERY_PX = 8
_NEARLY_ALL = 0.99
_BANDS = 8
_BAND_ROWS = 64  # whole chunks of every EXR compression that packs up to 32 lines


def training_frames(frames: FrameRange) -> FrameRange:
    """Return the few of `frames` that are looked at."""
    return frames.thinned(_FRAMES)


def training_rows(plate: PlateInfo) -> list[tuple[int, int]]:
    """Return the array rows [first, stop) of each of them: bands, evenly spread; small frames whole.

    A large frame holds far more than there is to learn: reading a quarter of it keeps the
    start of a run short and its memory small.
    """
    height = plate.raster.height
    if height <= _BANDS * _BAND_ROWS:
        return [(0, height)]
    last = (height - _BAND_ROWS) // _BAND_ROWS
    tops = [last * index // (_BANDS - 1) * _BAND_ROWS for index in range(_BANDS)]
    return [(top, top + _BAND_ROWS) for top in tops]


def read_training_rows(
    shot: FrameSource, frames: FrameRange, progress: Progress, *, workers: int = 1
) -> list[NDArray[Any]]:
    """Return the bands of the frames to learn from, (rows, W, C) each, frame by frame."""
    found = learn_from_rows(
        shot, frames, progress, lambda _number, bands: bands, skip_bad_frames=False, workers=workers
    )
    return [band for bands in found for band in bands]


def check_light(bands: Sequence[NDArray[Any]], shot: FrameSource, encoding: Encoding) -> None:
    """Check that bands (rows, W, C), as stored, hold light whose noise can be told: floats may hold anything.

    Raises
    ------
    UnsupportedError
        If all are NaN or Inf, or the brightest far from what white can be. Black is right.
    """
    sample = shot.plate.sample_type(shot.plate.colour[0])
    light = [encoding.to_linear(band[::_EVERY_PX, ::_EVERY_PX], sample).ravel() for band in bands]
    finite = np.abs(np.concatenate([each[np.isfinite(each)] for each in light]))
    if not len(finite):
        raise UnsupportedError("no sample is a number: all are NaN or Inf", where=shot.label)
    if sample is not SampleType.FLOAT:  # no other goes as far; and black with a trace of noise is black
        return
    most = float(np.quantile(finite, _NEARLY_ALL))  # a few samples may be anything
    if most and not _LEAST_LIGHT <= most <= _MOST_LIGHT:
        raise UnsupportedError(
            f"the samples reach {most:.1g}, which is no light of a picture",
            where=shot.label,
            hint="scale them so that white is about 1",
        )


def learn_from_rows(
    shot: FrameSource,
    frames: FrameRange,
    progress: Progress,
    learn: Callable[[int, list[NDArray[Any]]], T],
    *,
    skip_bad_frames: bool,
    workers: int,
) -> list[T]:
    """Return what `learn` makes of the bands of each frame, in order; nothing else of them is kept.

    Parameters
    ----------
    learn : callable
        Of the number of the frame among those to learn from, and its bands; called in
        several threads.
    skip_bad_frames : bool
        Whether frames that cannot be read teach nothing.

    Raises
    ------
    FrameError
        At the first frame that cannot be read, or with `skip_bad_frames` if none can.
    """
    chosen = training_frames(frames)
    wanted = training_rows(shot.plate)
    progress.start("learning the shot", len(chosen))

    def read(number: int) -> T | FrameError:
        try:
            bands = shot.read_bands(chosen.frames[number], wanted)
        except FrameError as exc:
            if not skip_bad_frames:
                raise
            return exc
        return learn(number, bands)

    learnt: list[T] = []
    failure = None
    for found in frames_at_once(read, range(len(chosen)), workers=workers):
        if isinstance(found, FrameError):
            failure = found
        else:
            learnt.append(found)
        progress.advance()
    if failure is not None and not learnt:
        raise failure
    return learnt
