# SPDX-License-Identifier: Apache-2.0
"""The scenes that detection is measured on: those it is tuned on, and those RESULTS are made of, apart.

No photograph, camera path or seed is in both lists.
"""

from dataclasses import dataclass, field, replace

from benchmarks.pictures import load_still
from pixmend.model import FrameRange, Kind
from pixmend.simulate import (
    STANDARD_RECIPE,
    Demosaic,
    Distractor,
    Ingredient,
    Motion,
    PlantedDefect,
    Sensor,
    ShotSpec,
    SimulatedShot,
)

__all__ = ["TEST", "TRAIN", "Scene", "shot_of"]

_LARGE, _MIDDLE, _QUICK = (1080, 1920), (720, 1280), (540, 960)

_RECIPE = (
    Ingredient(label="1 sigma", kind=Kind.HOT, count=8, amplitude_sigma=1.0),
    *STANDARD_RECIPE,
    Ingredient(label="flash", kind=Kind.FLASH, count=6, amplitude_sigma=15.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One simulated shot of the benchmark.

    Attributes
    ----------
    name : str
    still : str
        Name of a photograph; empty for the procedural street.
    motion, exposure, demosaic, sensor, distractors, seed
        As in `ShotSpec`.
    count : int
        Frames.
    size : (int, int)
        Height and width, in px.
    """

    name: str
    still: str
    motion: Motion
    exposure: float = 1.0
    demosaic: Demosaic = Demosaic.MALVAR
    sensor: Sensor = field(default_factory=Sensor)
    distractors: frozenset[Distractor] = frozenset()
    seed: int
    count: int = 48
    size: tuple[int, int] = _MIDDLE

    @property
    def is_dry_and_moving(self) -> bool:
        """True for the scenes that the bars on static defects are about."""
        return not self.distractors and self.motion is not Motion.LOCKED and self.size == _LARGE


_RAIN = frozenset({Distractor.RAIN, Distractor.BURN_IN})
_NIGHT = frozenset({Distractor.LIGHTS, Distractor.BURN_IN})

TEST = (
    Scene(name="pan", still="Canon_EOS_450D", motion=Motion.PAN, seed=4711, size=_LARGE),
    Scene(name="handheld", still="Leica_T_Typ_701", motion=Motion.HANDHELD, seed=4711, size=_LARGE),
    Scene(name="zoom, dim", still="Nikon_D3100", motion=Motion.ZOOM, exposure=0.3, seed=4711, size=_LARGE),
    Scene(
        name="slow pan, night",
        still="Canon_EOS_20D_1",
        motion=Motion.SLOWPAN,
        exposure=0.06,
        seed=4711,
        size=_LARGE,
    ),
    Scene(name="street pan, night", still="", motion=Motion.PAN, exposure=0.06, seed=4711, size=_LARGE),
    Scene(
        name="rain and burn-in",
        still="Canon_PowerShot_G11",
        motion=Motion.HANDHELD,
        exposure=0.6,
        distractors=_RAIN,
        seed=4711,
        size=_LARGE,
    ),
    Scene(
        name="locked night, lights",
        still="Samsung_SM-G935L_Galaxy_S7_Edge",
        motion=Motion.LOCKED,
        exposure=0.06,
        distractors=_NIGHT,
        seed=4711,
        size=_LARGE,
    ),
)

TRAIN = (
    Scene(name="train pan", still="HTC_One", motion=Motion.PAN, seed=31),
    Scene(name="train handheld", still="Canon_EOS_5D", motion=Motion.HANDHELD, seed=32),
    Scene(
        name="train slow pan, night",
        still="Canon_PowerShot_A560",
        motion=Motion.SLOWPAN,
        exposure=0.06,
        seed=33,
    ),
    Scene(name="train rain", still="Pentax_Optio_330", motion=Motion.PAN, distractors=_RAIN, seed=34),
    Scene(
        name="train locked night",
        still="",
        motion=Motion.LOCKED,
        exposure=0.06,
        distractors=_NIGHT,
        seed=35,
    ),
    Scene(name="train locked day", still="Canon_PowerShot_SD600", motion=Motion.LOCKED, seed=36),
)


def shot_of(scene: Scene, *, quick: bool, planted: tuple[PlantedDefect, ...] | None = None) -> SimulatedShot:
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
        recipe=_RECIPE,
        distractors=scene.distractors,
        seed=scene.seed,
    )
    return SimulatedShot(spec, picture=load_still(scene.still) if scene.still else None, planted=planted)
