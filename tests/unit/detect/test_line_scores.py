# SPDX-License-Identifier: Apache-2.0
"""The scores of lines are in standard deviations of what is usual, and only what may be strong is worked out."""

import numpy as np
import pytest

from pixmend.arrays import robust_sigma
from pixmend.detect._line_scores import LineView, _usual_noise, strong_runs


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def test_the_usual_noise_is_the_robust_spread_of_what_is_alive(rng):
    response = (3.0 * rng.normal(size=(300, 500))).astype(np.float32)
    response[:, :100] = 0.0
    sampled = response.ravel()[::1]
    np.testing.assert_allclose(
        _usual_noise(response, least=0.1), robust_sigma(sampled[sampled != 0], centre=0.0), rtol=0.02
    )
    assert _usual_noise(np.zeros((5, 5), np.float32), least=0.1) == 0.1


def test_runs_above_a_threshold_score_the_same_whatever_the_threshold_is(rng):
    steps = rng.normal(scale=64.0, size=(1, 240, 160)).astype(np.int16)
    steps[:, 60:180, 50] += 100
    views = [LineView(steps, np.full((240, 160), 1 / 64, np.float32), np.ones(1)) for _ in range(2)]
    profile = np.zeros((2, 1, 11))
    profile[:, :, 5] = 1.0
    many, few = (strong_runs(views, [profile], threshold=least) for least in (3.0, 8.0))
    assert few
    assert few[0].x == 50
    high = [run for run in many if abs(run.score) >= 8.0]
    assert [(run.x, run.first, run.stop) for run in high] == [(run.x, run.first, run.stop) for run in few]
    np.testing.assert_allclose([run.score for run in high], [run.score for run in few], rtol=1e-5)
