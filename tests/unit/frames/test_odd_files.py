# SPDX-License-Identifier: Apache-2.0
import os
import struct

import numpy as np
import OpenImageIO
import pytest

from pixmend.errors import BadFrameError, MissingFrameError, UnsupportedError
from pixmend.frames import open_shot, read_mask


def write(path, count=3, **attributes):
    spec = OpenImageIO.ImageSpec(8, 6, count, OpenImageIO.UINT16)
    for name, value in attributes.items():
        spec.attribute(name, value)
    opened = OpenImageIO.ImageOutput.create(path.suffix.strip("."))
    assert opened.open(str(path), spec)
    assert opened.write_image(np.arange(6 * 8 * count, dtype=np.uint16).reshape(6, 8, count))
    opened.close()
    return path


def with_tag(path, changes):
    """Set the values of tags in a little-endian TIFF's first directory."""
    stored = bytearray(path.read_bytes())
    (directory,) = struct.unpack_from("<I", stored, 4)
    (count,) = struct.unpack_from("<H", stored, directory)
    for entry in range(directory + 2, directory + 2 + 12 * count, 12):
        (tag,) = struct.unpack_from("<H", stored, entry)
        if tag in changes:
            struct.pack_into("<HII", stored, entry + 2, 4, 1, changes[tag])
    path.write_bytes(stored)
    return path


@pytest.mark.parametrize("extension", ["exr", "dpx", "tif"])
def test_a_name_that_is_not_utf8_is_read_or_refused(tmp_path, extension):
    path = write(tmp_path / f"a.{extension}")
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/odd\xff.1." + extension.encode())
    try:
        os.rename(path, odd)  # noqa: PTH104  (the name is no text)
    except OSError:
        pytest.skip("this file system takes only UTF-8")
    if extension == "dpx":
        assert open_shot(odd).read(1).shape == (6, 8, 3)
        return
    with pytest.raises(UnsupportedError, match="UTF-8"):
        open_shot(odd).read(1)


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.1.exr")
    with pytest.raises(BadFrameError, match="not a file"):
        open_shot(tmp_path / "a.#.exr").read(1)


def test_a_dangling_link_is_a_missing_frame(tmp_path):
    (tmp_path / "a.1.exr").symlink_to(tmp_path / "gone")
    with pytest.raises(MissingFrameError):
        open_shot(tmp_path / "a.#.exr").read(1)


def test_a_name_that_is_too_long_is_missing():
    with pytest.raises(MissingFrameError, match="too long"):
        open_shot("x" * 5000 + ".#.exr")


def test_a_header_that_promises_terabytes_is_damaged(tmp_path):
    path = with_tag(write(tmp_path / "a.tif"), {256: 900_000, 257: 900_000})
    with pytest.raises(BadFrameError):
        open_shot(path).read(1)
    with pytest.raises(BadFrameError):
        read_mask(path)


def test_white_is_zero_tiff_is_refused(tmp_path):
    """OpenImageIO would turn its samples over."""
    path = with_tag(write(tmp_path / "a.tif", 1), {262: 0})
    with pytest.raises(UnsupportedError, match="photometric interpretation 0"):
        open_shot(path).read(1)


@pytest.mark.parametrize(
    "attributes", [{"planarconfig": "separate"}, {"tiff:bigtiff": 1}, {"compression": "packbits"}]
)
@pytest.mark.parametrize("count", [1, 2, 3, 4, 6])
def test_tiff_channels_are_found(tmp_path, count, attributes):
    shot = open_shot(write(tmp_path / "a.tif", count, **attributes))
    truth = np.arange(6 * 8 * count, dtype=np.uint16).reshape(6, 8, count)
    assert shot.plate.colour == (("Y",) if count < 3 else ("R", "G", "B"))
    np.testing.assert_array_equal(shot.read(1), truth[..., : 1 if count < 3 else 3])
    last = shot.plate.channels[-1].name
    np.testing.assert_array_equal(shot.read(1, channels=[last], rows=(2, 5)), truth[2:5, :, -1:])


def test_tiled_tiff_rows_are_those_of_the_whole(tmp_path):
    spec = OpenImageIO.ImageSpec(40, 36, 3, OpenImageIO.UINT16)
    spec.tile_width = spec.tile_height = 16
    opened = OpenImageIO.ImageOutput.create("tif")
    assert opened.open(str(tmp_path / "a.tif"), spec)
    truth = np.random.default_rng(0).integers(0, 65536, (36, 40, 3)).astype(np.uint16)
    assert opened.write_image(truth)
    opened.close()
    shot = open_shot(tmp_path / "a.tif")
    np.testing.assert_array_equal(shot.read(1), truth)
    np.testing.assert_array_equal(shot.read(1, rows=(15, 18)), truth[15:18])
