# SPDX-License-Identifier: Apache-2.0
"""One photosite is told from a point of light, a hole and texture by its shape alone."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from pixmend.detect._optical import fit_shapes
from pixmend.detect._point_shapes import BAYER_CAMERAS, Camera, point_shapes
from pixmend.detect._whitened_patches import StillPicture
from pixmend.simulate import Demosaic, Sensor, develop
from pixmend.stats import train_covariance

HEIGHT, WIDTH = 192, 224
LEVEL_E, FRAMES = 80.0, 24
SENSOR = Sensor()
DARK = 0.25  # of the level: what a dim photosite and a hole leave
CONTEST = 1.12  # of a photosite, at most
LIGHT = 1.5  # of what clearly is a point of light
GRID = [(y, x) for y in range(20, HEIGHT - 16, 30) for x in range(21, WIDTH - 16, 29)]


def sky(seed=0):
    """Mean electrons of a dark sky over `FRAMES` frames."""
    noise = np.random.default_rng(seed).normal(0.0, 1.0, (HEIGHT, WIDTH))
    sigma = np.sqrt((LEVEL_E + SENSOR.read_noise_e**2) / FRAMES)
    return (LEVEL_E + sigma * noise).astype(np.float32)


def photosites(electrons, places, strength):
    for y, x in places:
        electrons[y, x] += strength
    return electrons


def points(electrons, places, strength, *, colour=(1.0, 1.0, 1.0), spread=0.6, seed=1):
    """Add points of light about the places, at random within half a pixel."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    of_colour = np.array(colour)[rows % 2 + columns % 2]
    for y, x in places:
        dy, dx = rng.uniform(-0.5, 0.5, 2)
        squared = (rows - y - dy) ** 2 + (columns - x - dx) ** 2
        electrons += strength * of_colour * np.exp(-squared / (2 * spread**2))
    return electrons


def picture_of(electrons, demosaic=Demosaic.MALVAR):
    light = np.moveaxis(develop(electrons.astype(np.float32), SENSOR, demosaic), -1, 0)
    sigma = np.broadcast_to(np.float32(0.012), light.shape)
    return StillPicture(light=light, sigma=sigma, covariance=train_covariance([light / sigma]))


def fit_at(picture, places, **fields):
    telling = fields.get("telling", np.ones(len(places)))
    return fit_shapes(picture, np.array(places, np.intp).reshape(-1, 2), telling=telling)


@cache
def mixed(demosaic=Demosaic.MALVAR, top=0, left=0):
    """A sky with photosites and stars in turn, cut so that the red photosite is elsewhere."""
    electrons = points(photosites(sky(), GRID[::2], 300.0), GRID[1::2], 400.0)
    cut = np.ascontiguousarray
    whole = picture_of(electrons, demosaic)
    there = StillPicture(
        light=cut(whole.light[:, top:, left:]),
        sigma=cut(whole.sigma[:, top:, left:]),
        covariance=whole.covariance,
    )
    return there, [(y - top, x - left) for y, x in GRID]


@pytest.mark.parametrize("demosaic", [Demosaic.MALVAR, Demosaic.BILINEAR])
@pytest.mark.parametrize("top", [0, 1])
@pytest.mark.parametrize("left", [0, 1])
def test_the_sites_agree_on_the_camera_and_are_told_apart(demosaic, top, left):
    picture, places = mixed(demosaic, top, left)
    fit = fit_at(picture, places)
    assert fit.camera is not None
    assert fit.camera.demosaic.lower() == demosaic.value
    assert (fit.camera.row, fit.camera.column) == (top, left)
    assert fit.camera.saturation > 0
    assert fit.contest[::2].max() < CONTEST < LIGHT < fit.contest[1::2].min()
    assert fit.surprise[::2].min() > 1.0
    assert fit.photosite[::2].min() > 0.9


@pytest.mark.parametrize(
    "colour", [(1, 0.1, 0.1), (0.1, 1, 0.1), (0.1, 0.1, 1)], ids=["red", "green", "blue"]
)
def test_coloured_lights_are_no_photosites(colour):
    """What their neighbours of another colour see gives them away, or neighbours of their own."""
    electrons = points(photosites(sky(), GRID[::2], 300.0), GRID[1::2], 800.0, colour=colour, spread=0.7)
    fit = fit_at(picture_of(electrons), GRID)
    assert np.mean(fit.contest[1::2] > CONTEST) > 0.9
    assert fit.contest[::2].max() < CONTEST


