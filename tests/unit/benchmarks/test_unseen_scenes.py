# SPDX-License-Identifier: Apache-2.0
"""The scenes that go by the commit: as hard as the test scenes, of no training picture, others each time."""

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.accuracy.scene import Group, shot_of
from benchmarks.accuracy.scenes import TEST
from benchmarks.accuracy.training_scenes import TRAIN
from benchmarks.accuracy.unseen_scenes import unseen_scenes
from benchmarks.report import commit_number


def dry(scenes):
    return [(each.motion, each.exposure, each.count, each.size) for each in scenes if each.group is Group.DRY]


@given(seed=st.integers(0, 2**28 - 1))
def test_they_move_as_the_test_scenes_do_and_show_no_picture_that_was_tuned_on(seed):
    scenes = unseen_scenes(seed)
    assert dry(scenes) == dry(TEST)
    assert {each.picture for each in scenes} & {each.picture for each in TRAIN} <= {""}
    assert len({each.name for each in scenes}) == len(scenes) == 7


def test_other_commits_plant_other_defects():
    first, other = (shot_of(unseen_scenes(seed)[0], quick=True).planted for seed in (1, 2))
    assert {each.centre for each in first}.isdisjoint({each.centre for each in other})
    assert sum(each.label == "flash" for each in first) == 16


def test_the_number_of_the_commit_is_its_name():
    assert 0 <= commit_number() < 16**9
