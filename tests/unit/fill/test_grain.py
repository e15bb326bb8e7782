# SPDX-License-Identifier: Apache-2.0
"""Grain: as much noise as a fill lacks, of the shot's own kind, and the same bits wherever it is drawn."""

import numpy as np
import pytest

from pixmend.fill import Grain, add_grain, draw_grain, grain_of

SIDE = 9
CORRELATION = 0.6


def noise_windows(count=6000, seed=3, texture=0.0):
    """Windows of noise that hangs together across channels, with a slope, and texture in nine of ten."""
    rng = np.random.default_rng(seed)
    common = rng.normal(0, 1, (count, 1, SIDE, SIDE))
    own = rng.normal(0, 1, (count, 3, SIDE, SIDE))
    noise = np.sqrt(CORRELATION) * common + np.sqrt(1 - CORRELATION) * own
    slope = rng.normal(0, 1, (count, 1, 1, 1)) * np.arange(SIDE)
    scene = texture * rng.normal(0, 1, (count, 1, 1, 1)) * (np.arange(SIDE)[:, None] > 4)
    scene[::10] = 0.0
    return (20 + 0.8 * noise + slope + scene).astype(np.float32)


def middle(size):
    is_target = np.zeros((3, SIDE, SIDE), bool)
    at = slice(SIDE // 2 - size // 2, SIDE // 2 + size // 2 + 1)
    is_target[:, at, at] = True
    return is_target


@pytest.fixture(scope="module")
def grain():
    return grain_of(noise_windows())


@pytest.mark.parametrize("texture", [0.0, 20.0])
def test_noise_is_learnt_beside_slopes_and_texture(texture):
    covariance = grain_of(noise_windows(texture=texture)).covariance
    assert np.diag(covariance).mean() == pytest.approx(0.64, rel=0.2)
    area = SIDE**2
    centre = area // 2
    across = covariance[centre, area + centre] / covariance[centre, centre]
    assert across == pytest.approx(CORRELATION, abs=0.1)


def test_no_noise_is_above_what_the_scale_says():
    covariance = grain_of(5 * noise_windows()).covariance
    assert np.diag(covariance).reshape(3, -1).mean(axis=1) == pytest.approx([1, 1, 1])


def test_too_few_windows_teach_no_noise():
    assert grain_of(noise_windows(count=500)) is None
    assert grain_of(np.full((9000, 3, SIDE, SIDE), 4, np.float32)) is None


def test_noise_is_learnt_at_each_place_of_the_mosaic():
    windows = noise_windows(count=16000)
    phase = (np.arange(16000) % 4).astype(np.uint8)
    windows[phase == 2, 1] *= -1
    grain = grain_of(windows, phase=phase)
    red, green = SIDE**2 // 2, SIDE**2 + SIDE**2 // 2
    across = [grain.at(row, column).covariance[red, green] for row in (4, 5) for column in (8, 9)]
    assert [each > 0 for each in across] == [True, True, False, True]
    assert grain.at(1, 0).covariance.tolist() == grain.at(-5, 12).covariance.tolist()


@pytest.mark.parametrize("size", [1, 3, 5])
def test_a_fill_of_means_gets_the_variance_of_its_neighbours(grain, size):
    is_target = middle(size)
    count = int(is_target.sum())
    own = np.eye(count) * 0.02
    lacking = grain.lacking(own, is_target)
    normals = np.random.default_rng(5).normal(0, 1, (20000, count))
    filled = normals @ lacking.T.astype(np.float64)
    whole = grain.covariance[np.ix_(is_target.reshape(-1), is_target.reshape(-1))]
    assert np.mean(filled.var(axis=0) + 0.02) / np.mean(np.diag(whole)) == pytest.approx(0.93, abs=0.02)
    assert np.cov(filled.T)[0, -1] / np.cov(filled.T)[0, 0] == pytest.approx(
        whole[0, -1] / whole[0, 0], abs=0.06
    )


def test_what_carries_its_noise_gets_none(grain):
    is_target = middle(3)
    target = is_target.reshape(-1)
    lacking = grain.lacking(grain.covariance[np.ix_(target, target)], is_target)
    assert not lacking.any()


def test_a_mean_of_many_carries_little_and_a_copy_carries_all(grain):
    is_target = middle(1)
    count = int((~is_target).sum())
    mean = np.full((3, count), 1 / count)
    copy = np.zeros((3, count))
    copy[np.arange(3), [0, count // 3, 2 * count // 3]] = 1
    variance = np.diag(grain.covariance).mean()
    assert np.diag(grain.carried(mean, ~is_target)).max() < 0.05 * variance
    assert np.diag(grain.carried(copy, ~is_target)).mean() == pytest.approx(variance, rel=0.1)


def test_draws_are_normal_and_of_their_own():
    y, x = np.mgrid[-50:150, 0:200]
    places = np.stack([np.ones(y.size, np.int64), y.reshape(-1), x.reshape(-1)], axis=1)
    draws = {frame: draw_grain(91, frame, places).astype(np.float64) for frame in (1, 2)}
    for each in draws.values():
        assert each.mean() == pytest.approx(0, abs=0.02)
        assert each.var() == pytest.approx(1, abs=0.03)
        assert np.mean(each**4) == pytest.approx(3, abs=0.25)
        grid = each.reshape(200, 200)
        assert abs(np.mean(grid[1:] * grid[:-1])) < 0.02
        assert abs(np.mean(grid[:, 1:] * grid[:, :-1])) < 0.02
    assert abs(np.mean(draws[1] * draws[2])) < 0.02


def test_draws_are_these_bits_for_ever():
    """Another program, and another machine, must draw the same."""
    places = np.array([[0, 0, 0], [1, 540, 960], [2, -3, 4095]])
    found = draw_grain(4711, 1001, places)
    assert found.view(np.uint32).tolist() == [drawn_by_hand(4711, 1001, each) for each in places.tolist()]


def drawn_by_hand(seed, frame, place):
    def hashed(word):
        state = (word * 747796405 + 2891336453) % 2**32
        word = ((state >> ((state >> 28) + 4)) ^ state) * 277803737 % 2**32
        return (word >> 22) ^ word

    state = seed
    for part in (frame, *place):
        state = hashed(state ^ (part % 2**32))
    total = 0
    for _ in range(4):
        state = hashed(state)
        total += (state & 0xFFFF) + (state >> 16)
    spread = np.float32(1 / np.sqrt(8 * (65536**2 - 1) / 12))
    return int((np.float32(total - 4 * 65535) * spread).view(np.uint32))


def test_a_draw_depends_on_its_sample_alone():
    places = np.array([[0, 5, 6], [1, 5, 6], [0, 6, 5]])
    together = draw_grain(7, 3, places)
    alone = [draw_grain(7, 3, places[number : number + 1])[0] for number in range(3)]
    assert np.array_equal(together, alone)
    assert len(set(together.tolist())) == 3


def test_grain_is_added_in_order():
    rng = np.random.default_rng(2)
    value, normals = rng.normal(0, 9, 6).astype(np.float32), rng.normal(0, 1, 6).astype(np.float32)
    lacking = rng.normal(0, 1, (6, 6)).astype(np.float32)
    expected = []
    for row, start in zip(lacking, value, strict=True):
        total = np.float32(0)
        for share, normal in zip(row, normals, strict=True):
            total = np.float32(total + np.float32(share * normal))
        expected.append(np.float32(total + start))
    assert np.array_equal(add_grain(value, lacking, normals), expected)


def test_no_grain_leaves_a_fill_as_it_is():
    value = np.array([3.25, -1.5], np.float32)
    assert np.array_equal(add_grain(value, np.zeros((2, 2), np.float32), np.ones(2, np.float32)), value)


def test_grain_without_a_mosaic_is_the_same_everywhere(grain):
    assert grain.at(3, 4) is grain
    assert isinstance(grain, Grain)
