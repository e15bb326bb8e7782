# SPDX-License-Identifier: Apache-2.0
"""Files with known samples in every layout, written without pixmend's own addressing."""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
from numpy.typing import NDArray

from pixmend.model import Channel, Patch, PlateInfo, Raster, SampleType
from tests.make.dpx import random_part, write_dpx

_TYPES = {
    "float16": SampleType.HALF,
    "float32": SampleType.FLOAT,
    "uint8": SampleType.UINT8,
    "uint16": SampleType.UINT16,
    "uint32": SampleType.UINT32,
}
_DPX_SAMPLES = (
    SampleType.UINT8,
    SampleType.UINT10,
    SampleType.UINT12,
    SampleType.UINT16,
    SampleType.FLOAT,
)
RGB = {"R": "float16", "G": "float16", "B": "float16"}
LOADED = {"A": "float16", **RGB, "depth.Z": "float32", "id": "uint32"}


@dataclass
class Made:
    """A written file and what it holds.

    `bits` are (height, width) arrays of stored bit patterns by channel, in file order;
    `stored_with` gives the bytes of the whole file with other bits, where we are the writer.
    """

    path: Path
    plate: PlateInfo
    bits: dict[str, NDArray[np.uint32]] = field(default_factory=dict)
    stored_with: Callable[[dict[str, NDArray[np.uint32]]], bytes] | None = None

    def patched(self, patch: Patch) -> dict[str, NDArray[np.uint32]]:
        """Return what the file should hold with a patch."""
        expected = {name: plane.copy() for name, plane in self.bits.items()}
        for x, y, channel, new in zip(patch.x, patch.y, patch.channel, patch.new, strict=True):
            plane = expected[patch.channels[channel].name]
            plane[y - self.plate.raster.y, x - self.plate.raster.x] = new
        return expected

    def patch(self, samples: list[tuple[int, int, str, int]], *, frame: int = 1001) -> Patch:
        """Return the patch that gives samples (x, y, channel, new bits) their new bits."""
        names = [each.name for each in self.plate.channels]
        raster = self.plate.raster
        return Patch(
            frame,
            self.plate.channels,
            np.array([x for x, _, _, _ in samples], np.int32),
            np.array([y for _, y, _, _ in samples], np.int32),
            np.array([names.index(name) for _, _, name, _ in samples], np.int16),
            np.array([self.bits[name][y - raster.y, x - raster.x] for x, y, name, _ in samples], np.uint32),
            np.array([new for _, _, _, new in samples], np.uint32),
        )

    def random_patch(self, count: int = 24, *, seed: int = 1) -> Patch:
        """Return a patch of random samples, corners included, all with other bits than before."""
        rng = np.random.default_rng(seed)
        raster = self.plate.raster
        corners = product((raster.x, raster.x + raster.width - 1), (raster.y, raster.y + raster.height - 1))
        names = list(self.bits)
        places = {(x, y, names[0]) for x, y in corners}
        for _ in range(count):
            x, y = rng.integers(raster.width) + raster.x, rng.integers(raster.height) + raster.y
            places.add((int(x), int(y), names[rng.integers(len(names))]))
        samples = []
        for x, y, name in sorted(places):
            old = int(self.bits[name][y - raster.y, x - raster.x])
            samples.append((x, y, name, old ^ int(rng.integers(1, 1 << 8))))
        return self.patch(samples)


def make_exr(
    path: Path,
    *,
    compression: str = "ZIP",
    size: tuple[int, int] = (61, 70),
    origin: tuple[int, int] = (0, 0),
    display_origin: tuple[int, int] = (0, 0),
    channels: dict[str, str] | None = None,
    decreasing: bool = False,
    noise: bool = False,
) -> Made:
    """Write a scanline EXR with the OpenEXR library; `noise` fills all bits, which cannot be packed."""
    rng = np.random.default_rng(7)
    width, height = size
    planes = {
        name: _plane(rng, (height, width), dtype, noise=noise)
        for name, dtype in sorted((channels or RGB).items())
    }
    last = np.array([origin[0] + width - 1, origin[1] + height - 1], np.int32)
    display = np.array(display_origin, np.int32)
    header = {
        "compression": getattr(OpenEXR, f"{compression}_COMPRESSION"),
        "type": OpenEXR.scanlineimage,
        "lineOrder": OpenEXR.DECREASING_Y if decreasing else OpenEXR.INCREASING_Y,
        "dataWindow": (np.array(origin, np.int32), last),
        "displayWindow": (display, display + np.array([99, 89], np.int32)),
        "reelName": "A012C003",
    }
    bits = _bits(planes)
    OpenEXR.File(header, dict(planes)).write(str(path))
    raster = Raster(origin[0] - display_origin[0], origin[1] - display_origin[1], width, height)
    return Made(path, _plate("exr", raster, planes), bits)


