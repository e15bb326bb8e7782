# SPDX-License-Identifier: Apache-2.0
"""A crew's pixel-check clip -> the map of a camera."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

import pixmend
from pixmend.detect import (
    FieldPool,
    FieldSegment,
    FrameLook,
    find_field_defects,
    find_segments,
    look_at_frame,
)
from pixmend.errors import UsageError
from pixmend.frames import Encoding, FrameSource
from pixmend.model import DefectMap, FrameRange, Source
from pixmend.pipeline._frames_at_once import frames_at_once
from pixmend.pipeline._measuring import Sampling, chosen_frames
from pixmend.pipeline._training import read_training_rows, training_rows
from pixmend.progress import Progress, Silent
from pixmend.stats import FlatBlocks, NoiseModel, SigmaScale, flat_blocks, train_scale

__all__ = ["PixelCheck", "PixelCheckSettings", "check_pixels"]

_MOST_FRAMES = 96  # of each field: what one more adds grows small
_HINT = "show the lens cap, then a lit white card that fills the picture, a second each"


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelCheckSettings:
    """What a user may choose.

    Attributes
    ----------
    camera : str
        Name of the camera, for the map.
    frames : FrameRange or None
        Only these frames of the clip.
    threshold_sigma : float
        How sure a defect must be.
    """

    camera: str = ""
    frames: FrameRange | None = None
    threshold_sigma: float = 6.0


@dataclass(frozen=True, slots=True, eq=False)
class PixelCheck:
    """What a clip was taken for, and what it shows."""

    defect_map: DefectMap
    dark: FrameRange
    lit: FrameRange


def check_pixels(
    clip: FrameSource,
    encoding: Encoding,
    *,
    settings: PixelCheckSettings | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> PixelCheck:
    """Find the defects of a camera in a clip of a lens cap, a lit card and a black card, in any order.

    Two passes: bands of each frame tell which frames show an even field; those are
    pooled, at most 96 of the dark and of the lit. The map is the same to the bit for
    any number of workers.

    Raises
    ------
    MissingFrameError, BadFrameError, UnsupportedError
        If a frame cannot be read.
    UsageError
        If no part of the clip is an even field.
    """
    says, settings = progress or Silent(), settings or PixelCheckSettings()
    frames = chosen_frames(clip, Sampling(frames=settings.frames, every=1))
    segments = _segments(clip, encoding, frames, workers=workers, progress=says)
    dark, lit = (_frames_of(segments, is_dark=each) for each in (True, False))
    if not segments:
        raise UsageError("no part of this clip is an even field", where=clip.label, hint=_HINT)
    _tell(dark, lit, says)
    noise, scale = _learn(clip, encoding, FrameRange([*dark, *lit]), says, workers=workers)
    pools = [
        _pool(clip, each, scale, noise, stage=stage, workers=workers, progress=says)
        for each, stage in ((dark, "looking at the dark"), (lit, "looking at the light"))
    ]
    defects = find_field_defects(
        *pools,
        raster=clip.plate.raster,
        channels=clip.plate.colour,
        threshold_sigma=settings.threshold_sigma,
    )
    facts = {
        "encoding": encoding.name,
        "threshold_sigma": settings.threshold_sigma,
        "pixel_check": {"dark": str(dark), "lit": str(lit)},
    }
    defect_map = DefectMap(
        raster=clip.plate.raster,
        source=Source(sequence=clip.label, frames=frames, camera=settings.camera, channels=clip.plate.colour),
        made_by={"pixmend": pixmend.__version__, "settings": facts},
        defects=defects,
    )
    return PixelCheck(defect_map, dark, lit)


def _segments(
    clip: FrameSource, encoding: Encoding, frames: FrameRange, *, workers: int, progress: Progress
) -> tuple[FieldSegment, ...]:
    """Look at bands of every frame."""
    wanted = training_rows(clip.plate)
    noise, _ = _learn(clip, encoding, frames, progress, workers=workers)

    def look(frame: int) -> FrameLook:
        return look_at_frame(
            [_blocks(clip, encoding, band) for band in clip.read_bands(frame, wanted)], noise
        )

    progress.start("finding the cards", len(frames))
    looks = {}
    for frame, found in zip(frames, frames_at_once(look, frames, workers=workers), strict=True):
        looks[frame] = found
        progress.advance()
    return find_segments(looks)


def _blocks(clip: FrameSource, encoding: Encoding, band: NDArray[Any]) -> FlatBlocks:
    return flat_blocks(band, sample=clip.plate.sample_type(clip.plate.colour[0]), codec=encoding)


def _learn(
    clip: FrameSource, encoding: Encoding, frames: FrameRange, progress: Progress, *, workers: int
) -> tuple[NoiseModel, SigmaScale]:
    bands = read_training_rows(clip, frames, progress, workers=workers)
    return train_scale(bands, sample=clip.plate.sample_type(clip.plate.colour[0]), codec=encoding)


def _frames_of(segments: tuple[FieldSegment, ...], *, is_dark: bool) -> FrameRange:
    return FrameRange(frame for each in segments if each.is_dark == is_dark for frame in each.frames)


def _tell(dark: FrameRange, lit: FrameRange, progress: Progress) -> None:
    named = [f"{name} {frames}" for name, frames in (("dark", dark), ("lit", lit)) if len(frames)]
    progress.note(f"frames of an even field: {', '.join(named)}")
    if not len(lit):
        progress.note("no lit card is in the clip: dead pixels are not seen")
    if not len(dark):
        progress.note("no lens cap or black card is in the clip: faint hot pixels are not seen")


def _pool(
    clip: FrameSource,
    frames: FrameRange,
    scale: SigmaScale,
    noise: NoiseModel,
    *,
    stage: str,
    workers: int,
    progress: Progress,
) -> FieldPool | None:
    """Pool frames of one field; None where there are none."""
    if not len(frames):
        return None
    chosen = frames.thinned(_MOST_FRAMES)
    raster = clip.plate.raster
    pool = FieldPool(
        read_training_rows(clip, chosen, progress, workers=workers),
        scale=scale,
        noise=noise,
        shape=(len(clip.plate.colour), raster.height, raster.width),
        frames=len(chosen),
    )
    progress.start(stage, len(chosen))
    for measured in frames_at_once(lambda frame: pool.measure(clip.read(frame)), chosen, workers=workers):
        pool.add(measured)
        progress.advance()
    return pool
