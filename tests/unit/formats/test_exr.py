# SPDX-License-Identifier: Apache-2.0
import struct

import numpy as np
import pytest

from pixmend.errors import BadFrameError, PixError, UnsupportedError
from pixmend.formats import ExrCompression, MemoryBytes, find_chunk, parse_exr, parse_exr_file
from pixmend.model import Raster, SampleType
from tests.make.exr_bytes import Part, write_exr
from tests.make.plates import LOADED, make_exr


@pytest.fixture
def made(tmp_path):
    return make_exr(
        tmp_path / "a.exr", channels=LOADED, origin=(-7, 11), display_origin=(3, 5), size=(13, 40)
    )


@pytest.fixture
def stored(made):
    return made.path.read_bytes()


def test_the_header_says_what_was_written(made, stored):
    layout = parse_exr(MemoryBytes(stored))
    assert layout.compression is ExrCompression.ZIP
    assert layout.part_kind == "scanlineimage"
    assert not layout.is_multi_part
    assert not layout.is_subsampled
    assert layout.model_channels() == made.plate.channels
    assert layout.channel_named("depth.Z").sample is SampleType.FLOAT
    assert layout.channel_named("nothing") is None


def test_pixel_space_begins_at_the_display_window(stored):
    assert parse_exr(MemoryBytes(stored)).raster == Raster(-10, 6, 13, 40)


def test_samples_lie_line_by_line_and_channel_by_channel(stored):
    layout = parse_exr(MemoryBytes(stored))
    # A B G R half, then depth.Z float, then id uint: 2+2+2+2+4+4 bytes a pixel
    z = layout.channels.index(layout.channel_named("depth.Z"))
    x, y = np.array([-10, -9, 2]), np.array([6, 7 + 16, 45])
    chunk, offset = layout.locate(x, y, np.array([z, z, z + 1]))
    assert chunk.tolist() == [0, 1, 2]
    assert offset.tolist() == [13 * 8, 13 * 16 + 13 * 8 + 4, 8 * 13 * 16 - 4]
    assert layout.unpacked_bytes(np.arange(3)).tolist() == [16 * 13 * 16, 16 * 13 * 16, 8 * 13 * 16]


def test_every_chunk_is_found(stored):
    source = MemoryBytes(stored)
    layout = parse_exr(source)
    for index, offset in enumerate(layout.read_offset_table(source).tolist()):
        chunk = find_chunk(source, layout, index, offset)
        assert chunk.index == index
        assert stored[chunk.payload_offset : chunk.payload_offset + chunk.packed_bytes] == chunk.payload


def attribute_at(stored: bytes, name: str) -> int:
    """Return where the value of an attribute begins."""
    start = stored.index(f"{name}\0".encode()) + len(name) + 1
    return stored.index(b"\0", start) + 5


def changed(stored: bytes, position: int, new: bytes) -> MemoryBytes:
    return MemoryBytes(stored[:position] + new + stored[position + len(new) :], "plate.exr")


def test_chunks_that_are_missing_are_counted(stored):
    table = parse_exr(MemoryBytes(stored)).table_offset
    source = changed(stored, table + 8, bytes(8))
    with pytest.raises(BadFrameError, match="1 of 3 chunks are missing, the first is chunk 1"):
        parse_exr(source).read_offset_table(source)


@pytest.mark.parametrize("size", [0, -1, 1 << 30, 13 * 16 * 16 + 1])
def test_a_chunk_of_impossible_size_is_refused(stored, size):
    layout = parse_exr(MemoryBytes(stored))
    offset = int(layout.read_offset_table(MemoryBytes(stored))[0])
    with pytest.raises(BadFrameError, match="chunk 0 is said to have"):
        find_chunk(changed(stored, offset + 4, struct.pack("<i", size)), layout, 0, offset)


def test_a_chunk_of_other_lines_is_refused(stored):
    source = MemoryBytes(stored)
    layout = parse_exr(source)
    with pytest.raises(BadFrameError, match="chunk 0 begins at line 27, not at 11"):
        find_chunk(source, layout, 0, int(layout.read_offset_table(source)[1]))


@pytest.mark.parametrize(
    ("name", "new", "message"),
    [
        ("dataWindow", struct.pack("<4i", 0, 0, -1, 5), "is empty"),
        ("dataWindow", struct.pack("<4i", -(1 << 31), 0, (1 << 31) - 1, 5), "larger than the format"),
        ("displayWindow", struct.pack("<4i", 5, 5, 4, 4), "is empty"),
        ("compression", b"\x63", "compression 99"),
        ("channels", b"\0", "names no channel"),
        ("channels", b"A\0\x09", "cannot be"),
    ],
)
def test_a_header_that_cannot_be_is_refused(stored, name, new, message):
    with pytest.raises((BadFrameError, UnsupportedError), match=message):
        parse_exr(changed(stored, attribute_at(stored, name), new))


def test_a_header_without_a_needed_attribute_is_refused(stored):
    with pytest.raises(BadFrameError, match="has no compression"):
        parse_exr(MemoryBytes(stored.replace(b"compression\0compression", b"compressiom\0compression")))


def test_other_versions_and_other_files_are_refused(stored):
    with pytest.raises(UnsupportedError, match="version 3"):
        parse_exr(changed(stored, 4, b"\x03"))
    for other in (b"", b"abc", b"XPDS" + bytes(100)):
        with pytest.raises(BadFrameError, match="not an OpenEXR file"):
            parse_exr(MemoryBytes(other))


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        (Part(), "scanlineimage"),
        (Part(tiles=(4, 4, 0, 0)), "tiledimage"),
        (Part(deep=True), "deepscanline"),
    ],
)
@pytest.mark.parametrize("multi", [False, True])
def test_flags_or_the_type_tell_the_kind(part, kind, multi):
    (found,) = parse_exr_file(MemoryBytes(write_exr(part, multi=multi))).parts
    assert (found.part_kind, found.is_multi_part, found.is_deep) == (kind, multi, part.deep)


def test_any_cut_and_any_changed_byte_of_the_header_is_survived(stored):
    layout = parse_exr(MemoryBytes(stored))
    rng = np.random.default_rng(3)
    broken = [stored[:length] for length in range(0, layout.table_offset + layout.table_bytes, 3)]
    for _ in range(800):
        one = bytearray(stored)
        for position in rng.integers(0, layout.table_offset + layout.table_bytes, 2):
            one[position] = rng.integers(256)
        broken.append(bytes(one))
    refused = []
    for each in broken:
        source = MemoryBytes(each, "broken.exr")
        try:
            found = parse_exr(source)
            for index, offset in enumerate(found.read_offset_table(source).tolist()):
                find_chunk(source, found, index, offset)
        except PixError as exc:
            refused.append(exc.where)
    assert set(refused) == {"broken.exr"}
