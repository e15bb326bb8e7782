# SPDX-License-Identifier: Apache-2.0
"""Every layout that an EXR may have: what is asked for is what changes, to the byte."""

import copy

import numpy as np
import OpenEXR
import pytest

from pixmend.containers import open_container
from pixmend.errors import BadFrameError, UnsupportedError, UsageError
from pixmend.formats import MemoryBytes, ReadOptions, parse_exr_file
from pixmend.model import Patch
from tests.make.exr_bytes import Part, attribute, check_exr, with_edits, write_exr

MIXED = (("Z", "float32", 1, 1), ("id", "uint32", 1, 1), ("x", "float16", 1, 1))
CHROMA = (("BY", "float16", 2, 2), ("RY", "float16", 2, 2), ("Y", "float16", 1, 1), ("Z", "float32", 1, 3))
LAYOUTS = {
    "scanline": Part(),
    "overscan": Part(window=(-7, -11, 9, 21), display=(-2, 3)),
    "types": Part(channels=MIXED, window=(3, 5, 4, 18)),
    "chroma": Part(channels=CHROMA, window=(-4, -6, 8, 18)),
    "a line": Part(channels=CHROMA[:1], window=(2, 4, 2, 2)),
    "tiles": Part(tiles=(4, 3, 0, 0), window=(-5, 2, 11, 7)),
    "large tiles": Part(tiles=(64, 64, 0, 0), channels=MIXED),
    "mip down": Part(tiles=(4, 4, 1, 0), window=(0, 0, 13, 6)),
    "mip up": Part(tiles=(4, 4, 1, 1), window=(1, 1, 13, 6)),
    "rip down": Part(tiles=(3, 5, 2, 0), window=(0, 0, 7, 11)),
    "rip up": Part(tiles=(3, 5, 2, 1), window=(-1, 0, 7, 11)),
    "long names": Part(channels=(("a" * 200, "float16", 1, 1), ("right.main.R", "float16", 1, 1))),
    "unknown attributes": Part(extra=attribute("shotNotes", "ourOwnType", b"\0\1\2" * 50)),
    "noise": Part(noise=True, channels=MIXED, window=(0, 0, 30, 20)),
}
FILES = {
    **{name: (part,) for name, part in LAYOUTS.items()},
    "two parts": (LAYOUTS["overscan"], LAYOUTS["types"]),
    "parts of all kinds": (LAYOUTS["rip up"], LAYOUTS["tiles"], LAYOUTS["overscan"]),
    "deep before flat": (Part(deep=True), LAYOUTS["mip down"]),
    "deep after flat": (LAYOUTS["scanline"], Part(deep=True), LAYOUTS["noise"]),
}


every_layout = pytest.mark.parametrize("name", FILES)
every_packing = pytest.mark.parametrize("compression", [0, 2, 3], ids=["none", "zips", "zip"])


def parts_of(name, compression):
    parts = copy.deepcopy(FILES[name])
    for number, part in enumerate(parts):
        part.name = f"p{number}"
        part.display = parts[0].display  # all parts must share it
        part.compression = 0 if part.deep else compression
    return parts


def patch_of(container, part, *, count, seed=3):
    """Return a patch of random samples, the first and last included, and set the pixels of the part."""
    rng = np.random.default_rng(seed)
    keys = list(part.pixels)
    chosen = [0, len(keys) - 1, *rng.permutation(len(keys))[: count - 2].tolist()]
    names = [each.name for each in container.channels]
    rows = []
    for key in dict.fromkeys(keys[each] for each in chosen):
        bits = container.channels[names.index(key[0])].sample.bits
        old, new = part.pixels[key], int(rng.integers(1 << bits))
        rows.append((key[1] - part.display[0], key[2] - part.display[1], names.index(key[0]), old, new))
        part.pixels[key] = new
    types = (np.int32, np.int32, np.int16, np.uint32, np.uint32)
    columns = (np.array(column, kind) for column, kind in zip(zip(*rows, strict=True), types, strict=True))
    return Patch(1, container.channels, *columns)


@every_layout
@every_packing
@pytest.mark.parametrize("shuffle", [None, 4], ids=["in order", "any order"])
def test_what_is_asked_for_is_what_changes(name, compression, shuffle):
    parts = parts_of(name, compression)
    stored = write_exr(*parts, shuffle=shuffle, gap=b"between")
    for number, part in enumerate(parts):
        if part.deep:
            continue
        container = open_container(MemoryBytes(stored), options=ReadOptions(part=str(number)))
        patch = patch_of(container, part, count=12)
        assert container.read_bits(patch).tolist() == patch.old.tolist()
        plan = container.plan(patch)
        assert not len(plan.collateral)
        stored = with_edits(stored, plan.edits)
        check_exr(stored, *parts)  # and that nothing else did, in any part
        written = open_container(MemoryBytes(stored), options=ReadOptions(part=str(number)))
        assert written.units(plan.stored) == plan.units


