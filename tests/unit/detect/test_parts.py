# SPDX-License-Identifier: Apache-2.0
"""The parts of detection by themselves: footprints, scores, sites, and the words for them."""

import numpy as np
import pytest

from pixmend.detect import (
    MeanPicture,
    ScoreMap,
    find_sites,
    sigma_shapes,
)
from pixmend.detect._defects import _confidence, numbered
from pixmend.detect._match import match
from pixmend.detect._match_filters import filters_of
from pixmend.detect._views import views_of
from pixmend.footprints import Footprint, prior_footprints
from pixmend.model import Defect, Kind, Sample, Severity
from pixmend.simulate import Demosaic, Sensor, develop
from tests.make.shots import detection_of, small_shot


def test_there_are_two_sets_of_four_photosites_a_pixel_in_colour_and_one_of_mono():
    assert [each.shape.shape for each in prior_footprints(3)] == [(3, 5, 5)] * 9
    assert len({each.name for each in prior_footprints(3)}) == 9
    (single,) = prior_footprints(1)
    assert single.shape.shape == (1, 5, 5)
    assert np.argwhere(single.shape).tolist() == [[0, 2, 2]]


def test_the_strongest_sample_of_a_footprint_is_its_centre_and_one():
    for each in prior_footprints(3):
        channel, row, column = np.unravel_index(np.abs(each.shape).argmax(), each.shape.shape)
        assert (row, column) == (2, 2), each.name
        assert each.shape[channel, row, column] == pytest.approx(1.0)


@pytest.mark.parametrize("demosaic", [Demosaic.MALVAR, Demosaic.BILINEAR])
@pytest.mark.parametrize(("number", "site"), list(enumerate([(16, 16), (16, 17), (17, 16), (17, 17)])))
def test_prior_footprints_are_near_what_a_camera_does(number, site, demosaic):
    sensor = Sensor()
    dark, lit = np.zeros((2, 32, 32), np.float32)
    lit[site] = 1000
    window = np.s_[site[0] - 2 : site[0] + 3, site[1] - 2 : site[1] + 3]
    shape = np.moveaxis(develop(lit, sensor, demosaic) - develop(dark, sensor, demosaic), -1, 0)[:, *window]
    likeness = [
        float((shape * each.shape).sum() ** 2 / (shape**2).sum() / (each.shape**2).sum())
        for each in prior_footprints(3)
    ]
    own = number + (0 if demosaic is Demosaic.MALVAR else 4)
    assert likeness[own] == max(likeness)
    assert likeness[own] > 0.95


def test_shapes_on_the_sigma_scale_are_normalised():
    statistics = detection_of(small_shot()).statistics
    for shape in sigma_shapes(statistics, prior_footprints(3)):
        assert np.abs(shape).max() == pytest.approx(1.0)


def test_the_score_of_a_clean_shot_is_noise_of_about_one():
    statistics = detection_of(small_shot(), clean=True).statistics
    views = views_of(statistics)
    scores = match(views, filters_of(views, sigma_shapes(statistics, prior_footprints(3))))
    assert scores.score.shape == statistics.seen.shape
    assert np.abs(scores.score).max() < 8
    assert 0.5 < float(np.median(np.abs(scores.score))) < 2.5  # the best of nine
    assert set(np.unique(scores.best)) <= set(range(9))


SIZE = (40, 50)
DOT = prior_footprints(1)
THRESHOLD = np.full(SIZE, 8, np.float32)


def dots(*places, scatter=0.05):
    """Return scores and a mono mean picture with these (y, x, amplitude in sigma)."""
    rng = np.random.default_rng(2)
    light = 5.0 + rng.normal(0, scatter, (1, *SIZE))
    score = np.zeros(SIZE, np.float32)
    for y, x, amplitude in places:
        light[0, y, x] += amplitude
        score[y, x] = 2 * amplitude
    return ScoreMap(score, np.zeros(SIZE, np.int8)), MeanPicture(light, np.ones_like(light))


