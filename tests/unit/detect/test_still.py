# SPDX-License-Identifier: Apache-2.0
"""What a still shot's shapes decide, and what a known defect is worth against them."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from pixmend.detect import Site, _verdict
from pixmend.detect._optical import ShapeFit
from pixmend.detect._point_shapes import Camera
from pixmend.detect._still import photosites_only
from pixmend.detect._verdict import is_like_a_photosite

BAYER = Camera("Malvar", 0, 0)
KNOWN = BAYER._replace(matrix=(1.6, -0.45, -0.15, -0.22, 1.52, -0.3, 0.02, -0.5, 1.48))


def site_of(score):
    return Site(
        x=5,
        y=5,
        score=score,
        samples=np.zeros((1, 3), np.intp),
        peak_channel=0,
        peak_y=5,
        peak_x=5,
        amplitude_sigma=float(np.copysign(9.0, score)),
        likeness=0.9,
        shape=np.zeros((3, 7, 7)),
    )


def is_kept(*, score=10.0, contest=1.05, surprise=2.0, camera=BAYER, known=False, likeness=0.9, whole=True):
    fit = ShapeFit(
        *(np.array([each]) for each in (0.5, 0.5, contest, surprise, 0.5, 2.0, 0.0, np.inf)),
        is_whole=np.array([whole]),
        camera=camera,
    )
    site = replace(site_of(score), likeness=likeness)
    return bool(photosites_only([site], fit, is_spared=lambda _: known))


def kept_of(
    *,
    joined=0.95,
    joined_contest=0.95,
    joined_surprise=3.0,
    photosite=0.4,
    lamps=0,
    green=1.0,
    camera=BAYER,
):
    """Return whether a cluster of score 10 is kept among so many lamps, and how many of those are."""
    cluster = (photosite, 0.94, 5.0, 0.5, joined, joined_contest, joined_surprise, green)
    lamp = (0.6, 0.99, 5.0, 0.9, 0.8, 3.0, 1.6, np.inf)
    is_whole = np.ones(1 + lamps, bool)
    fit = ShapeFit(*np.array([cluster, *[lamp] * lamps]).T, is_whole=is_whole, camera=camera)
    sites = [site_of(10.0), *(site_of(20.0) for _ in range(lamps))]
    kept = photosites_only(sites, fit, is_spared=lambda _: False)
    return sites[0] in kept, len(kept) - (sites[0] in kept)


def test_joined_photosites_that_no_point_of_light_fits_better_are_kept():
    assert kept_of() == (True, 0)
    assert kept_of(lamps=2) == (True, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"joined_contest": 1.1},
        {"joined": 0.8},
        {"joined_surprise": 1.1},
        {"photosite": 0.8},
        {"lamps": 3},
    ],
)
def test_what_texture_or_a_lamp_between_photosites_could_be_is_no_cluster(fields):
    assert kept_of(**fields) == (False, 0)


@pytest.mark.parametrize("camera", [Camera("", 0, 0), None], ids=["no mosaic", "unclear"])
def test_without_a_mosaic_any_small_spot_looks_like_a_cluster(camera):
    assert kept_of(camera=camera) == (False, 0)


def test_what_fits_a_photosite_as_well_as_light_is_kept():
    assert is_kept()


def test_what_fits_a_light_better_is_not():
    assert not is_kept(contest=1.2)


def test_a_weak_score_needs_a_greater_surprise():
    assert not is_kept(score=8.0, surprise=0.6)
    assert is_kept(score=8.0, surprise=0.9)
    assert is_kept(score=16.0, surprise=0.6)


def test_what_is_dark_needs_less():
    assert is_kept(score=-8.0, surprise=0.6)
    assert is_kept(score=-8.0, surprise=0.45)
    assert not is_kept(score=-8.0, surprise=0.4)


@pytest.mark.parametrize("fields", [{"contest": 1.5}, {"surprise": 0.1}, {"score": 5.0, "surprise": 0.5}])
def test_a_known_one_is_kept_whatever_its_shape(fields):
    assert not is_kept(**fields)
    assert is_kept(**fields, known=True)


def test_but_a_lamp_that_stands_there_is_not_painted_over():
    assert not is_kept(contest=5.0, known=True)


def test_unless_the_camera_is_unclear_for_soft_defects_look_like_lamps():
    assert is_kept(contest=5.0, camera=None, known=True)


def test_what_is_very_clear_may_fit_a_light_a_little_better():
    assert is_kept(contest=1.15, surprise=3.5)
    assert not is_kept(contest=1.15, surprise=2.5)
    assert not is_kept(contest=1.25, surprise=9.0)


@pytest.mark.parametrize(
    ("contest", "surprise", "expected"),
    [(1.22, 6.0, True), (1.22, 3.5, False), (1.3, 9.0, False)],
    ids=["very clear", "clear", "of a lamp"],
)
def test_of_a_camera_whose_matrix_is_known_what_is_clear_may_fit_a_light_better_still(
    contest, surprise, expected
):
    assert is_kept(contest=contest, surprise=surprise, camera=KNOWN) is expected
    assert not is_kept(contest=contest, surprise=surprise)


@pytest.mark.parametrize(
    ("joined_contest", "green", "expected"),
    [
        (1.02, 0.6, True),
        (1.04, 0.6, False),
        (1.0, 0.8, True),
        (1.02, 0.8, False),
        (0.9, 1.0, False),
        (0.55, 1.0, True),
    ],
)
def test_where_lamps_are_many_a_cluster_is_magenta_or_fits_better_than_they_could(
    joined_contest, green, expected
):
    """What lies has weak greens, for red and blue are amplified more; few lamps are magenta."""
    fields = {"joined_contest": joined_contest, "green": green, "lamps": 30}
    assert kept_of(**fields, camera=KNOWN) == (expected, 0)
    assert kept_of(**fields) == (False, 0)


@pytest.mark.parametrize(("joined_contest", "expected"), [(0.96, True), (1.5, False)])
def test_a_known_cluster_is_no_lamp(joined_contest, expected):
    cluster = (0.3, 0.98, 9.0, 0.5, 0.98, joined_contest, 4.0, 1.0)
    lamp = (0.3, 0.98, 9.0, 0.5, 0.8, 3.0, 1.0, np.inf)
    both = ShapeFit(*np.array([cluster, *[lamp] * 4]).T, is_whole=np.ones(5, bool), camera=BAYER)
    sites = [site_of(10.0) for _ in range(5)]
    assert (sites[0] in photosites_only(sites, both, is_spared=lambda site: site is sites[0])) is expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"likeness": 0.75}, True),
        ({"likeness": 0.6}, False),
        ({"likeness": 0.6, "photosite_fit": 0.65}, True),
        ({"likeness": 0.6, "photosite_fit": 0.65, "score": 9.0}, False),
        ({"likeness": 0.6, "photosite_fit": 0.65, "score": -12.0}, False),
    ],
)
def test_one_frame_of_an_unknown_camera_needs_a_likeness_or_all_else(fields, expected):
    assert is_like_a_photosite(replace(site_of(12.0), **fields)) is expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, True),
        ({"likeness": 0.25}, False),
        ({"contest": 1.06}, False),
        ({"surprise": 0.25}, False),
        ({"score": -10.0, "surprise": 0.34}, False),
    ],
)
def test_less_surprise_will_do_where_both_fits_agree(fields, expected):
    assert is_kept(**{"contest": 1.0, "surprise": 0.45, "likeness": 0.45, **fields}) is expected


@pytest.mark.parametrize(
    ("camera", "fields", "expected"),
    [
        (KNOWN, {}, True),
        (BAYER, {}, False),
        (KNOWN._replace(demosaic="along edges"), {}, False),
        (KNOWN, {"likeness": 0.35}, False),
        (KNOWN, {"whole": False}, False),
        (KNOWN, {"contest": 1.09}, False),
        (KNOWN, {"contest": 1.09, "surprise": 0.7}, False),
        (KNOWN, {"contest": 1.09, "surprise": 0.7, "likeness": 0.35}, False),
        (KNOWN, {"contest": 1.09, "surprise": 0.8}, True),
        (BAYER, {"contest": 1.09, "surprise": 0.7}, True),
    ],
    ids=[
        "known",
        "unknown",
        "not linear",
        "unlike",
        "at the rim",
        "more like light",
        "no small lamp",
        "nor if unlike",
        "clearer",
        "who knows",
    ],
)
def test_or_where_they_hardly_agree_of_a_camera_whose_footprint_is_known(camera, fields, expected):
    asked = {"contest": 1.06, "surprise": 0.55, "likeness": 0.45, **fields}
    assert is_kept(**asked, camera=camera) is expected


@pytest.mark.parametrize(("still", "expected"), [(True, [10.0]), (False, [10.0, 300.0])])
def test_where_nothing_moves_what_scores_more_than_it_shows_does_not_say_what_camera_it_was(
    monkeypatch, still, expected
):
    """The score is then a filter's ringing."""
    asked = []

    def with_fits(sites, *_, **__):
        asked.extend(site.score for site in sites)
        return [], None

    monkeypatch.setattr(_verdict, "with_fits", with_fits)
    monkeypatch.setattr(_verdict, "photosites_only", lambda sites, *_, **__: sites)
    monkeypatch.setattr(_verdict, "has_mosaic", lambda _: True)
    statistics = SimpleNamespace(seen=np.ones((64, 64)), frames=(1,))
    _verdict.believable_sites(
        [site_of(10.0), site_of(300.0)],
        statistics,
        _verdict.DetectSettings(),
        picture=None,
        is_still=still,
        is_known=lambda _: False,
    )
    assert asked == expected