@every_packing
@pytest.mark.parametrize("name", [name for name in FILES if "deep" not in name])
def test_the_library_reads_these_files(name, compression, tmp_path):
    """The test's own writer is held to the format by the library."""
    parts = parts_of(name, compression)
    (tmp_path / "a.exr").write_bytes(write_exr(*parts))
    opened = OpenEXR.File(str(tmp_path / "a.exr"), separate_channels=True)
    for part, found in zip(parts, opened.parts, strict=True):
        sampling = {name: (x_sampling, y_sampling) for name, _, x_sampling, y_sampling in part.channels}
        for (channel, x, y), expected in part.pixels.items():
            first = (-(-part.window[0] // sampling[channel][0]), -(-part.window[1] // sampling[channel][1]))
            column, row = x // sampling[channel][0] - first[0], y // sampling[channel][1] - first[1]
            pixels = found.channels[channel].pixels
            assert pixels.view(f"u{pixels.itemsize}")[row, column] == expected


def test_chunks_of_other_parts_move_with_what_grew_before_them():
    parts = [Part(name="a", compression=3, window=(0, 0, 40, 40)), Part(name="b", compression=3)]
    stored = write_exr(*parts)
    container = open_container(MemoryBytes(stored))
    patch = patch_of(container, parts[0], count=400)
    plan = container.plan(patch)
    grown = sum(edit.growth for edit in plan.edits)
    assert grown > 0
    before, after = (
        parse_exr_file(source).parts[1].read_offset_table(source)
        for source in (MemoryBytes(stored), MemoryBytes(with_edits(stored, plan.edits)))
    )
    assert (after - before).tolist() == [grown]


def test_a_sample_that_is_not_there_is_a_wrong_argument():
    part = Part(channels=CHROMA, window=(-4, -6, 8, 12), display=(1, 0))
    container = open_container(MemoryBytes(write_exr(part)))
    zero = np.zeros(1, np.uint32)
    one = Patch(
        1,
        container.channels,
        np.array([0], np.int32),
        np.array([0], np.int32),
        np.zeros(1, np.int16),
        zero,
        zero,
    )
    with pytest.raises(ValueError, match=r"'BY' has no sample at \(0, 0\)"):
        container.read_bits(one)


def test_a_part_is_chosen_by_name_or_number():
    parts = (Part(name="left"), Part(name="right", window=(0, 0, 7, 2)), Part(name="depth", deep=True))
    source = MemoryBytes(write_exr(*parts), "a.exr")
    for chosen, width in ((None, 5), ("left", 5), ("right", 7), ("1", 7)):
        container = open_container(source, options=ReadOptions(part=chosen))
        assert container.raster.width == width
    assert container.notices == ("only part 1 ('right') of the 3 parts of this EXR is mended",)
    with pytest.raises(UsageError, match="no part 'up'") as caught:
        open_container(source, options=ReadOptions(part="up"))
    assert "'left', 'right', 'depth'" in caught.value.hint
    with pytest.raises(UnsupportedError, match="deep"):
        open_container(source, options=ReadOptions(part="depth"))
    with pytest.raises(UnsupportedError, match="deep"):
        open_container(MemoryBytes(write_exr(Part(deep=True))))


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("offset", [0, 5, 1 << 40, (1 << 64) - 1])
def test_a_missing_chunk_of_any_part_stops_the_work(number, offset):
    stored = bytearray(write_exr(Part(name="a"), Part(name="b")))
    table = parse_exr_file(MemoryBytes(bytes(stored))).parts[number].table_offset
    stored[table + 8 : table + 16] = offset.to_bytes(8, "little")
    with pytest.raises(BadFrameError, match="1 of 3 chunks are missing, the first is chunk 1"):
        open_container(MemoryBytes(bytes(stored)))


def test_no_chunk_lies_in_the_offset_tables():
    stored = bytearray(write_exr(Part(name="a"), Part(name="b")))
    first, second = parse_exr_file(MemoryBytes(bytes(stored))).parts
    inside = second.table_offset + 8
    stored[first.table_offset : first.table_offset + 8] = inside.to_bytes(8, "little")
    with pytest.raises(BadFrameError, match="part 0 begins inside the offset tables"):
        open_container(MemoryBytes(bytes(stored)))


def test_what_stays_as_it_was_is_said():
    part = Part(tiles=(4, 4, 1, 0), extra=attribute("preview", "preview", bytes(8)))
    levels, preview = open_container(MemoryBytes(write_exr(part))).notices
    assert "smaller levels" in levels
    assert "preview" in preview
    assert open_container(MemoryBytes(write_exr(Part()))).notices == ()


def test_a_header_of_another_chunk_is_refused():
    part = Part(tiles=(4, 3, 0, 0), window=(0, 0, 8, 3))
    stored = bytearray(write_exr(part, multi=True))
    layout = parse_exr_file(MemoryBytes(bytes(stored))).parts[0]
    table = slice(layout.table_offset, layout.table_offset + 16)
    stored[table] = stored[table][8:] + stored[table][:8]
    container = open_container(MemoryBytes(bytes(stored)))
    with pytest.raises(BadFrameError, match=r"chunk 0 is tile \(1, 0, 0, 0\), not \(0, 0, 0, 0\)"):
        container.read_bits(patch_of(container, part, count=2))


def test_a_chunk_of_another_part_is_refused():
    parts = (Part(name="a"), Part(name="b"))
    stored = bytearray(write_exr(*parts))
    first, second = parse_exr_file(MemoryBytes(bytes(stored))).parts
    stored[first.table_offset : first.table_offset + 8] = stored[
        second.table_offset : second.table_offset + 8
    ]
    container = open_container(MemoryBytes(bytes(stored)))
    with pytest.raises(BadFrameError, match="chunk 0 is of part 1, not of 0"):
        container.read_bits(patch_of(container, parts[0], count=2))
