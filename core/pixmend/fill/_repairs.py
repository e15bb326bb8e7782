# SPDX-License-Identifier: Apache-2.0
"""What was done about each defect of a frame, for the ledger."""

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._answers import METHODS, Answers
from pixmend.fill._frame_defects import FrameDefects
from pixmend.fill._prediction import Predicted
from pixmend.model import Method, Repair

__all__ = ["repairs_of"]

_DIGITS = 4  # more would tell nothing, and a ledger is read by people too


def repairs_of(found: FrameDefects, answers: Answers, predicted: Predicted) -> tuple[Repair, ...]:
    """Return what was done about each defect of which anything is known.

    Parameters
    ----------
    answers : Answers
        As they are to be stored.
    predicted : Predicted
        What the surroundings say: how far the answers lie from it tells what is left.
    """
    repairs = []
    for defect, members in zip(found.defects, found.members, strict=True):
        told = members[np.isfinite(answers.variance[members]) & np.isfinite(predicted.variance[members])]
        if len(told):
            repairs.append(
                Repair(
                    defect=defect.id,
                    method=_method(answers.method[members]),
                    predicted_sigma=round(float(np.sqrt(answers.variance[told].mean())), _DIGITS),
                    left_sigma=_left(answers, predicted, told),
                )
            )
    return tuple(repairs)


def _method(methods: NDArray[np.int8]) -> Method | None:
    """Return the first of `METHODS` that any sample of a defect was mended by."""
    used = methods[methods >= 0]
    return METHODS[used.min()] if len(used) else None


def _left(answers: Answers, predicted: Predicted, told: NDArray[np.intp]) -> float | None:
    off = answers.value[told].astype(np.float64) - predicted.value[told]
    spread = predicted.variance[told]
    return round(float(np.sqrt(np.mean(off**2 / np.maximum(spread, 1e-12)))), _DIGITS)
