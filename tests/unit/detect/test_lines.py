# SPDX-License-Identifier: Apache-2.0
"""Bad columns and rows: found whole and in part, with their ends, and not made up."""

from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from pixmend.detect._line import Line, LinePicture
from pixmend.detect._line_fit import LineFit, clearness, fit_line, measure_profile
from pixmend.detect._line_picture import line_picture
from pixmend.detect._line_samples import covered, line_samples
from pixmend.detect._line_shapes import LINE_REACH_PX, light_shapes, line_shapes
from pixmend.detect._line_verdict import is_believable
from pixmend.detect._lines import find_lines
from pixmend.detect._sites import MeanPicture
from pixmend.detect._views import views_of
from pixmend.model import Kind
from pixmend.simulate import (
    Demosaic,
    Distractor,
    Motion,
    PlantedDefect,
    Sensor,
    SimulatedShot,
    _stage,
    develop,
    spoiled_samples,
)
from pixmend.simulate._camera import camera_path
from tests.make.measured import measured
from tests.make.shots import HEIGHT, WIDTH, small_shot, small_spec

THRESHOLD = 8.0


def bad(columns, rows, *, amplitude=0.0, gain=1.0):
    sites = tuple((x, y) for x in columns for y in rows)
    kind = Kind.ROW if len(columns) > len(rows) else Kind.COLUMN
    return PlantedDefect(sites=sites, kind=kind, amplitude_sigma=amplitude, gain=gain, fluctuation=0.1)


FAINT = bad([41], range(HEIGHT), amplitude=1.0)
PART = bad([96], range(50, 130), amplitude=4.0)
DARK = bad([150], range(HEIGHT), gain=0.5)
JOINED = bad([204, 205], range(40, 140), amplitude=4.0)
FAINT_ROW = bad(range(WIDTH), [31], amplitude=1.0)
PART_ROW = bad(range(60, 180), [121], amplitude=3.0)


COLUMNS = (FAINT, PART, DARK, JOINED)
ROWS = (FAINT_ROW, PART_ROW)


@cache
def picture_of(planted: tuple[PlantedDefect, ...], motion: Motion = Motion.PAN) -> LinePicture:
    return searched(small_shot(planted, motion=motion))


def searched(shot: SimulatedShot, excluded: NDArray[np.bool_] | None = None) -> LinePicture:
    statistics = measured(shot)
    return line_picture(views_of(statistics), MeanPicture(*statistics.mean_light()), excluded=excluded)


@cache
def lines_of(planted: tuple[PlantedDefect, ...], motion: Motion = Motion.PAN) -> tuple[Line, ...]:
    return find_lines(picture_of(planted, motion), threshold=THRESHOLD)


def line_at(place, planted, motion=Motion.PAN):
    lines = [each for each in lines_of(planted, motion) if place in each.across]
    assert len(lines) == 1, [(each.is_row, each.across, each.first, each.stop) for each in lines]
    return lines[0]


def samples_as_planted(line, picture):
    names = "RGB"
    return {(int(x), int(y), names[channel]) for channel, y, x in line_samples(line, picture)}


def truly_spoiled(shot, planted, *, least_sigma):
    x, y = planted.centre
    samples = spoiled_samples(shot, planted, least_sigma=least_sigma).samples
    return {(x + dx, y + dy, channel) for dx, dy, channel in samples}


@pytest.mark.parametrize("seed", [8, 9])
def test_houses_in_a_level_pan_have_no_bad_rows(seed, monkeypatch):
    def level(motion, count, *, seed):
        path = camera_path(motion, count, seed=seed)
        path[:, 1] = 0.0
        return path

    monkeypatch.setattr(_stage, "camera_path", level)
    picture = searched(SimulatedShot(small_spec(seed=seed)))
    assert picture.slides == (False, True)
    assert picture.transposed().slides == (True, False)
    assert find_lines(picture, threshold=THRESHOLD) == ()
    assert find_lines(replace(picture, slides=(False, False)), threshold=THRESHOLD)


