# SPDX-License-Identifier: Apache-2.0
"""One frame to hits: the compiled search against a plain one, and what it must not trip over."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pixmend.arrays import middle_covariance
from pixmend.model import SampleType
from pixmend.simulate import PlantedDefect
from pixmend.stats import HitFinder, NoiseModel, SigmaScale
from pixmend.stats._hit_finder import _are_oddest
from pixmend.stats._hit_kernels import NOTHING, ODDEST, quantise, standing_out
from pixmend.stats._hit_score_kernels import match_places
from tests.make.flashes import FOOTPRINTS, finder_of, flash_shot, stored_frames
from tests.make.shots import LINEAR

_NOISE = NoiseModel(np.array([[1e-4, 0.0, 0.0]] * 3))  # sigma 0.01 at every level
_WHITE = np.eye(3 * 7 * 7)
_PIXEL = len(FOOTPRINTS) - 1


def _finder(sample: SampleType = SampleType.HALF) -> HitFinder:
    return HitFinder(SigmaScale(LINEAR, sample, _NOISE), sample, FOOTPRINTS, _WHITE)


def _flat(level: float = 0.2, *, size: tuple[int, int] = (40, 50), dtype: str = "float16") -> np.ndarray:
    noise = np.random.default_rng(3).normal(0, 0.01, (*size, 3))
    return (level + noise).astype(dtype)


def _with_defect(samples: np.ndarray, y: int, x: int, *, sigma: float, footprint: int = 0) -> np.ndarray:
    """Add a footprint of so many sigma; what falls outside is lost."""
    spoiled = np.pad(samples.astype(np.float64), ((2, 2), (2, 2), (0, 0)))
    spoiled[y : y + 5, x : x + 5] += np.moveaxis(sigma * 0.01 * FOOTPRINTS[footprint], 0, -1)
    return spoiled[2:-2, 2:-2].astype(samples.dtype)


def _further_in(side: int) -> np.ndarray:
    """Indices of an axis and 2 more at each end: there, those 4 further in."""
    return np.concatenate([[2, 3], np.arange(side), [side - 4, side - 3]])


def _plain_search(values: np.ndarray, least: int) -> list[tuple[int, int, int, int, int]]:
    """Find what stands out of all pairs of opposite samples 2 px away, sample by sample."""
    rows, columns = (_further_in(side) for side in values.shape[:2])
    padded = values.astype(int)[rows][:, columns]
    rim = np.ones((5, 5), bool)
    rim[1:4, 1:4] = False
    found = []
    for y, c, x in np.ndindex(values.shape[0], values.shape[2], values.shape[1]):
        window = padded[y : y + 5, x : x + 5, c]
        span = window[rim].max() - window[rim].min()
        pairs = [window[a] + window[4 - a[0], 4 - a[1]] for a in ((0, 0), (0, 2), (0, 4), (2, 0))]
        own = 2 * window[2, 2]
        gap = max(own - max(pairs), min(pairs) - own) - (span >> 2)
        sign = 1 if own > pairs[3] else -1
        near = (sign * window[1:4, 1:4]).ravel()
        if gap > least and (near[:4] < near[4]).all() and (near[5:] <= near[4]).all():
            found.append((y, x, c, sign * gap, span))
    return found


def _room(count: int, *, channels: int) -> tuple[np.ndarray, np.ndarray]:
    return np.empty((count, 5), np.int32), np.empty((count, 5, 5, channels), np.uint16)


def _plain_patches(bits: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the 5 x 5 pixels about places; beyond the border those 8 further in."""
    rows, columns = (
        np.concatenate([[6, 7], np.arange(side), [side - 8, side - 7]]) for side in bits.shape[:2]
    )
    padded = bits[rows][:, columns]
    return np.array([padded[y : y + 5, x : x + 5] for y, x in places[:, :2]]).reshape(-1, 5, 5, bits.shape[2])


@settings(max_examples=60, deadline=None)
@given(
    arrays.arrays(
        np.uint16,
        st.tuples(st.integers(9, 11), st.integers(9, 12), st.integers(1, 3)),
        elements=st.integers(0, 24),
    )
)
def test_the_compiled_search_finds_what_a_plain_one_does(bits):
    table = np.full((bits.shape[2], 65536), NOTHING, np.int16)
    table[:, :25] = np.arange(-12, 13) ** 3
    found, codes = _room(bits.size, channels=bits.shape[2])

    count = standing_out(bits, table, 2, found, codes)

    assert [tuple(row) for row in found[:count].tolist()] == _plain_search(table[0][bits], 2)
    np.testing.assert_array_equal(codes[:count], _plain_patches(bits, found[:count]))


