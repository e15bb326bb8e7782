# SPDX-License-Identifier: Apache-2.0
"""Pure: pooled statistics -> suspects -> defects; single frames are asked in between.

To add a detector: a module that finds `Site`s in the pools (`_suspects.py`), or `Defect`s of its
own kind, joined in `decide`; a class of truth in `simulate`; a row in the benchmark.
"""

from pixmend.detect._defects import Findings, decide, defects_left, numbered
from pixmend.detect._field_pool import FieldPool
from pixmend.detect._field_segments import FieldSegment, FrameLook, find_segments, look_at_frame
from pixmend.detect._flash import FlashCandidate, RecurringPlace, flash_candidates, recurring_places
from pixmend.detect._flash_fit import FlashFit, fit_flash, flash_footprints, resized_footprints
from pixmend.detect._flash_scene import FLASH_MATCH_PX, FLASH_WINDOW_PX
from pixmend.detect._flash_verdict import judge_flash
from pixmend.detect._glance import WINDOW_PX, Glance, Query, Trace, glance, trace_of
from pixmend.detect._match import ScoreMap, sigma_shapes
from pixmend.detect._pixel_check import find_field_defects
from pixmend.detect._second_look import LEAST_FRAMES
from pixmend.detect._sites import MeanPicture, Site, find_sites
from pixmend.detect._suspects import Suspects, find_suspects
from pixmend.detect._verdict import DetectSettings, shot_is_still

__all__ = [
    "FLASH_MATCH_PX",
    "FLASH_WINDOW_PX",
    "LEAST_FRAMES",
    "WINDOW_PX",
    "DetectSettings",
    "FieldPool",
    "FieldSegment",
    "Findings",
    "FlashCandidate",
    "FlashFit",
    "FrameLook",
    "Glance",
    "MeanPicture",
    "Query",
    "RecurringPlace",
    "ScoreMap",
    "Site",
    "Suspects",
    "Trace",
    "decide",
    "defects_left",
    "find_field_defects",
    "find_segments",
    "find_sites",
    "find_suspects",
    "fit_flash",
    "flash_candidates",
    "flash_footprints",
    "glance",
    "judge_flash",
    "look_at_frame",
    "numbered",
    "recurring_places",
    "resized_footprints",
    "shot_is_still",
    "sigma_shapes",
    "trace_of",
]
