# SPDX-License-Identifier: Apache-2.0
"""Chunks are packed as the OpenEXR library packs them, and unpacked the same on every route."""

import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixmend import openexr
from pixmend.codecs._exr_codec import ChunkBox, codec_for
from pixmend.codecs._exr_core import CoreCodec, core_agrees
from pixmend.codecs._exr_tiny import TinyFileCodec
from pixmend.codecs._exr_zip import ZipCodec
from pixmend.errors import BadFrameError, UnsupportedError
from pixmend.formats import ExrChannel, ExrCompression
from tests.make import exr_ranges
from tests.make.exr_chunks import CHROMA, FLOAT, HALF, MANY, MIXED, RGB, THIRDS, UINT, WIDE, picture_of

FORMS = {"rgb": RGB, "mixed": MIXED, "chroma": CHROMA, "wide": WIDE, "thirds": THIRDS, "many": MANY}

PACKED = [each for each in ExrCompression if each is not ExrCompression.NONE]
ZIPS = {ExrCompression.ZIP, ExrCompression.ZIPS}
HT = {ExrCompression.HTJ2K256, ExrCompression.HTJ2K32, ExrCompression.LJ2K}
LOSSY = {
    ExrCompression.B44,
    ExrCompression.B44A,
    ExrCompression.DWAA,
    ExrCompression.DWAB,
    ExrCompression.LJ2K,
}


def scanline_chunks(compression, channels, *, width=64):
    """Return chunks of a data window that begins at (-12, -24), not all of them, the last one shorter."""
    lines = compression.lines_per_chunk
    boxes = [ChunkBox(-12, -24 + number * lines, width, lines) for number in (0, 1, 3, 4, 6)]
    if lines > 1:
        y = -24 + 7 * lines
        boxes.append(ChunkBox(-12, y, width, lines - 6 - (y + lines) % 6))
    return [(box, picture_of(box, channels)) for box in boxes]


def tiles(channels):
    boxes = [ChunkBox(48 * across, 0, 48, 40) for across in range(3)]
    boxes += [
        ChunkBox(144, 0, 17, 40),
        ChunkBox(0, 40, 48, 9),
        ChunkBox(48, 40, 48, 9),
        ChunkBox(144, 40, 17, 9),
    ]
    return [(box, picture_of(box, channels)) for box in boxes]


def shrunk(chunks, payloads):
    """Return the chunks whose payloads are packed, as payloads and unpacked."""
    kept = [
        (box, payload, unpacked)
        for (box, unpacked), payload in zip(chunks, payloads, strict=True)
        if len(payload) < len(unpacked)
    ]
    return [(box, payload) for box, payload, _ in kept], [unpacked for _, _, unpacked in kept]


def is_lossless(compression, channels):
    rounds = compression is ExrCompression.PXR24 and any(each.sample is FLOAT for each in channels)
    return not rounds and compression not in LOSSY


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("compression", PACKED, ids=lambda each: each.name)
def test_chunks_come_back_on_every_route(compression, form):
    channels = FORMS[form]
    chunks = scanline_chunks(compression, channels)
    if not any(each.x_sampling * each.y_sampling > 1 for each in channels):
        chunks += tiles(channels)
    codec, portable = codec_for(compression, channels), TinyFileCodec(compression, channels)
    if compression in HT and form == "thirds":
        with pytest.raises(UnsupportedError, match="cannot be packed"):  # JPEG 2000 samples by powers of two
            codec.pack(chunks)
        return
    payloads = codec.pack(chunks)
    assert all(len(payload) <= len(unpacked) for (_, unpacked), payload in zip(chunks, payloads, strict=True))
    packed, unpacked = shrunk(chunks, payloads)
    assert packed
    held = codec.unpack(packed)
    assert held == portable.unpack(packed)
    assert [len(each) for each in held] == [len(each) for each in unpacked]
    if is_lossless(compression, channels):
        assert held == unpacked