@pytest.mark.parametrize(
    "place", [(20, 25), (0, 0), (0, 49), (39, 0), (39, 49), (1, 30), (38, 2), (20, 47)], ids=str
)
@pytest.mark.parametrize("amplitude", [-20.0, 12.0])
def test_a_site_is_where_the_dot_is(place, amplitude):
    scores, picture = dots((*place, amplitude))
    (site,) = find_sites(scores, picture, DOT, threshold=THRESHOLD)
    assert (site.y, site.x) == place
    assert (site.peak_y, site.peak_x, site.peak_channel) == (*place, 0)
    assert site.samples.tolist() == [[0, 0, 0]]
    assert site.amplitude_sigma == pytest.approx(amplitude, abs=0.3)
    assert np.sign(site.score) == np.sign(amplitude)
    assert site.likeness > 0.95


def test_sites_come_in_reading_order():
    scores, picture = dots((30, 5, 9.0), (3, 40, 9.0), (3, 8, 9.0))
    found = [(site.y, site.x) for site in find_sites(scores, picture, DOT, threshold=THRESHOLD)]
    assert found == [(3, 8), (3, 40), (30, 5)]


def test_only_what_reaches_its_own_threshold_is_a_site():
    scores, picture = dots((10, 10, 3.0), (30, 30, 3.0))
    threshold = THRESHOLD.copy()
    threshold[30, 30] = 6
    (site,) = find_sites(scores, picture, DOT, threshold=threshold)
    assert (site.y, site.x) == (30, 30)


def test_an_area_is_no_defect():
    scores, picture = dots()
    scores.score[5:30, 5:30] = 50
    assert find_sites(scores, picture, DOT, threshold=THRESHOLD) == []


def test_a_ring_of_scores_belongs_to_its_centre():
    scores, picture = dots((20, 25, 1000.0))
    scores.score[20, 25] = 0
    for dy, dx in ((-2, 0), (2, 0), (0, -2), (0, 2)):
        scores.score[20 + dy, 25 + dx] = -11
        picture.light[0, 20 + dy, 25 + dx] -= 150
    (site,) = find_sites(scores, picture, DOT, threshold=THRESHOLD)
    assert (site.y, site.x) == (20, 25)
    assert site.score == 11
    assert len(site.samples) in {1, 5}


def test_no_score_no_site():
    scores, picture = dots()
    assert find_sites(scores, picture, DOT, threshold=THRESHOLD) == []


def test_a_footprint_that_explains_little_has_little_likeness():
    shape = np.zeros((1, 5, 5))
    shape[0, 2, 2] = 1
    scores, picture = dots((20, 25, 20.0))
    picture.light[0, 19:22, 24:27] += 20
    (site,) = find_sites(scores, picture, (Footprint("pixel", shape),), threshold=THRESHOLD)
    assert site.likeness < 0.5


def test_confidence_rises_with_the_score_and_falls_with_the_pixels():
    scores = [_confidence(score, pixels=10**6) for score in (2.0, 5.0, 5.5, 6.0, 8.0, -8.0, 50.0)]
    assert scores == sorted(scores)
    assert scores[0] < 0.001
    assert 0.8 < scores[4] == scores[5] < 0.9
    assert scores[6] == 1.0
    assert _confidence(5.0, pixels=10) > 0.99 > _confidence(5.0, pixels=10**7)


def defect(amplitude):
    return Defect(id="", x=0, y=0, kind=Kind.HOT, samples=(Sample(0, 0, "R"),), amplitude_sigma=amplitude)


@pytest.mark.parametrize(
    ("amplitudes", "issues"),
    [((), 0), ((2.0,), 0), ((9.0, 2.0), 1), ((-9.0, None), 1), ((2.0,) * 4, 0), ((2.0,) * 5, 5)],
)
def test_bright_ones_are_an_issue_faint_ones_only_where_there_are_several(amplitudes, issues):
    graded = numbered([defect(each) for each in amplitudes])
    assert sum(each.severity is Severity.ISSUE for each in graded) == issues
