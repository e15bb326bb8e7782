# SPDX-License-Identifier: Apache-2.0
"""What is tried after a repair that shows, and what a defect is mended by in the end."""

import pytest

from pixmend.audit import LIMIT, AuditScore, Trial, best_trial, method_to_try
from pixmend.model import Method


def scored(worst):
    return AuditScore(outline=worst, grain=0.0, colour=0.0, frames=12, places=48)


def trial(asked, used, worst):
    return Trial(asked, frozenset(used), None if worst is None else scored(worst))


BAD, WORSE, GOOD = LIMIT + 1, LIMIT + 9, LIMIT - 1


def test_a_repair_that_does_not_show_is_kept():
    trials = [trial(None, [Method.RECOVER], GOOD)]
    assert method_to_try(trials) is None
    assert best_trial(trials, scored(WORSE)) is trials[0]


def test_recovery_gives_way_to_motion_and_motion_to_the_surroundings():
    trials = [trial(None, [Method.RECOVER], BAD)]
    assert method_to_try(trials) is Method.TEMPORAL
    trials.append(trial(Method.TEMPORAL, [Method.TEMPORAL], BAD))
    assert method_to_try(trials) is Method.SPATIAL
    trials.append(trial(Method.SPATIAL, [Method.SPATIAL], BAD))
    assert method_to_try(trials) is None


def test_what_a_method_fell_back_to_is_not_tried_again():
    trials = [trial(None, [Method.SPATIAL], BAD), trial(Method.RECOVER, [Method.SPATIAL], BAD)]
    assert method_to_try(trials) is Method.TEMPORAL


def test_a_method_that_a_person_named_is_not_replaced():
    assert method_to_try([trial(Method.SPATIAL, [Method.SPATIAL], WORSE)]) is None


def test_of_repairs_that_show_the_least_is_taken():
    trials = [trial(None, [Method.RECOVER], WORSE), trial(Method.TEMPORAL, [Method.TEMPORAL], BAD)]
    assert best_trial(trials, scored(99.0)) is trials[1]


@pytest.mark.parametrize("untouched", [BAD, GOOD])
def test_a_repair_that_shows_no_less_than_the_defect_is_refused(untouched):
    assert best_trial([trial(None, [Method.SPATIAL], BAD)], scored(untouched)) is None


def test_where_nothing_can_tell_the_first_repair_is_believed():
    trials = [trial(None, [Method.SPATIAL], None)]
    assert method_to_try(trials) is None
    assert best_trial(trials, None) is trials[0]
