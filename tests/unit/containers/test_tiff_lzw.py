# SPDX-License-Identifier: Apache-2.0
"""LZW: what we pack is unpacked by others, and fits where it stood."""

import imagecodecs
import numpy as np
import OpenImageIO
import pytest

from pixmend.codecs._tiff_codec import TiffUnitForm, pack_unit, unpack_unit
from pixmend.codecs._tiff_kernels import LZW_CODES, pack_lzw
from pixmend.codecs._tiff_lzw import pack_fitting
from pixmend.formats import MemoryBytes, parse_tiff
from tests.make.tiffs import TiffForm, apply, open_tiff, patch_of, plan_of


@pytest.mark.parametrize("codes", [512, 513, 1024, 4000, LZW_CODES])
@pytest.mark.parametrize("most", [0, 1, 255])
@pytest.mark.parametrize("size", [1, 2, 253, 254, 255, 256, 3837, 3838, 60000])
def test_lzw_is_unpacked_by_others(codes, most, size):
    data = np.random.default_rng(size).integers(0, most + 1, size, np.uint8)
    packed, tables = np.empty(2 * size + 16, np.uint8), np.zeros((size // 254 + 2, 2), np.int64)
    packed[:2], tables[0] = (128, 0), (0, 9)
    length, count = pack_lzw(data, codes, packed, tables, 0)
    assert bytes(imagecodecs.lzw_decode(packed[:length].tobytes(), out=size + 1)) == data.tobytes()
    for first in range(0, count, 7):  # all that stands before the table is kept
        length, count = pack_lzw(data, 512, packed, tables, first)
        assert bytes(imagecodecs.lzw_decode(packed[:length].tobytes(), out=size + 1)) == data.tobytes()


@pytest.mark.parametrize("room", [0, 68_000, 1 << 20])
def test_lzw_that_is_made_to_fit_is_still_unpacked_by_others(room):
    data = np.random.default_rng(0).integers(0, 200, 60_000, np.uint8)
    usual, packed = pack_fitting(data, 1 << 20), pack_fitting(data, room)
    assert len(packed) <= len(usual)
    assert bytes(imagecodecs.lzw_decode(packed, out=data.size + 1)) == data.tobytes()


@pytest.mark.parametrize("noise", [False, True])
def test_lzw_is_that_of_libtiff(tmp_path, noise):
    form = TiffForm(size=(150, 60))
    picture = form.picture(noise=noise)
    spec = OpenImageIO.ImageSpec(150, 60, 3, OpenImageIO.UINT16)
    spec.attribute("compression", "lzw")
    spec.attribute("tiff:RowsPerStrip", 60)
    opened = OpenImageIO.ImageOutput.create("tif")
    assert opened.open(str(tmp_path / "a.tif"), spec)
    assert opened.write_image(picture)
    opened.close()
    stored = (tmp_path / "a.tif").read_bytes()
    layout = parse_tiff(MemoryBytes(stored))
    unit = TiffUnitForm.of(layout)
    start, length = int(layout.offsets[0]), int(layout.listed_bytes[0])
    packed = stored[start : start + length]
    samples = unpack_unit(unit, packed, (1, layout.unit_height))
    assert pack_unit(unit, samples, len(packed)) == packed


def test_lzw_of_noise_fits_into_its_old_place():
    form = TiffForm(compression="lzw", size=(150, 60), rows_per_strip=60)
    picture = form.picture()
    picture[20:23, 30:40] = 65535 - picture[20:23, 30:40]
    stored = form.write(picture)
    container = open_tiff(stored)
    level = int(picture[10, 10, 0])
    mended = {(x, y, c): level + x - y for x in range(30, 40) for y in range(20, 23) for c in range(3)}
    plan = plan_of(container, patch_of(container, mended))
    assert len(apply(stored, plan.edits)) == len(stored)
