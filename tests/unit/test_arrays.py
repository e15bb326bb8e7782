# SPDX-License-Identifier: Apache-2.0
"""Windows and robust statistics."""

import numpy as np
import pytest

from pixmend.arrays import (
    cut_patches,
    exact_gram,
    patch_covariance,
    patch_places,
    robust_sigma,
    sample_patches,
    sound_patches,
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
    (frame,) = numbered(frames=1)
    frame[1, 6, 8] = np.nan
    is_bad = np.zeros((12, 17), bool)
    is_bad[3, 3] = True
    (places,) = patch_places([(12, 17)], radius_px=1, count=3000, seed=5)
    patches = cut_patches(frame, places, 3, is_bad=is_bad)
    holds_nan = (np.abs(places + 1 - (6, 8)) <= 1).all(axis=1)
    holds_bad = (np.abs(places + 1 - (3, 3)) <= 1).all(axis=1)
    assert len(patches) == 3000 - (holds_nan | holds_bad).sum() < 3000
    assert np.isfinite(patches).all()
    assert not (patches[:, 0] == 3 * 17 + 3).any()
    again, is_sound = sound_patches(frame, places, 3, is_bad=is_bad)
    assert np.array_equal(again, patches)
    assert np.array_equal(is_sound, ~(holds_nan | holds_bad))


def test_patches_of_stored_samples_are_cut_at_the_same_places():
    """Places depend on shapes alone: they may be cut before it is known what the samples mean."""
    frames = numbered()
    places = patch_places([(12, 17), (4, 4), (12, 17)], radius_px=2, count=90, seed=5)
    assert [each.shape for each in places] == [(30, 2), (0, 2), (30, 2)]
    stored = np.moveaxis(frames[1].astype(np.uint16), 0, -1)
    cut = cut_patches(np.moveaxis(stored, -1, 0), places[2], 5)
    assert cut.dtype == np.uint16
    assert np.array_equal(cut, cut_patches(frames[1], places[2], 5))


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
    gram = exact_gram(rows)
    assert np.array_equal(gram, exact_gram(rows[::-1]))
    assert np.array_equal(gram, exact_gram(np.roll(rows, 1777, axis=0)))
    assert np.abs(gram - rows.T @ rows).max() <= 1e-4 * np.abs(gram).max()
