# SPDX-License-Identifier: Apache-2.0
"""What one frame says, and sums of many."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from pixmend.errors import UsageError
from pixmend.model import FrameRange, Raster, SampleType
from pixmend.stats import (
    NoiseModel,
    ShotModel,
    ShotStatistics,
    SigmaScale,
    clip_for,
    estimate_noise,
    measure_frame,
    train_shot_model,
)
from tests.make.shots import LINEAR, planes_of, rgb_plate, small_shot, stored_frames

ALL = FrameRange(range(12))
SUMS = ("excess", "level", "seen", "grid_level", "grid_square")


def measured(picture, model):
    """Return what one frame, given on the sigma scale and small enough for one band, says."""
    (evidence,) = measure_frame(planes_of(picture), model)
    return [evidence]


def pooled(model, pictures, frames=ALL):
    statistics = ShotStatistics.empty(model, stands_for=ALL)
    for frame in frames:
        statistics.add(frame, measure_frame(planes_of(pictures[frame]), model))
    return statistics


@pytest.fixture(scope="module")
def whole(model, pictures):
    return pooled(model, pictures)


def same_to_the_bit(first, second):
    return all(np.array_equal(getattr(first, name), getattr(second, name)) for name in SUMS) and (
        (first.frames, first.stands_for) == (second.frames, second.stands_for)
    )


def test_a_frame_says_the_same_twice(model, pictures):
    (first,), (again,) = (measured(pictures[0], model) for _ in range(2))
    for name in ("excess", "level", "seen"):
        assert np.array_equal(getattr(first, name), getattr(again, name))


def test_measuring_does_not_change_the_frame(model, pictures):
    before = pictures[0].copy()
    before[0, 9, 9] = np.nan
    given = before.copy()
    measured(given, model)
    assert np.array_equal(given, before, equal_nan=True)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [(15, 20), (0, 0), (29, 40), (0, 25)])
def test_a_sample_that_is_not_finite_stays_in_its_reach(model, pictures, bad, place):
    (sound,) = measured(pictures[0], model)
    values = pictures[0].copy()
    values[1, *place] = bad
    (spoiled,) = measured(values, model)
    reach = model.whitener.radius_px + 2 * 3
    y, x = np.mgrid[: values.shape[1], : values.shape[2]]
    near = (abs(y - place[0]) <= reach) & (abs(x - place[1]) <= reach)
    assert np.array_equal(spoiled.seen, ~near)
    for name in ("excess", "level"):
        found, expected = getattr(spoiled, name), getattr(sound, name)
        assert np.array_equal(found[:, ~near], expected[:, ~near])
        assert not found[:, near].any()


def test_a_frame_of_nothing_counts_nowhere(model, pictures):
    (evidence,) = measured(np.full_like(pictures[0], np.nan), model)
    assert not evidence.seen.any()
    assert not evidence.excess.any()


def test_one_sample_counts_no_more_than_the_clip(model, pictures):
    values = pictures[0].copy()
    values[:, 10, 10] += 5000
    (evidence,) = measured(values, model)
    assert np.abs(evidence.excess.astype(int)).max() == round(model.clip_sigma * 32)


def test_brightness_beyond_anything_is_measured(model, pictures):
    """The top of the half range on a plate with hardly any noise."""
    quiet = SigmaScale(LINEAR, SampleType.HALF, estimate_noise([np.full((3, 32, 32), 0.001, np.float32)]))
    white = np.full((30, 41, 3), 65504, np.float16)
    values = quiet.forward(white)
    assert (values > 50_000).all()
    statistics = ShotStatistics.empty(model, stands_for=ALL)
    evidence = measured(values, model)
    for frame in range(340):  # as many frames as there may be
        statistics.add(frame, evidence)
    assert statistics.mean_level()[:, 0, 0] == pytest.approx(values[:, 0, 0], rel=1e-6)
    assert not statistics.grid_sigma().any()


def test_mean_excess_of_noise_is_about_one(whole):
    spread = whole.mean_excess().std(axis=(1, 2))
    assert spread == pytest.approx(np.ones(3), rel=0.12)


def test_means_and_spread_are_those_of_the_frames(whole, pictures):
    stack = np.stack(pictures)
    assert whole.mean_level() == pytest.approx(stack.mean(axis=0), abs=0.04)
    np.testing.assert_array_equal(whole.mean_level(every=8), whole.mean_level()[:, ::8])
    assert whole.grid_sigma() == pytest.approx(stack.std(axis=0)[:, ::8, ::8], abs=0.03)


def test_a_small_spread_about_a_high_level_is_not_lost(model):
    rng = np.random.default_rng(1)
    pictures = [(40_000 + rng.normal(0, 0.5, (3, 30, 41))).astype(np.float32) for _ in range(12)]
    statistics = pooled(model, pictures)
    assert float(statistics.grid_sigma().mean()) == pytest.approx(0.48, rel=0.1)


def test_a_pixel_that_is_sometimes_blind_is_judged_by_what_it_saw(model, pictures):
    holed = [picture.copy() for picture in pictures]
    for picture in holed[::2]:
        picture[:, :5, :5] = np.nan
    statistics = pooled(model, holed)
    assert statistics.seen[0, 0] == 6
    assert statistics.mean_level()[:, 0, 0] == pytest.approx(
        np.mean([each[:, 0, 0] for each in pictures[1::2]], axis=0), abs=0.04
    )


@pytest.mark.parametrize("band", [(7, 13), (1, 50), (50, 6)])
def test_bands_are_parts_of_one_frame(monkeypatch, model, pictures, whole, band):
    spoiled = pictures[0].copy()
    spoiled[1, [3, 15], [38, 20]] = np.nan, np.inf
    at_once = pooled(model, [spoiled], FrameRange([0]))

    monkeypatch.setattr("pixmend.stats._measure._BAND", band)

    assert same_to_the_bit(pooled(model, pictures), whole)
    assert same_to_the_bit(pooled(model, [spoiled], FrameRange([0])), at_once)


def test_threads_may_add_at_the_same_time(model, pictures, whole):
    statistics = ShotStatistics.empty(model, stands_for=ALL)
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda frame: statistics.add(frame, measure_frame(planes_of(pictures[frame]), model)), ALL
            )
        )
    assert same_to_the_bit(statistics, whole)


def test_mean_light_undoes_the_scale(whole):
    light, sigma = whole.mean_light()
    assert whole.sigma_at(whole.mean_level()) == pytest.approx(sigma)
    curve_top = light + sigma
    assert (curve_top > light).all()
    assert (light > 0).all()


def test_a_part_is_that_part_in_pixel_space(whole):
    part = whole.part(rows=(3, 20), columns=(10, 41))
    assert part.model.raster == Raster(15, 0, 31, 17)
    assert np.array_equal(part.mean_level(), whole.mean_level()[:, 3:20, 10:41])
    assert np.array_equal(part.grid_sigma(), whole.grid_sigma()[:, 1:3, 2:6])
    assert (part.frames, part.stands_for) == (whole.frames, whole.stands_for)


def test_statistics_of_no_frame_are_quiet(model):
    blank = ShotStatistics.empty(model, stands_for=ALL)
    assert not blank.mean_excess().any()
    assert not blank.grid_sigma().any()


def test_parts_merge_to_the_whole(model, pictures, whole):
    first, second = pooled(model, pictures, range(5)), pooled(model, pictures, range(5, 12))
    first.merge(second)
    assert same_to_the_bit(first, whole)


def test_merging_does_not_change_the_other(model, pictures):
    first, second = pooled(model, pictures, [0]), pooled(model, pictures, [1])
    first.merge(second)
    assert same_to_the_bit(second, pooled(model, pictures, [1]))


def test_what_they_speak_for_is_united(model):
    first = ShotStatistics.empty(model, stands_for=FrameRange([1, 2]))
    first.merge(ShotStatistics.empty(model, stands_for=FrameRange([2, 9])))
    assert first.stands_for == FrameRange([1, 2, 9])


def test_a_frame_twice_is_refused_and_nothing_is_added(model, pictures):
    statistics = pooled(model, pictures, [0, 1])
    for other in (pooled(model, pictures, [1, 2]), statistics):
        with pytest.raises(UsageError, match=r"frame [01] is in the statistics twice"):
            statistics.merge(other)
    with pytest.raises(UsageError, match="frame 0 is in the statistics twice"):
        statistics.add(0, measured(pictures[3], model))
    assert same_to_the_bit(statistics, pooled(model, pictures, [0, 1]))


@pytest.mark.parametrize(
    "change",
    [
        {"clip_sigma": 9.0},
        {"encoding": "logc3"},
        {"sample": SampleType.FLOAT},
        {"channels": ("X", "Y", "Z")},
        {"noise": NoiseModel(np.ones((3, 3)))},
        {"covariance": np.eye(147)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_statistics_of_another_model_are_refused(model, pictures, change):
    other = ShotStatistics.empty(replace(model, **change), stands_for=ALL)
    with pytest.raises(UsageError, match="different shot models"):
        pooled(model, pictures, [0]).merge(other)


def test_too_many_frames_are_refused(model, pictures):
    statistics = pooled(model, pictures, [0])
    statistics.frames = FrameRange(range(340))
    with pytest.raises(UsageError, match="more than 340"):
        statistics.add(9000, measured(pictures[0], model))


def test_arrays_hold_everything(model, pictures, whole):
    there = ShotStatistics.from_arrays(whole.to_arrays())
    assert same_to_the_bit(there, whole)
    assert there.model.digest() == model.digest()
    there.merge(ShotStatistics.empty(model, stands_for=ALL))


def test_statistics_of_no_frame_can_be_kept(model):
    blank = ShotStatistics.empty(model, stands_for=FrameRange(()))
    assert same_to_the_bit(ShotStatistics.from_arrays(blank.to_arrays()), blank)


DAMAGE = {
    "an array is missing": lambda arrays: arrays.pop("level"),
    "no schema": lambda arrays: arrays.pop("schema"),
    "another schema": lambda arrays: arrays.update(schema=np.array("pixmend.statistics/9")),
    "another size": lambda arrays: arrays.update(excess=arrays["excess"][:, 1:]),
    "one number for all": lambda arrays: arrays.update(excess=np.array(3, np.int32)),
    "fractions": lambda arrays: arrays.update(level=arrays["level"] + 0.5),
    "text for numbers": lambda arrays: arrays.update(seen=np.array("x")),
    "a range that is none": lambda arrays: arrays.update(frames=np.array("1-x")),
    "a model that is no JSON": lambda arrays: arrays.update(model=np.array("{")),
    "a sample type that nobody knows": lambda arrays: arrays.update(
        model=np.array(str(arrays["model"]).replace("half", "quarter"))
    ),
    "a raster larger than the world": lambda arrays: arrays.update(
        model=np.array(str(arrays["model"]).replace("41, 30", "4000000000, 3000000000"))
    ),
    "a model without facts": lambda arrays: arrays.update(model=np.array("{}")),
    "a model that is a list": lambda arrays: arrays.update(model=np.array("[]")),
    "another number of channels": lambda arrays: arrays.update(noise=np.zeros((1, 3))),
    "noise of another shape": lambda arrays: arrays.update(noise=np.zeros((3, 2))),
    "a covariance of another size": lambda arrays: arrays.update(covariance=np.eye(5)),
    "a covariance that is not square": lambda arrays: arrays.update(covariance=np.zeros((147, 3))),
    "a covariance of NaN": lambda arrays: arrays.update(covariance=np.full((147, 147), np.nan)),
    "more frames seen than measured": lambda arrays: arrays.update(seen=arrays["seen"] + 1),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_damaged_arrays_are_refused_in_one_sentence(whole, damage):
    arrays = dict(whole.to_arrays())
    damage(arrays)
    with pytest.raises(UsageError, match=r"no statistics file|of schema") as caught:
        ShotStatistics.from_arrays(arrays, where="s.npz")
    assert caught.value.where == "s.npz"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("frames", "clip"), [(0, 12), (1, 12), (4, 6), (16, 3), (48, 3)])
def test_with_few_frames_each_may_say_more(frames, clip):
    assert clip_for(frames) == clip


def test_the_shot_model_is_learned_the_same_twice():
    shot = small_shot()
    frames = [stored_frames(shot)[1001], stored_frames(shot)[1016]]
    learned = [
        train_shot_model(
            frames, plate=rgb_plate(shot.raster), codec=LINEAR, encoding="linear", pooled_frames=16
        )
        for _ in range(2)
    ]
    (first, scale), (again, _) = learned
    assert first.digest() == again.digest()
    assert first.raster == shot.raster
    assert np.isfinite(scale.forward(frames[0])).all()
    rebuilt = ShotModel.from_arrays(first.to_arrays())
    assert rebuilt.digest() == first.digest()
    assert (rebuilt.channels, rebuilt.sample) == (("R", "G", "B"), SampleType.HALF)