def test_a_clear_row_is_found_though_the_picture_slides():
    picture = replace(picture_of((bad(range(WIDTH), [31], amplitude=8.0),)), slides=(False, True))
    assert [(line.is_row, line.across) for line in find_lines(picture, threshold=THRESHOLD)] == [
        (True, (31,))
    ]


def test_a_picture_that_moves_both_ways_does_not_slide():
    assert picture_of(COLUMNS).slides == (False, False)


def test_nothing_but_the_lines_is_found():
    assert [each.across for each in lines_of(COLUMNS)] == [(41,), (96,), (150,), (204, 205)]
    assert [each.across for each in lines_of(ROWS)] == [(31,), (121,)]


def test_a_faint_column_that_no_site_shows_is_found_whole():
    line = line_at(41, COLUMNS)
    assert (line.is_row, line.first, line.stop) == (False, 0, HEIGHT)
    assert line.score >= THRESHOLD
    assert line.fit.amplitude == pytest.approx(1.3, abs=0.5)


def test_part_of_a_column_has_its_ends():
    line = line_at(96, COLUMNS)
    assert (line.first, line.stop) == (pytest.approx(50, abs=2), pytest.approx(130, abs=2))


def test_a_dark_column_is_dark():
    line = line_at(150, COLUMNS)
    assert line.score < -THRESHOLD
    assert line.fit.amplitude < 0


def test_joined_columns_are_one_line():
    line = line_at(204, COLUMNS)
    assert line.across == (204, 205)
    assert (line.first, line.stop) == (pytest.approx(40, abs=2), pytest.approx(140, abs=2))


@pytest.mark.parametrize(("place", "first", "stop"), [(31, 0, WIDTH), (121, 60, 180)])
def test_a_row_is_found_as_a_column_is(place, first, stop):
    line = line_at(place, ROWS)
    assert line.is_row
    assert (line.first, line.stop) == (pytest.approx(first, abs=6), pytest.approx(stop, abs=20))


@pytest.mark.parametrize("motion", [Motion.PAN, Motion.HANDHELD, Motion.LOCKED])
def test_a_street_full_of_lines_has_no_bad_ones(motion):
    assert lines_of((), motion) == ()


def test_where_nothing_moves_a_whole_column_is_told_from_the_street_s_own_lines():
    strong = (bad([41], range(HEIGHT), amplitude=4.0),)
    assert [each.across for each in lines_of(strong, Motion.LOCKED)] == [(41,)]


@pytest.mark.parametrize("motion", [Motion.PAN, Motion.HANDHELD])
def test_burnt_in_lettering_is_no_line(motion):
    """It is as straight as a bad row, and stays as one does; but it changes from letter to letter."""
    shot = small_shot((), motion=motion, distractors=frozenset({Distractor.BURN_IN}), seed=8)
    assert find_lines(searched(shot), threshold=THRESHOLD) == ()


def believed(
    *,
    across=(60,),
    length=80,
    still=False,
    photosites=0.95,
    contest=2.0,
    score=40.0,
    run=20.0,
    mosaic=True,
) -> bool:
    """Tell whether a line on an even picture is believed, if it were measured so."""
    picture = LinePicture((None, None), np.full((3, 100, 120), 50.0), np.ones((3, 100, 120)), still, mosaic)
    fit = LineFit(
        columns=(0,),
        score=score,
        photosites=photosites,
        light=0.5,
        contest=contest,
        model=np.ones((2, 3, 11)),
    )
    line = Line(
        is_row=False,
        first=0,
        stop=length,
        across=across,
        middle=across[0],
        score=run,
        profile=SimpleNamespace(sigma=np.ones(3)),
        fit=fit,
    )
    return is_believable(line, picture, THRESHOLD)


@pytest.mark.parametrize(("across", "expected"), [((59, 60), True), ((59, 60, 61), False)])
def test_three_joined_columns_must_be_very_like(across, expected):
    assert believed(across=across) is expected
    assert believed(across=across, photosites=0.98)


@pytest.mark.parametrize(("still", "expected"), [(False, True), (True, False)])
def test_where_nothing_moves_joined_columns_are_the_scene_s(still, expected):
    assert believed(across=(59, 60), still=still, photosites=0.99) is expected


