# SPDX-License-Identifier: Apache-2.0
"""Small simulated shots in memory and on disk, each rendered once in a test run."""

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pixmend.detect import DetectSettings, decide, find_suspects
from pixmend.frames import Encoding, MemoryShot
from pixmend.model import Channel, Defect, FrameRange, Kind, PlateInfo, Raster, SampleType
from pixmend.pipeline import Detection, detect
from pixmend.simulate import (
    Demosaic,
    Distractor,
    Ingredient,
    Motion,
    PlantedDefect,
    ShotSpec,
    SimulatedShot,
    plant_defects,
)
from pixmend.stats import PlanesAt, ShotStatistics

LINEAR = Encoding("linear", "the tests' own")
FRAMES = FrameRange.parse("1001-1016")
WIDTH, HEIGHT = 256, 192

STRONG_RECIPE = (
    Ingredient(label="hot", kind=Kind.HOT, count=5, amplitude_sigma=12.0),
    Ingredient(label="bright", kind=Kind.HOT, count=3, amplitude_sigma=40.0),
    Ingredient(label="stuck", kind=Kind.STUCK, count=3, saturated=True),
    Ingredient(label="dead", kind=Kind.DEAD, count=3, gain=0.0),
)
"""Defects that nobody may miss."""


def rgb_plate(raster: Raster, sample: SampleType = SampleType.HALF) -> PlateInfo:
    """Return a plate of R, G and B."""
    channels = tuple(Channel(name, sample) for name in "RGB")
    return PlateInfo(raster, (raster.width, raster.height), channels, ("R", "G", "B"), "exr")


def mono_plate(raster: Raster, sample: SampleType = SampleType.HALF) -> PlateInfo:
    """Return a plate of luminance alone."""
    return PlateInfo(raster, (raster.width, raster.height), (Channel("Y", sample),), ("Y",), "exr")


def planes_of(picture: NDArray[np.float32]) -> PlanesAt:
    """Return a picture (C, H, W), given on the sigma scale, as `measure_frame` asks for it."""

    def put(places: tuple[NDArray[np.intp], NDArray[np.intp]], out: NDArray[np.float32]) -> None:
        out[:] = picture[:, places[0]][:, :, places[1]]

    return put


def defects_of_pools(
    statistics: ShotStatistics, settings: DetectSettings | None = None, *, known: Sequence[Defect] = ()
) -> tuple[Defect, ...]:
    """Return what the pools of a shot tell without a second look at its frames."""
    settings = settings or DetectSettings()
    return decide(find_suspects(statistics, settings, known=known), settings).defects


def small_spec(**changes: object) -> ShotSpec:
    """Return the usual small shot: 256x192, 16 frames, panning, no defects, with changes."""
    usual: dict[str, object] = {
        "width": WIDTH,
        "height": HEIGHT,
        "frames": FRAMES,
        "motion": Motion.PAN,
        "exposure": 0.3,
        "recipe": (),
    }
    return ShotSpec(**(usual | changes))  # type: ignore[arg-type]


@cache
def small_shot(
    planted: tuple[PlantedDefect, ...] | None = None,
    *,
    motion: Motion = Motion.PAN,
    demosaic: Demosaic = Demosaic.MALVAR,
    distractors: frozenset[Distractor] = frozenset(),
    frames: str = str(FRAMES),
    exposure: float = 0.3,
    seed: int = 7,
) -> SimulatedShot:
    """Return a small shot with these defects, or with `STRONG_RECIPE`."""
    spec = small_spec(
        motion=motion,
        demosaic=demosaic,
        distractors=distractors,
        frames=FrameRange.parse(frames),
        exposure=exposure,
        seed=seed,
    )
    if planted is None:
        planted = plant_defects(STRONG_RECIPE, (HEIGHT, WIDTH), spec.frames, seed=seed)
    return SimulatedShot(spec, planted=planted)


@cache
def stored_frames(shot: SimulatedShot, *, clean: bool = False) -> Mapping[int, NDArray[np.float16]]:
    """Return all frames of a shot as half floats; do not write to them."""
    render = shot.render_clean if clean else shot.render
    return {frame: render(frame).astype(np.float16) for frame in shot.frames}


def memory_shot(frames: Mapping[int, NDArray[np.floating]], *, x: int = 0, y: int = 0) -> MemoryShot:
    """Return half-float frames (H, W, 3) or (H, W, 1) as a shot whose data window begins at (x, y)."""
    height, width, channels = next(iter(frames.values())).shape
    raster = Raster(x, y, width, height)
    plate = mono_plate(raster) if channels == 1 else rgb_plate(raster)
    return MemoryShot(plate, frames)


@cache
def detection_of(shot: SimulatedShot, *, clean: bool = False) -> Detection:
    """Return what the defaults find in a shot, or in its clean twin."""
    return detect(memory_shot(stored_frames(shot, clean=clean)), LINEAR)


def found_near(detection: Detection, x: int, y: int, *, reach_px: int = 1) -> list[object]:
    """Return the defects that were found within `reach_px` of (x, y)."""
    return [
        each
        for each in detection.defect_map.defects
        if abs(each.x - x) <= reach_px and abs(each.y - y) <= reach_px
    ]