def test_joined_photosites_are_no_point_of_light():
    electrons = points(photosites(sky(), GRID[::3], 300.0), GRID[1::3], 400.0, spread=0.75)
    for y, x in GRID[2::3]:
        electrons[y : y + 2, x : x + 2] += 150.0
    fit = fit_at(picture_of(electrons), GRID)
    assert fit.camera is not None
    assert (fit.joined[2::3] > 0.85).all()
    assert (fit.joined_contest[2::3] < 1.02).all()
    assert (fit.photosite[2::3] < 0.7).all()
    assert np.median(fit.joined_contest[1::3]) > LIGHT


def test_a_dim_photosite_passes_and_a_hole_in_the_picture_does_not():
    electrons = photosites(sky() * 10, GRID[::2], -8 * LEVEL_E)
    fit = fit_at(picture_of(points(electrons, GRID[1::2], -6 * LEVEL_E, spread=0.7)), GRID)
    assert fit.contest[::2].max() < CONTEST < fit.contest[1::2].min()


def test_a_site_that_is_a_pixel_off_is_still_a_photosite():
    picture, places = mixed()
    fit = fit_at(picture, [(y + 1, x - 1) for y, x in places[::2]])
    assert fit.contest.max() < CONTEST


def test_photosites_in_the_corners_are_photosites():
    corners = [(0, 0), (0, WIDTH - 1), (HEIGHT - 1, 0), (HEIGHT - 1, WIDTH - 1), (1, 70), (90, 1)]
    picture = picture_of(photosites(sky(), [*GRID, *corners], 400.0))
    assert fit_at(picture, [*GRID, *corners]).contest.max() < CONTEST


def test_texture_that_is_as_busy_as_its_surroundings_is_no_surprise():
    rng = np.random.default_rng(4)
    picture = picture_of(sky() + 60.0 * rng.random((HEIGHT, WIDTH)))
    fit = fit_at(picture, GRID)
    assert fit.surprise.max() < 0.4


def test_noise_alone_does_not_agree_on_a_camera():
    rng = np.random.default_rng(8)
    light = rng.normal(1.0, 0.01, (3, HEIGHT, WIDTH)).astype(np.float32)
    picture = StillPicture(
        light=light, sigma=np.full_like(light, 0.01), covariance=train_covariance([light / 0.01])
    )
    assert fit_at(picture, GRID).camera is None


def mono(add):
    rng = np.random.default_rng(2)
    light = rng.normal(0.2, 0.002, (1, HEIGHT, WIDTH))
    light[0] = add(light[0])
    sigma = np.full(light.shape, 0.01)
    return StillPicture(light=light, sigma=sigma, covariance=train_covariance([light / sigma]))


def test_a_mono_plate_has_photosites_of_one_pixel():
    picture = mono(lambda plane: points(photosites(plane, GRID[::2], 0.2), GRID[1::2], 0.3))
    fit = fit_at(picture, GRID)
    assert fit.camera == Camera("")
    assert fit.contest[::2].max() < CONTEST < LIGHT < np.median(fit.contest[1::2])


def test_without_mosaic_a_defect_lies_in_one_channel_or_in_all():
    rng = np.random.default_rng(3)
    light = rng.normal(0.2, 0.002, (3, HEIGHT, WIDTH))
    photosites(light[1], GRID[::4], 0.2)
    for plane in light:
        photosites(plane, GRID[2::4], 0.2)
        points(plane, GRID[1::2], 0.3)
    sigma = np.full(light.shape, 0.01)
    picture = StillPicture(light=light, sigma=sigma, covariance=train_covariance([light / sigma]))
    fit = fit_at(picture, GRID)
    assert fit.camera == Camera("")
    assert fit.contest[::2].max() < CONTEST < LIGHT < np.median(fit.contest[1::2])


