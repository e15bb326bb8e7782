# SPDX-License-Identifier: Apache-2.0
"""Pure: pooled statistics -> defects.

To add a detector: a module here that takes `ShotStatistics` and returns `Defect`s,
called from `find_defects`; a class of truth in `simulate`; a row in the benchmark.
"""

from pixmend.detect._defects import defects_left, find_defects
from pixmend.detect._footprints import Footprint, prior_footprints
from pixmend.detect._match import ScoreMap, score_footprints, sigma_shapes
from pixmend.detect._sites import MeanPicture, Site, find_sites
from pixmend.detect._verdict import DetectSettings, shot_is_still

__all__ = [
    "DetectSettings",
    "Footprint",
    "MeanPicture",
    "ScoreMap",
    "Site",
    "defects_left",
    "find_defects",
    "find_sites",
    "prior_footprints",
    "score_footprints",
    "shot_is_still",
    "sigma_shapes",
]
