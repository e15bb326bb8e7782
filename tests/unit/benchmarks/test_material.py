# SPDX-License-Identifier: Apache-2.0
"""The shots, crops and holes that the benchmarks measure on."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.accuracy.scene import Group, shot_of
from benchmarks.accuracy.scenes import TEST
from benchmarks.accuracy.shots import busiest_part
from benchmarks.accuracy.training_scenes import TRAIN
from benchmarks.pictures import DATA, halved, load_picture


def test_the_busiest_part_is_where_the_texture_is():
    picture = np.full((900, 1000, 3), 0.2, np.float32)
    rng = np.random.default_rng(0)
    picture[450:850, 420:960] *= rng.uniform(0.8, 1.2, (400, 540, 1)).astype(np.float32)
    picture[:, 10] = 25.0  # one glaring edge is not a busy place
    part = busiest_part(picture)
    assert part.shape == (464, 592, 3)
    assert (part != np.float32(0.2)).mean() > 0.7


def test_half_size_is_the_mean_of_four():
    picture = np.arange(5 * 4 * 3, dtype=np.float32).reshape(5, 4, 3)
    assert np.array_equal(halved(picture)[1, 1], picture[2:4, 2:4].mean(axis=(0, 1)))
    assert halved(picture).shape == (2, 2, 3)


def test_an_absent_photograph_is_none():
    assert load_picture("no such camera") is None


SCENES = (*TEST, *TRAIN)


def test_scenes_have_names_of_their_own_and_five_are_dry_and_moving():
    assert len({each.name for each in SCENES}) == len(SCENES)
    assert sum(each.group is Group.DRY for each in TEST) == 5


@pytest.mark.real
def test_every_photograph_that_a_scene_names_is_there():
    if not DATA.is_dir():
        pytest.skip("../shared/data is not on this machine")
    names = {each.picture for each in SCENES} - {""}
    assert names <= {path.stem for folder in ("stills", "exr") for path in (DATA / folder).iterdir()}


@pytest.mark.parametrize(
    "scene", [each for each in SCENES if each.finish.scale != 1], ids=lambda each: each.name
)
def test_a_resized_scene_has_its_truth_on_the_plate(scene):
    shot = shot_of(replace(scene, picture="", count=2))
    assert shot.raster.width == round(scene.size[1] * scene.finish.scale)
    assert all(shot.raster.contains(x, y) for each in shot.planted for x, y in each.sites)


def test_what_is_tuned_on_is_not_measured_on():
    assert not {each.seed for each in TEST} & {each.seed for each in TRAIN}
    assert not ({each.picture for each in TEST} & {each.picture for each in TRAIN}) - {""}


@pytest.mark.real
@pytest.mark.parametrize("name", ["HTC_One", "Canon_EOS_20D_1", "Desk"])
def test_photographs_are_linear_light(name):
    picture = load_picture(name)
    if picture is None:
        pytest.skip("../shared/data is not on this machine")
    assert picture.dtype == np.float32
    assert picture.min() >= 0
    assert 1 < picture.max() < 500
