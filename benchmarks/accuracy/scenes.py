# SPDX-License-Identifier: Apache-2.0
"""The scenes that RESULTS are made of: no limit is ever chosen on them.

No photograph, camera path or seed of `training_scenes` is among them; the procedural street of either
is another street.
"""

from benchmarks.accuracy.scene import LARGE, Group, Scene, Storage
from pixmend.simulate import Demosaic, Distractor, Fade, Finish, Motion, Sensor

__all__ = ["TEST"]

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
        size=LARGE,
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
        size=LARGE,
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
        size=LARGE,
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
