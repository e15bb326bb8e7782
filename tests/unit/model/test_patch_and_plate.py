# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from pixmend.model import Channel, Patch, PlateInfo, Raster, SampleType


def patch(old, new):
    count = len(old)
    place = np.arange(count, dtype=np.int32)
    return Patch(
        7,
        (Channel("R", SampleType.HALF),),
        place,
        place,
        np.zeros(count, np.int16),
        np.array(old, np.uint32),
        np.array(new, np.uint32),
    )


def test_the_inverse_takes_a_patch_back():
    there = patch([1, 2], [3, 4])
    back = there.inverse()
    assert (back.old.tolist(), back.new.tolist()) == ([3, 4], [1, 2])
    assert back.inverse().old is there.old


def test_samples_that_do_not_change_are_left_out():
    changed = patch([1, 2, 3], [1, 5, 3]).changes_only()
    assert (changed.x.tolist(), changed.old.tolist(), changed.new.tolist()) == ([1], [2], [5])
    assert len(Patch.empty(7).changes_only()) == 0


def test_columns_are_of_one_length():
    with pytest.raises(ValueError, match="different lengths"):
        patch([1, 2], [3])


@pytest.mark.parametrize("sample", list(SampleType), ids=lambda each: each.label)
def test_bits_come_back_as_they_were(sample):
    if sample.is_float:
        bits = np.array([0, 1, 0x8000, 0x7C00, 0x7C01, 0x7E01, 0xFC00, 0xFFFF], np.uint32)
        bits = bits if sample is SampleType.HALF else bits << np.uint32(16) | np.uint32(5)
    else:
        bits = np.array([0, 1, sample.max_code // 2, sample.max_code], np.uint32)
    assert np.array_equal(sample.to_bits(sample.from_bits(bits)), bits)


def test_bits_of_a_window_that_is_not_contiguous():
    frame = np.arange(12, dtype=np.float16).reshape(3, 4)
    assert np.array_equal(
        SampleType.HALF.to_bits(frame[:, ::2]), SampleType.HALF.to_bits(frame[:, ::2].copy())
    )


def test_a_raster_knows_its_pixels():
    raster = Raster(-2, 3, 4, 2)
    assert [raster.contains(x, 3) for x in (-3, -2, 1, 2)] == [False, True, True, False]
    assert [raster.contains(0, y) for y in (2, 3, 4, 5)] == [False, True, True, False]
    assert str(raster) == "4x2-2+3"


def test_a_plate_knows_how_a_channel_is_stored():
    plate = PlateInfo(Raster(0, 0, 1, 1), (1, 1), (Channel("Z", SampleType.FLOAT),), (), "exr")
    assert plate.sample_type("Z") is SampleType.FLOAT
    with pytest.raises(KeyError):
        plate.sample_type("R")
