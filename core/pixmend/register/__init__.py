# SPDX-License-Identifier: Apache-2.0
"""Pure: the maps of one camera find each other, whatever was done to the plates."""

from pixmend.register._cameras import align_maps, cluster_cameras
from pixmend.register._match import MOST_CHANCE, match_maps
from pixmend.register._other_shots import ShotFindings, confirmed_by_others, group_shots, known_from_moving
from pixmend.register._placement import IDENTITY, Placement, placed
from pixmend.register._rows import joined_rows
from pixmend.register._vote import vote

__all__ = [
    "IDENTITY",
    "MOST_CHANCE",
    "Placement",
    "ShotFindings",
    "align_maps",
    "cluster_cameras",
    "confirmed_by_others",
    "group_shots",
    "joined_rows",
    "known_from_moving",
    "match_maps",
    "placed",
    "vote",
]