def test_what_is_beyond_the_room_is_counted():
    table = np.tile(np.arange(65536) % 1000, (1, 1)).astype(np.int16)
    bits = np.zeros((20, 20, 1), np.uint16)
    bits[2::6, 2::6] = 900

    assert standing_out(bits, table, 8, *_room(2, channels=1)) == 9


@pytest.mark.parametrize("footprint", range(len(FOOTPRINTS)))
@pytest.mark.parametrize("sigma", [30.0, -18.0])
def test_every_footprint_is_found_where_it_is_bright_or_dark(footprint, sigma):
    samples = _with_defect(_flat(), 20, 25, sigma=sigma, footprint=footprint)

    hits = _finder().find(samples, 1001)

    best = hits.table[np.abs(hits.score).argmax()]
    assert (best["frame"], best["y"], best["x"]) == (1001, 20, 25)
    assert np.sign(best["score"]) == np.sign(sigma)
    assert hits.likeness.max() > 0.8


@pytest.mark.parametrize("place", [(0, 0), (39, 49), (1, 20), (20, 48)])
def test_a_hit_at_the_border_is_found(place):
    samples = _with_defect(_flat(), *place, sigma=40.0, footprint=_PIXEL)

    hits = _finder().find(samples, 1)

    assert place in zip(hits.table["y"].tolist(), hits.table["x"].tolist(), strict=True)


def test_noise_alone_hits_seldom_and_is_weak():
    hits = _finder().find(_flat(size=(200, 300)), 1)

    assert len(hits.table) < 12
    assert np.abs(hits.score).max(initial=0.0) < 7.0


def _plain_match(samples: np.ndarray, y: int, x: int, precision: np.ndarray) -> tuple[float, float, int]:
    """Match the footprints at one place of a picture whose noise is 0.01 everywhere, number by number."""
    patch = np.moveaxis(samples[y - 2 : y + 3, x - 2 : x + 3].astype(np.float64), -1, 0)
    is_rim = np.ones((5, 5), bool)
    is_rim[1:4, 1:4] = False
    excess = ((patch - patch[:, is_rim].mean(axis=1)[:, None, None]) / 0.01).ravel()
    shapes = FOOTPRINTS.reshape(len(FOOTPRINTS), -1)
    inner = shapes @ precision @ excess
    explained = inner**2 / np.einsum("ki,ij,kj->k", shapes, precision, shapes)
    best = int(explained.argmax())
    return np.sign(inner[best]) * explained[best], excess @ precision @ excess - explained[best], best


def _covariance_like(seed: int) -> np.ndarray:
    """A covariance of 7 x 7 patches that is the same when they are turned by half."""
    patches = np.random.default_rng(seed).normal(size=(400, 3 * 49)).cumsum(axis=1)
    patches -= 0.8 * np.roll(patches, 1, axis=1)
    turned = patches.reshape(-1, 3, 49)[:, :, ::-1].reshape(len(patches), -1)
    return np.cov(np.concatenate([patches, turned]).T) + np.eye(3 * 49)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_compiled_match_is_generalised_least_squares(seed):
    covariance = _covariance_like(seed)
    samples = _with_defect(_flat(dtype="float64"), 20, 25, sigma=9.0, footprint=seed).astype(np.float16)
    finder = HitFinder(SigmaScale(LINEAR, SampleType.HALF, _NOISE), SampleType.HALF, FOOTPRINTS, covariance)
    places = np.array([(20, 25), (12, 30), (30, 9), (2, 2), (37, 47)], np.int32)

    codes = _plain_patches(samples.view(np.uint16), places)
    found = match_places(codes, np.arange(5), (finder._level, finder._sigma), finder._shapes)

    precision = np.linalg.inv(middle_covariance(covariance, channels=3, side=5))
    for place, (explained, left, best) in zip(places, found.tolist(), strict=True):
        expected = _plain_match(samples, *place, precision)
        assert (explained, left) == pytest.approx(expected[:2], rel=2e-3, abs=0.05)
        assert best == expected[2]


