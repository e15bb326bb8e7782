# SPDX-License-Identifier: Apache-2.0
"""Footprints that no prior knew: learned where the strongest agree, and from nothing else."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pixmend.detect import MeanPicture, Site
from pixmend.detect._learn import LEARNED_RADIUS_PX, learn_footprints
from pixmend.footprints import Footprint, prior_footprints

SIZE = (200, 240)
PRIORS = prior_footprints(3)
REACH = np.arange(-4, 5)


def blob(down: float, across: float, colour: tuple[float, float, float]) -> NDArray[np.float64]:
    """Return a soft shape (3, 9, 9), strongest sample 1."""
    plane = np.outer(np.exp(-0.5 * (REACH / down) ** 2), np.exp(-0.5 * (REACH / across) ** 2))
    shape = np.array(colour)[:, None, None] * plane
    return shape / np.abs(shape).max()


RED, BLUE = blob(1.1, 1.3, (1.0, -0.2, 0.05)), blob(1.3, 1.0, (-0.1, -0.3, 1.0))


def picture_of(
    shapes: list[NDArray[np.float64]], *, amplitude: float = 40.0, scatter: float = 0.2, seed: int = 3
) -> tuple[list[Site], MeanPicture]:
    """Return a mean picture with these shapes on a grid, 40 px apart, and their sites; sigma is 1."""
    rng = np.random.default_rng(seed)
    light = 50 + rng.normal(0, scatter, (3, *SIZE))
    light += 0.01 * np.arange(SIZE[1])
    sites = []
    for number, shape in enumerate(shapes):
        y, x = 25 + 40 * (number // 5), 25 + 40 * (number % 5)
        strength = amplitude * rng.uniform(0.8, 1.6)
        light[:, y - 4 : y + 5, x - 4 : x + 5] += strength * shape
        sites.append(site_at(y, x, strength))
    return sites, MeanPicture(light, np.ones_like(light))


def site_at(y: int, x: int, strength: float) -> Site:
    return Site(
        x=x,
        y=y,
        score=30.0,
        samples=np.zeros((1, 3), np.intp),
        peak_channel=0,
        peak_y=y,
        peak_x=x,
        amplitude_sigma=strength,
        likeness=0.5,
        shape=np.zeros((3, 9, 9)),
    )


def cosine(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum()))


def test_shapes_that_agree_are_learned_one_a_class():
    sites, picture = picture_of([RED, BLUE] * 5)
    red, blue = learn_footprints(sites, picture, PRIORS)
    found = sorted((cosine(each.shape, RED), cosine(each.shape, BLUE)) for each in (red, blue))
    assert found[1][0] > 0.999
    assert found[0][1] > 0.999
    for each in (red, blue):
        assert each.shape.shape == (3, 2 * LEARNED_RADIUS_PX + 1, 9)
        assert np.abs(each.shape).max() == pytest.approx(1.0)


def test_dark_defects_teach_as_bright_ones_do():
    sites, picture = picture_of([RED, -RED, RED, -RED])
    (learned,) = learn_footprints(sites, picture, PRIORS)
    assert abs(cosine(learned.shape, RED)) > 0.999


def test_a_photosite_of_a_known_demosaic_is_learned_too():
    known = np.pad(PRIORS[0].shape, ((0, 0), (2, 2), (2, 2)))
    sites, picture = picture_of([known] * 4)
    (learned,) = learn_footprints(sites, picture, PRIORS)
    assert cosine(learned.shape, known) > 0.999


def test_two_that_agree_are_no_class():
    sites, picture = picture_of([RED, RED, BLUE, BLUE])
    assert learn_footprints(sites, picture, PRIORS) == ()


def test_texture_teaches_nothing():
    rng = np.random.default_rng(8)
    sites, picture = picture_of([rng.normal(0, 1, (3, 9, 9)) for _ in range(15)])
    assert learn_footprints(sites, picture, PRIORS) == ()


def test_what_hardly_stands_out_teaches_nothing():
    sites, picture = picture_of([RED] * 6, amplitude=2.0, scatter=1.0)
    assert learn_footprints(sites, picture, PRIORS) == ()


def test_neighbours_as_strong_teach_nothing_and_rings_do_not_matter():
    sites, picture = picture_of([RED] * 4)
    rings = [site_at(site.y + 5, site.x, 0.5 * site.amplitude_sigma) for site in sites]
    assert len(learn_footprints([*sites, *rings], picture, PRIORS)) == 1
    beside = [site_at(site.y + 9, site.x, 0.5 * site.amplitude_sigma) for site in sites]
    assert learn_footprints([*sites, *beside], picture, PRIORS) == ()


def test_no_more_than_six_are_learned():
    shapes = [
        blob(down, across, colour)
        for down, across in ((0.7, 0.7), (1.6, 1.6))
        for colour in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (1.0, -1.0, 0.0))
    ]
    sites, picture = picture_of([shapes[number % 8] for number in range(20)] + shapes[:4])
    assert len(learn_footprints(sites, picture, PRIORS)) <= 6


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_sites_does_not_matter(order):
    sites, picture = picture_of([RED, BLUE, RED, BLUE, RED, BLUE, RED])
    first = learn_footprints(sites, picture, PRIORS)
    again = learn_footprints(sites[::order], picture, PRIORS)
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.shape, other.shape)


def test_no_sites_no_footprints():
    _, picture = picture_of([])
    assert learn_footprints([], picture, PRIORS) == ()


def test_sites_at_the_border_teach_nothing():
    _, picture = picture_of([])
    sites = [site_at(y, x, 50.0) for y, x in ((0, 0), (199, 239), (5, 100), (100, 3))]
    assert learn_footprints(sites, picture, PRIORS) == ()


def test_unsure_samples_lean_on_the_prior():
    wide = np.pad(PRIORS[8].shape, ((0, 0), (2, 2), (2, 2)))
    sites, picture = picture_of([wide] * 3, amplitude=24.0, scatter=0.4)
    (learned,) = learn_footprints(sites, picture, (Footprint("pixel", PRIORS[8].shape),))
    rim = learned.shape[:, [0, -1], :]
    assert np.abs(rim).max() < 0.05
