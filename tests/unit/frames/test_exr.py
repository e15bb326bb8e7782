# SPDX-License-Identifier: Apache-2.0
import numpy as np
import OpenEXR
import OpenImageIO
import pytest

from pixmend.errors import UnsupportedError
from pixmend.frames import open_shot
from pixmend.model import Raster, SampleType


def planes(**dtypes):
    rng = np.random.default_rng(0)
    return {
        name: np.ascontiguousarray(rng.integers(0, 50, (9, 7))).astype(dtype)
        for name, dtype in dtypes.items()
    }


def write(path, channels, **header):
    known = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(known | header, dict(channels)).write(str(path))
    return open_shot(path)


HALF, FLOAT, UINT = "float16", "float32", "uint32"


@pytest.mark.parametrize(
    ("dtypes", "colour"),
    [
        ({"A": HALF, "B": HALF, "G": HALF, "R": HALF, "Z": FLOAT}, ("R", "G", "B")),
        (
            {"beauty.R": HALF, "beauty.G": HALF, "beauty.B": HALF, "Y": HALF},
            ("beauty.R", "beauty.G", "beauty.B"),
        ),
        (
            {f"{layer}.{letter}": HALF for layer in ("right", "left") for letter in "RGB"},
            ("left.R", "left.G", "left.B"),
        ),
        ({"r": FLOAT, "g": FLOAT, "b": FLOAT, "id": UINT}, ("r", "g", "b")),
        ({"Y": HALF, "A": HALF}, ("Y",)),
        ({"main.Y": HALF, "depth.Z": FLOAT}, ("main.Y",)),
    ],
)
def test_the_picture_is_found_and_the_rest_left_alone(tmp_path, dtypes, colour):
    channels = planes(**dtypes)
    shot = write(tmp_path / "a.exr", channels)
    assert shot.plate.colour == colour
    assert {each.name for each in shot.plate.channels} == set(dtypes)
    samples = shot.read(1)
    np.testing.assert_array_equal(samples, np.stack([channels[name] for name in colour], axis=-1))
    assert shot.read(1, rows=(8, 9)).shape == (1, 7, len(colour))


@pytest.mark.parametrize(
    ("dtypes", "match"),
    [
        ({"Z": FLOAT}, "no channels R, G, B or Y"),
        ({"R": HALF, "G": HALF}, "no channels R, G, B or Y"),
        ({"R": UINT, "G": UINT, "B": UINT}, "32-bit integers"),
    ],
)
def test_plates_without_a_picture_are_refused(tmp_path, dtypes, match):
    with pytest.raises(UnsupportedError, match=match):
        _ = write(tmp_path / "a.exr", planes(**dtypes)).plate


def test_channels_of_different_types_cannot_be_one_array(tmp_path):
    shot = write(tmp_path / "a.exr", planes(R=HALF, G=HALF, B=FLOAT))
    with pytest.raises(UnsupportedError, match="R half, G half, B float"):
        shot.read(1)
    assert shot.read(1, channels=["B"]).dtype == np.float32


@pytest.mark.parametrize("compression", ["NO", "RLE", "ZIPS", "ZIP", "PIZ", "PXR24", "B44", "DWAA"])
def test_tiles_and_lines_give_the_same_rows(tmp_path, compression):
    samples = np.random.default_rng(1).random((70, 50, 3)).astype(np.float16)
    packing = {"compression": getattr(OpenEXR, f"{compression}_COMPRESSION")}
    shot = write(tmp_path / "a.exr", {"RGB": samples}, **packing)
    whole = shot.read(1)
    np.testing.assert_array_equal(shot.read(1, rows=(31, 40)), whole[31:40])
    tiles = {"type": OpenEXR.tiledimage, "tiles": OpenEXR.TileDescription(), **packing}
    tiled = write(tmp_path / "b.exr", {"RGB": samples}, **tiles)
    assert tiled.plate.raster == Raster(0, 0, 50, 70)
    np.testing.assert_array_equal(tiled.read(1, rows=(31, 40)), tiled.read(1)[31:40])


def test_the_first_part_of_a_multi_part_file_is_the_picture(tmp_path):
    header = {"type": OpenEXR.scanlineimage, "compression": OpenEXR.ZIP_COMPRESSION}
    first, second = planes(R=HALF, G=HALF, B=HALF), planes(R=FLOAT, G=FLOAT, B=FLOAT)
    parts = [OpenEXR.Part(dict(header), dict(each), name) for each, name in ((first, "a"), (second, "b"))]
    OpenEXR.File(parts).write(str(tmp_path / "a.exr"))
    shot = open_shot(tmp_path / "a.exr")
    assert shot.plate.sample_type("R") is SampleType.HALF
    np.testing.assert_array_equal(shot.read(1)[..., 1], first["G"])


def test_deep_and_subsampled_files_are_refused(tmp_path):
    spec = OpenImageIO.ImageSpec(4, 4, 3, OpenImageIO.HALF)
    spec.deep = True
    deep = OpenImageIO.DeepData()
    deep.init(spec)
    opened = OpenImageIO.ImageOutput.create("exr")
    assert opened.open(str(tmp_path / "deep.exr"), spec)
    assert opened.write_deep_image(deep)
    opened.close()
    with pytest.raises(UnsupportedError, match="deep"):
        open_shot(tmp_path / "deep.exr").read(1)
    full = write(tmp_path / "a.exr", planes(R=HALF, G=HALF, B=HALF)).path(1)
    stored = full.read_bytes()
    sampled = stored.replace(
        b"B\0" + bytes([1, 0, 0, 0]) + bytes(4) + bytes([1, 0, 0, 0]),
        b"B\0" + bytes([1, 0, 0, 0]) + bytes(4) + bytes([7, 0, 0, 0]),
        1,
    )
    assert sampled != stored
    full.write_bytes(sampled)
    with pytest.raises(UnsupportedError, match="subsampled"):
        open_shot(full).read(1)


@pytest.mark.parametrize(
    ("named", "hint"),
    [
        ("", "linear"),
        ("lin_ap1_scene", "linear"),
        ("data", "linear"),
        ("srgb_rec709_scene", "srgb_rec709_scene"),
    ],
)
def test_the_header_may_name_another_encoding(tmp_path, named, hint):
    header = {"colorInteropID": named} if named else {}
    assert write(tmp_path / "a.exr", planes(R=HALF, G=HALF, B=HALF), **header).plate.encoding_hint == hint
