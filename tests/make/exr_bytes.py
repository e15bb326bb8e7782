# SPDX-License-Identifier: Apache-2.0
"""Uncompressed EXR files of every layout, written byte by byte, naively and without pixmend's addressing."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

CODES = {"uint32": (0, "I"), "float16": (1, "H"), "float32": (2, "I")}  # the samples are bit patterns


@dataclass
class Part:
    """One part; `pixels` are filled by `write_exr`: bits by channel, x and y of the data window.

    `channels` are (name, dtype, x sampling, y sampling); `window` is x, y, width and height;
    `tiles` are width, height, mode and rounding; a deep part has one sample in every pixel.
    """

    channels: Sequence[tuple[str, str, int, int]] = (("R", "float16", 1, 1),)
    window: tuple[int, int, int, int] = (0, 0, 5, 3)
    display: tuple[int, int] = (0, 0)
    tiles: tuple[int, int, int, int] | None = None
    deep: bool = False
    name: str = ""
    extra: bytes = b""
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
    stored += attribute("compression", "compression", b"\0")
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
        stored += attribute("chunkCount", "int", struct.pack("<i", part.chunk_count or chunk_count))
    return stored + part.extra


def write_exr(*parts: Part, shuffle: int | None = None, gap: bytes = b"", multi: bool | None = None) -> bytes:
    """Return the file; chunks in random order with `gap` before each, if `shuffle` seeds it."""
    multi = len(parts) > 1 if multi is None else multi
    chunks = [(number, index, chunk) for number, part in enumerate(parts) for index, chunk in _chunks(part)]
    counts = [sum(number == each for each, _, _ in chunks) for number in range(len(parts))]
    flags = 0x1000 * multi | 0x800 * any(part.deep for part in parts)
    flags |= 0x200 * (not multi and parts[0].tiles is not None)
    head = b"\x76\x2f\x31\x01" + struct.pack("<I", 2 | flags)
    for part, count in zip(parts, counts, strict=True):
        head += header(part, count, typed=multi or part.deep) + b"\0"
    head += b"\0" * multi
    if shuffle is not None:
        chunks = [chunks[each] for each in np.random.default_rng(shuffle).permutation(len(chunks))]
    tables = [[0] * count for count in counts]
    body = b""
    start = len(head) + 8 * sum(counts)
    for number, index, chunk in chunks:
        body += gap if shuffle is not None else b""
        tables[number][index] = start + len(body)
        body += struct.pack("<i", number) * multi + chunk
    return head + b"".join(struct.pack(f"<{len(table)}Q", *table) for table in tables) + body


def _chunks(part: Part):
    """Yield index and bytes of each chunk, all levels; without the number of the part."""
    x, y, width, height = part.window
    noise = np.random.default_rng(5)
    if part.tiles is None:
        for index in range(height):
            line = struct.pack("<i", y + index)
            if part.deep:
                yield index, line + _deep_line(width, len(part.channels))
            else:
                stored = _pixels(part, range(x, x + width), range(y + index, y + index + 1), noise, keep=True)
                yield index, line + struct.pack("<i", len(stored)) + stored
        return
    tile_width, tile_height, *_ = part.tiles
    index = 0
    for level_x, level_y, level_width, level_height in _levels(part):
        for top in range(0, level_height, tile_height):
            for left in range(0, level_width, tile_width):
                across = range(x + left, x + min(left + tile_width, level_width))
                down = range(y + top, y + min(top + tile_height, level_height))
                stored = _pixels(part, across, down, noise, keep=(level_x, level_y) == (0, 0))
                place = (left // tile_width, top // tile_height, level_x, level_y, len(stored))
                yield index, struct.pack("<5i", *place) + stored
                index += 1


def _pixels(part: Part, across: range, down: range, noise: np.random.Generator, *, keep: bool) -> bytes:
    stored = b""
    for line in down:
        for name, dtype, x_sampling, y_sampling in part.channels:
            for column in across:
                if line % y_sampling == 0 and column % x_sampling == 0:
                    bits = int(noise.integers(1 << (16 if dtype == "float16" else 32)))
                    stored += struct.pack(f"<{CODES[dtype][1]}", bits)
                    if keep:
                        part.pixels[name, column, line] = bits
    return stored


def _deep_line(width: int, channels: int) -> bytes:
    """Return a deep chunk of half channels with one sample a pixel: sizes, sample counts, samples."""
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
