# SPDX-License-Identifier: Apache-2.0
"""The noise model against noise that is known."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from pixmend.model import SampleType
from pixmend.stats import NoiseModel, estimate_noise, fit_noise, flat_blocks
from pixmend.stats._noise import blinded
from tests.make.shots import LINEAR

C0, C1 = 4e-6, 5e-5  # read noise 0.002, shot noise of 20 000 electrons at 1.0
SIZE = (256, 320)


def noisy(level, seed=1):
    rng = np.random.default_rng(seed)
    return (level + rng.normal(0, 1, level.shape) * np.sqrt(C0 + C1 * level)).astype(np.float32)


def flat():
    return np.kron(np.geomspace(0.005, 1.5, 20).reshape(4, 5), np.ones((64, 64)))


def gradient():
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    return 0.005 + 1.2 * (x / SIZE[1]) ** 2 + 0.01 * y / SIZE[0]


def textured():
    """Half of the picture is strong texture, half is a soft gradient, as most pictures are."""
    level = gradient()
    texture = gaussian_filter(np.random.default_rng(9).normal(0, 1, SIZE), 1.0)
    level[: SIZE[0] // 2] *= np.exp(texture / texture.std() * 0.3)[: SIZE[0] // 2]
    return level


@pytest.mark.parametrize(("picture", "tolerance"), [(flat, 0.06), (gradient, 0.06), (textured, 0.12)])
def test_sigma_of_poisson_gaussian_noise_is_found(picture, tolerance):
    model = estimate_noise([noisy(picture(), seed)[None] for seed in (1, 2)])
    levels = np.array([0.01, 0.05, 0.18, 0.5, 1.0])
    assert model.sigma(levels, 0) == pytest.approx(np.sqrt(C0 + C1 * levels), rel=tolerance)


def test_each_channel_has_its_own_model():
    level = gradient()
    rng = np.random.default_rng(3)
    frame = np.stack([level + rng.normal(0, sigma, SIZE) for sigma in (0.001, 0.01)]).astype(np.float32)
    model = estimate_noise([frame])
    assert model.coefficients.shape == (2, 3)
    found = [float(model.sigma(np.array(0.3), channel)) for channel in (0, 1)]
    assert found == pytest.approx([0.001, 0.01], rel=0.06)


def test_what_is_not_finite_costs_its_block_and_no_more():
    clean = noisy(gradient())
    holed = clean.copy()
    holed[8:40, 16:80] = np.nan
    holed[100, 100], holed[200, 5] = np.inf, -np.inf
    found, expected = (
        estimate_noise([each[None]]).sigma(np.array([0.05, 0.5]), 0) for each in (holed, clean)
    )
    assert found == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("level", [0.0, 0.18, 12.0])
def test_a_noiseless_picture_has_the_noise_of_half_rounding(level):
    model = estimate_noise([np.full((1, 64, 64), level, np.float32)])
    sigma = float(model.sigma(np.array(level), 0))
    assert 0 < sigma <= max(2e-6, level * 2.0**-11)


def test_black_bars_and_clipped_whites_tell_nothing():
    picture = noisy(gradient())
    barred = picture.copy()
    barred[:64], barred[-64:] = 0, 1.5
    levels = np.array([0.01, 0.1, 0.5, 1.0])
    found, expected = (estimate_noise([each[None]]).sigma(levels, 0) for each in (barred, picture))
    assert found == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_picture_of_nothing_has_a_model(value):
    model = estimate_noise([np.full((1, 32, 32), value, np.float32)])
    assert (model.sigma(np.array([-1.0, 0.0, 1.0]), 0) > 0).all()


def test_a_picture_too_small_for_blocks_has_a_model():
    assert (estimate_noise([np.ones((3, 5, 5), np.float32)]).coefficients >= 0).all()


def test_sigma_below_black_is_that_of_black():
    model = NoiseModel(np.array([[4.0, 1.0, 1.0]]))
    assert model.sigma(np.array([-5.0, 0.0, 2.0]), 0) == pytest.approx([2.0, 2.0, np.sqrt(10)])


def test_bands_tell_what_the_whole_picture_tells():
    frame = np.stack([noisy(gradient(), seed) for seed in (1, 2, 3)])
    stored = np.moveaxis(frame, 0, -1)
    bands = [
        flat_blocks(stored[top : top + 64], sample=SampleType.FLOAT, codec=LINEAR)
        for top in range(0, 256, 64)
    ]
    assert np.array_equal(fit_noise(bands).coefficients, estimate_noise([frame]).coefficients)


def test_bad_pixels_tell_nothing_whatever_is_there():
    rng = np.random.default_rng(4)
    stored = noisy(gradient())[..., None]
    is_bad = rng.random(SIZE) < 0.003
    models = []
    for wild in (0.0, 0.3, np.nan):
        spoiled = stored.copy()
        spoiled[is_bad] = wild
        blocks = flat_blocks(spoiled, sample=SampleType.FLOAT, codec=LINEAR, is_bad=is_bad)
        models.append(fit_noise([blocks]).coefficients)
    assert np.array_equal(models[0], models[1])
    assert np.array_equal(models[0], models[2])


def one_colour(*offsets):
    """Return blocks of a dark picture of which so much is taken off each channel, and what is below black cut off."""
    channels = [np.maximum(noisy(np.full(SIZE, 0.01), seed) - each, 0.0) for seed, each in enumerate(offsets)]
    return [flat_blocks(np.stack(channels, axis=-1), sample=SampleType.FLOAT, codec=LINEAR)]


@pytest.mark.parametrize(
    ("offsets", "expected"),
    [
        ((0.0, 0.0, 0.012), [False, False, True]),
        ((0.02, 0.0, 1.0), [True, False, True]),
        ((0.012, 0.012, 0.012), [False, False, False]),
        ((0.0, 0.0, 0.0), [False, False, False]),
    ],
)
def test_a_channel_that_alone_is_clipped_nearly_everywhere_says_nothing(offsets, expected):
    blocks = one_colour(*offsets)
    fitted = fit_noise(blocks)
    told = blinded(fitted, blocks)
    assert told.is_blind.tolist() == expected
    for channel, is_blind in enumerate(expected):
        own, before = (each.sigma(np.array([0.0, 0.01]), channel) for each in (told, fitted))
        assert (own > 20 * fitted.sigma(np.zeros(2), 1)).all() if is_blind else (own == before).all()
