# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from pixmend.simulate import Demosaic, Sensor, develop
from pixmend.simulate._sensor import add_noise, camera_light

SENSOR = Sensor()


def mosaic_of(colour, height=12, width=14):
    """Photosites of a flat field."""
    light = camera_light(np.full((1, 1, 3), colour, np.float32), SENSOR)[:, 0, 0]
    rows, columns = np.mgrid[:height, :width] % 2
    return light[rows + columns].astype(np.float32)


@pytest.mark.parametrize("demosaic", Demosaic)
@pytest.mark.parametrize("colour", [(0.18, 0.18, 0.18), (0.4, 0.2, 0.1)])
def test_a_flat_field_develops_to_its_colour(demosaic, colour):
    developed = develop(mosaic_of(colour), SENSOR, demosaic)
    assert np.allclose(developed, np.array(colour, np.float32), rtol=2e-5)


def test_a_green_photosite_holds_2000_electrons_at_white():
    assert mosaic_of((1.0, 1.0, 1.0))[0, 1] == pytest.approx(2000)


@pytest.mark.parametrize(
    ("demosaic", "site", "in_one", "in_three"),
    [  # the table of section 3 of the study that the simulator comes from
        (Demosaic.BILINEAR, (8, 8), 0.44, 1.00),
        (Demosaic.BILINEAR, (8, 9), 0.80, 1.00),
        (Demosaic.MALVAR, (8, 8), 0.41, 0.95),
        (Demosaic.MALVAR, (8, 9), 0.61, 0.93),
        (Demosaic.MALVAR, (9, 9), 0.42, 0.94),
    ],
)
def test_the_footprint_of_one_photosite_has_the_known_energy(demosaic, site, in_one, in_three):
    electrons = np.zeros((16, 16), np.float32)
    electrons[site] = 1000
    energy = (develop(electrons, SENSOR, demosaic) ** 2).sum(axis=-1)
    y, x = site
    assert energy[y - 2 : y + 3, x - 2 : x + 3].sum() == pytest.approx(energy.sum())
    assert energy[site] / energy.sum() == pytest.approx(in_one, abs=0.006)
    near = energy[y - 1 : y + 2, x - 1 : x + 2].sum()
    assert near / energy.sum() == pytest.approx(in_three, abs=0.006)


@pytest.mark.parametrize("demosaic", [Demosaic.MALVAR, Demosaic.BILINEAR])
def test_development_is_linear(demosaic):
    rng = np.random.default_rng(0)
    first, second = rng.uniform(0, 900, (2, 10, 12)).astype(np.float32)
    together = develop(first + second, SENSOR, demosaic)
    apart = develop(first, SENSOR, demosaic) + develop(second, SENSOR, demosaic)
    assert np.allclose(together, apart, atol=1e-5)


@pytest.mark.parametrize("demosaic", Demosaic)
def test_a_bad_photosite_stays_in_its_footprint(demosaic):
    electrons = np.full((16, 16), 100, np.float32)
    electrons[7, 8] = np.nan
    spoiled = ~np.isfinite(develop(electrons, SENSOR, demosaic)).all(axis=-1)
    assert spoiled[7, 8]
    reach = demosaic.reach_px
    spoiled[7 - reach : 8 + reach, 8 - reach : 9 + reach] = False
    assert not spoiled.any()


def edge_of_one_colour(angle):
    """A grey step edge; horizontal or vertical."""
    picture = np.full((24, 24, 3), 0.05, np.float32)
    picture[12:] = 0.8
    light = camera_light(picture if angle == 0 else picture.transpose(1, 0, 2).copy(), SENSOR)
    rows, columns = np.mgrid[:24, :24]
    return light[rows % 2 + columns % 2, rows, columns]


@pytest.mark.parametrize("angle", [0, 90])
def test_an_edge_directed_demosaic_draws_no_zip_along_an_edge(angle):
    """Along a straight grey edge every pixel is alike; a linear demosaic alternates there."""
    rough = {}
    for demosaic in (Demosaic.EDGE, Demosaic.BILINEAR):
        developed = develop(edge_of_one_colour(angle), SENSOR, demosaic)
        along = developed if angle == 0 else developed.transpose(1, 0, 2)
        rough[demosaic] = np.abs(np.diff(along[8:16, 6:18], axis=1)).max()
    assert rough[Demosaic.EDGE] < 0.3 * rough[Demosaic.BILINEAR]


def test_development_does_not_touch_its_input():
    electrons = np.full((8, 8), 1e6, np.float32)
    develop(electrons, SENSOR)
    assert (electrons == 1e6).all()


@pytest.mark.parametrize("shape", [(4, 8), (8, 8, 3)])
def test_what_is_no_mosaic_is_refused(shape):
    with pytest.raises(ValueError, match="mosaic"):
        develop(np.zeros(shape, np.float32), SENSOR)


@pytest.mark.parametrize("level", [0.0, 20.0, 4000.0])
def test_noise_is_poisson_and_gauss(level):
    noisy = add_noise(np.full((300, 300), level, np.float32), SENSOR, np.random.default_rng(1))
    assert noisy.mean() == pytest.approx(level, abs=5 * np.sqrt(level + 16) / 300)
    assert noisy.std() == pytest.approx(np.sqrt(level + SENSOR.read_noise_e**2), rel=0.02)
