# SPDX-License-Identifier: Apache-2.0
import numpy as np
import OpenImageIO
import pytest

from pixmend.errors import UsageError
from pixmend.frames import write_layers
from pixmend.model import Raster

RASTER = Raster(-3, 5, 7, 4)


def picture(dtype, seed=0):
    return np.random.default_rng(seed).normal(0, 9, (4, 7)).astype(dtype)


def test_another_reader_finds_every_channel_where_it_belongs(tmp_path):
    layers = {"R": picture("f2"), "range.first": picture("f4", 1), "A": picture("f2", 2)}
    write_layers(tmp_path / "a.exr", layers, RASTER, (20, 10))
    opened = OpenImageIO.ImageInput.open(str(tmp_path / "a.exr"))
    spec = opened.spec()
    assert (spec.x, spec.y, spec.width, spec.height) == (-3, 5, 7, 4)
    assert (spec.full_x, spec.full_y, spec.full_width, spec.full_height) == (0, 0, 20, 10)
    samples = opened.read_image(0, 0, 0, 3, OpenImageIO.FLOAT)
    opened.close()
    found = {name: samples[..., number] for number, name in enumerate(spec.channelnames)}
    assert {name: each.tolist() for name, each in found.items()} == {
        name: each.astype(np.float32).tolist() for name, each in layers.items()
    }
    kinds = {name: str(spec.channelformat(number)) for number, name in enumerate(spec.channelnames)}
    assert kinds == {"R": "half", "A": "half", "range.first": "float"}


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path):
    with pytest.raises(UsageError, match="cannot be written") as raised:
        write_layers(tmp_path / "no" / "a.exr", {"R": picture("f4")}, RASTER, (20, 10))
    assert "\n" not in str(raised.value)


def test_a_name_that_is_no_utf8_is_one_sentence(tmp_path):
    with pytest.raises(UsageError, match="not UTF-8"):
        write_layers(tmp_path / "a\udcff.exr", {"R": picture("f4")}, RASTER, (20, 10))
