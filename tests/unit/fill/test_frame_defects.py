# SPDX-License-Identifier: Apache-2.0
"""Each defect knows its own samples, and what of its window another has touched."""

import numpy as np

from pixmend.fill import defects_of_frame
from pixmend.model import Defect, Kind, Raster, Sample
from tests.make.shots import rgb_plate

PLATE = rgb_plate(Raster(-10, 5, 40, 30))


def defect(name, x, y, *samples):
    return Defect(
        id=name,
        x=x,
        y=y,
        kind=Kind.HOT,
        samples=tuple(Sample(*each) for each in samples or [(0, 0, "R")]),
        amplitude_sigma=9.0,
    )


def looked_at(*defects):
    return defects_of_frame(defects, PLATE, radius_px=4)


def test_each_defect_finds_its_samples_among_all():
    found = looked_at(
        defect("a", 0, 12, (0, 0, "G"), (1, 0, "B")), defect("b", 1, 12, (0, 0, "B"), (0, 1, "R"))
    )
    samples = [set(map(tuple, found.holes.spoiled[each].tolist())) for each in found.members]
    assert samples == [{(1, 7, 10), (2, 7, 11)}, {(2, 7, 11), (0, 8, 11)}]


def test_a_window_is_untouched_by_its_own_defect_alone():
    found = looked_at(defect("a", 5, 15))
    assert found.origins.tolist() == [[6, 11]]
    assert found.is_untouched.all()
    assert found.rows == ((6, 15),)


def test_all_rows_of_all_windows_are_asked_for_at_the_borders_too():
    square = [(dx, dy, "R") for dx in range(3) for dy in range(3)]
    for top in (5, 6, 31, 32):
        found = looked_at(defect("a", 5, top, *square))
        wanted = {
            row
            for origin in (*found.holes.origins[:, 0], *found.origins[:, 0])
            for row in range(max(origin, 0), min(origin + 9, 30))
        }
        assert {row for first, stop in found.rows for row in range(first, stop)} == wanted


def test_what_another_defect_may_have_spoiled_is_touched():
    found = looked_at(defect("a", 5, 15), defect("b", 10, 15, (0, 0, "G"), (-3, 0, "B")))
    touched = np.argwhere(~found.is_untouched[0]).tolist()
    # Of b's reach of 2 px about (10, 15) columns up to 9 are in a's window, in green and in blue; its one blue
    # sample at 7 is nearer.
    assert {(c, x + 1) for c, _, x in touched} == {(1, 8), (1, 9), (2, 8), (2, 9), (2, 7)}
    assert [y for c, y, x in touched if (c, x) == (2, 6)] == [4]
    assert (~found.is_untouched[1][1:]).sum() == 0
    assert (~found.is_untouched[1][0]).sum() == 2 * 5


def test_nothing_is_known_beyond_the_raster():
    found = looked_at(defect("corner", -10, 5))
    assert found.is_untouched[0, :, 4:, 4:].all()
    assert found.is_untouched.sum() == 3 * 5 * 5
    assert found.rows == ((0, 5),)


def test_a_frame_without_defects_has_no_windows():
    found = looked_at()
    assert (len(found.members), found.rows, found.origins.shape) == (0, (), (0, 2))
