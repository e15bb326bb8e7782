# SPDX-License-Identifier: Apache-2.0
"""Where a line begins and ends."""

import numpy as np
import pytest

from pixmend.detect._line_extent import extent_of_run
from pixmend.detect._line_scores import LineView, Run
from pixmend.detect._line_shapes import LINE_REACH_PX

HEIGHT, WIDTH, MIDDLE = 120, 40, 20
FIRST, STOP = 40, 90


def view_of(even: int, odd: int) -> LineView:
    """Return a view with noise of a half and a line, in half sigma, that even and odd rows show differently."""
    steps = np.rint(np.random.default_rng(5).normal(size=(1, HEIGHT, WIDTH))).astype(np.int16)
    rows = np.arange(FIRST, STOP)
    steps[0, rows, MIDDLE] += np.where(rows % 2 == 0, even, odd).astype(np.int16)
    return LineView(steps, np.full((HEIGHT, WIDTH), 0.5, np.float32), np.ones(1))


@pytest.mark.parametrize(("even", "odd"), [(6, 6), (10, -6), (-6, 10)])
def test_a_line_has_its_ends_though_but_one_of_its_two_colours_shows(even, odd):
    profile = np.zeros((2, 1, 2 * LINE_REACH_PX + 1))
    profile[:, 0, LINE_REACH_PX] = 1.0
    run = Run(score=20.0, x=MIDDLE, first=48, stop=84, shape=0)
    extent = extent_of_run(run, [view_of(even, odd)] * 2, profile)
    assert extent == (pytest.approx(FIRST, abs=3), pytest.approx(STOP, abs=3))


def test_a_few_strong_photosites_have_none():
    view = view_of(0, 0)
    view.steps[0, 48:84:12, MIDDLE] = 1000
    profile = np.zeros((2, 1, 2 * LINE_REACH_PX + 1))
    profile[:, 0, LINE_REACH_PX] = 1.0
    run = Run(score=20.0, x=MIDDLE, first=48, stop=84, shape=0)
    assert extent_of_run(run, [view, view], profile) is None