def make_dpx(
    path: Path,
    *,
    bits: int = 10,
    packing: int = 1,
    byte_order: str = ">",
    names: str = "RGB",
    size: tuple[int, int] = (37, 11),
) -> Made:
    """Write a DPX of one element, of a kind of `DESCRIPTORS` without subsampling, with junk in every padding bit."""
    part = random_part(names, size, bits=bits, packing=packing, seed=11)
    bits_by_name = {name: plane.astype(np.uint32) for name, plane in part.samples().items()}

    def stored_with(planes: dict[str, NDArray[np.uint32]]) -> bytes:
        codes = np.stack(list(planes.values()), axis=-1).reshape(size[1], -1)
        return write_dpx([replace(part, codes=codes)], order=byte_order)

    path.write_bytes(stored_with(bits_by_name))
    sample = {each.bits: each for each in _DPX_SAMPLES}[bits]
    channels = tuple(Channel(name, sample) for name in bits_by_name)
    colour = tuple(name for name in "RGB" if name in bits_by_name) or ("Y",)
    plate = PlateInfo(Raster(0, 0, *size), size, channels, colour, "dpx")
    return Made(path, plate, bits_by_name, stored_with)


def make_tiff(
    path: Path,
    *,
    dtype: str = "uint16",
    names: str = "RGB",
    byte_order: str = "<",
    big: bool = False,
    planar: bool = False,
    rows_per_strip: int = 5,
    size: tuple[int, int] = (23, 17),
) -> Made:
    """Write an uncompressed TIFF, strips after the directory, with junk between them."""
    rng = np.random.default_rng(13)
    width, height = size
    planes = {name: _plane(rng, (height, width), dtype, noise=False) for name in names}
    bits_by_name = _bits(planes)

    def strips_of(bits: dict[str, NDArray[np.uint32]]) -> list[bytes]:
        groups = [[plane] for plane in bits.values()] if planar else [list(bits.values())]
        stored = f"{byte_order}u{np.dtype(dtype).itemsize}"
        return [
            np.stack(group, axis=-1)[row : row + rows_per_strip].astype(stored).tobytes()
            for group in groups
            for row in range(0, height, rows_per_strip)
        ]

    strips = strips_of(bits_by_name)
    form = 3 if dtype.startswith("float") else 1
    tags: list[tuple[int, int, list[int]]] = [
        (256, 4, [width]),
        (257, 4, [height]),
        (258, 3, [np.dtype(dtype).itemsize * 8] * len(names)),
        (259, 3, [1]),
        (262, 3, [2 if len(names) >= 3 else 1]),
        (273, 16 if big else 4, [0] * len(strips)),
        (277, 3, [len(names)]),
        (278, 4, [rows_per_strip]),
        (279, 4, [len(each) for each in strips]),
        (284, 3, [2 if planar else 1]),
        *([(338, 3, [2])] if len(names) in {2, 4} else []),
        (339, 3, [form] * len(names)),
    ]
    head_size = len(_tiff_head(tags, byte_order, big=big))
    starts = np.cumsum([head_size + 2, *(len(each) + 2 for each in strips[:-1])]).tolist()
    head = _tiff_head(
        [(tag, kind, starts if tag == 273 else values) for tag, kind, values in tags], byte_order, big=big
    )

    def stored_with(bits: dict[str, NDArray[np.uint32]]) -> bytes:
        return head + b"".join(b"\xee\xee" + strip for strip in strips_of(bits))

    path.write_bytes(stored_with(bits_by_name))
    plate = _plate("tiff", Raster(0, 0, width, height), planes)
    return Made(path, plate, bits_by_name, stored_with)


def _tiff_head(tags: list[tuple[int, int, list[int]]], byte_order: str, *, big: bool) -> bytes:
    """Return header, directory and the values that do not fit into it."""
    start, count_form, entry, inline = (16, "Q", "HHQ", 8) if big else (8, "H", "HHI", 4)
    forms = {3: "H", 4: "I", 16: "Q"}
    directory_size = struct.calcsize(f"={count_form}") + len(tags) * (20 if big else 12) + inline
    directory, extra = struct.pack(byte_order + count_form, len(tags)), b""
    for tag, kind, values in tags:
        stored = struct.pack(f"{byte_order}{len(values)}{forms[kind]}", *values)
        if len(stored) > inline:
            where = start + directory_size + len(extra)
            extra += stored
            stored = struct.pack(byte_order + ("Q" if big else "I"), where)
        directory += struct.pack(byte_order + entry, tag, kind, len(values)) + stored.ljust(inline, b"\0")
    magic = b"II" if byte_order == "<" else b"MM"
    head = struct.pack(f"{byte_order}HHHQ", 43, 8, 0, 16) if big else struct.pack(f"{byte_order}HI", 42, 8)
    return magic + head + directory + bytes(inline) + extra


def _plane(rng: np.random.Generator, shape: tuple[int, int], dtype: str, *, noise: bool) -> NDArray[Any]:
    if noise:
        return rng.integers(0, 256, (shape[0], shape[1] * np.dtype(dtype).itemsize), np.uint8).view(dtype)
    if dtype.startswith("float"):
        return rng.normal(0.18, 0.01, shape).astype(dtype)
    return (rng.normal(120, 5, shape)).astype(dtype)


def _plate(file_format: str, raster: Raster, planes: dict[str, NDArray[Any]]) -> PlateInfo:
    channels = tuple(Channel(name, _TYPES[plane.dtype.name]) for name, plane in planes.items())
    colour = tuple(name for name in ("R", "G", "B") if name in planes) or tuple(planes)[:1]
    return PlateInfo(raster, (raster.width, raster.height), channels, colour, file_format)


def _bits(planes: dict[str, NDArray[Any]]) -> dict[str, NDArray[np.uint32]]:
    return {
        name: np.ascontiguousarray(plane).view(f"u{plane.itemsize}").astype(np.uint32)
        for name, plane in planes.items()
    }
