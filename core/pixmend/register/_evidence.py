# SPDX-License-Identifier: Apache-2.0
"""What several shots measured of one defect, as one measurement."""

import math
from collections.abc import Sequence

import numpy as np

from pixmend.model import Defect, Evidence

__all__ = ["joined_amplitude", "joined_confidence", "joined_evidence"]


def joined_amplitude(members: Sequence[Defect]) -> float | None:
    """Return the median of the amplitudes; one that stands for more shots counts so often."""
    measured = [
        amplitude
        for each in members
        if (amplitude := each.amplitude_sigma) is not None
        for _ in range(1 if each.votes is None else min(each.votes.seen, 1000))
    ]
    return _rounded(float(np.median(measured))) if measured else None


def joined_confidence(members: Sequence[Defect]) -> float | None:
    """Return the probability that not all shots err at the same place: 1 - product of (1 - confidence)."""
    known = sorted(each.confidence for each in members if each.confidence is not None)
    return _rounded(1.0 - math.prod(1.0 - each for each in known)) if known else None


def joined_evidence(members: Sequence[Defect]) -> Evidence | None:
    """Return the evidence of all shots as if one long shot had given it.

    Scores grow with the root of the frames, so that their squares add up, and keep the
    sign that most of them have; frames are
    counted together; fits are means, and fluctuations root mean squares, by frames.
    """
    found = [each.evidence for each in members if each.evidence is not None]
    if not found:
        return None
    if len(found) == 1:
        return found[0]
    scores = [each.score for each in found]
    return Evidence(
        score=_rounded(math.copysign(math.hypot(*scores), math.fsum(scores))),
        frames_seen=sum(each.frames_seen for each in found),
        frames_expected=sum(each.frames_expected for each in found),
        photosite_fit=_mean(found, "photosite_fit", power=1),
        optical_fit=_mean(found, "optical_fit", power=1),
        fluctuation=_mean(found, "fluctuation", power=2),
        extra={name: value for each in reversed(found) for name, value in each.extra.items()},
    )


def _mean(found: Sequence[Evidence], name: str, *, power: int) -> float | None:
    """Return the power mean of a field where it was measured, by frames."""
    measured = [
        (value, max(1, each.frames_expected)) for each in found if (value := getattr(each, name)) is not None
    ]
    if not measured:
        return None
    total = math.fsum(weight for _, weight in measured)
    mean = math.fsum(value**power * weight for value, weight in measured) / total
    return _rounded(mean ** (1.0 / power))


def _rounded(value: float) -> float:
    """Return a number that reads well in a map; what lies beyond was never measured."""
    return float(f"{value:.6g}")
