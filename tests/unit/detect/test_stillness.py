# SPDX-License-Identifier: Apache-2.0
"""Whether a shot stands still, so that time cannot tell a defect from the scene."""

from types import SimpleNamespace

import numpy as np
import pytest

from pixmend.detect import shot_is_still
from pixmend.simulate import Distractor, Motion
from tests.make.measured import measured
from tests.make.shots import detection_of, small_shot


def test_a_moving_shot_is_not_still():
    assert not shot_is_still(detection_of(small_shot()).statistics)


@pytest.mark.parametrize("seed", [7, 8])
def test_a_scene_before_which_objects_walk_is_still(seed):
    shot = small_shot((), motion=Motion.LOCKED, distractors=frozenset({Distractor.OBJECTS}), seed=seed)
    statistics = measured(shot)
    lively = np.quantile(statistics.grid_sigma(), 0.9, axis=(1, 2))
    assert lively.min() > 2  # a tenth of the picture does move
    assert shot_is_still(statistics)


@pytest.mark.parametrize(("detail_sigma", "expected"), [(4.0, True), (1.0, False)])
def test_what_changes_less_than_the_detail_that_it_leaves_is_still(detail_sigma, expected):
    """A codec leaves so little noise that all changes by more; what moves leaves no detail."""
    level = 50.0 + detail_sigma * np.random.default_rng(3).standard_normal((3, 96, 128), np.float32)
    changes = np.full((3, 12, 16), 2.0)
    statistics = SimpleNamespace(
        model=SimpleNamespace(noise=SimpleNamespace(is_blind=np.zeros(3, bool))),
        grid_sigma=lambda: changes,
        mean_level=lambda every: level[:, ::every],
    )
    assert shot_is_still(statistics) is expected


def test_lettering_that_stays_makes_no_moving_shot_still():
    shot = small_shot((), motion=Motion.PAN, distractors=frozenset({Distractor.BURN_IN}), seed=8)
    assert not shot_is_still(measured(shot))
