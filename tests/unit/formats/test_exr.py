# SPDX-License-Identifier: Apache-2.0
import contextlib
import struct

import numpy as np
import pytest

from pixmend.errors import BadFrameError, PixError, UnsupportedError
from pixmend.formats import ExrCompression, MemoryBytes, parse_exr, parse_exr_file, read_chunks
from pixmend.model import Raster, SampleType
from tests.make.exr_bytes import Part, attribute, write_exr
from tests.make.plates import LOADED, make_exr


def chunk_at(source, layout, index, offset):
    (chunk,) = read_chunks(source, layout, np.array([index]), [(offset, source.size)])
    return chunk


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
    assert {each.name: each.sample for each in layout.channels}["depth.Z"] is SampleType.FLOAT


def test_pixel_space_begins_at_the_display_window(stored):
    assert parse_exr(MemoryBytes(stored)).raster == Raster(-10, 6, 13, 40)


def test_samples_lie_line_by_line_and_channel_by_channel(stored):
    layout = parse_exr(MemoryBytes(stored))
    # A B G R half, then depth.Z float, then id uint: 2+2+2+2+4+4 bytes a pixel
    z = [each.name for each in layout.channels].index("depth.Z")
    x, y = np.array([-10, -9, 2]), np.array([6, 7 + 16, 45])
    chunk, offset = layout.locate(x, y, np.array([z, z, z + 1]))
    assert chunk.tolist() == [0, 1, 2]
    assert offset.tolist() == [13 * 8, 13 * 16 + 13 * 8 + 4, 8 * 13 * 16 - 4]
    assert layout.unpacked_bytes(np.arange(3)).tolist() == [16 * 13 * 16, 16 * 13 * 16, 8 * 13 * 16]


def test_every_chunk_is_found(stored):
    source = MemoryBytes(stored)
    layout = parse_exr(source)
    for index, offset in enumerate(layout.read_offset_table(source).tolist()):
        chunk = chunk_at(source, layout, index, offset)
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
        chunk_at(changed(stored, offset + 4, struct.pack("<i", size)), layout, 0, offset)


@pytest.mark.parametrize(("compression", "size"), [(0, 29), (1, 1), (2, 0), (6, 2)])
def test_a_payload_too_small_for_its_chunk_is_refused(compression, size):
    stored = write_exr(Part(window=(0, 0, 16, 1)))  # 96 bytes
    layout = parse_exr(MemoryBytes(stored))
    start = int(layout.read_offset_table(MemoryBytes(stored))[0])
    stored = stored[: start + 4] + struct.pack("<i", size) + stored[start + 8 :]
    source = changed(stored, attribute_at(stored, "compression"), bytes([compression]))
    with pytest.raises(BadFrameError, match=f"chunk 0 is said to have {size} bytes"):
        chunk_at(source, parse_exr(source), 0, start)


def test_a_chunk_of_other_lines_is_refused(stored):
    source = MemoryBytes(stored)
    layout = parse_exr(source)
    with pytest.raises(BadFrameError, match="chunk 0 begins at line 27, not at 11"):
        chunk_at(source, layout, 0, int(layout.read_offset_table(source)[1]))


@pytest.mark.parametrize(
    ("name", "new", "message"),
    [
        ("dataWindow", struct.pack("<4i", 0, 0, -1, 5), "is empty"),
        ("dataWindow", struct.pack("<4i", 2 - (1 << 30), 0, (1 << 30) - 2, 5), "larger than the format"),
        ("displayWindow", struct.pack("<4i", 0, 0, (1 << 30) - 1, 5), "too far off"),
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


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (Part(channels=[("Y", "float16", 2, 1)]), "do not fit its data window"),
        (Part(channels=[("Y", "float16", 1, 2)], window=(0, 1, 4, 2)), "do not fit its data window"),
        (
            Part(channels=[("Y", "float16", 2, 2)], window=(0, 0, 4, 4), tiles=(2, 2, 0, 0)),
            "a tiledimage cannot",
        ),
        (Part(tiles=(2, 2, 3, 0)), "mode 3"),
        (Part(tiles=(2, 2, 0, 2)), "rounding"),
        (Part(name="x", chunk_count=4), "says 4 chunks where there must be 3"),
        (Part(name="x", chunk_count=-1), "says -1 chunks"),
    ],
)
def test_a_part_that_cannot_be_is_refused(part, message):
    with pytest.raises(BadFrameError, match=message):
        parse_exr(MemoryBytes(write_exr(part, multi=bool(part.name))))


