# SPDX-License-Identifier: Apache-2.0
"""From defects and rows of a frame to a patch."""

import numpy as np
import pytest

from pixmend.fill import (
    Band,
    Learnt,
    bad_pixels,
    defects_of_frame,
    doubtful_samples,
    find_holes,
    mend_frame,
    scaled_windows,
    sound_windows,
    spoiled_samples,
    train_kriging,
    window_places,
)
from pixmend.fill._holes import rows_of_windows, tiles_of
from pixmend.frames import Encoding
from pixmend.model import ANY_CHANNEL, Channel, Defect, Kind, PlateInfo, Raster, Sample, SampleType
from pixmend.stats import train_scale
from tests.make.shots import HEIGHT, WIDTH, rgb_plate

PLATE = rgb_plate(Raster(0, 0, WIDTH, HEIGHT))


def defect(x, y, samples=((0, 0, "R"), (0, 0, "G"), (1, 0, "G")), **fields):
    fields = {"kind": Kind.HOT, "amplitude_sigma": 9.0} | fields
    return Defect(id="d1", x=x, y=y, samples=tuple(Sample(*each) for each in samples), **fields)


def mended(samples, defects, scale, kriging, plate=PLATE, bands=None):
    found = defects_of_frame(defects, plate, radius_px=kriging.radius_px)
    cut = [Band(top, samples[top:stop]) for top, stop in bands or found.rows]
    return mend_frame(1001, cut, found, plate=plate, learnt=Learnt(scale, kriging))


def columns(patch):
    return {name: getattr(patch, name).tolist() for name in ("x", "y", "channel", "old", "new")}


class TestSpoiledSamples:
    def test_they_are_array_positions_sorted_and_once(self):
        plate = rgb_plate(Raster(-10, 5, 64, 48))
        two = [defect(3, 7), defect(4, 7, ((0, 0, "G"), (-1, 0, "R")))]
        assert spoiled_samples(two, plate).tolist() == [[0, 2, 13], [1, 2, 13], [1, 2, 14]]

    def test_any_channel_is_every_colour_and_data_channels_are_left_out(self):
        channels = (*(Channel(name, SampleType.HALF) for name in "RGB"), Channel("depth.Z", SampleType.FLOAT))
        plate = PlateInfo(Raster(0, 0, 9, 9), (9, 9), channels, ("R", "G", "B"), "exr")
        both = defect(4, 4, ((0, 0, ANY_CHANNEL), (1, 0, "depth.Z")))
        assert spoiled_samples([both], plate).tolist() == [[0, 4, 4], [1, 4, 4], [2, 4, 4]]

    @pytest.mark.parametrize(
        "fields",
        [{"amplitude_sigma": None}, {"kind": Kind.CLUSTER}, {"kind": Kind.COLUMN}, {"kind": Kind.ROW}],
    )
    def test_what_nobody_measured_as_one_photosite_is_taken_at_its_word(self, fields):
        assert not len(doubtful_samples([defect(4, 4, **fields)], PLATE))

    def test_none_are_none(self):
        assert spoiled_samples([], PLATE).shape == (0, 3)
        assert doubtful_samples([], PLATE).shape == (0, 3)

    def test_doubtful_is_the_reach_of_debayer_in_the_channels_that_are_named(self):
        doubtful = doubtful_samples([defect(0, 10, ((0, 0, "G"),))], PLATE)
        assert {c for c, _, _ in doubtful.tolist()} == {1}
        assert {(y, x) for _, y, x in doubtful.tolist()} == {
            (y, x) for y in range(8, 13) for x in range(-2, 3)
        }

    def test_bad_pixels_hold_any_spoiled_sample(self):
        is_bad = bad_pixels(spoiled_samples([defect(3, 7)], PLATE), HEIGHT, WIDTH)
        assert np.argwhere(is_bad).tolist() == [[7, 3], [7, 4]]


