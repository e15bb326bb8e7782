# SPDX-License-Identifier: Apache-2.0
"""What is done about a repair that would show: another method, or none."""

from collections.abc import Sequence
from dataclasses import dataclass

from pixmend.audit._score import AuditScore
from pixmend.model import Method

__all__ = ["Trial", "best_trial", "method_to_try"]

_ORDER = (Method.RECOVER, Method.TEMPORAL, Method.SPATIAL)


@dataclass(frozen=True, slots=True)
class Trial:
    """One way to mend a defect, and how far it stands out.

    Attributes
    ----------
    asked : Method or None
        What was asked for; None left it to the mender.
    used : frozenset of Method
        What the mender did, in all frames that were tried.
    score : AuditScore or None
        None where nothing could tell.
    """

    asked: Method | None
    used: frozenset[Method]
    score: AuditScore | None

    @property
    def shows(self) -> bool:
        """Whether a viewer may see it; where nothing could tell, it is believed."""
        return self.score is not None and self.score.shows


def method_to_try(trials: Sequence[Trial]) -> Method | None:
    """Return the method to try next on a defect; None where the last trial does, or nothing is left.

    A method that a person named is not replaced by another.

    Parameters
    ----------
    trials : sequence of Trial
        In their order, one or more.
    """
    if not trials[-1].shows or trials[0].asked is not None:
        return None
    tried = {method for each in trials for method in (*each.used, each.asked)}
    return next((method for method in _ORDER if method not in tried), None)


def best_trial(trials: Sequence[Trial], untouched: AuditScore | None) -> Trial | None:
    """Return the trial that a defect is mended by; None where it is better left as it was.

    The first that does not show; else the one that shows least, if it shows less than the
    defect itself.

    Parameters
    ----------
    trials : sequence of Trial
        In their order, one or more.
    untouched : AuditScore or None
        Of the defect, in the frames as they were.
    """
    for each in trials:
        if not each.shows:
            return each
    best = min(trials, key=_worst)
    if untouched is not None and untouched.worst <= _worst(best):
        return None
    return best


def _worst(trial: Trial) -> float:
    return 0.0 if trial.score is None else trial.score.worst
