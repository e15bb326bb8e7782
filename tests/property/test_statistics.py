# SPDX-License-Identifier: Apache-2.0
"""Merge laws of the statistics: any partition, any order, the same to the bit."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pixmend.model import FrameRange, Raster, SampleType
from pixmend.stats import FrameEvidence, NoiseModel, ShotModel, ShotStatistics, SigmaScale, measure_frame
from tests.make.shots import LINEAR, planes_of

SHAPE = (1, 9, 11)
FRAMES = FrameRange(range(-3, 5))
MODEL = ShotModel(
    raster=Raster(0, 0, 11, 9),
    channels=("Y",),
    sample=SampleType.HALF,
    encoding="linear",
    noise=NoiseModel(np.array([[1.0, 0.0, 0.0]])),
    covariance=np.eye(49),
    clip_sigma=3.0,
)


def _evidence(frame):
    values = np.random.default_rng(frame + 99).normal(0, 40, SHAPE).astype(np.float32)
    values[0, frame % 9, 3] = np.nan
    return list(measure_frame(planes_of(values), MODEL))


EVIDENCE = {frame: _evidence(frame) for frame in FRAMES}
NAMES = ("excess", "level", "seen", "grid_level", "grid_square")


def pooled(frames):
    statistics = ShotStatistics.empty(MODEL, stands_for=FRAMES)
    for frame in frames:
        statistics.add(frame, EVIDENCE[frame])
    return statistics


WHOLE = pooled(FRAMES)


def assert_same(first, second):
    assert first.frames == second.frames
    assert first.stands_for == second.stands_for
    for name in NAMES:
        left, right = getattr(first, name), getattr(second, name)
        assert left.dtype == right.dtype
        assert np.array_equal(left, right)


@st.composite
def partitions(draw):
    """Frames in any order, cut into parts, some of them empty."""
    order = draw(st.permutations(FRAMES.frames))
    cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=5)))
    edges = [0, *cuts, len(order)]
    return [order[first:stop] for first, stop in pairwise(edges)]


@given(partitions(), st.randoms(use_true_random=False))
def test_any_partition_merged_in_any_order_is_the_whole(parts, random):
    pool = [pooled(part) for part in parts]
    while len(pool) > 1:  # any tree of merges, not only one after the other
        first = pool.pop(random.randrange(len(pool)))
        second = pool[random.randrange(len(pool))]
        second.merge(first)
    assert_same(pool[0], WHOLE)


@given(partitions())
def test_parts_that_were_kept_merge_to_the_whole(parts):
    whole = ShotStatistics.empty(MODEL, stands_for=FRAMES)
    for part in parts:
        whole.merge(ShotStatistics.from_arrays(pooled(part).to_arrays()))
    assert_same(whole, WHOLE)


@given(st.integers(0, 8), st.integers(0, 10), st.sampled_from([np.nan, np.inf, -np.inf, 2e5, -2e5]))
def test_a_bad_sample_stays_local(y, x, bad):
    values = np.random.default_rng(5).normal(0, 1, (1, 40, 44)).astype(np.float32)
    spoiled = values.copy()
    spoiled[0, y + 15, x + 15] = bad
    model = replace(MODEL, raster=Raster(0, 0, 44, 40))
    (sound,), (found,) = (measure_frame(planes_of(each), model) for each in (values, spoiled))
    reach = 9
    far = np.ones((40, 44), bool)
    far[y + 15 - reach : y + 16 + reach, x + 15 - reach : x + 16 + reach] = False
    assert np.array_equal(found.excess[:, far], sound.excess[:, far])
    assert np.array_equal(found.level[:, far], sound.level[:, far])
    assert found.seen[far].all()


@given(
    st.lists(st.floats(0, 1e-2), min_size=3, max_size=3),
    st.lists(st.floats(-2, 60_000, width=16), min_size=2, max_size=20, unique=True),
)
def test_the_scale_rises_with_the_light_whatever_the_noise(coefficients, lights):
    noise = NoiseModel(np.maximum([coefficients], [[1e-12, 0, 2e-8]]))
    scale = SigmaScale(LINEAR, SampleType.HALF, noise)
    codes = np.sort(np.array(lights, np.float16))
    values = scale.forward(codes[None, :, None])[0, 0]
    assert (np.diff(values) >= 0).all()
    assert np.isfinite(values).all()


def test_evidence_is_whole_numbers():
    (strip,) = EVIDENCE[0]
    assert isinstance(strip, FrameEvidence)
    assert strip.excess.dtype == np.int16
    assert strip.level.dtype == np.int32
