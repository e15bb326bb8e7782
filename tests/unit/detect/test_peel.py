# SPDX-License-Identifier: Apache-2.0
"""Peeling: what a strong defect hid is found, what it rang is not."""

from functools import cache

import numpy as np
import pytest

from pixmend.detect import MeanPicture, Site
from pixmend.detect._peel import quietest
from pixmend.detect._search import Search, search
from pixmend.detect._views import views_of
from pixmend.model import Kind
from pixmend.simulate import PlantedDefect, SimulatedShot
from pixmend.stats import Whitener
from tests.make.shots import detection_of, small_shot

STRONG = ((40, 40), (90, 41), (140, 40), (190, 41), (40, 100), (91, 100), (140, 101), (190, 100))
DISTANCES = (4, 5, 6, 7, 8, 9, 10, 6)
THRESHOLD = 8.0


@cache
def pairs() -> SimulatedShot:
    """Return a shot with saturated photosites and faint ones beside them."""
    planted = [PlantedDefect(sites=(place,), kind=Kind.STUCK, saturated=True) for place in STRONG]
    planted += [
        PlantedDefect(sites=((x + distance, y + 1),), kind=Kind.HOT, amplitude_sigma=10.0)
        for (x, y), distance in zip(STRONG, DISTANCES, strict=True)
    ]
    return small_shot(tuple(planted))


@cache
def found() -> Search:
    statistics = detection_of(pairs()).statistics
    return search(views_of(statistics), MeanPicture(*statistics.mean_light()), is_still=False)


def sites() -> list[Site]:
    threshold = np.full((192, 256), 1.5 * THRESHOLD, np.float32)  # as detection asks at the rim
    threshold[2:-2, 2:-2] = THRESHOLD
    return found().sites(threshold)


@pytest.mark.parametrize("number", range(1, 8))
def test_a_faint_one_beside_a_saturated_one_is_found(number):
    x, y = STRONG[number]
    places = {(site.x, site.y) for site in sites()}
    assert (x, y) in places
    assert (x + DISTANCES[number], y + 1) in places


def test_nothing_else_is_found():
    places = {(site.x, site.y) for site in sites()}
    planted = {defect.sites[0] for defect in pairs().planted}
    for x, y in places:
        assert any(max(abs(x - px), abs(y - py)) <= 1 for px, py in planted), (x, y)


def test_the_footprint_of_a_faint_one_is_without_its_neighbour():
    x, y = STRONG[2]
    (faint,) = [site for site in sites() if (site.x, site.y) == (x + DISTANCES[2], y + 1)]
    assert abs(faint.amplitude_sigma) < 20
    assert len(faint.samples) < 40


def test_the_mean_picture_without_strong_ones_is_smooth_there():
    picture = found().picture
    x, y = STRONG[0]
    rows, columns = slice(y - 10, y + 10), slice(x - 10, x + 10)
    before = picture.light[:, rows, columns]
    after, sigma = picture.window(rows, columns)
    assert (np.abs(before - np.median(before)) / sigma).max() > 1000
    assert (np.abs(after - np.median(after, axis=(1, 2), keepdims=True)) / sigma).max() < 30


def whitener() -> Whitener:
    """Return the whitener of a smooth mono picture."""
    places = np.stack(np.meshgrid(np.arange(7), np.arange(7), indexing="ij"), axis=-1).reshape(-1, 2)
    apart = np.sqrt(((places[:, None] - places[None]) ** 2).sum(axis=-1))
    return Whitener(100 * np.exp(-apart / 8) + 0.1 * np.eye(49), 1)


def test_missing_samples_are_filled_as_their_neighbours_predict():
    y, x = np.mgrid[:21, :21]
    level = (20 + 0.5 * x - 0.3 * y)[None].astype(np.float32)
    missing = np.zeros(level.shape, bool)
    missing[0, 9:12, 8:13] = True
    broken = np.where(missing, np.float32(1e4), level)
    filled = quietest(broken, missing, whitener())
    assert np.array_equal(filled[~missing], level[~missing])
    np.testing.assert_allclose(filled, level, atol=1.0)


def test_where_nothing_is_known_the_fill_is_finite():
    level = np.full((1, 15, 15), 1e5, np.float32)
    filled = quietest(level, np.ones(level.shape, bool), whitener())
    assert np.isfinite(filled).all()
