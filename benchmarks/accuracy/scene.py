# SPDX-License-Identifier: Apache-2.0
"""One simulated shot of the detection benchmark."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.recipes import scene_recipe
from benchmarks.pictures import load_picture
from pixmend.model import FrameRange, Kind
from pixmend.simulate import (
    Demosaic,
    Distractor,
    Finish,
    Motion,
    PlantedDefect,
    Sensor,
    ShotSpec,
    SimulatedShot,
    to_acescct,
)

__all__ = ["LARGE", "Group", "Scene", "Storage", "shot_of", "stored_frame"]

LARGE, _MIDDLE, _QUICK = (1080, 1920), (720, 1280), (540, 960)


class Group(StrEnum):
    """What a scene is measured for."""

    DRY = "dry and moving"
    WEATHER = "rain, snow, glints, lettering"
    LOCKED = "locked off"
    PLATE = "other plates"


class Storage(StrEnum):
    """How frames are stored: linear half as in EXR, or 10-bit ACEScct codes as in DPX."""

    HALF = "half"
    LOG10 = "log10"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One simulated shot of the benchmark.

    Attributes
    ----------
    name : str
    picture : str
        Name of a photograph; empty for the procedural street.
    group : Group
    motion, exposure, demosaic, sensor, distractors, finish, seed
        As in `ShotSpec`. Scenes of one seed and size have the same defects, as shots of one camera do.
    count : int
        Frames.
    flashes : int
        Planted of each amplitude.
    size : (int, int)
        Height and width of the sensor, in px.
    storage : Storage
    """

    name: str
    picture: str
    group: Group
    motion: Motion
    exposure: float = 1.0
    demosaic: Demosaic = Demosaic.MALVAR
    sensor: Sensor = field(default_factory=Sensor)
    distractors: frozenset[Distractor] = frozenset()
    finish: Finish = field(default_factory=Finish)
    seed: int
    count: int = 48
    flashes: int = 3
    size: tuple[int, int] = _MIDDLE
    storage: Storage = Storage.HALF


def shot_of(
    scene: Scene, *, quick: bool = False, planted: tuple[PlantedDefect, ...] | None = None
) -> SimulatedShot:
    """Return the shot of a scene; in quick form 960x540 and 12 frames."""
    if quick:
        scene = replace(scene, size=_QUICK, count=12)
    spec = ShotSpec(
        width=scene.size[1],
        height=scene.size[0],
        frames=FrameRange(range(1001, 1001 + scene.count)),
        motion=scene.motion,
        exposure=scene.exposure,
        demosaic=scene.demosaic,
        sensor=scene.sensor,
        recipe=scene_recipe(lines=Kind.COLUMN if scene.seed % 2 else Kind.ROW, flashes=scene.flashes),
        distractors=scene.distractors,
        finish=scene.finish,
        seed=scene.seed,
    )
    return SimulatedShot(spec, picture=load_picture(scene.picture), planted=planted)


def stored_frame(linear: NDArray[np.float32], storage: Storage) -> NDArray[Any]:
    """Return a rendered frame as a plate holds it: half, or 10-bit codes."""
    if storage is Storage.HALF:
        return linear.astype(np.float16)
    return np.asarray(np.rint(to_acescct(linear) * np.float32(1023)), dtype=np.uint16)
