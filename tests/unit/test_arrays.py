# SPDX-License-Identifier: Apache-2.0
"""Windows and robust statistics."""

import numpy as np
import pytest

from pixmend.arrays import (
    _exact_gram,
    flat_block_statistics,
    patch_covariance,
    robust_sigma,
    sample_patches,
)

RNG = np.random.default_rng


def test_robust_sigma_of_normal_values_is_their_standard_deviation():
    assert robust_sigma(RNG(1).normal(5, 3, 50_000)) == pytest.approx(3, rel=0.02)


def test_robust_sigma_forgets_what_is_not_finite_and_what_stands_out():
    values = RNG(1).normal(0, 1, 10_000)
    values[:500] = np.nan, *[np.inf] * 249, *[1e9] * 250
    assert robust_sigma(values) == pytest.approx(1, rel=0.06)


@pytest.mark.parametrize("values", [np.zeros(0), np.full(3, np.nan), np.full(5, 7.0)])
def test_robust_sigma_of_nothing_or_of_one_value_is_zero(values):
    assert robust_sigma(values) == 0.0


def test_robust_sigma_about_a_given_centre_counts_the_offset():
    assert robust_sigma(np.full(9, 2.0), centre=0.0) == pytest.approx(2 * 1.4826)


def test_block_statistics_are_those_of_a_least_squares_plane():
    plane = RNG(2).normal(0, 1, (19, 26))
    plane += 0.3 * np.arange(19)[:, None] - 0.7 * np.arange(26)
    mean, sigma = flat_block_statistics(plane, size_px=8)
    blocks = [plane[8 * i : 8 * i + 8, 8 * j : 8 * j + 8] for i in range(2) for j in range(3)]
    y, x = np.mgrid[:8, :8].reshape(2, -1)
    design = np.stack([np.ones(64), y, x], axis=1)
    rests = [np.linalg.lstsq(design, block.ravel(), rcond=None)[1].item() for block in blocks]
    assert mean == pytest.approx([block.mean() for block in blocks])
    assert sigma == pytest.approx(np.sqrt(np.array(rests) / 61))


def test_a_block_with_a_sample_that_is_not_finite_is_left_out():
    plane = np.zeros((16, 24), np.float32)
    plane[3, 9], plane[12, 20] = np.nan, np.inf
    mean, sigma = flat_block_statistics(plane)
    assert mean.shape == sigma.shape == (4,)


def test_a_picture_smaller_than_a_block_has_no_blocks():
    mean, sigma = flat_block_statistics(np.zeros((7, 40)))
    assert mean.size == sigma.size == 0


def numbered(frames=2, channels=3, height=12, width=17):
    shape = frames, channels, height, width
    return list(np.arange(np.prod(shape), dtype=np.float32).reshape(shape))


def test_patches_are_windows_of_the_frames():
    frames = numbered()
    patches = sample_patches(frames, radius_px=2, count=40, seed=5)
    assert patches.shape == (40, 3, 5, 5)
    for patch in patches:
        index, channel, row, column = np.unravel_index(int(patch[0, 0, 0]), (2, 3, 12, 17))
        assert channel == 0
        assert np.array_equal(patch, frames[index][:, row : row + 5, column : column + 5])


def test_patches_reach_every_border():
    patches = sample_patches(numbered(frames=1), radius_px=2, count=2000, seed=5)
    assert {patches.min(), patches[:, 0].max()} == {0.0, 12 * 17 - 1}


def test_same_seed_same_patches_other_seed_others():
    first, again, other = (sample_patches(numbered(), radius_px=1, count=9, seed=s) for s in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_patches_hold_no_bad_and_no_non_finite_sample():
    frames = numbered(frames=1)
    frames[0][1, 6, 8] = np.nan
    is_bad = np.zeros((12, 17), bool)
    is_bad[3, 3] = True
    patches = sample_patches(frames, radius_px=1, count=3000, seed=5, is_bad=[is_bad] * len(frames))
    assert 0 < len(patches) < 3000
    assert np.isfinite(patches).all()
    assert not (patches[:, 0] == 3 * 17 + 3).any()


@pytest.mark.parametrize("frames", [[], numbered(height=4)])
def test_where_no_patch_fits_there_is_none(frames):
    patches = sample_patches(frames, radius_px=2, count=10, seed=0)
    assert patches.shape[0] == 0
    assert patches.shape[2:] == (5, 5)


def test_covariance_without_patches_is_that_of_white_noise():
    covariance = patch_covariance(np.zeros((0, 2, 3, 3)), contrast_floor=1.0)
    assert np.array_equal(covariance, np.eye(18) + 20 * np.kron(np.eye(2), np.ones((9, 9))))


def test_covariance_is_positive_definite_even_of_a_constant_picture():
    covariance = patch_covariance(np.full((500, 1, 3, 3), 4.0), contrast_floor=1.0)
    assert np.linalg.eigvalsh(covariance).min() > 0


@pytest.mark.parametrize("level", [0.0, 0.1, 4.0])
def test_black_bars_teach_nothing(level):
    """More than half of a letterboxed plate may be one value; the rest is what there is to learn."""
    picture = RNG(6).normal(0, 3, (400, 1, 3, 3))
    bars = np.full((600, 1, 3, 3), level)
    expected = patch_covariance(picture, contrast_floor=1.0)
    assert patch_covariance(np.concatenate([bars, picture]), contrast_floor=1.0) == pytest.approx(expected)


def test_covariance_of_white_noise_is_white_but_for_the_level():
    patches = RNG(3).normal(0, 2, (40_000, 1, 3, 3))
    covariance = patch_covariance(patches, contrast_floor=100.0, level_weight=0.0)
    expected = 4 * (np.eye(9) - 1 / 9)  # the patch's own mean is taken off
    assert covariance == pytest.approx(expected, abs=0.1)


def test_a_few_strong_edges_do_not_speak_for_the_shot():
    patches = RNG(4).normal(0, 1, (5000, 1, 3, 3))
    patches[:100, 0, :, 1:] += 1000
    fair = patch_covariance(patches, contrast_floor=1.0, level_weight=0.0)
    plain = patch_covariance(patches, contrast_floor=1e12, level_weight=0.0)
    fair_share, plain_share = (np.abs(each / each[0, 0])[0, 3] for each in (fair, plain))
    assert fair_share < 0.3
    assert plain_share > 0.9


def test_covariance_does_not_change_the_patches():
    patches = RNG(5).normal(0, 1, (50, 1, 3, 3))
    before = patches.copy()
    patch_covariance(patches, contrast_floor=1.0)
    assert np.array_equal(patches, before)


def test_a_covariance_is_the_same_to_the_bit_in_any_order_of_summing():
    """Processors and thread counts differ in it; statistics that are merged must not."""
    rows = np.random.default_rng(5).standard_t(2, (4000, 30)) * 1e-7
    gram = _exact_gram(rows)
    assert np.array_equal(gram, _exact_gram(rows[::-1]))
    assert np.array_equal(gram, _exact_gram(np.roll(rows, 1777, axis=0)))
    assert np.abs(gram - rows.T @ rows).max() <= 1e-4 * np.abs(gram).max()
