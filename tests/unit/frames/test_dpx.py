# SPDX-License-Identifier: Apache-2.0
"""DPX as a shot: which channels it has, which are the picture, and that they read as they were written."""

import numpy as np
import pytest

from pixmend.errors import UnsupportedError, UsageError
from pixmend.formats import ReadOptions
from pixmend.frames import open_shot
from tests.make.dpx import random_part, write_dpx

SIZE = (14, 9)


@pytest.fixture
def shot_of(tmp_path):
    """Give a shot of one frame of some elements."""

    def make(parts, options=None, **fields):
        (tmp_path / "a.0001.dpx").write_bytes(write_dpx(parts, **fields))
        return open_shot(tmp_path / "a.0001.dpx", options or ReadOptions())

    return make


@pytest.mark.parametrize(
    ("kinds", "colour"),
    [
        ("RGB", "R G B"),
        ("RGBA", "R G B"),
        ("ABGR", "R G B"),
        ("R G B", "R G B"),
        ("RGB A", "R G B"),
        ("RGB Z", "R G B"),
        ("RGB RGB", "R G B"),
        ("Y", "Y"),
        ("R", "R"),
        ("CbYCrY", "Y"),
        ("CbYACrYA", "Y"),
        ("CbYCr", "Y"),
        ("CbYCrA", "Y"),
        ("Y A", "Y"),
    ],
)
@pytest.mark.parametrize("bits", [8, 10, 12, 16, 32])
def test_the_picture_is_found_and_read(shot_of, kinds, colour, bits):
    parts = [random_part(kind, SIZE, bits=bits, seed=seed) for seed, kind in enumerate(kinds.split())]
    shot = shot_of(parts, order="<" if bits == 12 else ">")
    assert shot.plate.colour == tuple(colour.split())
    assert {channel.sample.bits for channel in shot.plate.channels} == {bits}
    picture = shot.read(1, rows=(2, 7))
    samples = {name: plane for part in reversed(parts) for name, plane in part.samples().items()}
    expected = np.stack([samples[name][2:7] for name in shot.plate.colour], axis=-1)
    np.testing.assert_array_equal(picture.view(f"u{picture.itemsize}"), expected)
    assert picture.flags.c_contiguous


def test_depth_beside_the_picture_has_a_type_of_its_own(shot_of):
    depth = random_part("Z", SIZE, bits=32, seed=3)
    shot = shot_of([random_part("RGB", SIZE), depth])
    np.testing.assert_array_equal(shot.read(1, channels=["Z"])[..., 0].view(np.uint32), depth.codes)
    with pytest.raises(UnsupportedError, match="different sample types: R uint10, Z float"):
        shot.read(1, channels=["R", "Z"])


def test_another_picture_is_the_one_when_it_is_said(shot_of):
    parts = [random_part("RGB", SIZE, seed=seed) for seed in (1, 2)]
    shot = shot_of(parts, ReadOptions(layer="2"))
    assert shot.plate.colour == ("2.R", "2.G", "2.B")
    np.testing.assert_array_equal(shot.read(1)[..., 1], parts[1].samples()["G"])
    with pytest.raises(UsageError, match="no layer '3'"):
        _ = shot_of(parts, ReadOptions(layer="3")).plate


@pytest.mark.parametrize("kind", ["A", "Z", "C1C2C3"])
def test_data_is_no_picture(shot_of, kind):
    with pytest.raises(UnsupportedError, match="no channels R, G, B or Y"):
        _ = shot_of([random_part(kind, SIZE)]).plate


def test_chroma_is_not_read_as_a_picture(shot_of):
    shot = shot_of([random_part("CbYCrY", SIZE)])
    assert [(each.name, each.sampling) for each in shot.plate.channels] == [
        ("Cb", (2, 1)),
        ("Y", (1, 1)),
        ("Cr", (2, 1)),
    ]
    with pytest.raises(UnsupportedError, match="'Cr' has a sample in every second column"):
        shot.read(1, channels=["Cr"])


@pytest.mark.parametrize("low_first", [True, False])
def test_the_order_of_luma_words_is_an_option(shot_of, low_first):
    part = random_part("Y", SIZE, low_first=low_first)
    picture = shot_of([part], ReadOptions(low_first=low_first)).read(1)
    np.testing.assert_array_equal(picture[..., 0], part.codes)
    other = shot_of([part], ReadOptions(low_first=not low_first)).read(1)[..., 0]
    np.testing.assert_array_equal(other[:, 1:12:3], part.codes[:, 1:12:3])  # the middle of a word stays
    np.testing.assert_array_equal(other[:, 0:12:3], part.codes[:, 2:12:3])


@pytest.mark.parametrize(
    ("transfer", "encoding"), [(1, "cineon"), (2, "linear"), (3, "cineon"), (6, "rec709"), (0, ""), (255, "")]
)
def test_the_transfer_characteristic_is_a_hint(shot_of, transfer, encoding):
    assert shot_of([random_part("RGB", SIZE)], transfer=transfer).plate.encoding_hint == encoding
