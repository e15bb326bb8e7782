# SPDX-License-Identifier: Apache-2.0
"""An EXR file as ranges of bytes, parsed without pixmend; and what a mended one must keep of them.

After "OpenEXR File Layout" (openexr.com). It trusts the file: damaged ones are not for it.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

CODECS = (
    *("NO", "RLE", "ZIPS", "ZIP", "PIZ", "PXR24", "B44", "B44A", "DWAA", "DWAB"),
    *("HTJ2K256", "HTJ2K32", "LJ2K", "ZSTD"),
)

Box = tuple[int, int, int, int]  # x_min, y_min, x_max, y_max, as in the header


@dataclass(frozen=True)
class ExrRange:
    """Where a chunk lies, and which pixels it holds; None for lower levels and deep data."""

    part: int
    index: int
    begin: int
    end: int
    leader: bytes
    box: Box | None

    def holds(self, x: int, y: int) -> bool:
        if self.box is None:
            return False
        return self.box[0] <= x <= self.box[2] and self.box[1] <= y <= self.box[3]


@dataclass
class ExrPart:
    """One header."""

    attributes: dict[str, bytes]
    tiled_by_flag: bool
    offsets: list[int] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self._text("name")

    @property
    def kind(self) -> str:
        return self._text("type") or ("tiledimage" if self.tiled_by_flag else "scanlineimage")

    @property
    def compression(self) -> str:
        return CODECS[self.attributes["compression"][0]]

    @property
    def data(self) -> Box:
        return struct.unpack("<4i", self.attributes["dataWindow"])

    @property
    def display(self) -> Box:
        return struct.unpack("<4i", self.attributes["displayWindow"])

    @property
    def channels(self) -> dict[str, tuple[int, int, int]]:
        """Sample type (0 uint, 1 half, 2 float) and sampling in x and y, by name."""
        stored, position, found = self.attributes["channels"], 0, {}
        while stored[position]:
            end = stored.index(0, position)
            found[stored[position:end].decode()] = struct.unpack_from("<i4xii", stored, end + 1)
            position = end + 17
        return found

    @property
    def tile(self) -> tuple[int, int]:
        return struct.unpack("<II", self.attributes["tiles"][:8])

    def _text(self, name: str) -> str:
        return self.attributes.get(name, b"").rstrip(b"\0").decode()


@dataclass
class ExrRanges:
    """A parsed file: `tables` is where the offset tables begin, `chunks` are in file order."""

    stored: bytes
    parts: list[ExrPart]
    tables: int
    chunks: list[ExrRange]


def parse(stored: bytes) -> ExrRanges:
    (version,) = struct.unpack_from("<I", stored, 4)
    is_multi_part = bool(version & 0x1000)
    parts, position = [], 8
    while not parts or (is_multi_part and stored[position]):
        attributes, position = _header(stored, position)
        parts.append(ExrPart(attributes, bool(version & 0x200)))
    tables = position = position + is_multi_part
    for part in parts:
        part.offsets = _offsets(stored, position, part, is_multi_part=is_multi_part)
        position += 8 * len(part.offsets)
    chunks = [
        _chunk(stored, (number, index), part, is_multi_part=is_multi_part)
        for number, part in enumerate(parts)
        for index in range(len(part.offsets))
    ]
    return ExrRanges(stored, parts, tables, sorted(chunks, key=lambda each: each.begin))


def _header(stored: bytes, position: int) -> tuple[dict[str, bytes], int]:
    attributes = {}
    while stored[position]:
        end = stored.index(0, position)
        name = stored[position:end].decode()
        position = stored.index(0, end + 1) + 1
        (length,) = struct.unpack_from("<i", stored, position)
        attributes[name] = stored[position + 4 : position + 4 + length]
        position += 4 + length
    return attributes, position + 1


def _offsets(stored: bytes, position: int, part: ExrPart, *, is_multi_part: bool) -> list[int]:
    if is_multi_part:
        (count,) = struct.unpack("<i", part.attributes["chunkCount"])
        return list(struct.unpack_from(f"<{count}Q", stored, position))
    offsets: list[int] = []  # the table ends where the first chunk begins
    while not offsets or position + 8 * len(offsets) < min(offsets):
        offsets += struct.unpack_from("<Q", stored, position + 8 * len(offsets))
    return offsets


def _chunk(stored: bytes, key: tuple[int, int], part: ExrPart, *, is_multi_part: bool) -> ExrRange:
    begin = position = part.offsets[key[1]]
    if is_multi_part:
        assert struct.unpack_from("<i", stored, position) == (key[0],)
        position += 4
    is_tiled = part.kind in {"tiledimage", "deeptile"}
    place = struct.unpack_from("<4i" if is_tiled else "<i", stored, position)
    position += 16 if is_tiled else 4
    leader = stored[begin:position]
    if part.kind.startswith("deep"):
        table, samples = struct.unpack_from("<QQ", stored, position)
        return ExrRange(*key, begin, position + 24 + table + samples, leader, None)
    (length,) = struct.unpack_from("<i", stored, position)
    box = _tile_box(part, place) if is_tiled else _lines_box(part, place[0])
    return ExrRange(*key, begin, position + 4 + length, leader, box)


def _tile_box(part: ExrPart, place: tuple[int, ...]) -> Box | None:
    if place[2:] != (0, 0):
        return None
    (width, height), (left, top, right, bottom) = part.tile, part.data
    x, y = left + place[0] * width, top + place[1] * height
    return x, y, min(x + width - 1, right), min(y + height - 1, bottom)


def _lines_box(part: ExrPart, y: int) -> Box:
    left, top, right, bottom = part.data
    height = bottom - top + 1
    lines = next(each for each in (1, 16, 32, 256) if -(-height // each) == len(part.offsets))
    return left, y, right, min(y + lines - 1, bottom)


def check_kept(before: bytes, after: bytes, edited: Iterable[tuple[int, int, int]]) -> None:
    """Check that a mended file keeps all but the chunks of edited pixels (part, x, y in the header's window)."""
    old, new = parse(before), parse(after)
    touched = {_owner(old, pixel) for pixel in set(edited)}
    assert new.tables == old.tables
    assert after[: old.tables] == before[: old.tables], "the header changed"
    assert new.chunks[0].begin == old.chunks[0].begin
    assert _between(new) == _between(old), "bytes between or after the chunks changed"
    for was, now in zip(old.chunks, new.chunks, strict=True):
        key = (was.part, was.index)
        assert (now.part, now.index, now.leader) == (*key, was.leader), "the order of the chunks changed"
        if key not in touched:
            assert after[now.begin : now.end] == before[was.begin : was.end], f"chunk {key} changed"


def _owner(file: ExrRanges, pixel: tuple[int, int, int]) -> tuple[int, int]:
    part, x, y = pixel
    (owner,) = (each for each in file.chunks if each.part == part and each.holds(x, y))
    return owner.part, owner.index


def _between(file: ExrRanges) -> list[bytes]:
    gaps = [file.stored[a.end : b.begin] for a, b in pairwise(file.chunks)]
    return [*gaps, file.stored[file.chunks[-1].end :]]
