# SPDX-License-Identifier: Apache-2.0
"""Scores that touch, and which of them the mean picture may show a site at: most are chance."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._site_kernels import group_places, loud_places, may_stand_out

__all__ = ["BACKGROUND_REACH_PX", "Group", "groups_of", "may_show"]

BACKGROUND_REACH_PX = 4
"""Of the median window that stands for the picture without the defect."""

_NEAR_PX = 5  # down and across together: so near, scores belong to one group
_SITE_PX = 6  # about a score, where the samples of its site lie
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Pixels that score, and lie near each other.

    Attributes
    ----------
    pixels : (N, 2) int ndarray
        Array positions, y and x, in reading order.
    """

    pixels: NDArray[np.intp]

    def box(self, reach: int) -> tuple[slice, slice]:
        """Return rows and columns that it and `reach` pixels beside it take; they may begin before 0."""
        low, high = self.pixels.min(axis=0) - reach, self.pixels.max(axis=0) + reach + 1
        return slice(int(low[0]), int(high[0])), slice(int(low[1]), int(high[1]))


def groups_of(score: NDArray[np.float32], threshold: NDArray[np.float32], *, most_px: int) -> Iterator[Group]:
    """Yield the groups of the pixels whose score (H, W), of either sign, reaches its threshold.

    In reading order of their first pixels; what has more than `most_px` is passed over.
    """
    places = loud_places(score, threshold)
    number = group_places(places, score.shape[1], _NEAR_PX)
    order = np.argsort(number, kind="stable")
    ends = np.flatnonzero(np.diff(number[order])) + 1
    for members in np.split(order, ends) if len(order) else ():
        if len(members) <= most_px:
            yield Group(places[members])


def may_show(
    group: Group, light: NDArray[np.floating], sigma: NDArray[np.floating], *, amplitude: float
) -> bool:
    """Tell whether a sample of a site there may be so many sigma off its background; True near the borders.

    Parameters
    ----------
    light, sigma : (C, H, W) float ndarray
        Mean picture, and the noise of one frame there.

    Notes
    -----
    A sample can only be off the median of those around it by `amplitude` if more than half of
    them are by as much of the least noise there. That asks for no median, and is never wrong.
    """
    rows, columns = group.box(_SITE_PX + BACKGROUND_REACH_PX)
    if min(rows.start, columns.start) < 0 or rows.stop > light.shape[1] or columns.stop > light.shape[2]:
        return True
    window = light[:, rows, columns], sigma[:, rows, columns]
    return bool(may_stand_out(*window, BACKGROUND_REACH_PX, amplitude * (1.0 - _ROUNDING)))
