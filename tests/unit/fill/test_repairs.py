# SPDX-License-Identifier: Apache-2.0
"""What the ledger is told of each defect."""

import numpy as np
import pytest

from pixmend.fill import Predicted, defects_of_frame
from pixmend.fill._answers import LEFT, METHODS, answers_of
from pixmend.fill._repairs import repairs_of
from pixmend.model import Defect, Kind, Method, Raster, Sample
from tests.make.shots import rgb_plate

PLATE = rgb_plate(Raster(0, 0, 40, 30))


def defect(name, x, *channels):
    return Defect(id=name, x=x, y=9, kind=Kind.HOT, samples=tuple(Sample(0, 0, each) for each in channels))


FOUND = defects_of_frame([defect("a", 5, "R", "G"), defect("b", 20, "B")], PLATE, radius_px=4)


def predicted(value, variance):
    return Predicted(np.float32(value), np.array(variance, np.float64), ())


def test_what_is_left_is_how_far_the_answer_lies_from_what_surrounds_it():
    before = predicted([10.0, 20.0, 30.0], [4.0, 1.0, 0.25])
    answers = answers_of(before)
    answers.value[:] = [12.0, 21.0, 30.0]
    answers.variance[:2], answers.method[:2] = [0.09, 0.16], METHODS.index(Method.RECOVER)
    first, second = repairs_of(FOUND, answers, before)
    assert (first.defect, first.method, second.defect, second.method) == (
        "a",
        Method.RECOVER,
        "b",
        Method.SPATIAL,
    )
    assert first.predicted_sigma == pytest.approx(np.sqrt(0.125), abs=1e-4)
    assert first.left_sigma == pytest.approx(1.0)
    assert (second.predicted_sigma, second.left_sigma) == (0.5, 0.0)


def test_a_defect_is_recovered_where_any_of_its_samples_is():
    before = predicted([10.0, 20.0, 30.0], [1.0, 1.0, 1.0])
    answers = answers_of(before)
    answers.method[1] = METHODS.index(Method.RECOVER)
    assert [each.method for each in repairs_of(FOUND, answers, before)] == [Method.RECOVER, Method.SPATIAL]


def test_what_stays_is_said_to_stay():
    before = predicted([10.0, 20.0, 30.0], [1.0, 1.0, 1.0])
    answers = answers_of(before)
    answers.method[:2] = LEFT
    assert [each.method for each in repairs_of(FOUND, answers, before)] == [None, Method.SPATIAL]


def test_of_what_nothing_is_known_nothing_is_said():
    before = predicted([np.nan, np.nan, 30.0], [np.inf, np.inf, 1.0])
    answers = answers_of(before)
    assert [each.defect for each in repairs_of(FOUND, answers, before)] == ["b"]
    assert answers.method.tolist() == [LEFT, LEFT, METHODS.index(Method.SPATIAL)]
