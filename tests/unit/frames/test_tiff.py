# SPDX-License-Identifier: Apache-2.0
import struct

import numpy as np
import pytest

from pixmend.errors import BadFrameError, PixError, UnsupportedError
from pixmend.frames import open_shot
from tests.make.tiffs import TiffForm

FORMS = {
    "zstd": TiffForm(compression="zstd"),
    "zstd planar": TiffForm(compression="zstd", is_planar=True, predictor=2, byte_order=">"),
    "zstd half": TiffForm(compression="zstd", dtype="float16", predictor=3, is_big=True),
    "zstd tiles": TiffForm(compression="zstd", tile=(16, 16), channels=4, dtype="uint8"),
    "zstd luminance": TiffForm(compression="zstd", channels=1),
    "tiles": TiffForm(tile=(16, 32)),
    "planar tiles": TiffForm(tile=(16, 32), is_planar=True, compression="lzw"),
    "float predicted": TiffForm(compression="deflate", dtype="float32", predictor=3, byte_order=">"),
    "deflate": TiffForm(compression="deflate", predictor=2, byte_order=">", channels=5),
    "old deflate half": TiffForm(compression="old deflate", dtype="float16", is_planar=True),
    "10 bits": TiffForm(bits=10, byte_order=">"),
    "12 bits": TiffForm(bits=12, is_planar=True),
    "14 bits": TiffForm(bits=14, channels=1),
}


@pytest.mark.parametrize("name", FORMS)
def test_rows_and_channels_are_those_that_were_written(tmp_path, name):
    form = FORMS[name]
    picture = form.picture()
    (tmp_path / "a.tif").write_bytes(form.write(picture))
    shot = open_shot(tmp_path / "a.tif")
    colours = 1 if form.channels == 1 else 3
    np.testing.assert_array_equal(shot.read(1), picture[..., :colours])
    bands = [(15, 18), (0, 1), (16, 17), (22, 23)]
    last = shot.plate.channels[-1].name
    for (first, stop), read in zip(bands, shot.read_bands(1, bands, channels=[last]), strict=True):
        np.testing.assert_array_equal(read, picture[first:stop, :, -1:])
        assert read.dtype == picture.dtype
        assert read.flags.c_contiguous


def test_signed_samples_and_smaller_copies_are_refused_by_name(tmp_path):
    form = TiffForm(dtype="int16")
    (tmp_path / "a.tif").write_bytes(form.write(form.picture()))
    with pytest.raises(UnsupportedError, match="16-bit signed integers"):
        open_shot(tmp_path / "a.tif").read(1)
    (tmp_path / "b.tif").write_bytes(TiffForm().write(TiffForm().picture(), subfiletype=1))
    with pytest.raises(UnsupportedError, match="smaller copy"):
        open_shot(tmp_path / "b.tif").read(1)


@pytest.mark.parametrize("compression", ["zstd", "deflate"])
def test_a_cut_or_changed_file_is_damaged(tmp_path, compression):
    form = TiffForm(compression=compression, rows_per_strip=23)
    stored = form.write(form.picture(noise=True))
    for length in range(0, len(stored), 173):
        (tmp_path / "a.tif").write_bytes(stored[:length])
        with pytest.raises(PixError):
            open_shot(tmp_path / "a.tif").read(1)
    if compression == "zstd":  # stored as it was, without a checksum: no reader could notice
        return
    middle = len(stored) // 2
    (tmp_path / "a.tif").write_bytes(stored[:middle] + struct.pack("40s", b"x") + stored[middle + 40 :])
    with pytest.raises(BadFrameError):
        open_shot(tmp_path / "a.tif").read(1)


def test_void_samples_are_read_as_integers(tmp_path):
    form = TiffForm(compression="deflate")
    picture = form.picture()
    stored = form.write(picture)
    tag = struct.pack("<HHI", 339, 3, 3)
    if tag not in stored:
        stored = form.write(picture, extratags=[(339, 3, 3, (4, 4, 4), True)])
    else:
        where = int.from_bytes(stored[stored.index(tag) + 8 :][:4], "little")
        stored = stored[:where] + struct.pack("<HHH", 4, 4, 4) + stored[where + 6 :]
    (tmp_path / "a.tif").write_bytes(stored)
    np.testing.assert_array_equal(open_shot(tmp_path / "a.tif").read(1), picture)
