# SPDX-License-Identifier: Apache-2.0
"""Truth by injection: shots with known defects, and their clean twins."""

from pixmend.simulate._camera import Motion
from pixmend.simulate._defects import (
    DEMO_RECIPE,
    STANDARD_RECIPE,
    WHOLE,
    Ingredient,
    PlantedDefect,
    plant_defects,
)
from pixmend.simulate._finish import Fade, Finish
from pixmend.simulate._picture import procedural_street
from pixmend.simulate._score import NEAR_PX, Found, score_points, truth_plane
from pixmend.simulate._sensor import Demosaic, Sensor, develop
from pixmend.simulate._sheet import comparison_sheet, write_png
from pixmend.simulate._shot import SimulatedShot
from pixmend.simulate._spec import Distractor, ShotSpec
from pixmend.simulate._truth import Spoiled, spoiled_samples, true_map
from pixmend.simulate._write import ShotFormat, to_acescct, truth_json, write_shot

__all__ = [
    "DEMO_RECIPE",
    "NEAR_PX",
    "STANDARD_RECIPE",
    "WHOLE",
    "Demosaic",
    "Distractor",
    "Fade",
    "Finish",
    "Found",
    "Ingredient",
    "Motion",
    "PlantedDefect",
    "Sensor",
    "ShotFormat",
    "ShotSpec",
    "SimulatedShot",
    "Spoiled",
    "comparison_sheet",
    "develop",
    "plant_defects",
    "procedural_street",
    "score_points",
    "spoiled_samples",
    "to_acescct",
    "true_map",
    "truth_json",
    "truth_plane",
    "write_png",
    "write_shot",
]
