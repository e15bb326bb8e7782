# SPDX-License-Identifier: Apache-2.0
"""A map alone: predictions that work in any plate."""

import numpy as np
import pytest

from pixmend.bake import Mode, apply_control, baked_pixels, generic_control, pack_control
from pixmend.model import Channel, Defect, FrameRange, Kind, PlateInfo, Raster, Sample, SampleType

WIDTH, HEIGHT = 60, 40
SPAN = (-999, 999)


def plate_of(*names):
    channels = tuple(Channel(name, SampleType.HALF) for name in names)
    return PlateInfo(Raster(0, 0, WIDTH, HEIGHT), (WIDTH, HEIGHT), channels, names, "map")


RGB = plate_of("R", "G", "B")


def defect(x, y, samples=((0, 0, "*"),), **fields):
    samples = tuple(Sample(*each) for each in samples)
    return Defect(**{"id": f"d{x}-{y}", "x": x, "y": y, "kind": Kind.HOT, "samples": samples} | fields)


def node(*defects, plate=RGB, frames=None):
    pixels = baked_pixels(list(enumerate(defects, 1)), plate.colour, SPAN)
    control = generic_control(defects, list(pixels.values()), plate, frames, span=SPAN)
    index = np.zeros((HEIGHT, WIDTH, 4), np.float32)
    for number, (y, x) in enumerate(pixels, 1):
        index[y, x, 0] = number
    packed = pack_control(control)
    return lambda picture, frame=1: apply_control(picture, index, packed, frame)


def slope(gain=1.0):
    """Return a picture that rises evenly on the node's own curve: nearly so in light."""
    x, y = np.arange(WIDTH), np.arange(HEIGHT)[:, None]
    return np.repeat((gain * (0.2 + 0.001 * x + 0.002 * y))[..., None], 3, axis=2).astype(np.float32)


@pytest.mark.parametrize("gain", [1e-3, 0.1, 1.0, 50.0])
def test_it_finds_what_is_under_a_defect_at_any_brightness(gain):
    picture = slope(gain)
    spoiled = picture.copy()
    spoiled[20, 30] = 1e4
    found = node(defect(30, 20))(spoiled)
    assert np.allclose(found[20, 30], picture[20, 30], rtol=2e-3)
    found[20, 30] = spoiled[20, 30]
    assert np.array_equal(found, spoiled)


@pytest.mark.parametrize("place", [(0, 0), (59, 0), (0, 39), (59, 39), (30, 0)])
def test_it_works_at_the_border(place):
    picture = slope()
    spoiled = picture.copy()
    spoiled[place[1], place[0]] = 9.0
    found = node(defect(*place))(spoiled)
    assert np.allclose(found[place[1], place[0]], picture[place[1], place[0]], rtol=1e-2)


def test_one_channel_is_mended_by_the_others_and_these_stay():
    picture = slope()
    spoiled = picture.copy()
    spoiled[20, 30, 1] = 9.0
    found = node(defect(30, 20, [(0, 0, "G")]))(spoiled)
    assert found[20, 30, 1] == pytest.approx(picture[20, 30, 1], rel=1e-2)
    assert np.array_equal(found[20, 30, ::2], spoiled[20, 30, ::2])


def test_another_defect_teaches_nothing():
    picture = slope()
    both = defect(30, 20), defect(31, 20, frames=FrameRange.parse("5"))
    spoiled = picture.copy()
    spoiled[20, 30] = 9.0
    told = spoiled.copy()
    told[20, 31] = 1e4
    assert np.array_equal(node(*both)(spoiled)[20, 30], node(*both)(told)[20, 30])


def test_a_defect_is_mended_in_its_frames_only():
    at = node(defect(30, 20, frames=FrameRange.parse("3,5-6")), defect(10, 10))
    spoiled = slope()
    spoiled[20, 30] = spoiled[10, 10] = 9.0
    changed = {frame for frame in range(9) if (at(spoiled, frame)[20, 30] != 9).all()}
    assert changed == {3, 5, 6}
    assert all((at(spoiled, frame)[10, 10] != 9).all() for frame in (-999, 0, 999))


def test_frames_that_were_asked_for_limit_all():
    at = node(
        defect(30, 20, frames=FrameRange.parse("3,5-6")), defect(10, 10), frames=FrameRange.parse("5,8")
    )
    spoiled = slope()
    spoiled[20, 30] = spoiled[10, 10] = 9.0
    for x, y, frames in ((30, 20, {5}), (10, 10, {5, 8})):
        assert {frame for frame in range(12) if (at(spoiled, frame)[y, x] != 9).all()} == frames


def test_a_pixel_of_two_defects_is_mended_in_the_frames_of_both():
    at = node(defect(30, 20, frames=FrameRange.parse("3")), defect(30, 20, frames=FrameRange.parse("4")))
    spoiled = slope()
    spoiled[20, 30] = 9.0
    assert {frame for frame in range(9) if (at(spoiled, frame)[20, 30] != 9).all()} == {3, 4}


def test_a_plate_of_one_channel_is_three_that_are_equal():
    picture = slope()
    spoiled = picture.copy()
    spoiled[20, 30] = 9.0
    found = node(defect(30, 20), plate=plate_of("Y"))(spoiled)
    assert len(set(found[20, 30].tolist())) == 1
    assert np.allclose(found[20, 30], picture[20, 30], rtol=2e-3)


def test_what_nothing_around_tells_stays():
    square = [(dx, dy, "*") for dx in range(19) for dy in range(19)]
    spoiled = slope()
    spoiled[10:29, 20:39] = 9.0
    found = node(defect(20, 10, square))(spoiled)
    assert (found[19, 29] == 9).all()
    assert (found[10, 20] != 9).all()


def test_nothing_is_grain_and_all_frames_share_a_record():
    defects = (defect(30, 20),)
    pixels = list(baked_pixels([(1, defects[0])], RGB.colour, SPAN).values())
    control = generic_control(defects, pixels, RGB, None, span=SPAN)
    ((segment,),) = (entry.segments for entry in control.entries)
    assert segment.records.shape == (1, 3, 3)
    assert (segment.records[..., 0] == Mode.PREDICT).all()
    assert not segment.records[..., 1].any()
