# SPDX-License-Identifier: Apache-2.0
"""The scenes that limits are tuned on; none of them is in `scenes`."""

from benchmarks.accuracy.scene import Group, Scene, Storage
from pixmend.simulate import Demosaic, Distractor, Fade, Finish, Motion, Sensor

__all__ = ["TRAIN"]

_RAIN = frozenset({Distractor.RAIN, Distractor.BURN_IN})
_NIGHT = frozenset({Distractor.LIGHTS, Distractor.BURN_IN})
_SNOW = frozenset({Distractor.SNOW})
_GLINTS = frozenset({Distractor.GLINTS})
_OBJECTS = frozenset({Distractor.OBJECTS})
_PARALLAX = frozenset({Distractor.PARALLAX})

_G, _M, _D = Group, Motion, Demosaic
_HIGH_ISO = Sensor(electrons_per_unit=500.0, read_noise_e=3.0)


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
