# SPDX-License-Identifier: Apache-2.0
"""All that a simulated shot depends on."""

from dataclasses import dataclass, field
from enum import StrEnum

from pixmend.model import FrameRange
from pixmend.simulate._camera import Motion
from pixmend.simulate._defects import STANDARD_RECIPE, Ingredient
from pixmend.simulate._finish import Finish
from pixmend.simulate._sensor import Demosaic, Sensor

__all__ = ["Distractor", "ShotSpec"]


class Distractor(StrEnum):
    """What looks like a defect and is none, or hides one."""

    LIGHTS = "lights"
    RAIN = "rain"
    SNOW = "snow"
    GLINTS = "glints"
    BURN_IN = "burn-in"
    PARALLAX = "parallax"
    OBJECTS = "objects"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShotSpec:
    """All that a simulated shot depends on; equal specs give equal bits.

    Attributes
    ----------
    width, height : int
        Of the sensor, in px; each 32 or more.
    frames : FrameRange
    motion : Motion
    exposure : float
        1 puts the geometric mean of the picture at 0.18; 0.06 is night.
    demosaic : Demosaic
    sensor : Sensor
    recipe : tuple of Ingredient
        What to plant.
    distractors : frozenset of Distractor
    finish : Finish
        What happens to the plate after its development.
    seed : int
    """

    width: int = 1920
    height: int = 1080
    frames: FrameRange = field(default_factory=lambda: FrameRange(range(1001, 1049)))
    motion: Motion = Motion.PAN
    exposure: float = 0.3
    demosaic: Demosaic = Demosaic.MALVAR
    sensor: Sensor = field(default_factory=Sensor)
    recipe: tuple[Ingredient, ...] = STANDARD_RECIPE
    distractors: frozenset[Distractor] = frozenset()
    finish: Finish = field(default_factory=Finish)
    seed: int = 7
