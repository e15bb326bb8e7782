# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from pixmend.model import FARTHEST, Defect, DefectMap, Kind, Raster, Sample, map_from_json, map_to_json
from pixmend.register import IDENTITY, Placement, placed

CROSS = tuple(Sample(*each) for each in [(0, -1, "G"), (-1, 0, "R"), (0, 0, "G"), (0, 0, "R"), (2, 0, "R")])


def one(x=10, y=20, samples=CROSS, raster=None):
    return DefectMap(raster=raster, defects=(Defect(id="a", x=x, y=y, kind=Kind.HOT, samples=samples),))


def spoiled(defect_map):
    return {place for each in defect_map.defects for place in each.pixels(())}


def test_what_did_not_move_is_as_it_was():
    assert placed(one(), IDENTITY).defects == one().defects


def test_whole_pixels_move_the_footprint_as_it_is():
    moved = placed(one(), Placement(offset_x=5.0, offset_y=-7.0)).defects[0]
    assert (moved.x, moved.y, moved.samples) == (15, 13, CROSS)


def test_a_flip_mirrors_the_footprint():
    moved = placed(one(), Placement(scale_x=-1.0, offset_x=99.0))
    assert spoiled(moved) == {(99 - x, y, name) for x, y, name in spoiled(one())}
    assert placed(moved, Placement(scale_x=-1.0, offset_x=99.0)).defects == one().defects


def test_a_little_beside_is_the_nearest_pixel_and_half_way_is_both():
    pixel = one(samples=(Sample(0, 0, "R"),))
    assert spoiled(placed(pixel, Placement(offset_x=0.2))) == {(10, 20, "R")}
    assert spoiled(placed(pixel, Placement(offset_x=0.5))) == {(10, 20, "R"), (11, 20, "R")}


def test_twice_the_size_is_four_pixels():
    doubled = Placement(scale_x=2.0, scale_y=2.0, offset_x=0.5, offset_y=0.5)
    assert spoiled(placed(one(samples=(Sample(0, 0, "R"),)), doubled)) == {
        (x, y, "R") for x in (20, 21) for y in (40, 41)
    }


@pytest.mark.parametrize("scale", [0.3, 0.41, 0.5, 0.77])
def test_no_sample_is_lost_where_pixels_become_larger(scale):
    for offset in np.linspace(0, 1, 23):
        small = placed(one(samples=(Sample(0, 0, "R"),)), Placement(scale_x=scale, offset_x=float(offset)))
        assert 1 <= len(spoiled(small)) <= 2


def test_what_falls_outside_is_left_out():
    raster = Raster(0, 0, 12, 40)
    assert spoiled(placed(one(), IDENTITY, raster=raster)) == spoiled(one()) - {(12, 20, "R")}
    gone = placed(one(), Placement(offset_x=50.0), raster=raster)
    assert (gone.defects, gone.raster) == ((), raster)


def test_a_map_that_knows_no_raster_can_still_be_written():
    far = placed(one(x=FARTHEST - 5), Placement(scale_x=3.0, scale_y=3.0))
    assert far.defects == ()
    near = placed(one(x=FARTHEST - 5), Placement(offset_x=5.0))
    assert map_from_json(map_to_json(near)).defects == near.defects


def test_there_and_back():
    there = Placement(scale_x=-0.5, scale_y=2.0, offset_x=7.0, offset_y=-3.0, pairs=((0, 2), (1, 0)))
    points = np.array([(0.0, 0.0), (10.0, 3.0)])
    assert np.allclose(there.inverse().apply(there.apply(points)), points)
    assert there.inverse().pairs == ((0, 1), (2, 0))
    assert (there.is_flipped_x, there.is_flipped_y, there.is_identity, there.zoom) == (
        True,
        False,
        False,
        2.0,
    )
    assert IDENTITY.inverse().is_identity