@pytest.mark.parametrize("tiles", [None, (1, 1, 2, 1)])
def test_a_table_larger_than_the_file_is_not_made(tiles):
    stored = write_exr(Part(tiles=tiles))
    window = struct.pack("<4i", 0, -(1 << 29), 0, 1 << 29)
    source = changed(stored, attribute_at(stored, "dataWindow"), window)
    with pytest.raises(BadFrameError, match="ends inside its offset table"):
        parse_exr(source).read_offset_table(source)


def test_a_kind_that_is_not_known_is_refused():
    stored = write_exr(Part(name="x"), multi=True).replace(b"scanlineimage", b"scanlinfimage")
    with pytest.raises(UnsupportedError, match="unknown kind 'scanlinfimage'"):
        parse_exr(MemoryBytes(stored))
    untyped = write_exr(Part(name="x"), multi=True).replace(b"type\0string", b"typo\0string")
    with pytest.raises(BadFrameError, match="of what kind"):
        parse_exr(MemoryBytes(untyped))


def test_attributes_of_impossible_size_are_not_read():
    stored = write_exr(Part(extra=attribute("notes", "string", bytes(9))))
    size = stored.index(b"notes\0string\0") + 13
    for length in (-1, 1 << 30):
        broken = MemoryBytes(stored[:size] + struct.pack("<i", length) + stored[size + 4 :])
        with pytest.raises(BadFrameError, match=f"'notes' is said to have {length} bytes"):
            parse_exr(broken)
    huge = Part(extra=attribute("name", "string", bytes((1 << 20) + 1)))
    with pytest.raises(BadFrameError, match="more than it can need"):
        parse_exr(MemoryBytes(write_exr(huge)))


@pytest.mark.parametrize("part", [Part(), Part(tiles=(2, 2, 1, 1)), Part(deep=True)])
@pytest.mark.parametrize("multi", [False, True])
def test_any_changed_byte_of_any_layout_is_survived(part, multi):
    stored = write_exr(part, Part(name="b"), multi=True) if multi else write_exr(part)
    rng = np.random.default_rng(5)
    for _ in range(400):
        broken = bytearray(stored)
        for position in rng.integers(0, len(stored), 2):
            broken[position] = rng.integers(256)
        source = MemoryBytes(bytes(broken), "broken.exr")
        with contextlib.suppress(PixError):
            found = parse_exr(source)
            table = found.read_offset_table(source)
            chunk_at(source, found, 0, int(table[0]))


def test_bytes_of_a_chunk_lead_back_to_their_samples():
    channels = [("BY", "float16", 2, 2), ("Y", "float32", 1, 1), ("id", "uint32", 1, 3)]
    part = Part(channels=channels, window=(-4, -12, 8, 24), display=(3, -1), compression=3)
    layout = parse_exr(MemoryBytes(write_exr(part)))
    names = [name for name, *_ in channels]
    keys = [(x - 3, y + 1, names.index(name)) for name, x, y in part.pixels]
    x, y, channel = (np.array(column) for column in zip(*keys, strict=True))
    chunk, offset = layout.locate(x, y, channel)
    sizes = np.array([2, 4, 4])[channel]
    assert len(set(zip(chunk.tolist(), offset.tolist(), strict=True))) == len(keys)
    for index in np.unique(chunk).tolist():
        here = chunk == index
        assert layout.unpacked_bytes(np.array([index])) == sizes[here].sum()
        for byte in (offset[here], offset[here] + sizes[here] - 1):
            back = layout.samples_at(index, byte)
            np.testing.assert_array_equal(np.stack(back), np.stack([x[here], y[here], channel[here]]))


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
                chunk_at(source, found, index, offset)
        except PixError as exc:
            refused.append(exc.where)
    assert set(refused) == {"broken.exr"}
