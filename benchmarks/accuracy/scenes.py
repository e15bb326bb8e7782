# SPDX-License-Identifier: Apache-2.0
"""The scenes that detection is measured on: those it is tuned on, and those RESULTS are made of, apart.

No photograph, camera path or seed is in both lists; the procedural street of either is another street.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from benchmarks.accuracy.recipes import scene_recipe
from benchmarks.pictures import load_picture
from pixmend.model import FrameRange, Kind
from pixmend.simulate import (
    Demosaic,
    Distractor,
    Fade,
    Finish,
    Motion,
    PlantedDefect,
    Sensor,
    ShotSpec,
    SimulatedShot,
)

__all__ = ["TEST", "TRAIN", "Group", "Scene", "Storage", "shot_of"]

_LARGE, _MIDDLE, _QUICK = (1080, 1920), (720, 1280), (540, 960)


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
    size: tuple[int, int] = _MIDDLE
    storage: Storage = Storage.HALF


_RAIN = frozenset({Distractor.RAIN, Distractor.BURN_IN})
_NIGHT = frozenset({Distractor.LIGHTS, Distractor.BURN_IN})
_SNOW = frozenset({Distractor.SNOW})
_GLINTS = frozenset({Distractor.GLINTS})
_LETTERS = frozenset({Distractor.BURN_IN})
_OBJECTS = frozenset({Distractor.OBJECTS})
_PARALLAX = frozenset({Distractor.PARALLAX})

_G, _M, _D = Group, Motion, Demosaic
_HIGH_ISO = Sensor(electrons_per_unit=500.0, read_noise_e=3.0)
_LOW_ISO = Sensor(electrons_per_unit=8000.0, read_noise_e=6.0)


def _dry(name: str, picture: str, motion: Motion, exposure: float, *, seed: int) -> Scene:
    return Scene(
        name=name,
        picture=picture,
        group=Group.DRY,
        motion=motion,
        exposure=exposure,
        seed=seed,
        size=_LARGE,
    )


TEST = (
    _dry("pan", "Canon_EOS_450D", _M.PAN, 1.0, seed=4711),
    _dry("handheld", "Leica_T_Typ_701", _M.HANDHELD, 1.0, seed=4711),
    _dry("zoom, dim", "Nikon_D3100", _M.ZOOM, 0.3, seed=4711),
    _dry("slow pan, night", "Canon_EOS_20D_1", _M.SLOWPAN, 0.06, seed=4711),
    _dry("street pan, night", "", _M.PAN, 0.06, seed=4711),
    Scene(
        name="rain and burn-in",
        picture="Canon_PowerShot_G11",
        group=_G.WEATHER,
        motion=_M.HANDHELD,
        exposure=0.6,
        distractors=_RAIN,
        seed=4711,
        size=_LARGE,
    ),
    Scene(
        name="snow, night",
        picture="Samsung_SM-G935L_Galaxy_S7_Edge",
        group=_G.WEATHER,
        motion=_M.SLOWPAN,
        exposure=0.1,
        distractors=_SNOW,
        seed=4713,
    ),
    Scene(
        name="snow, locked day",
        picture="Nikon_D3100",
        group=_G.WEATHER,
        motion=_M.LOCKED,
        exposure=0.6,
        distractors=_SNOW,
        seed=4714,
    ),
    Scene(
        name="glints",
        picture="CandleGlass",
        group=_G.WEATHER,
        motion=_M.HANDHELD,
        exposure=0.6,
        distractors=_GLINTS,
        seed=4715,
    ),
    Scene(
        name="burn-in",
        picture="Nikon_D3100",
        group=_G.WEATHER,
        motion=_M.PAN,
        exposure=0.6,
        distractors=_LETTERS,
        seed=4716,
    ),
    Scene(
        name="locked night, lights",
        picture="Samsung_SM-G935L_Galaxy_S7_Edge",
        group=_G.LOCKED,
        motion=_M.LOCKED,
        exposure=0.06,
        distractors=_NIGHT,
        seed=4711,
        size=_LARGE,
    ),
    Scene(
        name="locked street, night",
        picture="",
        group=_G.LOCKED,
        motion=_M.LOCKED,
        exposure=0.06,
        distractors=_NIGHT,
        seed=4718,
    ),
    Scene(name="locked day", picture="Leica_T_Typ_701", group=_G.LOCKED, motion=_M.LOCKED, seed=4719),
    Scene(
        name="locked day, objects",
        picture="Canon_EOS_450D",
        group=_G.LOCKED,
        motion=_M.LOCKED,
        distractors=_OBJECTS,
        seed=4720,
    ),
    Scene(
        name="objects",
        picture="Canon_EOS_20D_1",
        group=_G.PLATE,
        motion=_M.HANDHELD,
        exposure=0.6,
        distractors=_OBJECTS,
        seed=4721,
        count=36,
    ),
    Scene(
        name="parallax",
        picture="Canon_PowerShot_G11",
        group=_G.PLATE,
        motion=_M.PAN,
        exposure=0.6,
        distractors=_PARALLAX,
        seed=4722,
        count=36,
    ),
    Scene(
        name="fade from black",
        picture="Leica_T_Typ_701",
        group=_G.PLATE,
        motion=_M.PAN,
        finish=Finish(fade=Fade.FROM_BLACK),
        seed=4723,
        count=36,
    ),
    Scene(
        name="fade to black",
        picture="Nikon_D3100",
        group=_G.PLATE,
        motion=_M.SLOWPAN,
        exposure=0.3,
        finish=Finish(fade=Fade.TO_BLACK),
        seed=4724,
        count=36,
    ),
    Scene(
        name="grain",
        picture="Canon_EOS_450D",
        group=_G.PLATE,
        motion=_M.HANDHELD,
        finish=Finish(grain_stops=0.06),
        seed=4725,
        count=36,
    ),
    Scene(
        name="10-bit log",
        picture="Canon_PowerShot_G11",
        group=_G.PLATE,
        motion=_M.PAN,
        exposure=0.6,
        seed=4726,
        storage=Storage.LOG10,
        count=36,
    ),
    Scene(
        name="10-bit log, night",
        picture="",
        group=_G.PLATE,
        motion=_M.HANDHELD,
        exposure=0.06,
        seed=4727,
        storage=Storage.LOG10,
        count=36,
    ),
    Scene(
        name="bilinear",
        picture="Canon_EOS_20D_1",
        group=_G.PLATE,
        motion=_M.ZOOM,
        exposure=0.3,
        demosaic=_D.BILINEAR,
        seed=4728,
        count=36,
    ),
    Scene(
        name="edge-directed",
        picture="Leica_T_Typ_701",
        group=_G.PLATE,
        motion=_M.HANDHELD,
        demosaic=_D.EDGE,
        seed=4729,
        count=36,
    ),
    Scene(
        name="edge-directed, night",
        picture="",
        group=_G.PLATE,
        motion=_M.PAN,
        exposure=0.06,
        demosaic=_D.EDGE,
        seed=4730,
        count=36,
    ),
    Scene(
        name="high ISO",
        picture="Nikon_D3100",
        group=_G.PLATE,
        motion=_M.HANDHELD,
        exposure=0.3,
        sensor=_HIGH_ISO,
        seed=4731,
        count=36,
    ),
    Scene(
        name="low ISO",
        picture="Canon_EOS_450D",
        group=_G.PLATE,
        motion=_M.SLOWPAN,
        sensor=_LOW_ISO,
        seed=4732,
        count=36,
    ),
    Scene(
        name="resized 1.33",
        picture="Canon_EOS_20D_1",
        group=_G.PLATE,
        motion=_M.PAN,
        exposure=0.6,
        finish=Finish(scale=1.33),
        seed=4733,
        size=(540, 960),
        count=36,
    ),
    Scene(
        name="resized 0.75",
        picture="Leica_T_Typ_701",
        group=_G.PLATE,
        motion=_M.HANDHELD,
        finish=Finish(scale=0.75),
        seed=4734,
        size=(960, 1706),
        count=36,
    ),
    Scene(
        name="mildly denoised",
        picture="Canon_PowerShot_G11",
        group=_G.PLATE,
        motion=_M.PAN,
        exposure=0.6,
        finish=Finish(denoise=0.5),
        seed=4735,
        count=36,
    ),
    Scene(name="24 frames", picture="Canon_EOS_450D", group=_G.PLATE, motion=_M.PAN, seed=4736, count=24),
    Scene(
        name="96 frames",
        picture="Nikon_D3100",
        group=_G.PLATE,
        motion=_M.HANDHELD,
        exposure=0.3,
        seed=4737,
        count=96,
    ),
)

TRAIN = (
    Scene(name="train pan", picture="HTC_One", group=_G.DRY, motion=_M.PAN, seed=31),
    Scene(name="train handheld", picture="Canon_EOS_5D", group=_G.DRY, motion=_M.HANDHELD, seed=32),
    Scene(
        name="train slow pan, night",
        picture="Canon_PowerShot_A560",
        group=_G.DRY,
        motion=_M.SLOWPAN,
        exposure=0.06,
        seed=33,
    ),
    Scene(name="train zoom", picture="Desk", group=_G.DRY, motion=_M.ZOOM, exposure=0.5, seed=34),
    Scene(
        name="train rain",
        picture="Pentax_Optio_330",
        group=_G.WEATHER,
        motion=_M.PAN,
        distractors=_RAIN,
        seed=35,
    ),
    Scene(
        name="train snow",
        picture="HTC_One",
        group=_G.WEATHER,
        motion=_M.HANDHELD,
        exposure=0.3,
        distractors=_SNOW,
        seed=36,
    ),
    Scene(
        name="train glints",
        picture="Canon_PowerShot_SD600",
        group=_G.WEATHER,
        motion=_M.SLOWPAN,
        exposure=0.6,
        distractors=_GLINTS,
        seed=37,
    ),
    Scene(
        name="train locked night",
        picture="",
        group=_G.LOCKED,
        motion=_M.LOCKED,
        exposure=0.06,
        distractors=_NIGHT,
        seed=38,
    ),
    Scene(
        name="train locked day", picture="Canon_PowerShot_SD600", group=_G.LOCKED, motion=_M.LOCKED, seed=39
    ),
    Scene(
        name="train locked day, objects",
        picture="Canon_EOS_5D",
        group=_G.LOCKED,
        motion=_M.LOCKED,
        distractors=_OBJECTS,
        seed=40,
    ),
    Scene(
        name="train parallax",
        picture="Canon_PowerShot_A560",
        group=_G.PLATE,
        motion=_M.PAN,
        exposure=0.6,
        distractors=_PARALLAX,
        seed=41,
        count=36,
    ),
    Scene(
        name="train fade",
        picture="HTC_One",
        group=_G.PLATE,
        motion=_M.HANDHELD,
        finish=Finish(fade=Fade.TO_BLACK),
        seed=42,
        count=36,
    ),
    Scene(
        name="train grain",
        picture="Canon_EOS_5D",
        group=_G.PLATE,
        motion=_M.PAN,
        finish=Finish(grain_stops=0.06),
        seed=43,
        count=36,
    ),
    Scene(
        name="train 10-bit log",
        picture="Pentax_Optio_330",
        group=_G.PLATE,
        motion=_M.HANDHELD,
        exposure=0.3,
        seed=44,
        storage=Storage.LOG10,
        count=36,
    ),
    Scene(
        name="train edge-directed",
        picture="Canon_PowerShot_A560",
        group=_G.PLATE,
        motion=_M.HANDHELD,
        exposure=0.6,
        demosaic=_D.EDGE,
        seed=45,
        count=36,
    ),
    Scene(
        name="train bilinear",
        picture="Canon_PowerShot_SD600",
        group=_G.PLATE,
        motion=_M.PAN,
        demosaic=_D.BILINEAR,
        seed=46,
        count=36,
    ),
    Scene(
        name="train high ISO",
        picture="HTC_One",
        group=_G.PLATE,
        motion=_M.SLOWPAN,
        exposure=0.3,
        sensor=_HIGH_ISO,
        seed=47,
        count=36,
    ),
    Scene(
        name="train resized",
        picture="Canon_EOS_5D",
        group=_G.PLATE,
        motion=_M.PAN,
        finish=Finish(scale=1.2),
        seed=48,
        size=(600, 1066),
        count=36,
    ),
    Scene(
        name="train denoised",
        picture="Canon_PowerShot_A560",
        group=_G.PLATE,
        motion=_M.PAN,
        finish=Finish(denoise=0.5),
        seed=49,
        count=36,
    ),
)


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
        recipe=scene_recipe(lines=Kind.COLUMN if scene.seed % 2 else Kind.ROW),
        distractors=scene.distractors,
        finish=scene.finish,
        seed=scene.seed,
    )
    return SimulatedShot(spec, picture=load_picture(scene.picture), planted=planted)
