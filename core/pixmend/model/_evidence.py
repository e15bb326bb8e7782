# SPDX-License-Identifier: Apache-2.0
"""Why a defect is believed: what was measured, so that a person can judge it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["EVIDENCE_FIELDS", "Evidence", "Votes"]

EVIDENCE_FIELDS = (
    "score",
    "frames_seen",
    "frames_expected",
    "photosite_fit",
    "optical_fit",
    "fluctuation",
)
"""The fields of a map file, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What speaks for a defect.

    Attributes
    ----------
    score : float
        Its matched score over the frames, in standard deviations of what sound
        places score (Z); negative where too dark.
    frames_seen, frames_expected : int
        Frames in which it was seen by itself, of those looked at in which it should
        have been.
    photosite_fit, optical_fit : float or None
        Share, 0 to 1, of the local excess that the footprint of one photosite, and
        that an optical point (a star, a lamp), explains; None where not fitted.
    fluctuation : float or None
        One standard deviation of its amplitude from frame to frame, relative to the
        amplitude; None where not measured.
    extra : mapping
        Fields of the file that this version does not know; kept on rewrite.

    Raises
    ------
    ValueError
        If a number is not finite or out of its range.
    """

    score: float
    frames_seen: int
    frames_expected: int
    photosite_fit: float | None = None
    optical_fit: float | None = None
    fluctuation: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not math.isfinite(self.score):
            raise ValueError(f"the score is {self.score}, which is not finite")
        if not 0 <= self.frames_seen <= self.frames_expected:
            raise ValueError(f"seen in {self.frames_seen} of {self.frames_expected} frames is not possible")
        for name, most in (("photosite_fit", 1.0), ("optical_fit", 1.0), ("fluctuation", math.inf)):
            value = getattr(self, name)
            if value is not None and not (0.0 <= value <= most and math.isfinite(value)):
                raise ValueError(f"the {name} is {value}, outside its range")


@dataclass(frozen=True, slots=True, kw_only=True)
class Votes:
    """How many shots of a camera have a defect.

    Attributes
    ----------
    seen : int
        Shots in whose map it stands.
    of : int
        Shots that cover its place.
    extra : mapping
        Fields of the file that this version does not know; kept on rewrite.

    Raises
    ------
    ValueError
        If more shots have it than cover its place.
    """

    seen: int
    of: int
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.seen <= self.of:
            raise ValueError(f"seen in {self.seen} of {self.of} shots is not possible")
