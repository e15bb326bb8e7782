# SPDX-License-Identifier: Apache-2.0
"""Scores that touch are one group; what cannot show is not measured, and all that can is."""

import numpy as np
import pytest
from scipy.ndimage import binary_dilation, label, median_filter

from pixmend.detect._site_groups import groups_of, may_show

SIZE = (60, 70)


@pytest.mark.parametrize("share", [0.003, 0.02, 0.2])
def test_groups_are_the_labels_of_dilated_scores(share):
    rng = np.random.default_rng(5)
    score = np.where(rng.random(SIZE) < share, rng.choice([-9.0, 9.0], SIZE), 0.0).astype(np.float32)
    threshold = np.full(SIZE, 8.0, np.float32)
    groups, count = label(binary_dilation(score != 0, iterations=2))
    expected = {tuple(map(tuple, np.argwhere((groups == n + 1) & (score != 0)))) for n in range(count)}
    found = list(groups_of(score, threshold, most_px=score.size))
    assert {tuple(map(tuple, group.pixels)) for group in found} == expected
    assert len(found) == count


def test_large_groups_are_passed_over():
    score = np.zeros(SIZE, np.float32)
    score[10:13, 10:13] = 9.0
    score[40, 40] = -9.0
    (group,) = groups_of(score, np.full(SIZE, 8.0, np.float32), most_px=8)
    assert group.pixels.tolist() == [[40, 40]]


@pytest.mark.parametrize("texture", [0.1, 0.5])
def test_what_is_measured_to_show_is_never_passed_over(texture):
    rng = np.random.default_rng(8)
    light = rng.normal(10.0, texture, (2, *SIZE)).astype(np.float32)
    light[1, 30, 30] += 1.0
    sigma = np.sqrt(light / 10.0)
    median = np.stack([median_filter(plane, 9) for plane in light])
    noise = np.sqrt(median / 10.0)
    excess = np.abs((light - median) / noise)
    score = np.zeros(SIZE, np.float32)
    score[14:46:3, 14:56:3] = 9.0
    asked = 0
    for y, x in np.argwhere(score):
        alone = np.zeros(SIZE, np.float32)
        alone[y, x] = 9.0
        (group,) = groups_of(alone, np.full(SIZE, 8.0, np.float32), most_px=9)
        strongest = float(excess[:, y - 6 : y + 7, x - 6 : x + 7].max())
        assert may_show(group, light, sigma, amplitude=strongest)
        asked += may_show(group, light, sigma, amplitude=1.3 * strongest)
    assert asked < np.count_nonzero(score) / 4


def test_at_the_borders_all_may_show():
    score = np.zeros(SIZE, np.float32)
    score[3, 30] = 9.0
    (group,) = groups_of(score, np.full(SIZE, 8.0, np.float32), most_px=9)
    flat = np.ones((1, *SIZE), np.float32)
    assert may_show(group, flat, flat, amplitude=5.0)
