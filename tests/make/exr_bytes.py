# SPDX-License-Identifier: Apache-2.0
"""EXR files of every layout, written and read byte by byte, naively and without pixmend's addressing."""

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from pixmend.containers import ByteEdit

CODES = {"uint32": (0, "I"), "float16": (1, "H"), "float32": (2, "I")}  # the samples are bit patterns
LINES = {0: 1, 2: 1, 3: 16}  # of a scanline chunk, by compression: none, ZIPS, ZIP
RGB = (("B", "float16", 1, 1), ("G", "float16", 1, 1), ("R", "float16", 1, 1))


@dataclass
class Part:
    """One part of a file.

    `channels` are (name, dtype, x sampling, y sampling); `window` is x, y, width and height;
    `tiles` are width, height, mode and rounding; a deep part has one to `width` samples in
    a pixel. `pixels` are bits by channel, x and y of the data window; what is not given
    is filled in when the file is written, with `noise` so that nothing can be packed.
    """

    channels: Sequence[tuple[str, str, int, int]] = RGB
    window: tuple[int, int, int, int] = (0, 0, 5, 3)
    display: tuple[int, int] = (0, 0)
    tiles: tuple[int, int, int, int] | None = None
    compression: int = 0
    deep: bool = False
    name: str = ""
    extra: bytes = b""
    noise: bool = False
    chunk_count: int | None = None
    pixels: dict[tuple[str, int, int], int] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The attribute ``type``."""
        if self.deep:
            return "deepscanline"
        return "tiledimage" if self.tiles else "scanlineimage"


def attribute(name: str, kind: str, stored: bytes) -> bytes:
    """Return one attribute of a header."""
    return f"{name}\0{kind}\0".encode() + struct.pack("<i", len(stored)) + stored


def box(x: int, y: int, width: int, height: int) -> bytes:
    """Return the value of a window."""
    return struct.pack("<4i", x, y, x + width - 1, y + height - 1)


def channel_list(channels: Sequence[tuple[str, str, int, int]]) -> bytes:
    """Return the value of the attribute ``channels``."""
    listed = b"".join(
        name.encode() + struct.pack("<xiB3xii", CODES[dtype][0], 0, *sampling)
        for name, dtype, *sampling in channels
    )
    return listed + b"\0"


def header(part: Part, chunk_count: int, *, typed: bool) -> bytes:
    """Return the attributes of a part, without the zero byte at their end."""
    stored = attribute("channels", "chlist", channel_list(part.channels))
    stored += attribute("compression", "compression", bytes([part.compression]))
    stored += attribute("dataWindow", "box2i", box(*part.window))
    stored += attribute("displayWindow", "box2i", box(*part.display, 9, 9))
    stored += attribute("lineOrder", "lineOrder", b"\2" if part.tiles else b"\0")
    stored += attribute("pixelAspectRatio", "float", struct.pack("<f", 1))
    stored += attribute("screenWindowCenter", "v2f", bytes(8))
    stored += attribute("screenWindowWidth", "float", struct.pack("<f", 1))
    if part.tiles:
        width, height, mode, rounding = part.tiles
        stored += attribute("tiles", "tiledesc", struct.pack("<IIB", width, height, mode | rounding << 4))
    if part.deep:
        stored += attribute("version", "int", struct.pack("<i", 1))
        stored += attribute("maxSamplesPerPixel", "int", struct.pack("<i", 1))
    if typed:
        stored += attribute("name", "string", part.name.encode())
        stored += attribute("type", "string", part.kind.encode())
        count = chunk_count if part.chunk_count is None else part.chunk_count
        stored += attribute("chunkCount", "int", struct.pack("<i", count))
    return stored + part.extra


def head_of(parts: Sequence[Part], counts: Sequence[int], *, multi: bool) -> bytes:
    """Return everything before the offset tables."""
    flags = 0x1000 * multi | 0x800 * any(part.deep for part in parts)
    flags |= 0x200 * (not multi and parts[0].tiles is not None)
    head = b"\x76\x2f\x31\x01" + struct.pack("<I", 2 | flags)
    for part, count in zip(parts, counts, strict=True):
        head += header(part, count, typed=multi or part.deep) + b"\0"
    return head + b"\0" * multi


def write_exr(*parts: Part, shuffle: int | None = None, gap: bytes = b"", multi: bool | None = None) -> bytes:
    """Return the file; chunks in random order with `gap` before each, if `shuffle` seeds it."""
    multi = len(parts) > 1 if multi is None else multi
    chunks = [
        (number, index, struct.pack("<i", number) * multi + leader + _sized(part, raw))
        for number, part in enumerate(parts)
        for index, (leader, raw) in enumerate(chunks_of(part))
    ]
    counts = [sum(number == each for each, _, _ in chunks) for number in range(len(parts))]
    head = head_of(parts, counts, multi=multi)
    if shuffle is not None:
        chunks = [chunks[each] for each in np.random.default_rng(shuffle).permutation(len(chunks))]
    tables = [[0] * count for count in counts]
    body = b""
    start = len(head) + 8 * sum(counts)
    for number, index, chunk in chunks:
        body += gap if shuffle is not None else b""
        tables[number][index] = start + len(body)
        body += chunk
    return head + b"".join(struct.pack(f"<{len(table)}Q", *table) for table in tables) + body


def check_exr(stored: bytes, *parts: Part, multi: bool | None = None) -> None:
    """Check that a file has the headers of these parts, and by its tables their chunks and pixels."""
    multi = len(parts) > 1 if multi is None else multi
    expected = [list(chunks_of(part)) for part in parts]
    head = head_of(parts, [len(each) for each in expected], multi=multi)
    assert stored.startswith(head)
    at = len(head)
    for number, (part, chunks) in enumerate(zip(parts, expected, strict=True)):
        for leader, raw in chunks:
            (offset,) = struct.unpack_from("<Q", stored, at)
            at += 8
            whole = struct.pack("<i", number) * multi + leader
            payload = offset + len(whole)
            assert stored[offset:payload] == whole
            if part.deep:
                assert stored[payload : payload + len(raw)] == raw
                continue
            (size,) = struct.unpack_from("<i", stored, payload)
            packed = stored[payload + 4 : payload + 4 + size]
            assert (packed if size == len(raw) else _unzipped(packed)) == raw


def with_edits(stored: bytes, edits: Iterable[ByteEdit]) -> bytes:
    """Return a file with its edits, which must be in order and of this file."""
    pieces, at = [], 0
    for edit in edits:
        assert edit.offset >= at
        assert stored[edit.offset : edit.stop] == edit.old
        pieces += [stored[at : edit.offset], edit.new]
        at = edit.stop
    return b"".join([*pieces, stored[at:]])


def chunks_of(part: Part) -> Iterator[tuple[bytes, bytes]]:
    """Yield all chunks of all levels, in the order of the table: the leader without part and size, what is in it.

    The pixels of full resolution that the part does not have yet are filled in.
    """
    noise = np.random.default_rng(5)
    x, y, width, height = part.window
    if part.deep:
        for line in range(y, y + height):
            yield struct.pack("<i", line), _deep_line(width, len(part.channels))
    elif part.tiles is None:
        lines = LINES[part.compression]
        for top in range(y, y + height, lines):
            across, down = range(x, x + width), range(top, min(top + lines, y + height))
            yield struct.pack("<i", top), _unpacked(part, across, down, noise, level=(0, 0))
    else:
        tile_width, tile_height, *_ = part.tiles
        for *level, level_width, level_height in _levels(part):
            for top in range(0, level_height, tile_height):
                for left in range(0, level_width, tile_width):
                    across = range(x + left, x + min(left + tile_width, level_width))
                    down = range(y + top, y + min(top + tile_height, level_height))
                    place = (left // tile_width, top // tile_height, *level)
                    unpacked = _unpacked(part, across, down, noise, level=tuple(level))
                    yield struct.pack("<4i", *place), unpacked


def _unpacked(
    part: Part, across: range, down: range, noise: np.random.Generator, *, level: tuple[int, ...]
) -> bytes:
    stored = b""
    for line in down:
        for name, dtype, x_sampling, y_sampling in part.channels:
            for column in across:
                if line % y_sampling == 0 and column % x_sampling == 0:
                    bits = int(noise.integers((1 << (16 if dtype == "float16" else 32)) if part.noise else 4))
                    if level == (0, 0):
                        bits = part.pixels.setdefault((name, column, line), bits)
                    stored += struct.pack(f"<{CODES[dtype][1]}", bits)
    return stored


def _sized(part: Part, raw: bytes) -> bytes:
    """Return the payload of a chunk with its size before it."""
    if part.deep:
        return raw
    packed = raw if part.compression == 0 else _zipped(raw)
    payload = packed if len(packed) < len(raw) else raw
    return struct.pack("<i", len(payload)) + payload


def _zipped(raw: bytes) -> bytes:
    halves = np.frombuffer(raw[::2] + raw[1::2], np.uint8)
    return zlib.compress((np.diff(halves, prepend=np.uint8(128)) + np.uint8(128)).tobytes())


def _unzipped(packed: bytes) -> bytes:
    steps = np.frombuffer(zlib.decompress(packed), np.uint8).astype(np.int64)
    halves = (np.cumsum(steps - 128) + 128).astype(np.uint8).tobytes()
    middle = -(-len(halves) // 2)
    raw = bytearray(len(halves))
    raw[::2], raw[1::2] = halves[:middle], halves[middle:]
    return bytes(raw)


def _deep_line(width: int, channels: int) -> bytes:
    """Return a deep chunk of half channels: sizes, sample counts, samples."""
    counts = struct.pack(f"<{width}i", *range(1, width + 1))
    samples = b"\x3c" * (2 * channels * width)
    return struct.pack("<QQQ", len(counts), len(samples), len(samples)) + counts + samples


def _levels(part: Part) -> list[tuple[int, int, int, int]]:
    """Return number and size of all levels in the order of the table."""
    _, _, width, height = part.window
    _, _, mode, rounding = part.tiles or (1, 1, 0, 0)

    def sizes(size: int) -> list[int]:
        found = [size]
        while found[-1] > 1:
            found.append(-(-found[-1] // 2) if rounding else found[-1] // 2)
        return found

    across, down = sizes(width), sizes(height)
    if mode == 0:
        return [(0, 0, width, height)]
    if mode == 2:
        return [(i, j, w, h) for j, h in enumerate(down) for i, w in enumerate(across)]
    count = max(len(across), len(down))
    across += [1] * (count - len(across))
    down += [1] * (count - len(down))
    return [(i, i, across[i], down[i]) for i in range(count)]