@pytest.mark.parametrize("form", ["rgb", "mixed", "chroma"])
@pytest.mark.parametrize("compression", PACKED, ids=lambda each: each.name)
def test_a_chunk_does_not_depend_on_what_is_coded_with_it(compression, form):
    channels = FORMS[form]
    chunks = scanline_chunks(compression, channels) + (tiles(channels) if form != "chroma" else [])
    codec = codec_for(compression, channels)
    together = codec.pack(chunks)
    assert together == codec.pack(chunks)
    assert together == [codec.pack([each])[0] for each in chunks]
    assert together[::-1] == codec.pack(chunks[::-1])
    packed, _ = shrunk(chunks, together)
    assert codec.unpack(packed) == [codec.unpack([each])[0] for each in packed]


@pytest.mark.parametrize("tile", [None, (48, 40), (64, 8)], ids=["lines", "tall tiles", "flat tiles"])
@pytest.mark.parametrize("compression", PACKED, ids=lambda each: each.name)
def test_chunks_are_packed_as_in_a_whole_file(tmp_path, compression, tile):
    width, height = 150, 200
    box = ChunkBox(-5, -7, width, height)
    unpacked = picture_of(box, MIXED)
    path = tmp_path / "whole.exr"
    write_whole(path, compression, box, unpacked, tile)
    stored = path.read_bytes()
    chunks, payloads = [], []
    for each in exr_ranges.parse(stored).chunks:
        x, y, right, bottom = each.box
        chunk = ChunkBox(x, y, right - x + 1, bottom - y + 1)
        chunks.append((chunk, cut(unpacked, box, chunk)))
        payloads.append(stored[each.begin + len(each.leader) + 4 : each.end])
    portable = TinyFileCodec(compression, MIXED)
    if compression is ExrCompression.DWAA:  # picks another coder for short chunks unless they are tiles
        chunks, payloads = chunks[:-1], payloads[:-1]
    assert portable.pack(chunks) == payloads
    packed, _ = shrunk(chunks, payloads)
    assert codec_for(compression, MIXED).unpack(packed) == portable.unpack(packed)


def write_whole(path, compression, box, unpacked, tile):
    rows = np.frombuffer(unpacked, np.uint8).reshape(box.height, -1)
    planes, start = {}, 0
    for channel in MIXED:
        stop = start + box.width * channel.sample_bytes
        planes[channel.name] = np.ascontiguousarray(rows[:, start:stop]).view(channel.sample.dtype)
        start = stop
    first = np.array([box.x, box.y], np.int32)
    window = (first, first + np.array([box.width - 1, box.height - 1], np.int32))
    header = {"compression": OpenEXR.Compression(int(compression)), "type": OpenEXR.scanlineimage}
    header |= {"dataWindow": window, "displayWindow": window}
    if tile:
        description = OpenEXR.TileDescription()
        description.xSize, description.ySize = tile
        description.mode, description.roundingMode = OpenEXR.ONE_LEVEL, OpenEXR.ROUND_DOWN
        header |= {"type": OpenEXR.tiledimage, "tiles": description}
    OpenEXR.File(header, planes).write(str(path))


def cut(unpacked, whole, part):
    """Return the bytes of a part of a picture of `MIXED` channels."""
    rows = np.frombuffer(unpacked, np.uint8).reshape(whole.height, -1)[part.y - whole.y :][: part.height]
    columns, start = [], 0
    for channel in MIXED:
        at = start + (part.x - whole.x) * channel.sample_bytes
        columns.append(rows[:, at : at + part.width * channel.sample_bytes])
        start += whole.width * channel.sample_bytes
    return np.concatenate(columns, axis=1).tobytes()


def test_what_isal_packs_is_read_by_the_library_and_hardly_larger():
    for compression in ZIPS:
        chunks = scanline_chunks(compression, RGB, width=1024)
        ours, theirs = ZipCodec(RGB).pack(chunks), TinyFileCodec(compression, RGB).pack(chunks)
        assert TinyFileCodec(compression, RGB).unpack(shrunk(chunks, ours)[0]) == shrunk(chunks, ours)[1]
        assert ZipCodec(RGB).unpack(shrunk(chunks, theirs)[0]) == shrunk(chunks, theirs)[1]
        assert sum(map(len, ours)) < 1.15 * sum(map(len, theirs))


