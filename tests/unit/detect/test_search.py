# SPDX-License-Identifier: Apache-2.0
"""Two rounds: plates that no prior knows are searched with what their strongest defects taught."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest

from pixmend.detect import MeanPicture, find_sites, sigma_shapes
from pixmend.detect._match import match
from pixmend.detect._match_filters import filters_of
from pixmend.detect._search import Search, search
from pixmend.detect._views import views_of
from pixmend.footprints import prior_footprints
from pixmend.model import FrameRange, Kind
from pixmend.pipeline import detect
from pixmend.simulate import Demosaic, Finish, Ingredient, SimulatedShot
from pixmend.stats import ShotStatistics
from tests.make.shots import LINEAR, detection_of, memory_shot, small_shot, small_spec, stored_frames

RECIPE = (
    Ingredient(label="strong", kind=Kind.HOT, count=16, amplitude_sigma=60.0),
    Ingredient(label="faint", kind=Kind.HOT, count=8, amplitude_sigma=5.0),
)
THRESHOLD = 8.0


@cache
def resized(scale: float, demosaic: Demosaic = Demosaic.MALVAR) -> SimulatedShot:
    """Return a shot whose plate was resized."""
    spec = small_spec(
        frames=FrameRange.parse("1001-1012"),
        finish=Finish(scale=scale),
        demosaic=demosaic,
        recipe=RECIPE,
        seed=21,
    )
    return SimulatedShot(spec)


@cache
def statistics_of(shot: SimulatedShot) -> ShotStatistics:
    return detect(memory_shot(stored_frames(shot)), LINEAR).statistics


@cache
def search_of(shot: SimulatedShot) -> Search:
    statistics = statistics_of(shot)
    return search(views_of(statistics), MeanPicture(*statistics.mean_light()), is_still=False)


def hit(shot: SimulatedShot, places: Sequence[tuple[int, int]], label: str) -> int:
    wanted = [defect.sites[0] for defect in shot.planted if defect.label == label]
    return sum(any(max(abs(x - px), abs(y - py)) <= 2 for px, py in places) for x, y in wanted)


def places_by_search(shot: SimulatedShot) -> list[tuple[int, int]]:
    found = search_of(shot)
    return [
        (site.x, site.y) for site in found.sites(np.full(found.scores.score.shape, THRESHOLD, np.float32))
    ]


def places_by_priors(shot: SimulatedShot, caution: float = 1.0) -> list[tuple[int, int]]:
    statistics = statistics_of(shot)
    priors = prior_footprints(3)
    views = views_of(statistics)
    scores = match(views, filters_of(views, sigma_shapes(statistics, priors)))
    threshold = np.full(scores.score.shape, caution * THRESHOLD, np.float32)
    sites = find_sites(scores, MeanPicture(*statistics.mean_light()), priors, threshold=threshold)
    return [(site.x, site.y) for site in sites]


def test_a_stretched_plate_teaches_its_own_footprints():
    shot = resized(1.5)
    assert len(search_of(shot).footprints) > 9
    assert hit(shot, places_by_search(shot), "strong") == 16
    assert hit(shot, places_by_search(shot), "faint") > hit(shot, places_by_priors(shot), "faint")


@pytest.mark.parametrize(
    "shot", [resized(0.5), resized(1.0, Demosaic.EDGE), small_shot()], ids=["half", "edge", "usual"]
)
def test_nothing_clear_is_lost_by_the_second_round(shot):
    by_search = places_by_search(shot)
    for x, y in places_by_priors(shot, 1.2):
        assert any(max(abs(x - px), abs(y - py)) <= 2 for px, py in by_search), (x, y)


def test_a_clean_shot_teaches_nothing():
    statistics = detection_of(small_shot(), clean=True).statistics
    found = search(views_of(statistics), MeanPicture(*statistics.mean_light()), is_still=False)
    assert len(found.footprints) == 9
    assert found.strong == ()
    assert found.sites(np.full((192, 256), THRESHOLD, np.float32)) == []


def test_nothing_is_learned_or_peeled_where_it_is_excluded():
    statistics = statistics_of(resized(1.0))
    everywhere = np.ones((192, 256), bool)
    found = search(
        views_of(statistics), MeanPicture(*statistics.mean_light()), is_still=False, excluded=everywhere
    )
    assert len(found.footprints) == 9
    assert found.strong == ()


def test_grey_plates_are_searched_too():
    shot = small_shot()
    grey = {frame: each.mean(axis=-1, keepdims=True) for frame, each in stored_frames(shot).items()}
    source = memory_shot(grey)
    statistics = detect(source, LINEAR).statistics
    found = search(views_of(statistics), MeanPicture(*statistics.mean_light()), is_still=False)
    sites = found.sites(np.full((192, 256), THRESHOLD, np.float32))
    wanted = [defect.sites[0] for defect in shot.planted]
    hits = [any(max(abs(x - s.x), abs(y - s.y)) <= 1 for s in sites) for x, y in wanted]
    assert np.mean(hits) > 0.9


def test_the_same_statistics_give_the_same_sites():
    statistics = statistics_of(resized(1.5))
    again = search(views_of(statistics), MeanPicture(*statistics.mean_light()), is_still=False)
    assert np.array_equal(again.scores.score, search_of(resized(1.5)).scores.score)
    assert np.array_equal(again.scores.bold, search_of(resized(1.5)).scores.bold)


def test_in_a_still_shot_nothing_is_learned_or_peeled():
    statistics = statistics_of(small_shot())
    found = search(views_of(statistics), MeanPicture(*statistics.mean_light()), is_still=True)
    assert len(found.footprints) == 9
    assert found.strong == ()
    assert found.scores.bold is None
    assert found.sites(np.full((192, 256), THRESHOLD, np.float32))
