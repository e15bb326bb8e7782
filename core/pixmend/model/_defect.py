# SPDX-License-Identifier: Apache-2.0
"""One defect: where it is, which samples it spoils, and what people decided."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from pixmend.model._evidence import Evidence, Votes
from pixmend.model._kinds import Kind
from pixmend.model._ranges import FrameRange
from pixmend.model._repair import Method

__all__ = ["ANY_CHANNEL", "FARTHEST", "Defect", "Sample", "Severity", "Status", "is_defect_id"]

ANY_CHANNEL = "*"
"""Channel of a sample that stands for every colour channel of the plate (imported maps)."""

FARTHEST = 1_000_000
"""Largest coordinate, in pixels from the origin, that a map may name."""

_ID = re.compile(r"(?!all\Z)[^\s,]{1,200}")


def is_defect_id(text: str) -> bool:
    """Tell whether a defect may have this id: ids are listed with commas on the command line."""
    return _ID.fullmatch(text) is not None


class Status(StrEnum):
    """What a person decided. `fix` mends all that is not rejected."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Severity(StrEnum):
    """QC severity of [093] Pixel Error."""

    FYI = "fyi"
    ISSUE = "issue"


class Sample(NamedTuple):
    """One spoiled sample, relative to its defect's (x, y)."""

    dx: int
    dy: int
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """A lying photosite as it shows in the plate.

    Attributes
    ----------
    x, y : int
        Centre, in pixel space.
    frames : FrameRange or None
        Frames in which it shows; None means every frame.
    samples : tuple of Sample
        The footprint; never empty.
    amplitude_sigma : float or None
        Mean excess of its strongest sample, in sigma of the shot's noise at that
        brightness; negative where too dark; None where it was not measured.
    confidence : float or None
        Probability, 0 to 1, that it is a defect and not picture.
    method : Method or None
        How it is to be mended; None leaves it to `fix`.
    evidence : Evidence or None
        What was measured for it; None where nobody measured.
    votes : Votes or None
        How many shots have it, in a map that was voted from several; else None.
    extra : mapping
        Fields of the file that this version does not know; kept on rewrite.
    """

    id: str
    x: int
    y: int
    kind: Kind
    samples: tuple[Sample, ...]
    frames: FrameRange | None = None
    amplitude_sigma: float | None = None
    confidence: float | None = None
    status: Status = Status.PROPOSED
    severity: Severity = Severity.ISSUE
    note: str = ""
    method: Method | None = None
    evidence: Evidence | None = None
    votes: Votes | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def shows_in(self, frame: int) -> bool:
        """Tell whether the defect is there in `frame`."""
        return self.frames is None or frame in self.frames

    def pixels(self, colour: Iterable[str]) -> list[tuple[int, int, str]]:
        """Return the spoiled samples as (x, y, channel) in pixel space, sorted, each once.

        Parameters
        ----------
        colour : iterable of str
            The plate's colour channels, for samples of `ANY_CHANNEL`.
        """
        names = tuple(colour)
        spoiled = {
            (self.x + dx, self.y + dy, name)
            for dx, dy, channel in self.samples
            for name in (names if channel == ANY_CHANNEL else (channel,))
        }
        return sorted(spoiled, key=lambda each: (each[1], each[0], each[2]))