def test_what_matches_less_than_is_asked_for_is_nothing_and_the_rest_as_before():
    samples = _with_defect(_flat(), 20, 25, sigma=9.0)
    finder = _finder()
    places = np.array([(20, 25), (12, 30), (30, 9)], np.int32)
    codes = _plain_patches(samples.view(np.uint16), places)
    given = codes, np.arange(3), (finder._level, finder._sigma), finder._shapes

    every, strong = match_places(*given), match_places(*given, 25.0)

    assert (np.abs(every[:, 0]) > 25).tolist() == [True, False, False]
    np.testing.assert_array_equal(strong, np.where(np.abs(every[:, :1]) > 25, every, 0))


def test_a_lone_pixel_counts_as_green_that_a_demosaic_along_edges_left_alone():
    samples = _with_defect(_flat(), 20, 25, sigma=30.0, footprint=_PIXEL)

    assert _finder().find(samples, 1).table["channel"].tolist() == [1]


def test_the_larger_a_frame_the_more_hits_it_may_have():
    samples = _flat(size=(1200, 2400))
    samples[8::14, 8::14] = 1.0

    assert len(_finder().find(samples, 1).table) == 1200 * 2400 // 4096


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_no_hit_and_hides_only_what_is_near(bad):
    samples = _with_defect(_flat(), 20, 25, sigma=30.0)
    samples[10, 10] = bad
    samples[30:36, 5:15] = bad

    hits = _finder().find(samples, 1)

    assert hits.table["y"].tolist() == [20]


@pytest.mark.parametrize("shape", [(8, 50, 3), (50, 2, 3), (1, 1, 3)])
def test_a_frame_that_is_too_small_has_no_hits(shape):
    assert len(_finder().find(np.ones(shape, np.float16), 1).table) == 0


def test_long_samples_give_what_short_ones_do():
    samples = _with_defect(_flat(), 20, 25, sigma=30.0)

    short = _finder().find(samples, 1)
    long = _finder(SampleType.FLOAT).find(samples.astype(np.float32), 1)

    assert long.table[["y", "x", "channel"]].tolist() == short.table[["y", "x", "channel"]].tolist()
    assert long.score == pytest.approx(short.score, rel=0.1)


def test_values_are_made_whole_as_numpy_does():
    rng = np.random.default_rng(8)
    values = (rng.choice([-1, 1], (3, 40, 50)) * 10.0 ** rng.uniform(-3, 6, (3, 40, 50))).astype(np.float32)
    values[:, :2] = np.arange(100).reshape(2, 50) / 8 - 6  # ties
    values[0, 5, :3] = np.nan, 0.0, -0.0
    found = np.empty((40, 50, 3), np.int16)

    quantise(values, 4, found)

    plain = np.clip(np.rint(values * np.float32(4)), -ODDEST, ODDEST)
    plain[np.isnan(values)] = NOTHING
    np.testing.assert_array_equal(found, np.moveaxis(plain, 0, -1))


def test_ten_bit_codes_are_searched():
    codes = np.clip(np.rint(_with_defect(_flat(dtype="float64"), 20, 25, sigma=30.0) * 1023), 0, 1023)

    hits = _finder(SampleType.UINT10).find(codes.astype(np.uint16), 1)

    assert (hits.table["y"].tolist(), hits.table["x"].tolist()) == ([20], [25])


@pytest.mark.parametrize("count", [0, 50, 20_000])
def test_the_oddest_places_are_those_of_a_plain_sort(count):
    """And all that are as odd as the last of them."""
    rng = np.random.default_rng(5)
    gap, span = rng.integers(-60, 60, count), rng.integers(0, 40, count)
    found = np.stack([np.arange(count), gap, gap, gap, span], axis=1).astype(np.int32)

    oddness = [abs(row[3]) / (16 + row[4]) for row in found.tolist()]
    least = sorted(oddness, reverse=True)[:2048][-1:]
    plain = [row for row, odd in zip(found.tolist(), oddness, strict=True) if odd >= least[0]]

    assert found[_are_oddest(found, 2048)].tolist() == plain


def test_a_frame_full_of_light_gives_a_bounded_number_of_hits():
    samples = _flat(size=(400, 400))
    samples[4::7, 4::7] = 1.0

    hits = _finder().find(samples, 1)

    assert len(hits.table) == 512


def test_most_flashes_of_a_shot_are_hits():
    shot = flash_shot()
    finder = finder_of(shot)

    def is_hit(defect: PlantedDefect) -> bool:
        frame, (x, y) = defect.frames.frames[0], defect.centre
        table = finder.find(stored_frames(shot)[frame], frame).table
        return bool(((np.abs(table["y"] - y) <= 1) & (np.abs(table["x"] - x) <= 1)).any())

    assert sum(is_hit(defect) for defect in shot.planted) >= 4
