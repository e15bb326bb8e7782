# SPDX-License-Identifier: Apache-2.0
"""How many of the planted defects an answer found, and what it took for one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.simulate._defects import PlantedDefect

__all__ = ["NEAR_PX", "Found", "score_points", "truth_plane"]

NEAR_PX = 3
"""A detection this near to a planted photosite, along both axes, has found it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one answer found.

    Attributes
    ----------
    hits : frozenset of int
        Which of the planted defects.
    false : int
        Detections that are near none.
    """

    hits: frozenset[int]
    false: int


def truth_plane(planted: Sequence[PlantedDefect], size: tuple[int, int]) -> NDArray[np.int32]:
    """Return which planted defect a detection at each pixel would find, (H, W); -1 for none."""
    plane = np.full(size, -1, dtype=np.int32)
    for number, defect in enumerate(planted):
        for x, y in defect.sites:
            plane[max(y - NEAR_PX, 0) : y + NEAR_PX + 1, max(x - NEAR_PX, 0) : x + NEAR_PX + 1] = number
    return plane


def score_points(points: Iterable[tuple[int, int]], truth: NDArray[np.int32]) -> Found:
    """Score detections at (x, y): each finds the planted defect it is near, or is false."""
    near = [int(truth[y, x]) for x, y in points]
    return Found(frozenset(each for each in near if each >= 0), sum(each < 0 for each in near))