class TestRows:
    @pytest.mark.parametrize(
        ("rows", "expected"),
        [
            ([], []),
            ([50], [(46, 55)]),
            ([0], [(0, 5)]),
            ([99], [(95, 100)]),
            ([50, 51, 52], [(47, 56)]),
            ([30, 80], [(26, 35), (76, 85)]),
            ([30, 39], [(26, 44)]),
            ([30, 31, 32, 33, 34, 35], [(27, 39)]),
        ],
    )
    def test_they_are_those_of_the_windows_and_no_more(self, rows, expected):
        spoiled = np.array([[0, row, 5] for row in rows], np.intp).reshape(-1, 3)
        assert find_holes(spoiled, (1, 100, 60), radius_px=4).rows == tuple(expected)

    def test_windows_that_touch_share_their_rows(self):
        assert rows_of_windows([20, 0, 9, -4], side=9, height=25) == ((0, 18), (20, 25))


class TestTiles:
    def test_each_spoiled_pixel_is_in_a_tile_of_at_most_five(self):
        is_bad = np.random.default_rng(2).random((40, 50)) < 0.2
        is_bad[3:31, 7] = True
        covered = np.zeros_like(is_bad)
        for tile in tiles_of(is_bad):
            assert tile.bottom - tile.top <= 5
            assert tile.right - tile.left <= 5
            covered[tile.top : tile.bottom, tile.left : tile.right] = True
        assert covered[is_bad].all()

    @pytest.mark.parametrize(("length", "pieces"), [(1, [1]), (5, [5]), (6, [3, 3]), (11, [3, 4, 4])])
    def test_a_long_hole_is_cut_evenly(self, length, pieces):
        is_bad = np.zeros((20, 5), bool)
        is_bad[2 : 2 + length, 2] = True
        assert [tile.bottom - tile.top for tile in tiles_of(is_bad)] == pieces


def test_the_patch_holds_footprint_samples_and_nothing_else(clean_frames, scale, kriging):
    samples = clean_frames[1004]
    defects = [defect(60, 50), defect(0, 0), defect(254, 191), defect(61, 51)]
    mend = mended(samples, defects, scale, kriging)
    spoiled = {tuple(each) for each in spoiled_samples(defects, PLATE).tolist()}
    patch = mend.patch
    changed = set(zip(patch.channel.tolist(), patch.y.tolist(), patch.x.tolist(), strict=True))
    assert 0 < len(changed) == len(patch)
    assert changed <= spoiled
    assert mend.unfillable == 0
    assert [channel.name for channel in patch.channels] == ["R", "G", "B"]
    stored = SampleType.HALF.to_bits(samples[patch.y, patch.x, patch.channel])
    assert np.array_equal(patch.old, stored)
    assert (patch.old != patch.new).all()


def test_a_frame_without_defects_has_an_empty_patch(clean_frames, scale, kriging):
    mend = mended(clean_frames[1004], [], scale, kriging)
    assert (len(mend.patch), mend.unfillable) == (0, 0)


def test_positions_are_in_pixel_space(clean_frames, scale, kriging):
    here = mended(clean_frames[1004], [defect(60, 50)], scale, kriging).patch
    plate = rgb_plate(Raster(-100, 33, WIDTH, HEIGHT))
    there = mended(clean_frames[1004], [defect(-40, 83)], scale, kriging, plate).patch
    assert columns(there) == columns(here) | {"x": (here.x - 100).tolist(), "y": (here.y + 33).tolist()}


BANDED = [defect(x, y) for x, y in [(60, 50), (61, 53), (0, 0), (254, 191), (100, 20), (30, 130), (31, 141)]]


def test_bands_give_the_same_bits_as_the_whole_frame(clean_frames, scale, kriging):
    banded = mended(clean_frames[1004], BANDED, scale, kriging).patch
    whole = mended(clean_frames[1004], BANDED, scale, kriging, bands=[(0, HEIGHT)]).patch

    def rows(patch):
        return sorted(zip(*columns(patch).values(), strict=True))

    assert rows(banded) == rows(whole)


def test_mending_twice_from_the_same_frame_gives_the_same_bits(clean_frames, scale, kriging):
    first, again = (columns(mended(clean_frames[1004], BANDED, scale, kriging).patch) for _ in range(2))
    assert first == again