@pytest.mark.parametrize("compression", PACKED, ids=lambda each: each.name)
def test_noise_is_stored_as_it_is(compression):
    if compression in LOSSY | {ExrCompression.PXR24}:
        pytest.skip("a lossy codec makes anything smaller")
    box = ChunkBox(0, 0, 64, compression.lines_per_chunk)
    noise = np.random.default_rng(3).integers(0, 256, 64 * box.height * 4, np.uint8).tobytes()
    channels = (ExrChannel("id", UINT),)
    assert codec_for(compression, channels).pack([(box, noise)]) == [noise]


def test_uncompressed_chunks_stay_as_they_are():
    codec = codec_for(ExrCompression.NONE, RGB)
    chunks = scanline_chunks(ExrCompression.NONE, RGB)
    assert codec.pack(chunks) == [unpacked for _, unpacked in chunks]
    with pytest.raises(BadFrameError):
        codec.unpack([(chunks[0][0], chunks[0][1][:-1])])


def test_b44_keeps_to_the_linear_flag():
    plain, linear = (
        tuple(ExrChannel(name, HALF, is_linear=flag) for name in "BGR") for flag in (False, True)
    )
    box = ChunkBox(0, 0, 64, 32)
    unpacked = picture_of(box, plain)
    payloads = [codec_for(ExrCompression.B44, each).pack([(box, unpacked)])[0] for each in (plain, linear)]
    assert payloads[0] != payloads[1]
    for channels, payload in zip((plain, linear), payloads, strict=True):
        (held,) = codec_for(ExrCompression.B44, channels).unpack([(box, payload)])
        halves = np.frombuffer(held, np.float16).astype(float)
        np.testing.assert_allclose(halves, np.frombuffer(unpacked, np.float16), rtol=0.05)


def test_chunks_that_do_not_fit_the_subsampling_are_refused():
    codec = codec_for(ExrCompression.PIZ, CHROMA)
    for box in (
        ChunkBox(1, 0, 64, 32),
        ChunkBox(0, 0, 63, 32),
        ChunkBox(0, 1, 64, 32),
        ChunkBox(0, 0, 64, 31),
    ):
        with pytest.raises(UnsupportedError, match="subsampled"):
            codec.pack([(box, picture_of(box, CHROMA))])
    absurd = (ExrChannel("A", HALF, 1 << 30, 1), ExrChannel("B", HALF, 1, (1 << 31) - 1))
    for compression in (ExrCompression.PIZ, ExrCompression.ZSTD):
        with pytest.raises(UnsupportedError, match="subsampled"):
            codec_for(compression, absurd).unpack([(ChunkBox(0, 0, 64, compression.lines_per_chunk), b"1")])
    with pytest.raises(UnsupportedError, match="subsampled"):  # a tile
        codec.pack([(ChunkBox(0, 0, 64, 64), b"")])


def test_colours_out_of_order_are_refused_where_the_codec_looks_at_names():
    box, channels = ChunkBox(0, 0, 64, 32), RGB[::-1]
    for compression in (ExrCompression.DWAA, ExrCompression.HTJ2K32):
        with pytest.raises(UnsupportedError, match="alphabetical"):
            codec_for(compression, channels).pack([(box, picture_of(box, channels))])
    assert codec_for(ExrCompression.PIZ, channels).pack([(box, picture_of(box, channels))])


@pytest.mark.parametrize("route", [TinyFileCodec, CoreCodec, codec_for])
@pytest.mark.parametrize("compression", PACKED, ids=lambda each: each.name)
def test_a_payload_of_nonsense_is_a_bad_frame(compression, route):
    box = ChunkBox(0, 0, 64, compression.lines_per_chunk)
    for payload in (b"\xff" * 9, b""):
        with pytest.raises(BadFrameError):
            route(compression, RGB).unpack([(box, payload)])


def test_one_damaged_chunk_among_sound_ones_is_a_bad_frame():
    chunks = scanline_chunks(ExrCompression.ZIP, RGB)
    packed, _ = shrunk(chunks, codec_for(ExrCompression.ZIP, RGB).pack(chunks))
    packed[2] = (packed[2][0], packed[2][1][:-5])
    for codec in (ZipCodec(RGB), TinyFileCodec(ExrCompression.ZIP, RGB)):
        with pytest.raises(BadFrameError):
            codec.unpack(packed)


DAMAGE = Path(__file__).parents[2] / "make" / "exr_damage.py"


