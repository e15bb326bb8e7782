# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from benchmarks.accuracy.holes import HOLES, LINES, SPOTS, Layout, defects_of, mask_of
from pixmend.model import Kind, Method

SIZE = (384, 512)
LAYOUTS = (Layout(SPOTS), Layout(SPOTS, turn=3), Layout(LINES, spacing_px=(72, 32)))


@pytest.mark.parametrize("layout", LAYOUTS, ids=("spots", "turned", "lines"))
def test_holes_are_apart_off_the_border_and_have_their_shape(layout):
    placed = layout.place(SIZE, seed=1)
    is_bad = mask_of(placed, SIZE)
    assert ndimage.label(ndimage.binary_dilation(is_bad.any(axis=-1), iterations=3))[1] == len(placed)
    assert is_bad.sum() == sum(len(each.hole.pixels) * len(each.hole.channels) for each in placed)
    is_bad[12:-12, 12:-12] = False
    assert not is_bad.any()


def test_every_shape_comes_about_as_often():
    names = [each.hole.name for each in Layout(SPOTS).place(SIZE, seed=1)]
    counts = [names.count(hole.name) for hole in SPOTS]
    assert max(counts) - min(counts) <= 1
    assert min(counts) > 15


def test_another_turn_has_another_shape_at_each_place():
    layout = Layout(SPOTS)
    first, second = (replace(layout, turn=turn).place(SIZE, seed=1) for turn in (0, 2))
    assert [(each.top, each.left) for each in first] == [(each.top, each.left) for each in second]
    assert all(one.hole is not other.hole for one, other in zip(first, second, strict=True))


def test_only_allowed_places_are_taken():
    allowed = np.zeros(SIZE, bool)
    allowed[:, :200] = True
    placed = Layout(SPOTS).place(SIZE, seed=1, allowed=allowed)
    assert placed
    assert all(each.left < 200 for each in placed)


def test_a_map_names_the_samples_of_the_holes():
    placed = Layout(SPOTS).place(SIZE, seed=1)
    defects = defects_of(placed, Method.SPATIAL)
    named = np.zeros((*SIZE, 3), bool)
    for defect in defects:
        assert defect.method is Method.SPATIAL
        for x, y, channel in defect.pixels("RGB"):
            named[y, x, "RGB".index(channel)] = True
    assert np.array_equal(named, mask_of(placed, SIZE))
    assert len({each.id for each in defects}) == len(defects)


def test_kinds_follow_the_shapes():
    kinds = {hole.name: hole.kind for hole in HOLES}
    assert kinds["1 px"] is Kind.HOT
    assert kinds["3x3"] is Kind.CLUSTER
    assert kinds["column 3 px"] is Kind.COLUMN
