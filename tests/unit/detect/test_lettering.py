# SPDX-License-Identifier: Apache-2.0
"""Titles, credits and marks over a picture that moves are told from photosites that lie."""

from types import SimpleNamespace

import numpy as np
import pytest

from pixmend.detect._glance import Trace
from pixmend.detect._lettering import change_left, is_drawn, lettered, witnesses
from pixmend.detect._likeness import is_mark, is_whole_pixel
from pixmend.detect._sites import Site

FRAMES, RED = 24, 0
HERE = (3, 3)


def light_at(levels):
    """Light whose noise is 1 at every level."""
    return levels, np.ones_like(levels)


def scene(*, seed=3):
    """Return (FRAMES, 3, 7, 7) of a picture that moves."""
    return 60 + 10 * np.random.default_rng(seed).standard_normal((FRAMES, 3, 7, 7))


def trace_of(light) -> Trace:
    return Trace(
        frames=np.arange(FRAMES),
        amplitude=np.ones(FRAMES),
        error=np.ones(FRAMES),
        score=9.0,
        unrest=1.0,
        profile=np.zeros(light.shape[1:]),
        whitening=np.eye(light[0].size),
        cores=light.astype(np.float32),
        typical_fit=0.0,
    )


def drawn(light, *, cover, at=HERE, colour=200.0):
    """Return a picture over which something of one colour lies that lets 1 - `cover` of it through."""
    over = light.copy()
    over[:, :, *at] = (1 - cover) * light[:, :, *at] + cover * colour
    return over


def left_of(light, **chosen):
    return change_left(trace_of(light), light_at, **chosen)


def stuck():
    light = scene()
    light[:, RED, *HERE] = 4000.0
    return light


def hot():
    light = scene()
    light[:, RED, *HERE] += 50.0
    return light


def dead_cell():
    """Four joined photosites that see nothing: each colour is spoiled where it is measured, and half beside."""
    light = scene()
    light[:, :, 3:5, 3:5] *= 0.6
    return light


@pytest.mark.parametrize("defect", [stuck, hot, dead_cell])
def test_what_lies_in_one_colour_leaves_the_change_of_the_others(defect):
    assert left_of(defect()) > 0.5


@pytest.mark.parametrize("cover", [0.7, 1.0])
def test_what_was_laid_over_the_picture_takes_change_from_all_colours(cover):
    assert left_of(drawn(scene(), cover=cover)) < 0.5


def test_a_glint_that_passes_beside_is_no_change_that_is_usual():
    light = scene()
    light[4:7, :, 0] += 5000.0
    assert left_of(light) > 0.5


def test_thick_lettering_covers_what_is_around_too():
    light = drawn(scene(), cover=1.0, at=(slice(None), slice(2, None)))
    assert left_of(light) < 0.5


@pytest.mark.parametrize(
    "light",
    [np.full((FRAMES, 3, 7, 7), 7.0), drawn(scene()[:, :1], cover=1.0)],
    ids=["nothing changes", "one channel"],
)
def test_where_no_colours_change_nothing_is_told(light):
    assert left_of(light) == np.inf


def test_a_drawn_line_covers_most_of_its_places_or_stands_beside_what_does():
    def traces(at, cover):
        return [trace_of(drawn(scene(seed=seed), cover=cover, at=at)) for seed in range(7)]

    own, beside = (slice(None), 3), (slice(None), 5)
    assert is_drawn(traces(own, 0.5), light_at)
    assert is_drawn(traces(beside, 0.9), light_at)
    assert not is_drawn([*traces(own, 0.0)[:5], *traces(own, 0.9)[:2]], light_at)


def test_places_on_a_line_lie_inside_it_evenly():
    places = witnesses(10, 80)
    assert places[0] > 10
    assert places[-1] < 80
    assert len(set(np.diff(places))) <= 2


def letters(left, *, alike=False, marks=(0, 0, 0, 0, 0)):
    places = [(20, 20), (20, 26), (20, 32), (20, 38), (20, 90)]
    is_mark = np.array(marks, bool)
    return lettered(places, np.array(left), is_mark=is_mark, is_alike=np.full(len(left), alike)).tolist()


def test_what_is_covered_side_by_side_is_lettering_and_what_stands_between_it():
    assert letters([0.1, 0.7, 0.2, 0.1, 0.7]) == [True, True, True, True, False]


def test_one_place_or_two_that_are_covered_make_no_lettering():
    """Stuck photosites of a log plate do not change in any colour: the codes are too coarse for it."""
    assert letters([0.0, 0.7, 0.9, 0.7, 0.7]) == [False] * 5
    assert letters([0.0, 0.7, 0.0, 0.7, 0.0]) == [False] * 5


def test_a_photosite_that_nothing_covers_may_lie_between_letters():
    assert letters([0.1, 0.9, 0.2, 0.1, 0.9], alike=True) == [True, False, True, True, False]
    assert letters([0.1, 0.7, 0.2, 0.1, 0.9], alike=True) == [True, True, True, True, False]


def test_where_a_place_is_so_bright_that_the_change_drowns_in_its_noise_nothing_is_told():
    light = drawn(scene(), cover=1.0, colour=1e6)

    def coarse(levels):
        return levels, 1e-4 * np.abs(levels)

    assert change_left(trace_of(light), light_at) == 0.0
    assert change_left(trace_of(light), coarse, reach=0) == np.inf


def test_marks_are_lettering_where_they_stand_side_by_side():
    assert letters([0.9] * 5, marks=(1, 1, 1, 0, 1)) == [True, True, True, True, False]
    assert letters([0.9] * 5, marks=(1, 1, 0, 0, 1)) == [False] * 5


def test_no_place_is_no_lettering():
    none = np.zeros(0, bool)
    assert lettered([], np.zeros(0), is_mark=none, is_alike=none).tolist() == []


def site_of(samples, *, amplitude=12.0, likeness=0.0, fit=0.1) -> Site:
    return SimpleNamespace(
        samples=np.array(samples),
        shape=np.zeros((3, 9, 9)),
        is_in_pools=True,
        amplitude_sigma=amplitude,
        likeness=likeness,
        photosite_fit=fit,
        optical_fit=0.1,
    )


DOT = [(0, 0, 0), (1, 0, 0), (2, 0, 0)]


def test_a_dot_is_one_pixel_in_all_colours_and_a_photosite_is_not():
    assert is_whole_pixel(site_of(DOT))
    assert is_whole_pixel(site_of([*DOT, *((channel, 0, 1) for channel in range(3))]))
    assert not is_whole_pixel(site_of(DOT[:1]))
    assert not is_whole_pixel(site_of([*DOT, (1, 0, 1)]))


def test_of_a_faint_photosite_the_rest_may_not_show():
    assert not is_whole_pixel(site_of(DOT, amplitude=3.0))


def test_a_mark_shows_clearly_and_is_like_nothing_that_lies():
    assert is_mark(site_of(DOT, amplitude=20.0))
    assert not is_mark(site_of(DOT, amplitude=5.0))
    assert not is_mark(site_of(DOT, amplitude=20.0, fit=0.6))
    assert not is_mark(site_of(DOT, amplitude=20.0, likeness=0.5))