def test_mending_the_mended_changes_nothing(clean_frames, scale, kriging):
    """A fill reads only what it does not write, so the second time it finds what it wrote."""
    samples = clean_frames[1004].copy()
    patch = mended(samples, BANDED, scale, kriging).patch
    samples[patch.y, patch.x, patch.channel] = SampleType.HALF.from_bits(patch.new)
    assert len(mended(samples, BANDED, scale, kriging).patch) == 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_sample_that_is_not_finite_is_replaced(clean_frames, scale, kriging, value):
    samples = clean_frames[1004].copy()
    samples[50, 60, 0] = value
    mend = mended(samples, [defect(60, 50)], scale, kriging)
    patch = mend.patch
    (index,) = np.flatnonzero((patch.x == 60) & (patch.channel == 0))
    assert np.isfinite(SampleType.HALF.from_bits(patch.new[[index]])).all()
    assert np.isfinite(SampleType.HALF.from_bits(patch.new)).all()


def test_what_nothing_can_predict_is_counted_and_left(clean_frames, scale, kriging):
    samples = clean_frames[1004].copy()
    samples[35:66, 45:76] = np.nan
    mend = mended(samples, [defect(60, 50), defect(100, 150)], scale, kriging)
    assert mend.unfillable == 3
    assert set(mend.patch.y.tolist()) == {150}


def trained(frames, sample, encoding):
    _, scale = train_scale(frames, sample=sample, codec=Encoding(encoding, ""))
    return scale, train_kriging([scale.forward(frame) for frame in frames])


@pytest.mark.parametrize(
    ("sample", "encoding"),
    [
        (SampleType.UINT8, "rec709"),
        (SampleType.UINT10, "cineon"),
        (SampleType.UINT12, "logc3"),
        (SampleType.UINT16, "srgb"),
    ],
    ids=lambda each: getattr(each, "label", each),
)
@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_codes_stay_legal_up_to_the_end_of_the_range(sample, encoding, level):
    rng = np.random.default_rng(6)
    top = sample.max_code
    noisy = np.clip(np.rint(level * top + rng.normal(0, top / 40, (64, 80, 3))), 0, top).astype(sample.dtype)
    noisy[:, 40:] = top - noisy[:, 40:]
    plate = rgb_plate(Raster(0, 0, 80, 64), sample)
    scale, kriging = trained([noisy], sample, encoding)
    defects = [defect(x, y) for y in range(4, 60, 7) for x in range(3, 77, 6)]
    patch = mended(noisy, defects, scale, kriging, plate).patch
    assert len(patch)
    assert patch.new.max() <= top


def test_half_stays_finite_beside_the_brightest_light():
    rng = np.random.default_rng(6)
    light = np.full((64, 80, 3), 65504, np.float16)
    light[:, 40:] = rng.uniform(-60000, 60000, (64, 40, 3))
    scale, kriging = trained([light], SampleType.HALF, "linear")
    plate = rgb_plate(Raster(0, 0, 80, 64))
    defects = [defect(x, y) for y in range(4, 60, 7) for x in range(3, 77, 6)]
    patch = mended(light, defects, scale, kriging, plate).patch
    assert np.isfinite(SampleType.HALF.from_bits(patch.new)).all()


def test_bad_pixels_are_those_that_could_share_a_block_with_a_spoiled_one():
    spoiled = np.array([[1, 0, 30], [2, 12, 9]])
    assert np.argwhere(bad_pixels(spoiled, 40, 32)).tolist() == [[0, 30], [12, 9]]
    y, x = np.mgrid[:40, :32]
    near = [(abs(y - row) < 8) & (abs(x - column) < 8) for _, row, column in spoiled.tolist()]
    assert np.array_equal(bad_pixels(spoiled, 40, 32, block_px=8), near[0] | near[1])


def test_windows_are_scaled_as_the_picture_is(clean_frames, scale):
    stored = clean_frames[1001]
    (places,) = window_places([stored.shape[:2]])
    of_stored = scaled_windows(sound_windows(np.moveaxis(stored, -1, 0), places).samples, scale)
    assert np.array_equal(of_stored, sound_windows(scale.forward(stored), places).samples)
