# SPDX-License-Identifier: Apache-2.0
import numpy as np
import OpenEXR
import OpenImageIO
import pytest

from pixmend.errors import BadFrameError, UnsupportedError, UsageError
from pixmend.formats import ReadOptions
from pixmend.frames import open_shot
from pixmend.model import Raster, SampleType
from pixmend.splice import check_patchable
from tests.make.exr_forms import TILED, chroma, picture
from tests.make.exr_ranges import parse


def picture_planes(height, width, **dtypes):
    return {
        name: picture(height, width, dtype, phase=0.3 * number)
        for number, (name, dtype) in enumerate(dtypes.items())
    }


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


def test_deep_files_are_refused(tmp_path):
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


def test_luminance_is_the_picture_where_chroma_is_subsampled(tmp_path):
    chroma(tmp_path / "a.exr", "PIZ")
    shot = open_shot(tmp_path / "a.exr")
    assert shot.plate.colour == ("Y",)
    assert [(each.name, each.sampling) for each in shot.plate.channels] == [
        ("BY", (2, 2)),
        ("RY", (2, 2)),
        ("Y", (1, 1)),
    ]
    truth = OpenEXR.File(str(tmp_path / "a.exr"), separate_channels=True).channels()["Y"].pixels
    np.testing.assert_array_equal(shot.read(1)[..., 0], truth)
    np.testing.assert_array_equal(shot.read(1, rows=(33, 50))[..., 0], truth[33:50])
    assert "chroma" in " ".join(check_patchable(tmp_path / "a.exr", shot.plate))
    with pytest.raises(UnsupportedError, match="'RY' has a sample in one of 2 columns and of 2 rows"):
        shot.read(1, channels=["RY"])


@pytest.mark.parametrize("first", [{}, TILED])
@pytest.mark.parametrize("second", [{}, TILED])
def test_a_part_is_chosen_by_name_or_number(tmp_path, first, second):
    known = {"type": OpenEXR.scanlineimage, "compression": OpenEXR.ZIP_COMPRESSION}
    one = picture_planes(70, 50, R=HALF, G=HALF, B=HALF)
    two = picture_planes(70, 50, Z=FLOAT, B=FLOAT, id=UINT, G=FLOAT, R=FLOAT, A=FLOAT)
    path = tmp_path / "a.exr"
    parts = [OpenEXR.Part(known | first, dict(one), "left"), OpenEXR.Part(known | second, dict(two), "1st")]
    OpenEXR.File(parts).write(str(path))
    for chosen, truth in ((None, one), ("left", one), ("0", one), ("1st", two), ("1", two)):
        shot = open_shot(path, ReadOptions(part=chosen))
        assert {each.name for each in shot.plate.channels} == set(truth)
        whole = np.stack([truth[name] for name in "RGB"], axis=-1)
        np.testing.assert_array_equal(shot.read(1), whole)
        wanted = [(60, 70), (0, 1), (20, 45)]
        for (top, stop), band in zip(wanted, shot.read_bands(1, wanted), strict=True):
            np.testing.assert_array_equal(band, whole[top:stop])
    shot = open_shot(path, ReadOptions(part="1"))
    np.testing.assert_array_equal(
        shot.read(1, channels=("B", "A", "R")), np.stack([two[name] for name in "BAR"], axis=-1)
    )
    np.testing.assert_array_equal(shot.read(1, channels=["id"])[..., 0], two["id"])
    with pytest.raises(UsageError, match="no part 'right'"):
        open_shot(path, ReadOptions(part="right")).read(1)


def test_the_picture_is_the_first_part_that_holds_one_and_the_part_that_is_mended(tmp_path):
    known = {"type": OpenEXR.scanlineimage, "compression": OpenEXR.ZIP_COMPRESSION}
    path = tmp_path / "a.exr"
    beauty = picture_planes(20, 30, R=HALF, G=HALF, B=HALF)
    depth = picture_planes(20, 30, Z=FLOAT)
    named = (("depth", depth), ("motion", {"u": depth["Z"], "v": depth["Z"]}), ("beauty", beauty))
    OpenEXR.File([OpenEXR.Part(dict(known), dict(each), name) for name, each in named]).write(str(path))
    shot = open_shot(path)
    np.testing.assert_array_equal(shot.read(1), np.stack([beauty[name] for name in "RGB"], axis=-1))
    assert "beauty" in " ".join(check_patchable(path, shot.plate))


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("layout", [{}, TILED])
@pytest.mark.parametrize("codec", ["ZIP", "PIZ", "DWAA", "HTJ2K32"])
def test_a_damaged_chunk_of_any_part_is_a_bad_frame(tmp_path, number, layout, codec):
    known = {"type": OpenEXR.scanlineimage, "compression": getattr(OpenEXR, f"{codec}_COMPRESSION")}
    path = tmp_path / "a.exr"
    light = picture_planes(70, 50, R=HALF, G=HALF, B=HALF)
    OpenEXR.File([OpenEXR.Part(known | layout, dict(light), name) for name in "ab"]).write(str(path))
    stored = path.read_bytes()
    chunk = [each for each in parse(stored).chunks if each.part == number][1]
    payload = chunk.begin + len(chunk.leader) + 4
    for begin, junk in ((payload, bytes(chunk.end - payload)), (payload - 4, b"\xff\xff\xff\x00")):
        path.write_bytes(stored[:begin] + junk + stored[begin + len(junk) :])
        with pytest.raises(BadFrameError):
            open_shot(path, ReadOptions(part=str(number))).read(1)
        other = open_shot(path, ReadOptions(part=str(1 - number))).read(1)
        assert other.shape == (70, 50, 3)


def test_a_layer_or_view_is_chosen_by_name(tmp_path):
    names = {f"{layer}{letter}": HALF for layer in ("", "right.", "key.left.") for letter in "RGB"}
    path = tmp_path / "a.exr"
    write(path, planes(**names, **{"mask.Y": HALF}))
    for layer, colour in (
        (None, ("R", "G", "B")),
        ("", ("R", "G", "B")),
        ("right", ("right.R", "right.G", "right.B")),
        ("key.left", ("key.left.R", "key.left.G", "key.left.B")),
        ("mask", ("mask.Y",)),
    ):
        assert open_shot(path, ReadOptions(layer=layer)).plate.colour == colour
    with pytest.raises(UsageError, match="no layer 'left'"):
        _ = open_shot(path, ReadOptions(layer="left")).plate


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
