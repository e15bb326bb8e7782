# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from pixmend.model import Raster
from pixmend.register import Placement, align_maps, cluster_cameras, vote
from tests.make.constellations import PLATE_4K, map_at, scattered, seen

REFRAMED = Placement(scale_x=1.1, scale_y=1.1, offset_x=-180.0, offset_y=-95.0)


def reel(cameras, seed=0):
    """Return maps of shots in turn, every third of them reframed."""
    return [
        seen(
            cameras[number % len(cameras)] if number % 3 else REFRAMED.apply(cameras[number % len(cameras)]),
            seed=[seed, number],
            share=0.8,
            more=4,
        )
        for number in range(4 * len(cameras))
    ]


def test_shots_are_grouped_by_camera_though_some_are_reframed():
    cameras = [scattered(count, seed=count) for count in (24, 12, 10, 16)]
    assert cluster_cameras(reel(cameras)) == [[first, first + 4, first + 8, first + 12] for first in range(4)]


def test_the_order_of_the_shots_does_not_matter():
    maps = reel([scattered(count, seed=count) for count in (14, 11)])
    shuffled = np.random.default_rng(0).permutation(len(maps))
    groups = cluster_cameras([maps[index] for index in shuffled])
    assert sorted(sorted(int(shuffled[index]) for index in each) for each in groups) == cluster_cameras(maps)


@pytest.mark.parametrize(
    ("maps", "groups"),
    [
        ([], []),
        ([map_at([])] * 3, [[0], [1], [2]]),
        ([map_at([(5, 5)]), map_at([(5, 6)]), map_at([(5, 900)])], [[0, 1], [2]]),
        ([map_at([(5, 5)], None), map_at([(5, 5)], None)], [[0], [1]]),
        ([map_at([(5, 5)], Raster(0, 0, 64, 64)), map_at([(5, 5)], Raster(0, 0, 64, 64))], [[0], [1]]),
        ([map_at([(5, 5)]), map_at([(5, 5)], Raster(0, 0, 2048, 1080))], [[0], [1]]),
    ],
    ids=["none", "empty", "the same place", "no raster", "small raster", "other raster"],
)
def test_shots_of_few_defects(maps, groups):
    assert cluster_cameras(maps) == groups


def test_a_shot_that_knew_no_camera_meets_it_when_it_has_grown():
    camera = scattered(12, seed=2)
    maps = [map_at(camera[:5]), map_at(camera[4:9]), map_at(camera[3:7]), map_at(camera[7:12])]
    assert cluster_cameras(maps) == [[0, 1, 2, 3]]
    assert [each is not None for each in align_maps([maps[0], maps[3], maps[1], maps[2]])] == [True] * 4


def test_maps_are_aligned_with_the_first():
    camera = scattered(20, seed=1)
    maps = [map_at(camera), seen(REFRAMED.apply(camera), 1, share=0.7, more=5), map_at(scattered(9, seed=3))]
    first, second, third = align_maps(maps)
    assert first is not None
    assert first.is_identity
    assert third is None
    corner = np.array([(0.0, 0.0), (4095.0, 2159.0)])
    assert np.abs(REFRAMED.inverse().apply(corner) - second.apply(corner)).max() < 3
    assert align_maps([]) == []


def test_aligned_shots_make_the_map_of_their_camera():
    camera = np.rint(scattered(16, seed=7))
    maps = [
        map_at(camera, PLATE_4K),
        *(seen(REFRAMED.apply(camera), seed, share=0.8, more=6) for seed in range(4)),
    ]
    placements = align_maps(maps)
    assert None not in placements
    voted = vote(maps, least=3, placements=placements)
    found = np.array([(each.x, each.y) for each in voted.defects])
    distance = np.abs(found[:, None, :] - camera[None, :, :]).max(axis=2).min(axis=1)
    assert len(found) >= 12
    assert distance.max() <= 1
