# SPDX-License-Identifier: Apache-2.0
"""Which sites are asked about at all, by what they score and what the mean picture shows."""

import numpy as np
import pytest

from pixmend.detect import DetectSettings
from pixmend.detect._sites import MeanPicture, Site
from pixmend.detect._verdict import believable_sites
from tests.make.measured import measured
from tests.make.shots import small_shot

AMPLITUDE = 1.5


def site_of(*, score: float) -> Site:
    shape = np.zeros((3, 9, 9))
    shape[1, 4, 4] = AMPLITUDE
    return Site(
        x=100,
        y=90,
        score=score,
        samples=np.array([[1, 0, 0]]),
        peak_channel=1,
        peak_y=90,
        peak_x=100,
        amplitude_sigma=AMPLITUDE,
        likeness=0.9,
        shape=shape,
    )


def is_asked_about(*, thresholds: float, is_still: bool) -> bool:
    """Tell of a site that scores so many times amplitude and root of frames; its place is known."""
    statistics = measured(small_shot(()))
    score = thresholds * AMPLITUDE * float(np.sqrt(len(statistics.frames)))
    kept = believable_sites(
        [site_of(score=score)],
        statistics,
        DetectSettings(),
        picture=MeanPicture(*statistics.mean_light()),
        is_still=is_still,
        is_known=lambda _: True,
    )
    return bool(kept)


@pytest.mark.parametrize("thresholds", [1.5, 2.5, 6.0])
def test_where_the_picture_moves_a_site_may_score_more_than_it_shows(thresholds):
    """Hard texture that moves over a photosite takes from the mean, and little from the clipped sum."""
    assert is_asked_about(thresholds=thresholds, is_still=False)


@pytest.mark.parametrize(("thresholds", "expected"), [(1.5, True), (2.5, False)])
def test_where_nothing_moves_what_scores_more_than_it_shows_is_ringing(thresholds, expected):
    assert is_asked_about(thresholds=thresholds, is_still=True) is expected
