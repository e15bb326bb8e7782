# SPDX-License-Identifier: Apache-2.0
"""What one photosite, and four joined ones, became in a plate that was resized."""

from functools import cache

import numpy as np
import pytest

from pixmend.detect import DetectSettings, find_suspects
from pixmend.detect._optical import fit_resized
from pixmend.detect._resized_points import SCALES, resized_photosites, scale_told_by
from pixmend.detect._sites import Site
from pixmend.detect._whitened_patches import StillPicture
from pixmend.footprints import Footprint, prior_footprints
from pixmend.model import Kind
from pixmend.simulate import Finish, PlantedDefect, SimulatedShot
from tests.make.measured import measured
from tests.make.shots import small_spec

ALONE = tuple(
    PlantedDefect(sites=((x, 150),), kind=Kind.HOT, amplitude_sigma=30.0) for x in (40, 91, 142, 205)
)
JOINED = tuple(
    PlantedDefect(
        sites=tuple((x + dx, 90 + dy) for dy in (0, 1) for dx in (0, 1)),
        kind=Kind.CLUSTER,
        amplitude_sigma=15.0,
    )
    for x in (60, 121, 180)
)


@cache
def suspects_of(scale: float) -> tuple[Site, ...]:
    shot = SimulatedShot(small_spec(finish=Finish(scale=scale)), planted=(*ALONE, *JOINED))
    return find_suspects(measured(shot), DetectSettings()).sites


def site_of(planted: PlantedDefect, scale: float) -> Site:
    x, y = (np.mean(each) for each in zip(*planted.sites, strict=True))
    x, y = ((place + 0.5) * scale - 0.5 for place in (x, y))
    near = [each for each in suspects_of(scale) if max(abs(each.x - x), abs(each.y - y)) <= 2]
    return max(near, key=lambda each: abs(each.score))


@pytest.mark.parametrize(
    ("planted", "scale"),
    [*((each, scale) for each in ALONE for scale in (0.75, 1.33)), *((each, 0.75) for each in JOINED)],
)
def test_sites_of_a_resized_plate_look_like_photosites(planted, scale):
    assert (site_of(planted, scale).photosite_fit or 0.0) > 0.6


def test_shapes_of_a_larger_plate_are_wider():
    widths = []
    for scale in SCALES:
        energy = np.square(resized_photosites(scale)).sum(axis=(0, 1))
        reach = np.square(np.arange(-3, 4))
        widths.append(float((energy * (reach[:, None] + reach)).sum() / energy.sum()))
    assert widths == sorted(widths)


@pytest.mark.parametrize("scale", [0.6, 0.75, 1.33, 2.0])
def test_what_lasting_defects_taught_tells_by_how_much_a_plate_was_resized(scale):
    shapes = resized_photosites(scale, alone=True)
    learned = [Footprint("learned", np.pad(shapes[k], ((0, 0), (1, 1), (1, 1)))) for k in (100, 400, 700)]

    assert scale_told_by(learned) == scale


def test_photosites_that_were_not_resized_tell_no_scale():
    sharp = [
        Footprint(each.name, np.pad(each.shape, ((0, 0), (2, 2), (2, 2)))) for each in prior_footprints(3)
    ]

    assert scale_told_by([]) is None
    assert scale_told_by(sharp) is None
    assert scale_told_by([Footprint("grey", sharp[0].shape[:1])]) is None


PLACES = np.array([(y, x) for y in (20, 50, 80, 100) for x in (20, 50, 80, 100)])


def fit_of(shapes):
    """Return what a resized photosite explains of shapes that were drawn from some, on a plain ground."""
    rng = np.random.default_rng(4)
    light = 50.0 + 0.05 * rng.normal(size=(3, 120, 120))
    for (y, x), shape in zip(PLACES, shapes[rng.integers(0, len(shapes), len(PLACES))], strict=True):
        light[:, y - 3 : y + 4, x - 3 : x + 4] += 10.0 * shape / np.abs(shape).max()
    picture = StillPicture(light=light, sigma=np.ones_like(light), covariance=0.0025 * np.eye(147))
    return fit_resized(picture, PLACES, telling=np.full(len(PLACES), 20.0))


@pytest.mark.parametrize("scale", [0.75, 1.33])
def test_the_plate_tells_by_how_much_it_was_resized(scale):
    assert fit_of(resized_photosites(scale)).min() > 0.95


@pytest.mark.parametrize("spread", [0.5, 0.8, 1.2])
def test_the_texture_of_a_soft_clip_is_no_resized_photosite(spread):
    reach = np.arange(-3, 4)
    offsets = np.arange(-0.5, 0.51, 0.25)
    profiles = np.exp(-0.5 * np.square((reach - offsets[:, None]) / spread))
    grey = (
        np.einsum("ay,bx->abyx", profiles, profiles).reshape(-1, 1, 7, 7)
        * np.array([1.0, 0.9, 0.7])[:, None, None]
    )
    assert not fit_of(grey).any()


def test_no_sites_and_no_colours_have_no_fit():
    picture = StillPicture(light=np.zeros((1, 9, 9)), sigma=np.ones((1, 9, 9)), covariance=np.eye(49))
    assert fit_resized(picture, np.zeros((0, 2), np.intp), telling=np.zeros(0)).shape == (0,)
    assert fit_resized(picture, np.array([[4, 4]]), telling=np.ones(1)).tolist() == [0.0]