@pytest.mark.parametrize(("score", "expected"), [(40.0, True), (600.0, False)])
def test_where_nothing_moves_a_clear_whole_line_must_be_more_like_one(score, expected):
    assert believed(length=100, still=True, photosites=0.9, score=score) is expected


@pytest.mark.parametrize(
    ("photosites", "contest", "expected"),
    [(0.98, 1.1, True), (0.98, 1.03, False), (0.965, 1.1, False), (0.965, 1.4, True), (0.94, 1.4, False)],
)
def test_where_nothing_moves_what_is_just_like_a_bad_column_may_be_nearly_like_light(
    photosites, contest, expected
):
    assert believed(still=True, photosites=photosites, contest=contest) is expected


@pytest.mark.parametrize(("length", "expected"), [(80, True), (20, False)])
def test_three_short_joined_columns_are_a_stroke_of_lettering(length, expected):
    assert believed(across=(59, 60, 61), length=length, photosites=0.99) is expected
    assert believed(across=(59, 60), length=length, photosites=0.99)


@pytest.mark.parametrize(
    ("run", "photosites", "mosaic", "expected"),
    [
        (9.6, 0.88, True, False),
        (9.6, 0.95, True, True),
        (14.0, 0.77, True, False),
        (14.0, 0.77, False, True),
        (18.0, 0.77, True, True),
        (8.5, 0.99, True, False),
    ],
)
def test_the_weaker_part_of_a_line_scores_the_more_like_one_it_must_be(run, photosites, mosaic, expected):
    assert believed(run=run, photosites=photosites, score=40.0, mosaic=mosaic) is expected


@pytest.mark.parametrize(("still", "length"), [(True, 80), (False, 20)])
def test_short_lines_and_those_of_still_shots_must_score_more(still, length):
    assert not believed(run=11.0, photosites=0.98, still=still, length=length)
    assert believed(run=12.0, photosites=0.98, still=still, length=length)


def test_part_of_a_line_at_the_rim_must_be_as_like_one_as_any():
    assert believed(run=30.0, photosites=0.8)
    assert not believed(run=30.0, photosites=0.8, across=(2,))
    assert believed(run=30.0, photosites=0.92, across=(2,))


@pytest.mark.parametrize("across", [(0,), (1, 2), (119,)])
def test_what_ends_the_picture_is_no_line(across):
    assert not believed(across=across, length=100)
    assert not believed(across=across, length=75)
    assert believed(across=across, length=60)


def test_a_few_strong_photosites_in_one_column_are_no_line():
    singles = tuple(bad([96], [y], amplitude=60.0) for y in range(40, 120, 12))
    assert lines_of(singles) == ()


@pytest.mark.parametrize("number", [1, 3])
def test_samples_are_those_that_are_truly_spoiled(number):
    planted = COLUMNS[number]
    found = samples_as_planted(line_at(planted.centre[0], COLUMNS), picture_of(COLUMNS))
    clear = truly_spoiled(small_shot(COLUMNS), planted, least_sigma=1.0)
    touched = truly_spoiled(small_shot(COLUMNS), planted, least_sigma=0.2)
    assert len(found & clear) >= 0.96 * len(clear)
    assert len(found & touched) >= 0.85 * len(found)


def test_the_samples_of_a_line_lie_in_the_picture_each_once_in_reading_order():
    beside_the_edge = (bad([2], range(HEIGHT), amplitude=12.0),)
    samples = line_samples(line_at(2, beside_the_edge), picture_of(beside_the_edge))
    assert (samples >= 0).all()
    assert (samples < [3, HEIGHT, WIDTH]).all()
    order = [(y, x, channel) for channel, y, x in samples.tolist()]
    assert order == sorted(set(order))


def test_lines_of_a_plate_that_was_developed_along_its_edges_look_like_bad_photosites():
    planted = (bad([96], range(50, 130), amplitude=4.0), bad(range(60, 180), [121], amplitude=4.0))
    column, row = find_lines(searched(small_shot(planted, demosaic=Demosaic.EDGE)), threshold=THRESHOLD)
    assert (column.across, row.across) == ((96,), (121,))
    assert min(column.fit.photosites, row.fit.photosites) > 0.95


