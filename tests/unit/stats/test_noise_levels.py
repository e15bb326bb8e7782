# SPDX-License-Identifier: Apache-2.0
"""What a block tells of its noise: kernels against plain NumPy, and the table of what correlated noise looks like."""

import numpy as np
import pytest
from scipy.ndimage import convolve, gaussian_filter

from pixmend.stats._noise_kernels import block_statistics
from pixmend.stats._noise_levels import _FINENESS, _SEEN, _SPREAD, noise_by_level

COARSENESS_PX = (2, 1.5, 1.2, 1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0)
SECOND_DIFFERENCES = np.outer([1, -2, 1], [1, -2, 1]) / 6


def blocks_of(plane):
    return block_statistics(plane.astype(np.float32), np.zeros(plane.shape, bool), 8)


def test_block_statistics_are_those_of_a_least_squares_plane():
    plane = np.random.default_rng(2).normal(0, 1, (19, 26))
    plane += 0.3 * np.arange(19)[:, None] - 0.7 * np.arange(26)
    plane = plane.astype(np.float32)
    mean, sigma, _fine, _is_clipped = block_statistics(plane, np.zeros(plane.shape, bool), 8)
    blocks = [plane[8 * i : 8 * i + 8, 8 * j : 8 * j + 8].astype(float) for i in range(2) for j in range(3)]
    y, x = np.mgrid[:8, :8].reshape(2, -1)
    design = np.stack([np.ones(64), y, x], axis=1)
    rests = [np.linalg.lstsq(design, block.ravel(), rcond=None)[1].item() for block in blocks]
    assert mean == pytest.approx([block.mean() for block in blocks])
    assert sigma == pytest.approx(np.sqrt(np.array(rests) / 61))


def test_a_block_with_a_bad_or_non_finite_sample_tells_nothing():
    plane = np.zeros((16, 24), np.float32)
    plane[3, 9], plane[12, 20] = np.nan, np.inf
    is_bad = np.zeros(plane.shape, bool)
    is_bad[8, 7] = True
    told = [True, False, True, False, True, False]
    for found in block_statistics(plane, is_bad, 8)[:3]:
        assert np.isfinite(found).tolist() == told


def test_a_picture_smaller_than_a_block_has_no_blocks():
    plane = np.zeros((7, 40), np.float32)
    assert [each.size for each in block_statistics(plane, plane > 0, 8)] == [0] * 4


def test_fine_roughness_is_that_of_second_differences_along_both_axes():
    plane = np.random.default_rng(3).normal(5, 2, (16, 24)).astype(np.float32)
    bent = convolve(plane.astype(float), SECOND_DIFFERENCES) ** 2
    plain = [bent[8 * i + 1 : 8 * i + 7, 8 * j + 1 : 8 * j + 7].mean() for i in range(2) for j in range(3)]
    assert blocks_of(plane)[2] == pytest.approx(np.sqrt(plain), rel=1e-5)


@pytest.mark.parametrize("clip", [lambda x: np.maximum(x, -0.5), lambda x: np.minimum(x, 0.5)])
def test_a_clip_piles_up(clip):
    noise = np.random.default_rng(4).normal(0, 1, (128, 128))
    assert blocks_of(clip(noise))[3].all()
    assert not blocks_of(noise)[3].any()


@pytest.mark.parametrize("step", [0.1, 0.5, 1.0])
def test_codes_alone_rarely_pile_up(step):
    noise = np.rint(np.random.default_rng(5).normal(0, 1, (256, 256)) / step)
    assert blocks_of(noise)[3].mean() < 0.1


def test_noise_far_below_a_code_is_no_less_than_rounding():
    codes = np.zeros((64, 64))
    codes[::8, ::8], codes[4::8, 4::8] = 1, -1
    _mean, sigma, fine, _is_clipped = blocks_of(codes)
    assert sigma == pytest.approx(np.full(64, 1 / np.sqrt(12)), rel=1e-6)
    assert fine == pytest.approx(np.maximum(fine, 1 / np.sqrt(12)))


@pytest.mark.slow
@pytest.mark.parametrize("entry", range(len(COARSENESS_PX)))
def test_the_table_is_what_simulated_noise_shows(entry):
    noise = np.random.default_rng(6).normal(0, 1, (2048, 2048))
    grain = gaussian_filter(noise, COARSENESS_PX[entry], mode="wrap")
    _mean, sigma, fine, _is_clipped = blocks_of(grain / grain.std())
    (flat, usual), flat_fine = np.quantile(sigma, (0.1, 0.4)), np.quantile(fine, 0.1)
    assert flat_fine / flat == pytest.approx(_FINENESS[entry], rel=0.02)
    assert flat == pytest.approx(_SEEN[entry], rel=0.02)
    assert usual / flat == pytest.approx(_SPREAD[entry], rel=0.02)


def told(seed, texture):
    """Return the noise found, of sigma 1, under texture in every block that is brighter than half."""
    rng = np.random.default_rng(seed)
    level = np.linspace(0, 100, 512) * np.ones((512, 1))
    coarse = gaussian_filter(rng.normal(0, 1, level.shape), 2.5)
    coarse *= texture / coarse.std() * np.clip(level / 50 - 1, 0, 1)
    return noise_by_level(*blocks_of(level + coarse + rng.normal(0, 1, level.shape)))


def test_texture_that_is_coarser_than_the_noise_counts_little():
    level, sigma = told(7, texture=6.0)
    assert level.size == 24
    assert sigma[:10] == pytest.approx(np.ones(10), rel=0.1)
    assert (sigma > 0.9).all()
    assert sigma.max() < 2.5  # texture of sigma 6


def test_levels_rise_and_too_few_blocks_have_none():
    level, _sigma = told(8, texture=0.0)
    assert (np.diff(level) > 0).all()
    level, sigma = noise_by_level(*(np.ones(4) for _ in range(3)), np.zeros(4, bool))
    assert level.size == sigma.size == 0


def test_clipped_blocks_count_only_where_there_are_no_others():
    mean, sigma, fine = (np.full(480, each) for each in (1.0, 2.0, 1.8))
    is_clipped = np.arange(480) < 240
    sigma[:240] = 0.1
    assert noise_by_level(mean, sigma, fine, is_clipped)[1].min() > 1.5
    assert noise_by_level(mean[:240], sigma[:240], fine[:240], is_clipped[:240])[0].size == 24
