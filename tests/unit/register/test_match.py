# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest

from pixmend.model import DefectMap, Kind, Raster, Status
from pixmend.register import MOST_CHANCE, Placement, match_maps
from tests.make.constellations import PLATE_4K, PLATE_HD, map_at, scattered, seen

CORNERS = np.array([(0.0, 0.0), (4095.0, 0.0), (0.0, 2159.0), (4095.0, 2159.0)])
OPEN_GATE = Raster(0, 0, 8192, 4320)

MOVED = {
    "not at all": Placement(),
    "by whole pixels": Placement(offset_x=112.0, offset_y=-31.0),
    "by parts of a pixel": Placement(offset_x=-7.45, offset_y=0.5),
    "flipped": Placement(scale_x=-1.0, offset_x=4095.0),
    "upside down, and moved": Placement(scale_x=-1.0, scale_y=-1.0, offset_x=4101.0, offset_y=2150.0),
    "enlarged a little": Placement(scale_x=1.07, scale_y=1.07, offset_x=-140.3, offset_y=-71.0),
    "half size": Placement(scale_x=0.5, scale_y=0.5, offset_x=-0.25, offset_y=-0.25),
    "a third, in the corner": Placement(scale_x=0.3, scale_y=0.3, offset_x=40.0, offset_y=900.0),
    "smaller and flipped": Placement(scale_x=0.81, scale_y=-0.81, offset_x=55.0, offset_y=2000.0),
    "desqueezed": Placement(scale_x=2.0, scale_y=1.0),
    "desqueezed and moved": Placement(scale_x=1.3, scale_y=1.0, offset_x=-300.0, offset_y=12.0),
    "squeezed": Placement(scale_x=0.6, scale_y=1.1, offset_x=100.0, offset_y=-80.0),
}


def is_near(found, wanted):
    """Tell whether two placements put the corners of a raster at the same places, to a few pixels."""
    return np.abs(found.apply(CORNERS) - wanted.apply(CORNERS)).max() < 4.0 * max(1.0, wanted.zoom)


@pytest.mark.parametrize("moved", MOVED.values(), ids=MOVED)
def test_a_camera_is_found_again_though_seven_of_ten_are_missing_and_others_there(moved):
    camera = scattered(44, seed=5)
    found = match_maps(map_at(camera), seen(moved.apply(camera), seed=6, raster=OPEN_GATE))
    assert found is not None
    assert is_near(found, moved)
    assert found.log10_chance < -4


def test_a_crop_that_is_enlarged_three_times_shows_a_ninth():
    camera = scattered(60, seed=8)
    moved = Placement(scale_x=3.0, scale_y=3.0, offset_x=-4000.0, offset_y=-2000.0)
    found = match_maps(map_at(camera), map_at(moved.apply(camera)))
    assert found is not None
    assert is_near(found, moved)


def test_a_resized_raster_needs_two_common_defects_only():
    camera = scattered(5, seed=1)
    small = map_at(camera[:2] * 0.46875 - 0.265625, Raster(0, 0, 1920, 1012))
    found = match_maps(map_at(camera), small)
    assert found is not None
    assert (len(found.pairs), found.scale_x) == (2, 1920 / 4096)


@pytest.mark.parametrize("shared", [0, 1, 2, 3])
def test_two_at_the_same_pixel_are_enough_where_nothing_moved(shared):
    ours, theirs = scattered(12, seed=1), scattered(9, seed=2)
    theirs[:shared] = ours[:shared]
    found = match_maps(map_at(ours), map_at(theirs))
    assert (found is not None) is (shared >= 2)
    assert found is None or (found.is_identity and len(found.pairs) == shared)


def test_the_pairs_are_of_the_maps_as_given():
    camera = scattered(9, seed=3)
    ours, theirs = map_at(camera), map_at(camera[::-1] + np.array((20, 30)), OPEN_GATE)
    found = match_maps(ours, theirs)
    assert found is not None
    assert found.pairs == tuple((index, 8 - index) for index in range(9))
    back = match_maps(theirs, ours)
    assert back is not None
    assert back.pairs == found.inverse().pairs
    assert is_near(back.inverse(), found)