def test_what_is_excluded_is_not_searched():
    excluded = np.zeros((HEIGHT, WIDTH), bool)
    excluded[:, 80:120] = True
    picture = searched(small_shot(COLUMNS), excluded)
    assert [each.across for each in find_lines(picture, threshold=THRESHOLD)] == [(41,), (150,), (204, 205)]


def test_sites_near_a_line_are_covered_and_no_others():
    mask = covered([line_at(96, COLUMNS), line_at(121, ROWS)], (HEIGHT, WIDTH))
    assert mask[90, 94:99].all()
    assert mask[119:124, 100].all()
    assert not mask[20, 96]
    assert not mask[90, 89]
    assert not covered([], (4, 5)).any()


def test_the_same_lines_every_time():
    again = find_lines(picture_of(COLUMNS), threshold=THRESHOLD)
    assert [(each.across, each.first, each.stop, each.score) for each in again] == [
        (each.across, each.first, each.stop, each.score) for each in lines_of(COLUMNS)
    ]


@pytest.mark.parametrize("demosaic", [Demosaic.MALVAR, Demosaic.BILINEAR])
@pytest.mark.parametrize("column", [12, 13])
def test_prior_profiles_are_near_what_a_camera_does(column, demosaic):
    sensor = Sensor()
    dark, lit = np.zeros((2, 32, 32), np.float32)
    colours = sensor.gains()[column % 2 : column % 2 + 2]
    lit[0::2, column], lit[1::2, column] = 1000 * colours
    picture = np.moveaxis(develop(lit, sensor, demosaic) - develop(dark, sensor, demosaic), -1, 0)
    window = picture[:, 16:18, column - LINE_REACH_PX : column + LINE_REACH_PX + 1].swapaxes(0, 1)
    likeness = [
        float((window * shape.middle).sum() ** 2 / (window**2).sum() / (shape.middle**2).sum())
        for shape in line_shapes(3)
    ]
    best = line_shapes(3)[int(np.argmax(likeness))]
    assert max(likeness) > 0.88
    assert best.name == f"{('red and green', 'green and blue')[column % 2]}, " + (
        "Malvar" if demosaic is Demosaic.MALVAR else "bilinear"
    )


def test_something_bright_beside_a_line_does_not_make_it_unsure():
    rng = np.random.default_rng(3)
    light, sigma = 100.0 + 0.2 * rng.normal(size=(3, 80, 300)), np.ones((3, 80, 300))
    light[:, :, 150] += 2.0
    alone = fit_line(measure_profile(light, sigma, 150, np.arange(80), is_bad=np.zeros(300, bool)))
    light[:, 30:33, 163:166] += 3000.0
    beside = fit_line(measure_profile(light, sigma, 150, np.arange(80), is_bad=np.zeros(300, bool)))
    assert alone.score > beside.score > 0.6 * alone.score


@pytest.mark.parametrize("resized", [False, True])
def test_clearness_is_that_of_the_fit(resized):
    rng = np.random.default_rng(4)
    light, sigma = 100.0 + 0.2 * rng.normal(size=(3, 80, 300)), np.ones((3, 80, 300))
    light[1, :, 150:152] += 2.0
    profile = measure_profile(light, sigma, 150, np.arange(80), is_bad=np.zeros(300, bool))
    fit = fit_line(profile, resized=resized)
    assert clearness(profile, resized=resized) == pytest.approx(fit.photosites * fit.score)


def test_one_channel_has_one_profile_and_lights_without_a_mosaic():
    (shape,) = line_shapes(1)
    assert np.argwhere(shape.middle).tolist() == [[0, 0, LINE_REACH_PX], [1, 0, LINE_REACH_PX]]
    lights = light_shapes(1)
    assert lights.shape[1:] == (1, 2, 1, 2 * LINE_REACH_PX + 1)
    np.testing.assert_allclose(lights[:, 0, 0, 0], lights[:, 0, 1, 0])
