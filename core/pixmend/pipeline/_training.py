# SPDX-License-Identifier: Apache-2.0
"""The rows of a shot that its noise and structure are learned from."""

from pixmend.errors import FrameError
from pixmend.fill import Band
from pixmend.frames import FrameSource
from pixmend.model import FrameRange
from pixmend.pipeline._frames_at_once import frames_at_once
from pixmend.progress import Progress

__all__ = ["read_training_rows"]

_FRAMES = 8
_BANDS = 8
_BAND_ROWS = 64  # whole chunks of every EXR compression that packs up to 32 lines


def read_training_rows(
    shot: FrameSource,
    frames: FrameRange,
    progress: Progress,
    *,
    skip_bad_frames: bool = False,
    workers: int = 1,
) -> list[Band]:
    """Read bands of rows, evenly spread over a few of `frames`; small frames whole.

    A large frame holds far more than there is to learn: reading a quarter of it keeps the
    start of a run short and its memory small. With `skip_bad_frames` frames that cannot
    be read teach nothing; FrameError where none is left, or without it at the first.
    """
    chosen = frames.thinned(_FRAMES)
    wanted = _bands(shot)
    progress.start("learning the shot", len(chosen))

    def read(frame: int) -> list[Band] | FrameError:
        try:
            samples = shot.read_bands(frame, wanted)
        except FrameError as exc:
            if not skip_bad_frames:
                raise
            return exc
        return [Band(first, band) for (first, _), band in zip(wanted, samples, strict=True)]

    bands: list[Band] = []
    failure = None
    for found in frames_at_once(read, chosen, workers=workers):
        if isinstance(found, FrameError):
            failure = found
        else:
            bands += found
        progress.advance()
    if failure is not None and not bands:
        raise failure
    return bands


def _bands(shot: FrameSource) -> list[tuple[int, int]]:
    height = shot.plate.raster.height
    if height <= _BANDS * _BAND_ROWS:
        return [(0, height)]
    last = (height - _BAND_ROWS) // _BAND_ROWS
    tops = [last * index // (_BANDS - 1) * _BAND_ROWS for index in range(_BANDS)]
    return [(top, top + _BAND_ROWS) for top in tops]