@pytest.mark.parametrize("count", [4, 12, 40])
def test_whole_pixels_are_found_as_whole_pixels(count):
    """Else a footprint that moves along would spread over two pixels."""
    camera = np.rint(scattered(count, seed=count))
    beside = (
        np.random.default_rng(0).integers(-1, 2, size=camera.shape) * (np.arange(count) % 4 == 0)[:, None]
    )
    found = match_maps(map_at(camera), map_at(camera + np.array((37, 21)) + beside, OPEN_GATE))
    assert found is not None
    assert (found.scale_x, found.offset_x, found.offset_y) == (1.0, 37.0, 21.0)


def test_half_a_pixel_is_told_from_a_whole_one():
    camera = np.rint(scattered(40, seed=3))
    found = match_maps(map_at(camera), map_at(camera + np.random.default_rng(1).uniform(10, 11, (40, 2))))
    assert found is not None
    assert found.offset_x == pytest.approx(10.5, abs=0.2)


def test_scale_can_be_left_out():
    camera = scattered(20, seed=4)
    larger = map_at(camera * 1.2, OPEN_GATE)
    assert match_maps(map_at(camera), larger, by_offset_only=True) is None
    assert match_maps(map_at(camera), larger) is not None


@pytest.mark.parametrize(
    "change",
    [{"kind": Kind.COLUMN}, {"kind": Kind.ROW}, {"kind": Kind.FLASH}, {"status": Status.REJECTED}],
    ids=str,
)
def test_what_says_nothing_of_the_camera_is_left_out(change):
    camera = scattered(20, seed=4)
    assert match_maps(map_at(camera), map_at(camera)) is not None
    assert match_maps(map_at(camera), map_at(camera, **change)) is None


def test_one_cluster_is_one_point():
    """A lamp that breaks into ten defects must not tie two cameras together."""
    ours, theirs = scattered(8, seed=1), scattered(8, seed=2)
    lamp = np.array([(1000 + 3 * dx, 700 + 2 * dx) for dx in range(-2, 3)])
    assert (
        match_maps(map_at(np.concatenate([ours, lamp])), map_at(np.concatenate([theirs, lamp + 50]))) is None
    )


def test_maps_that_know_no_raster_are_matched():
    camera = scattered(15, seed=9)
    found = match_maps(map_at(camera, None), map_at(camera * 0.7 + 9, None))
    assert found is not None
    assert found.scale_x == pytest.approx(0.7, abs=0.002)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_defects_match_nothing_but_themselves(count):
    few, many = map_at(scattered(count, seed=1)), map_at(scattered(20, seed=2))
    assert match_maps(few, many) is None
    assert match_maps(many, few) is None
    assert (match_maps(few, few) is not None) is (count >= 2)


def test_all_at_one_place_is_no_constellation():
    heap = replace(map_at(np.full((30, 2), 500.0)), raster=None)
    assert match_maps(heap, heap) is None
    row = map_at(np.column_stack([np.arange(20) * 100.0, np.full(20, 5.0)]))
    assert match_maps(row, row) is not None
    assert match_maps(DefectMap(raster=None, defects=()), row) is None


@pytest.mark.parametrize("raster", [PLATE_4K, PLATE_HD], ids=str)
def test_unrelated_maps_do_not_match(raster):
    for seed in range(15):
        random = np.random.default_rng(seed)
        ours, theirs = (map_at(scattered(random.integers(3, 41), random, raster), raster) for _ in "ab")
        assert match_maps(ours, theirs) is None


@pytest.mark.slow
def test_the_chance_is_an_upper_bound():
    """Of 400 pairs of unrelated maps, no more reach a chance than it says."""
    best = []
    for seed in range(400):
        random = np.random.default_rng(seed)
        ours, theirs = (map_at(scattered(random.integers(3, 31), random, PLATE_HD), PLATE_HD) for _ in "ab")
        found = match_maps(ours, theirs, most_chance=1.0)
        best.append(0.0 if found is None else found.log10_chance)
    assert np.mean(np.array(best) <= -1) <= 0.1
    assert np.mean(np.array(best) <= np.log10(MOST_CHANCE)) == 0