def test_what_a_point_explains_is_what_least_squares_with_positive_colours_does():
    """The plain way, for white noise: the residual of the best of all points, by an own solver."""
    rng = np.random.default_rng(6)
    size = 3 * 7 * 7
    light = rng.normal(0.0, 1.0, (3, 40, 40))
    picture = StillPicture(light=light, sigma=np.ones_like(light), covariance=np.eye(size))
    fit = fit_at(picture, [(20, 21)])
    cut = light[:, 17:24, 18:25]
    patch = (cut - np.median(cut, axis=(1, 2), keepdims=True)).ravel()
    best = 0.0
    for camera in (*BAYER_CAMERAS, Camera("")):
        for point in point_shapes(camera, 0, 1).points:
            for sign in (1.0, -1.0):
                _, left = nnls(point.reshape(3, size).T, sign * patch)
                best = max(best, 1.0 - left**2 / (patch @ patch))
    assert fit.camera is None
    assert fit.optical[0] == pytest.approx(best, rel=1e-6)


def test_a_photosite_shape_is_the_developed_photosite():
    """The typical matrix is not the simulator's; without one they are the same for green."""
    shapes = point_shapes(Camera("Malvar", 0, 0, 0.0), 0, 0)
    assert shapes.photosites.shape == (9, 3, 7, 7)
    middle = shapes.photosites[4]
    assert middle[0, 3, 3] == pytest.approx(1.0)
    assert np.abs(middle).argmax() == np.ravel_multi_index((0, 3, 3), middle.shape)


def test_points_hold_all_their_light():
    """A demosaic keeps the mean of a colour, wherever a wide point is."""
    shapes = point_shapes(Camera("bilinear", 0, 0, 0.0), 0, 0)
    total = shapes.points.sum(axis=(3, 4))
    assert np.allclose(total * (1 - np.eye(3)), 0.0)
    widest = total[-49:, [0, 1, 2], [0, 1, 2]]
    assert widest == pytest.approx(np.ones((49, 3)), abs=0.06)


def test_no_places_no_fit():
    picture, _ = mixed()
    fit = fit_at(picture, [])
    assert [len(each) for each in (fit.photosite, fit.optical, fit.contest, fit.surprise)] == [0] * 4


def test_a_covariance_of_other_patches_is_refused():
    picture = StillPicture(light=np.ones((3, 9, 9)), sigma=np.ones((3, 9, 9)), covariance=np.eye(49))
    with pytest.raises(ValueError, match=r"covariance \(49, 49\) is not of 3 x 7 x 7 patches"):
        fit_at(picture, [(4, 4)])


def test_light_that_is_no_number_counts_as_none():
    picture, places = mixed()
    spoiled = picture.light.copy()
    spoiled[:, places[0][0], places[0][1] + 6] = np.nan
    fit = fit_at(StillPicture(light=spoiled, sigma=picture.sigma, covariance=picture.covariance), places)
    assert all(np.isfinite(each).all() for each in (fit.photosite, fit.optical, fit.contest, fit.surprise))


@settings(max_examples=6, deadline=None)
@given(
    stops=st.integers(-6, 6),
    level=st.floats(0.0, 4.0),
    order=st.permutations(range(12)),
)
def test_exposure_level_and_order_do_not_matter(stops, level, order):
    picture, places = mixed()
    some = places[:12]
    first = fit_at(picture, some)
    scaled = StillPicture(
        light=np.ldexp(picture.light + np.float32(level), stops).astype(np.float64),
        sigma=np.ldexp(picture.sigma, stops),
        covariance=picture.covariance,
    )
    again = fit_at(scaled, [some[k] for k in order])
    assert again.camera == first.camera
    for name in ("photosite", "optical", "contest", "surprise"):
        assert getattr(again, name) == pytest.approx(getattr(first, name)[order], rel=2e-3)


@pytest.mark.parametrize(("height", "width"), [(2, 3), (3, 2)])
def test_six_joined_photosites_are_a_cluster_and_a_soft_lamp_is_none(height, width):
    singles, blocks, lamps = GRID[::2], GRID[1::4], GRID[3::4]
    electrons = points(photosites(sky(), singles, 300.0), lamps, 400.0, spread=0.9)
    electrons = photosites(
        electrons, [(y + dy, x + dx) for y, x in blocks for dy in range(height) for dx in range(width)], 300.0
    )
    places = np.array([*singles, *((y + 1, x + 1) for y, x in blocks), *lamps], np.intp)
    fit = fit_shapes(picture_of(electrons), places, telling=np.full(len(places), 20.0), closely=True)
    of_blocks = slice(len(singles), len(singles) + len(blocks))
    assert fit.camera.matrix
    assert fit.joined[of_blocks].min() > 0.9
    assert fit.joined_contest[of_blocks].max() < 0.6
    assert fit.joined_contest[of_blocks.stop :].min() > 0.9
