# SPDX-License-Identifier: Apache-2.0
"""The shots that detection and fill are measured on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.pictures import load_still
from pixmend.model import FrameRange, Kind
from pixmend.simulate import (
    STANDARD_RECIPE,
    Distractor,
    Ingredient,
    Motion,
    ShotSpec,
    SimulatedShot,
    procedural_street,
)

__all__ = ["DETECTION_SHOTS", "FILL_SHOTS", "SEED", "BenchShot", "busiest_part", "fill_shot", "shot_of"]

SEED = (
    4711  # not the seed of the tests, of the study that the methods come from, nor of what they were tuned on
)

_CROP = (384, 512)
_ROOM_PX = 40  # around the crop, for the camera to move in
_MOST_STEP = 4.0  # stops, of the Sobel sum: one glaring edge is not a busy place

_RECIPE = (
    *STANDARD_RECIPE,
    Ingredient(label="flash", kind=Kind.FLASH, count=4, amplitude_sigma=15.0),
)


@dataclass(frozen=True, slots=True)
class BenchShot:
    """One shot: its name, photograph (empty for the street), camera and light."""

    name: str
    still: str
    motion: Motion
    exposure: float
    distractors: frozenset[Distractor] = frozenset()

    @property
    def is_dry_and_moving(self) -> bool:
        """True for the shots that the bars on static defects are about."""
        return not self.distractors and self.motion is not Motion.LOCKED


_RAIN = frozenset({Distractor.RAIN, Distractor.BURN_IN})
_NIGHT = frozenset({Distractor.LIGHTS, Distractor.BURN_IN})

# Other pairs of picture and camera than the limits of `detect` were chosen on.
DETECTION_SHOTS = (
    BenchShot("pan", "Canon_EOS_450D", Motion.PAN, 1.0),
    BenchShot("handheld", "Leica_T_Typ_701", Motion.HANDHELD, 1.0),
    BenchShot("zoom, dim", "Nikon_D3100", Motion.ZOOM, 0.3),
    BenchShot("slow pan, night", "Canon_EOS_20D_1", Motion.SLOWPAN, 0.06),
    BenchShot("street pan, night", "", Motion.PAN, 0.06),
    BenchShot("rain and burn-in", "Canon_PowerShot_G11", Motion.HANDHELD, 0.6, _RAIN),
    BenchShot("locked night, lights", "Samsung_SM-G935L_Galaxy_S7_Edge", Motion.LOCKED, 0.06, _NIGHT),
)

FILL_SHOTS = DETECTION_SHOTS[:5]


def shot_of(bench: BenchShot, *, quick: bool) -> SimulatedShot:
    """Return the detection shot: 1920x1080, 48 frames, 74 defects; in quick form 960x540, 12 frames."""
    width, height, count = (960, 540, 12) if quick else (1920, 1080, 48)
    spec = ShotSpec(
        width=width,
        height=height,
        frames=FrameRange(range(1001, 1001 + count)),
        motion=bench.motion,
        exposure=bench.exposure,
        recipe=_RECIPE,
        distractors=bench.distractors,
        seed=SEED,
    )
    return SimulatedShot(spec, picture=load_still(bench.still) if bench.still else None)


def fill_shot(bench: BenchShot, *, frames: int, motion: Motion | None = None) -> SimulatedShot:
    """Return the fill shot: 512x384 where the picture is busiest, without defects."""
    spec = ShotSpec(
        width=_CROP[1],
        height=_CROP[0],
        frames=FrameRange(range(1001, 1001 + frames)),
        motion=bench.motion if motion is None else motion,
        exposure=bench.exposure,
        recipe=(),
        seed=SEED,
    )
    still = load_still(bench.still) if bench.still else None
    return SimulatedShot(
        spec, picture=busiest_part(procedural_street(1080, 1920) if still is None else still)
    )


def busiest_part(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the crop with the most edges and texture, large enough for the camera to move in.

    A hole in a flat field tells little: there the mean of the ring beats the truth,
    noise and all.
    """
    stops = np.log2(np.maximum(picture.mean(axis=-1), 1e-3))
    steps = np.hypot(ndimage.sobel(stops, axis=0), ndimage.sobel(stops, axis=1))
    busy = ndimage.uniform_filter(np.minimum(steps, _MOST_STEP), _CROP)
    height, width = (side + 2 * _ROOM_PX for side in _CROP)
    inside = busy[height // 2 : -(height // 2) or None, width // 2 : -(width // 2) or None]
    top, left = np.unravel_index(inside.argmax(), inside.shape)
    return picture[top : top + height, left : left + width]
