# SPDX-License-Identifier: Apache-2.0
"""Lossy EXR: only blocks with a changed sample move, what moves is said, and `exact` moves nothing."""

from dataclasses import replace

import numpy as np
import pytest

from pixmend.containers import open_container
from pixmend.containers._exr import ExrContainer
from pixmend.containers._exr_packing import ChunkPacker
from pixmend.errors import BadFrameError, UnsupportedError
from pixmend.formats import MemoryBytes, parse_exr
from pixmend.splice import plan_edits
from tests.make.exr_bytes import with_edits
from tests.make.plates import make_exr

BLOCKS = {"B44": 4, "B44A": 4, "DWAA": 8, "DWAB": 8}


def smooth(path, compression, *, channels=("B", "G", "R"), dtype="float16", size=(50, 70)):
    """Write a picture that packs well, and return it with what the library reads of it."""
    made = make_exr(path, compression=compression, channels=dict.fromkeys(channels, dtype), size=size)
    container = open_container(MemoryBytes(path.read_bytes()))
    every = [(x, y, name, 0) for name in channels for y in range(size[1]) for x in range(size[0])]
    bits = container.read_bits(made.patch(every)).reshape(len(channels), size[1], size[0])
    made.bits = dict(zip(channels, bits, strict=True))
    return made


def planned(made, samples, *, exact=False):
    """Return the plan, and the bits of the whole mended file as its own header and tables lead to them."""
    plan = plan_edits(made.path, made.patch(samples), made.plate, exact=exact)
    fixed = open_container(MemoryBytes(with_edits(made.path.read_bytes(), plan.edits)))
    every = [(x, y, name, 0) for name in made.bits for y in range(70) for x in range(50)]
    bits = fixed.read_bits(made.patch(every)).reshape(len(made.bits), 70, 50)
    return plan, dict(zip(made.bits, bits, strict=True))


def samples_near(made, places):
    """Return samples that are a little brighter than they were."""
    return [(x, y, name, int(made.bits[name][y, x]) + 40) for x, y in places for name in made.bits]


