# SPDX-License-Identifier: Apache-2.0
"""Which holes of a frame are better predicted with the help of the frames beside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._answers import METHODS, Answers, Wishes
from pixmend.fill._frame_defects import FrameDefects
from pixmend.fill._fusion import Fused, Fusion
from pixmend.fill._motion import Neighbour, compensate
from pixmend.fill._prediction import Predicted
from pixmend.fill._recovering import Recoveries
from pixmend.model import Method

__all__ = ["Askers", "Beside", "Motion", "askers_of", "fuse_holes"]

_POOR = 1.0
"""Expected error in sigma above which a hole asks the frames beside. On training scenes of seven kinds those
made holes that are better predicted than that no better (by 0.1 % of all error), and took twenty times as long."""

Beside = Callable[[Sequence[tuple[int, int]]], list[tuple[NDArray[np.float32], list[Neighbour]]]]
"""Array rows and columns -> what is around each in the frame itself and in those beside, sigma scale."""

Motion = Callable[[], Fusion | None]
"""Gives what the shot's frames tell of each other; None where that is nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Askers:
    """Which of a frame's spoiled samples may be looked for in the frames beside, and which shall be; (N,) bool each."""

    may: NDArray[np.bool_]
    shall: NDArray[np.bool_]


def askers_of(found: FrameDefects, wishes: Wishes, recoveries: Recoveries | None) -> Askers:
    """Return who may ask.

    None that is wanted mended from its own frame, and by itself none that can be recovered: what of it
    cannot be in this frame is little, or seldom.
    """
    count = len(found.holes.spoiled)
    may, shall = np.ones(count, bool), np.zeros(count, bool)
    for defect, members in zip(found.defects, found.members, strict=True):
        wish = wishes.methods.get(defect.id)
        if wish is Method.TEMPORAL:
            shall[members] = True
        elif wish is Method.SPATIAL or (recoveries is not None and recoveries.knows(defect.id)):
            may[members] = False
    return Askers(may, shall)


def fuse_holes(
    answers: Answers,
    found: FrameDefects,
    predicted: Predicted,
    windows: NDArray[np.float32],
    *,
    askers: Askers,
    motion: Motion,
    beside: Beside,
) -> dict[int, Fused]:
    """Let holes that are poorly predicted, and that the frames beside show, be predicted with their help.

    Parameters
    ----------
    answers : Answers
        Changed in place where a sample is predicted, and nobody asked for another method.
    predicted : Predicted
        From the frame alone.
    windows : (T, C, side, side) float32 ndarray
        Of the holes, sigma scale.
    askers : Askers
    motion, beside : callable
        Called only if a hole asks: one of which the error is expected to be large, or for which somebody
        wants it.

    Returns
    -------
    dict of int to Fused
        By the number of the hole's window; of those that were fused.
    """
    open_to_it = answers.is_by(Method.SPATIAL) & askers.may
    wanted = [each for each in predicted.tiles if _asks(each.places, open_to_it, askers.shall, answers)]
    fusion = motion() if wanted else None
    if fusion is None:
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


def _asks(
    places: NDArray[np.intp], open_to_it: NDArray[np.bool_], shall: NDArray[np.bool_], answers: Answers
) -> bool:
    """Tell whether a hole of some samples is to be looked for in the frames beside."""
    mine = places[open_to_it[places]]
    return bool(shall[mine].any()) or (len(mine) > 0 and answers.variance[mine].mean() > _POOR**2)
