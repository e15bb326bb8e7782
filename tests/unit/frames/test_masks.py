# SPDX-License-Identifier: Apache-2.0
import numpy as np
import OpenImageIO
import pytest

from pixmend.errors import BadFrameError, MissingFrameError, UnsupportedError, UsageError
from pixmend.frames import read_mask, write_mask
from pixmend.model import Raster

IS_BAD = np.random.default_rng(0).random((5, 7)) > 0.7


@pytest.mark.parametrize("extension", ["exr", "tif", "TIFF", "png"])
def test_a_mask_comes_back(tmp_path, extension):
    path = tmp_path / f"mäsk.{extension}"
    write_mask(path, Raster(0, 0, 7, 5), IS_BAD)
    raster, is_bad = read_mask(path)
    assert raster == Raster(0, 0, 7, 5)
    np.testing.assert_array_equal(is_bad, IS_BAD)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("origin", [(-20, -3), (4, 2)])
def test_exr_keeps_the_data_window(tmp_path, origin):
    write_mask(tmp_path / "m.exr", Raster(*origin, 7, 5), IS_BAD)
    raster, is_bad = read_mask(tmp_path / "m.exr")
    assert raster == Raster(*origin, 7, 5)
    np.testing.assert_array_equal(is_bad, IS_BAD)


def test_png_begins_at_the_display_window(tmp_path):
    write_mask(tmp_path / "m.png", Raster(2, 1, 7, 5), IS_BAD)
    raster, is_bad = read_mask(tmp_path / "m.png")
    assert raster == Raster(0, 0, 9, 6)
    np.testing.assert_array_equal(is_bad[1:, 2:], IS_BAD)
    assert is_bad.sum() == IS_BAD.sum()
    with pytest.raises(UsageError, match="no place"):
        write_mask(tmp_path / "n.png", Raster(-1, 0, 7, 5), IS_BAD)


def write(path, samples, dtype):
    spec = OpenImageIO.ImageSpec(samples.shape[1], samples.shape[0], samples.shape[2], dtype)
    opened = OpenImageIO.ImageOutput.create(str(path))
    assert opened.open(str(path), spec)
    assert opened.write_image(samples)
    opened.close()


def test_any_colour_counts_and_alpha_does_not(tmp_path):
    samples = np.zeros((2, 3, 4), np.uint8)
    samples[..., 3] = 255
    samples[1, 2, 1] = 255
    samples[0, 0, 2] = 127
    write(tmp_path / "m.png", samples, OpenImageIO.UINT8)
    _, is_bad = read_mask(tmp_path / "m.png")
    assert np.argwhere(is_bad).tolist() == [[1, 2]]


def test_transparent_white_is_still_white(tmp_path):
    samples = np.zeros((2, 3, 4), np.uint8)
    samples[1, 1, :3] = 255
    write(tmp_path / "m.png", samples, OpenImageIO.UINT8)
    _, is_bad = read_mask(tmp_path / "m.png")
    assert np.argwhere(is_bad).tolist() == [[1, 1]]


def test_nan_is_not_white(tmp_path):
    write(tmp_path / "m.exr", np.array([[[np.nan], [np.inf], [0.5], [0.51]]], np.float32), OpenImageIO.FLOAT)
    _, is_bad = read_mask(tmp_path / "m.exr")
    assert is_bad.tolist() == [[False, True, False, True]]


def test_an_existing_mask_is_kept(tmp_path):
    path = tmp_path / "m.png"
    path.write_bytes(b"mine")
    with pytest.raises(UsageError, match="exists"):
        write_mask(path, Raster(0, 0, 7, 5), IS_BAD)
    assert path.read_bytes() == b"mine"
    write_mask(path, Raster(0, 0, 7, 5), IS_BAD, overwrite=True)
    np.testing.assert_array_equal(read_mask(path)[1], IS_BAD)


def test_what_is_no_mask_gets_one_sentence(tmp_path):
    with pytest.raises(UnsupportedError, match="jpg"):
        read_mask(tmp_path / "m.jpg")
    with pytest.raises(UnsupportedError, match="jpg"):
        write_mask(tmp_path / "m.jpg", Raster(0, 0, 7, 5), IS_BAD)
    with pytest.raises(MissingFrameError):
        read_mask(tmp_path / "m.png")
    for extension, stored in [("png", b""), ("exr", b"nothing"), ("tif", b"II*\0" + bytes(9))]:
        path = tmp_path / f"bad.{extension}"
        path.write_bytes(stored)
        with pytest.raises(BadFrameError) as caught:
            read_mask(path)
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="raster"):
        write_mask(tmp_path / "m.png", Raster(0, 0, 5, 7), IS_BAD)
