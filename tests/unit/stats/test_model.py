# SPDX-License-Identifier: Apache-2.0
"""What a shot's model is learned from: of large frames some blocks, and only the patches that are cut."""

import numpy as np
import pytest

from pixmend.model import Raster, SampleType
from pixmend.stats import train_covariance, train_scale, train_shot_model
from pixmend.stats._model import _enough_blocks
from pixmend.stats._whiten import train_stored_covariance, train_summed_covariance
from tests.make.shots import LINEAR, rgb_plate, small_shot, stored_frames


@pytest.fixture(scope="module")
def frames():
    return list(stored_frames(small_shot()).values())[::4]


def test_of_large_frames_some_whole_columns_of_blocks_serve(monkeypatch):
    frame = np.arange(16 * 47 * 3).reshape(16, 47, 3)  # five columns of blocks, and a rest
    monkeypatch.setattr("pixmend.stats._model._ENOUGH_BLOCKS", 6)

    chosen = _enough_blocks([frame] * 2)

    of_frame = [frame[:, left : left + 8] for left in range(0, 40, 8)]
    assert len(chosen) == 2
    for columns in chosen:
        found = np.split(columns, columns.shape[1] // 8, axis=1)
        first = [np.array_equal(found[0], each) for each in of_frame].index(True)
        for block, expected in zip(found, of_frame[first::3], strict=True):
            np.testing.assert_array_equal(block, expected)


def test_small_frames_serve_whole(frames):
    assert _enough_blocks(frames) is frames


def test_a_part_of_the_blocks_tells_the_noise_too(monkeypatch):
    rng = np.random.default_rng(4)
    level = np.linspace(0.01, 0.6, 640)[None, :, None]
    law = 1e-5 + 1e-3 * level
    frames = [(level + rng.normal(0, 1, (320, 640, 1)) * np.sqrt(law)).astype(np.float16) for _ in range(2)]
    monkeypatch.setattr("pixmend.stats._model._ENOUGH_BLOCKS", 1500)

    noise, _ = train_scale(frames, sample=SampleType.HALF, codec=LINEAR)

    assert noise.sigma(level.ravel(), 0) == pytest.approx(np.sqrt(law).ravel(), rel=0.08)


@pytest.mark.parametrize("bad", [None, np.nan, np.inf])
def test_patches_brought_to_the_scale_are_those_of_frames_on_it(frames, bad):
    frames = [each.copy() for each in frames]
    if bad is not None:
        frames[1][20:80, 30:90] = bad
    _, scale = train_scale(frames, sample=SampleType.HALF, codec=LINEAR)

    found = train_stored_covariance(frames, scale.forward)

    np.testing.assert_array_equal(found, train_covariance([scale.forward(each) for each in frames]))


def test_the_covariance_of_a_mean_needs_its_patches_alone():
    rng = np.random.default_rng(3)
    sums = rng.integers(-9000, 9000, (2, 60, 80)).astype(np.int32)
    seen = rng.integers(0, 5, (60, 80)).astype(np.uint16)
    is_bad = np.zeros(seen.shape, bool)
    is_bad[20:23, 30:50] = True
    mean = np.multiply(sums, 1.0 / (64 * np.maximum(seen, 1).astype(np.float32)), dtype=np.float32)

    np.testing.assert_array_equal(train_summed_covariance(sums, seen, 64), train_covariance([mean]))

    mean[:, is_bad] = np.nan
    np.testing.assert_array_equal(
        train_summed_covariance(sums, seen, 64, is_bad=is_bad), train_covariance([mean])
    )


@pytest.mark.parametrize(("own", "has_colours"), [(0.0, False), (0.1, False), (0.5, True), (1.0, True)])
def test_channels_that_differ_by_next_to_nothing_are_no_colours(own, has_colours):
    rng = np.random.default_rng(8)
    detail, colours = rng.standard_normal((2, 96, 128, 1)), rng.standard_normal((2, 96, 128, 3))
    frames = (0.3 + 0.01 * (detail + own * colours)).astype(np.float16)
    model, _ = train_shot_model(
        list(frames),
        plate=rgb_plate(Raster(0, 0, 128, 96)),
        codec=LINEAR,
        encoding="linear",
        pooled_frames=2,
    )
    assert model.has_colours is has_colours