@pytest.mark.parametrize("compression", BLOCKS)
def test_what_moves_is_in_the_same_block_and_is_said(tmp_path, compression):
    made = smooth(tmp_path / "a.exr", compression)
    places = [(3, 5), (4, 5), (49, 69), (20, 40)]
    plan, after = planned(made, samples_near(made, places))
    expected = made.patched(plan.stored)
    assert plan.collateral.channels == plan.stored.channels
    for x, y, number, old, new in zip(
        plan.collateral.x,
        plan.collateral.y,
        plan.collateral.channel,
        plan.collateral.old,
        plan.collateral.new,
        strict=True,
    ):
        plane = expected[plan.collateral.channels[number].name]
        assert plane[y, x] == old != new
        assert (x, y) not in places
        plane[y, x] = new
        size, lines = BLOCKS[compression], 256 if compression == "DWAB" else 32
        block = (x // size, y // lines, y % lines // size)
        assert block in {(x // size, y // lines, y % lines // size) for x, y in places}
    for name, plane in expected.items():
        np.testing.assert_array_equal(after[name], plane)


@pytest.mark.parametrize("compression", BLOCKS)
def test_exact_samples_are_exact(tmp_path, compression):
    made = smooth(tmp_path / "a.exr", compression)
    samples = samples_near(made, [(3, 5), (20, 40)])
    plan, after = planned(made, samples, exact=True)
    assert not len(plan.collateral)
    for name, plane in made.patched(made.patch(samples)).items():
        np.testing.assert_array_equal(after[name], plane)


def test_floats_of_pxr24_are_rounded_alone(tmp_path):
    made = smooth(tmp_path / "a.exr", "PXR24", dtype="float32")
    asked = [(7, 9, "G", 0x3F812345), (7, 60, "R", 0x3F812300)]
    plan, after = planned(made, asked)
    rounded = plan.stored.new.tolist()
    assert rounded[0] != 0x3F812345
    assert abs(rounded[0] - 0x3F812345) <= 128
    assert rounded[1] == 0x3F812300
    assert not len(plan.collateral)
    assert after["G"][9, 7] == rounded[0]
    exact, after = planned(made, asked, exact=True)
    assert exact.stored.new.tolist() == [0x3F812345, 0x3F812300]
    assert after["G"][9, 7] == 0x3F812345


def test_what_is_lost_in_the_codec_changes_no_byte(tmp_path):
    made = smooth(tmp_path / "a.exr", "PXR24", dtype="float32")
    old = int(made.bits["G"][9, 7])
    plan, _ = planned(made, [(7, 9, "G", old + 1)])
    assert plan.edits == ()
    assert plan.stored.new.tolist() == [old]


def test_halves_of_pxr24_are_stored_as_asked(tmp_path):
    made = smooth(tmp_path / "a.exr", "PXR24")
    plan, _ = planned(made, [(7, 9, "G", 0x3C01)])
    assert plan.stored.new.tolist() == [0x3C01]


@pytest.mark.parametrize("failure", [UnsupportedError("not today"), b"garbage", "another chunk"])
def test_a_graft_that_does_not_hold_is_stored_raw(tmp_path, monkeypatch, failure):
    made = smooth(tmp_path / "a.exr", "DWAA")
    source = MemoryBytes(made.path.read_bytes())
    layout = parse_exr(source)
    table = layout.read_offset_table(source)
    second = source.read(int(table[1]) + 8, int(table[2] - table[1]) - 8)

    def broken(_channels, chunks):
        if isinstance(failure, UnsupportedError):
            raise failure
        return [failure if isinstance(failure, bytes) else second for _ in chunks]

    monkeypatch.setattr("pixmend.containers._exr_packing.graft", broken)
    samples = samples_near(made, [(3, 5), (4, 6)])
    plan, _ = planned(made, samples)
    assert plan.stored.new.tolist() == [bits for *_, bits in samples]
    assert not len(plan.collateral)


@pytest.mark.parametrize("compression", ["B44", "B44A"])
def test_a_sample_that_would_be_stored_far_off_is_stored_to_the_bit(tmp_path, compression):
    """B44 keeps six bits of the range of a block: a lone light would come out wrong, and its neighbours."""
    made = smooth(tmp_path / "a.exr", compression)
    plan, _ = planned(made, [(7, 9, "G", 0x7000)])  # 8192
    assert plan.stored.new.tolist() == [0x7000]
    assert not len(plan.collateral)


def test_what_the_library_cannot_pack_is_stored_raw(tmp_path, monkeypatch):
    made = smooth(tmp_path / "a.exr", "ZIP")
    codec = type(ChunkPacker(parse_exr(MemoryBytes(made.path.read_bytes())), exact=False).codec)

    def refused(_codec, _chunks):
        raise UnsupportedError("chunks of this form cannot be packed")

    monkeypatch.setattr(codec, "pack", refused)
    plan, after = planned(made, [(3, 5, "G", 0x3C01)])
    assert sum(each.growth for each in plan.edits) > 0
    assert after["G"][5, 3] == 0x3C01


def test_the_damaged_chunk_is_named(tmp_path):
    made = smooth(tmp_path / "a.exr", "ZIP")
    stored = bytearray(made.path.read_bytes())
    layout = parse_exr(MemoryBytes(bytes(stored)))
    offset = int(layout.read_offset_table(MemoryBytes(bytes(stored)))[2])
    stored[offset + 8 : offset + 40] = b"\xff" * 32
    container = open_container(MemoryBytes(bytes(stored), "a.exr"))
    with pytest.raises(BadFrameError, match=r"a\.exr: chunk 2 is damaged"):
        container.read_bits(made.patch([(1, y, "G", 1) for y in (1, 20, 40, 60)]))


def test_dwa_stored_raw_is_said(tmp_path):
    made = smooth(tmp_path / "a.exr", "DWAA")
    source = MemoryBytes(made.path.read_bytes())
    assert open_container(source).notices == ()
    (notice,) = open_container(source, exact=True).notices
    assert "DWAA" in notice
    assert "ffmpeg" in notice


@pytest.mark.parametrize("compression", BLOCKS)
def test_what_was_decoded_for_the_plan_is_looked_at_again_where_the_file_has_other_bytes(
    tmp_path, compression, monkeypatch
):
    made = smooth(tmp_path / "a.exr", compression)
    plan = plan_edits(made.path, made.patch(samples_near(made, [(3, 5), (20, 40)])), made.plate)
    mended = with_edits(made.path.read_bytes(), plan.edits)
    assert plan.decoded
    assert open_container(MemoryBytes(mended)).holds(plan)
    assert open_container(MemoryBytes(mended)).holds(replace(plan, decoded={}))
    assert not open_container(MemoryBytes(made.path.read_bytes())).holds(plan)
    for index in plan.decoded:
        wrong = {**plan.units, index: bytes(len(plan.units[index]))}
        assert not open_container(MemoryBytes(mended)).holds(replace(plan, units=wrong, decoded={}))
    unpacked = []
    monkeypatch.setattr(ExrContainer, "_library_unpack", lambda _, indices: unpacked.append(indices) or [])
    open_container(MemoryBytes(mended)).holds(plan)
    assert unpacked == [[]]


@pytest.mark.parametrize("compression", ["RLE", "ZIPS", "ZIP", "PIZ", "PXR24"])
def test_lossless_chunks_are_decoded_from_what_was_written(tmp_path, compression):
    made = make_exr(tmp_path / "a.exr", compression=compression)
    plan = plan_edits(made.path, made.random_patch(), made.plate)
    assert plan.decoded == {}
