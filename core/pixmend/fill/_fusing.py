# SPDX-License-Identifier: Apache-2.0
"""Which holes of a frame are better predicted with the help of the frames beside."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._answers import METHODS, Answers, Wishes
from pixmend.fill._frame_defects import FrameDefects
from pixmend.fill._fusion import Fused, Fusion
from pixmend.fill._motion import Neighbour, compensate
from pixmend.fill._prediction import Predicted
from pixmend.model import Method

__all__ = ["Beside", "fuse_holes"]

Beside = Callable[[Sequence[tuple[int, int]]], list[tuple[NDArray[np.float32], list[Neighbour]]]]
"""Array rows and columns -> what is around each in the frame itself and in those beside, sigma scale."""


def fuse_holes(
    answers: Answers,
    found: FrameDefects,
    predicted: Predicted,
    windows: NDArray[np.float32],
    *,
    fusion: Fusion,
    beside: Beside,
    wishes: Wishes,
) -> dict[int, Fused]:
    """Let holes that the frames beside show be predicted with their help.

    Parameters
    ----------
    answers : Answers
        Changed in place where a sample is predicted, and nobody asked for another method.
    predicted : Predicted
        From the frame alone.
    windows : (T, C, side, side) float32 ndarray
        Of the holes, sigma scale.

    Returns
    -------
    dict of int to Fused
        By the number of the hole's window; of those that were fused.
    """
    open_to_it = answers.is_by(Method.SPATIAL) & _nobody_minds(found, wishes)
    wanted = [each for each in predicted.tiles if open_to_it[each.places].any()]
    if not wanted:
        return {}
    side = windows.shape[-1]
    centres = [
        (row + side // 2, column + side // 2)
        for row, column in found.holes.origins[[each.tile for each in wanted]].tolist()
    ]
    fused_holes = {}
    for each, place, (current, neighbours) in zip(wanted, centres, beside(centres), strict=True):
        fused = fusion.predict(
            windows[each.tile],
            found.holes.is_target[each.tile],
            each.is_known,
            each.prediction,
            compensate(current, neighbours, found.holes.is_target[each.tile]),
            place=place,
        )
        if fused is not None:
            mine = open_to_it[each.places]
            places = each.places[mine]
            answers.value[places], answers.variance[places] = fused.value[mine], fused.variance[mine]
            answers.method[places] = METHODS.index(Method.TEMPORAL)
            fused_holes[each.tile] = fused
    return fused_holes


def _nobody_minds(found: FrameDefects, wishes: Wishes) -> NDArray[np.bool_]:
    """Tell which samples belong to no defect that somebody wants mended from its own frame."""
    free = np.ones(len(found.holes.spoiled), bool)
    for defect, members in zip(found.defects, found.members, strict=True):
        if wishes.methods.get(defect.id) is Method.SPATIAL:
            free[members] = False
    return free
