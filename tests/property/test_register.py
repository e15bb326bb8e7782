# SPDX-License-Identifier: Apache-2.0
"""Laws of register: one camera is found again, two are not, and votes count the same in any order."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixmend.model import Raster
from pixmend.register import Placement, match_maps, placed, vote
from tests.make.constellations import PLATE_4K, PLATE_HD, map_at, scattered, seen

OPEN_GATE = Raster(-3000, -3000, 16000, 10000)
seeds = st.integers(0, 2**32 - 1)
flips = st.sampled_from([1.0, -1.0])
few_runs = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def placements(draw):
    size = draw(st.just(1.0) | st.floats(0.5, 1.6))
    across, down = draw(flips), draw(flips)
    return Placement(
        scale_x=across * size,
        scale_y=down * size,
        offset_x=draw(st.floats(-300, 300)) + (4095.0 * size if across < 0 else 0.0),
        offset_y=draw(st.floats(-300, 300)) + (2159.0 * size if down < 0 else 0.0),
    )


@given(st.integers(24, 40), seeds, placements())
@few_runs
def test_one_camera_is_found_again(count, seed, moved):
    camera = scattered(count, seed)
    shot = seen(moved.apply(camera), seed, share=0.6, more=count // 2, raster=OPEN_GATE)
    found = match_maps(map_at(camera), shot)
    assert found is not None
    corners = np.array([(0.0, 0.0), (4095.0, 2159.0)])
    assert np.abs(found.apply(corners) - moved.apply(corners)).max() < 4.0 * max(1.0, moved.zoom)


@given(st.integers(3, 40), st.integers(3, 40), seeds, st.sampled_from([PLATE_4K, PLATE_HD]))
@few_runs
def test_two_cameras_are_not_one(here, there, seed, raster):
    ours, theirs = scattered(here, [seed, 1], raster), scattered(there, [seed, 2], raster)
    assert match_maps(map_at(ours, raster), map_at(theirs, raster)) is None


@given(st.integers(0, 30), seeds, placements())
@few_runs
def test_a_map_that_was_placed_comes_back(count, seed, moved):
    camera = map_at(scattered(count, seed), None)
    back = placed(placed(camera, moved), moved.inverse())
    for before, after in zip(camera.defects, back.defects, strict=True):
        assert max(abs(before.x - after.x), abs(before.y - after.y)) <= np.ceil(1.0 / moved.zoom)
        assert (0, 0) in {(x - before.x, y - before.y) for x, y, _ in after.pixels(())}


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 20)), max_size=5), min_size=1, max_size=5),
    st.randoms(),
)
@settings(max_examples=60, deadline=None)
def test_votes_are_counted_the_same_in_any_order(shots, random):
    def said(given_maps):
        found = vote(given_maps, least=1).defects
        return sorted((each.x, each.y, each.votes.seen, each.votes.of, each.samples) for each in found)

    # Apart by more than anything that could be one defect.
    maps = [map_at(np.array(each).reshape(-1, 2) * 4) for each in shots]
    assert said(maps) == said(random.sample(maps, len(maps)))
    assert said([vote(maps, least=1)]) == said(maps)