def damage(compression, seed, count):
    command = [sys.executable, str(DAMAGE), compression.name, str(seed), str(count)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr[-2000:]


@pytest.mark.parametrize("compression", [ExrCompression.PIZ, ExrCompression.DWAA, ExrCompression.HTJ2K32])
def test_damaged_payloads_end_alike_on_every_route(compression):
    damage(compression, seed=1, count=60)


@pytest.mark.slow
@pytest.mark.parametrize("compression", PACKED, ids=lambda each: each.name)
def test_many_damaged_payloads_end_alike_on_every_route(compression):
    damage(compression, seed=2, count=200)


def test_the_portable_route_can_be_asked_for(monkeypatch):
    assert isinstance(codec_for(ExrCompression.ZIP, RGB), ZipCodec)
    monkeypatch.setenv("PIXMEND_EXR_ROUTE", "portable")
    for compression in ExrCompression:
        assert isinstance(codec_for(compression, RGB), TinyFileCodec)


@pytest.fixture
def fresh_self_test():
    for each in (core_agrees, openexr.has_core, openexr._core):
        each.cache_clear()
    yield
    for each in (core_agrees, openexr.has_core, openexr._core):
        each.cache_clear()


@pytest.mark.usefixtures("fresh_self_test")
@pytest.mark.parametrize("obstacle", ["version", "symbol", "bytes", "nothing"])
def test_the_c_functions_are_used_only_when_they_prove_themselves(monkeypatch, obstacle):
    match obstacle:
        case "version":
            monkeypatch.setattr(OpenEXR, "__version__", "3.6.0")
        case "symbol":
            monkeypatch.setitem(openexr._FUNCTIONS, "exr_not_there", ())
        case "bytes":
            monkeypatch.setattr(CoreCodec, "unpack", lambda _self, chunks: [bytes(9) for _ in chunks])
    proven = isinstance(codec_for(ExrCompression.PIZ, MIXED), CoreCodec)
    if obstacle == "nothing" and not proven:
        pytest.skip("this build of OpenEXR does not offer its C functions")
    assert proven == (obstacle == "nothing")


def test_threads_do_not_disturb_each_other():
    chunks = scanline_chunks(ExrCompression.PIZ, MIXED)
    codec = codec_for(ExrCompression.PIZ, MIXED)
    payloads = codec.pack(chunks)
    packed, unpacked = shrunk(chunks, payloads)

    def work(_):
        return codec.unpack(packed) == unpacked and codec.pack(chunks) == payloads

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(work, range(30)))


def test_without_files_in_memory_a_temporary_file_is_made_and_removed(monkeypatch, tmp_path):
    chunks = scanline_chunks(ExrCompression.PIZ, RGB)
    codec = TinyFileCodec(ExrCompression.PIZ, RGB)
    in_memory = codec.pack(chunks)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert codec.pack(chunks) == in_memory
    assert codec.unpack(shrunk(chunks, in_memory)[0]) == shrunk(chunks, in_memory)[1]
    assert list(tmp_path.iterdir()) == []


lossless = st.sampled_from([each for each in PACKED if each not in LOSSY | {ExrCompression.PXR24}])
channel = st.builds(
    ExrChannel, st.text("RGBAYZ.", min_size=1, max_size=40), st.sampled_from([HALF, FLOAT, UINT])
)


@settings(max_examples=60, deadline=None)
@given(
    compression=lossless,
    channels=st.lists(channel, min_size=1, max_size=5, unique_by=lambda each: each.name),
    sizes=st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=4),
    seed=st.integers(0, 1 << 32),
)
def test_any_bits_in_chunks_of_any_size_come_back(compression, channels, sizes, seed):
    rng = np.random.default_rng(seed)
    channels = tuple(sorted(channels, key=lambda each: each.name.encode()))
    pixel_bytes = sum(each.sample_bytes for each in channels)
    chunks = [
        (
            ChunkBox(7, -3, *size),
            rng.choice([0, 0, 1, 60, 255], size[0] * size[1] * pixel_bytes).astype(np.uint8).tobytes(),
        )
        for size in sizes
    ]
    codec = codec_for(compression, channels)
    packed, unpacked = shrunk(chunks, codec.pack(chunks))
    assert codec.unpack(packed) == unpacked
