# SPDX-License-Identifier: Apache-2.0
"""TIFF files of every form, written and read by tifffile, and edits applied without our writer."""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import product
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from pixmend.containers import ByteEdit, Container, Plan, open_container
from pixmend.containers._container import patch_on
from pixmend.formats import MemoryBytes
from pixmend.model import Patch
from pixmend.splice._planning import plan_on

COMPRESSIONS = {
    "none": 1,
    "lzw": 5,
    "deflate": 8,
    "old deflate": 32946,
    "packbits": 32773,
    "zstd": 50000,
}


@dataclass(frozen=True, kw_only=True)
class TiffForm:
    """One way to write a picture; `predictor` is what the tag says."""

    compression: str = "none"
    predictor: int = 1
    dtype: str = "uint16"
    byte_order: str = "<"
    is_big: bool = False
    is_planar: bool = False
    tile: tuple[int, int] | None = None
    rows_per_strip: int = 5
    channels: int = 3
    bits: int | None = None
    size: tuple[int, int] = (37, 23)

    def picture(self, *, noise: bool = False, seed: int = 3) -> NDArray[Any]:
        """Return (height, width, channels): smooth, or of random bits."""
        rng = np.random.default_rng(seed)
        shape = (self.size[1], self.size[0], self.channels)
        kind = np.dtype(self.dtype)
        if noise:
            random = rng.integers(0, 256, (*shape[:2], shape[2] * kind.itemsize), np.uint8).view(kind)
            return random if self.bits is None else random >> (8 * kind.itemsize - self.bits)
        ramp = np.linspace(0.1, 0.4, shape[1])[None, :, None] + rng.normal(0, 0.002, shape)
        if kind.kind == "f":
            return ramp.astype(kind)
        largest = 2 ** (self.bits or 8 * kind.itemsize) - 1
        return (ramp * largest).astype(kind)

    def write(self, picture: NDArray[Any], **more: Any) -> bytes:
        """Return the bytes of a file that holds (height, width, channels) samples."""
        samples = np.moveaxis(picture, -1, 0) if self.is_planar else picture
        options: dict[str, Any] = {
            "photometric": "rgb" if self.channels >= 3 else "minisblack",
            "planarconfig": "separate" if self.is_planar else "contig",
            "compression": None if self.compression == "none" else COMPRESSIONS[self.compression],
            "predictor": None if self.predictor == 1 else self.predictor,
            "byteorder": self.byte_order,
            "metadata": None,
            "bitspersample": self.bits,
        }
        if self.bits is not None and self.byte_order == ">":
            samples = samples.byteswap()  # tifffile packs them as if they were of this machine's order
        if self.channels == 1:
            samples = samples.reshape(picture.shape[:2])
            del options["planarconfig"]
        where = {"tile": self.tile} if self.tile else {"rowsperstrip": self.rows_per_strip}
        stream = BytesIO()
        with tifffile.TiffWriter(stream, bigtiff=self.is_big, byteorder=self.byte_order) as writer:
            del options["byteorder"]
            writer.write(samples, **options, **where, **more)
        return stream.getvalue()


def decode(stored: bytes, channels: int, *, is_planar: bool = False) -> NDArray[Any]:
    """Return the (height, width, channels) bit patterns of the first page, by tifffile."""
    with tifffile.TiffFile(BytesIO(stored)) as opened:
        samples = opened.pages[0].asarray()
    samples = np.moveaxis(samples, 0, -1) if is_planar and channels > 1 else samples
    samples = np.ascontiguousarray(samples.reshape(*samples.shape[:2], channels))
    samples = samples.astype(samples.dtype.newbyteorder("="), copy=False)
    return samples.view(f"u{samples.itemsize}").astype(np.uint32)


def apply(stored: bytes, edits: Iterable[ByteEdit]) -> bytes:
    """Return a file with its edits; they must be in order, and say truly what they replace."""
    pieces, position = [], 0
    for edit in edits:
        assert edit.offset >= position
        assert stored[edit.offset : edit.stop] == edit.old
        pieces += [stored[position : edit.offset], edit.new]
        position = edit.stop
    return b"".join([*pieces, stored[position:]])


def open_tiff(stored: bytes) -> Container:
    """Return the container of a file in memory."""
    return open_container(MemoryBytes(stored, "a.tif"))


def patch_of(container: Container, samples: dict[tuple[int, int, int], int]) -> Patch:
    """Return the patch that gives samples (x, y, channel) new bits; the old ones are read by ours."""
    places = np.array(sorted(samples), np.int32).reshape(-1, 3)
    x, y, channel = places[:, 0].copy(), places[:, 1].copy(), places[:, 2].astype(np.int16)
    new = np.array([samples[tuple(place)] for place in places.tolist()], np.uint32)
    unknown = Patch(1, container.channels, x, y, channel, new, new)
    return Patch(1, container.channels, x, y, channel, container.read_bits(unknown), new)


def plan_of(container: Container, patch: Patch) -> Plan:
    """Return the plan of a patch, through all checks."""
    return plan_on(container, patch_on(container, patch), where="a.tif")


def patched(bits: NDArray[np.uint32], patch: Patch) -> NDArray[np.uint32]:
    """Return (height, width, channels) bit patterns with a patch."""
    expected = bits.copy()
    expected[patch.y, patch.x, patch.channel] = patch.new
    return expected


def random_samples(form: TiffForm, count: int = 12, seed: int = 1) -> dict[tuple[int, int, int], int]:
    """Return new bits for random samples, and for those in the corners."""
    rng = np.random.default_rng(seed)
    width, height = form.size
    bits = form.bits or 8 * np.dtype(form.dtype).itemsize
    corners = product((0, width - 1), (0, height - 1), (0, form.channels - 1))
    spots = {(*corner,) for corner in corners}
    while len(spots) < count + 4:
        spots.add((int(rng.integers(width)), int(rng.integers(height)), int(rng.integers(form.channels))))
    return {spot: int(rng.integers(0, 1 << bits)) for spot in spots}


def bits_of(picture: NDArray[Any]) -> NDArray[np.unsignedinteger[Any]]:
    return picture.view(f"u{picture.itemsize}").astype(np.uint32)


def set_tag(stored: bytes, code: int, values: Sequence[int], kind: int | None = None) -> bytes:
    """Return a file with other values of a tag of its first page, in their old place; maybe as another type."""
    page = tifffile.TiffFile(BytesIO(stored)).pages[0]
    tag, changed = page.tags[code], bytearray(stored)
    form = page.parent.byteorder + {1: "B", 3: "H", 4: "I", 16: "Q"}[kind or tag.dtype] * len(values)
    struct.pack_into(form, changed, tag.valueoffset, *values)
    if kind is not None:
        struct.pack_into(page.parent.byteorder + "H", changed, tag.offset + 2, kind)
    return bytes(changed)
