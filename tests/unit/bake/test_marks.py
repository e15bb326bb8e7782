# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from pixmend.bake import KIND_COLOURS, MARK_SIZES, draw_marks
from pixmend.bake._lettering import lettering
from pixmend.model import Defect, FrameRange, Kind, Sample

DISPLAY = (200, 120)
ONE = (Sample(0, 0, "R"), Sample(1, 0, "G"))
SIZES = pytest.mark.parametrize("size", MARK_SIZES.values())


def defect(x=80, y=60, **fields):
    return Defect(**{"id": "d0001", "x": x, "y": y, "kind": Kind.HOT, "samples": ONE} | fields)


def drawn(*defects, size=1, colour=("R", "G", "B")):
    return draw_marks(defects, colour, DISPLAY, size=size, span=(1001, 1010))


def at(marks, x, y):
    return marks.rgba[y - marks.raster.y, x - marks.raster.x]


@SIZES
def test_a_ring_goes_round_its_defect_and_never_over_it(size):
    marks = drawn(defect(), size=size)
    for x in (80, 81):
        assert not at(marks, x, 60).any()
    column = marks.rgba[:, 80 - marks.raster.x]
    whole = np.flatnonzero(column[:, 3] == 1)
    assert len(whole) == 2 * size
    assert np.allclose(column[whole, :3], KIND_COLOURS[Kind.HOT], atol=1e-3)


def test_every_kind_has_a_colour_of_its_own():
    assert set(KIND_COLOURS) == set(Kind)
    tints = np.array(list(KIND_COLOURS.values()))
    apart = np.abs(tints[:, None] - tints).max(axis=-1) + np.eye(len(tints))
    assert apart.min() > 0.1


@SIZES
def test_colour_is_premultiplied(size):
    marks = drawn(defect(kind=Kind.FLASH), size=size)
    assert (marks.rgba[..., :3] <= marks.rgba[..., 3:] + 1e-3).all()
    assert marks.rgba.max() <= 1
    assert marks.rgba.min() >= 0


def test_the_nearest_marks_frames_are_told():
    marks = drawn(defect(frames=FrameRange.parse("1003-1005")), defect(x=150, y=20))
    shown = marks.rgba[..., 3] > 0
    assert not marks.frames[~shown].any()
    assert {tuple(each) for each in marks.frames[shown].tolist()} == {(1003, 1005), (1001, 1010)}
    # five pixels above each, on its ring
    assert marks.frames[55 - marks.raster.y, 80 - marks.raster.x].tolist() == [1003, 1005]
    assert marks.frames[15 - marks.raster.y, 150 - marks.raster.x].tolist() == [1001, 1010]


@SIZES
@pytest.mark.parametrize("place", [(0, 0), (199, 0), (0, 119), (199, 119)])
def test_ids_stay_inside_the_display(size, place):
    marks = drawn(defect(*place, samples=(Sample(0, 0, "R"),)), size=size)
    letters = marks.rgba[..., 3].copy()
    y, x = np.nonzero(letters)
    ring = 7 * size + 1
    outside = (x + marks.raster.x < place[0] - ring) | (x + marks.raster.x > place[0] + ring)
    assert outside.any()
    assert ((x + marks.raster.x)[outside] >= 0).all()
    assert ((x + marks.raster.x)[outside] < DISPLAY[0]).all()
    assert ((y + marks.raster.y)[outside] >= 0).all()
    assert ((y + marks.raster.y)[outside] < DISPLAY[1]).all()


def test_rings_lie_over_letters():
    alone, both = drawn(defect(x=110)), drawn(defect(x=110), defect(x=88, id="a-very-long-name"))
    ring = (110, 55)
    assert at(both, *ring).tolist() == at(alone, *ring).tolist()


def test_a_line_is_in_a_long_ring():
    line = defect(kind=Kind.COLUMN, y=20, samples=tuple(Sample(0, dy, "*") for dy in range(60)))
    marks = drawn(line)
    assert at(marks, 75, 50).tolist() == pytest.approx([*KIND_COLOURS[Kind.COLUMN], 1], abs=1e-3)
    assert not marks.rgba[20 - marks.raster.y : 80 - marks.raster.y, 80 - marks.raster.x].any()


def test_letters_differ_and_what_is_none_is_a_box():
    known = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.+#:/"
    shapes = {lettering(each, 1).tobytes() for each in known}
    assert len(shapes) == len(known)
    box = lettering("é", 1)
    assert box[0].all()
    assert not box[1:6, 1:4].any()
    assert lettering("a", 1).tolist() == lettering("A", 1).tolist()
    assert lettering("ab", 3).shape == (21, 33)
