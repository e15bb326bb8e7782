# SPDX-License-Identifier: Apache-2.0
"""How one defect was mended in one frame, and how well that is expected to have gone."""

import math
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Method", "Repair"]


class Method(StrEnum):
    """How spoiled samples get their new values."""

    RECOVER = "recover"
    """The photosite's lie is estimated and taken off: the true picture with its true grain."""
    SPATIAL = "spatial"
    """Predicted from the samples around it, in this frame."""
    TEMPORAL = "temporal"
    """Predicted from this frame and from where the same piece of the scene stands in its neighbours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What was done about a defect in a frame.

    Attributes
    ----------
    defect : str
        Its id in the map.
    method : Method or None
        None where it was left as it was: any repair would have added error.
    predicted_sigma : float
        Expected error of its samples after the repair, root mean square, in sigma of the
        noise at their brightness.
    left_sigma : float or None
        What is left of it after the repair: how far its samples lie from what their
        surroundings predict, root mean square, over the spread of that prediction; about
        1 for samples like any other. None where nothing around it could tell.

    Raises
    ------
    ValueError
        If a number is negative or not finite.
    """

    defect: str
    method: Method | None
    predicted_sigma: float
    left_sigma: float | None = None

    def __post_init__(self) -> None:
        for name in ("predicted_sigma", "left_sigma"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value >= 0.0):
                raise ValueError(f"the {name} is {value}, outside its range")
