# SPDX-License-Identifier: Apache-2.0
"""DPX files of every form, laid out the slow, obvious way: the tests' own reading of SMPTE 268M."""

import random
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "DESCRIPTORS",
    "FILLED_A",
    "FILLED_B",
    "PACKED",
    "DpxPart",
    "pack_datums",
    "random_part",
    "with_edits",
    "write_dpx",
]

PACKED, FILLED_A, FILLED_B = 0, 1, 2
UNDEFINED = 0xFFFFFFFF
DESCRIPTORS = {
    "R": 1, "G": 2, "B": 3, "A": 4, "Y": 6, "Z": 8,
    "RGB": 50, "RGBA": 51, "ABGR": 52,
    "CbYCrY": 100, "CbYACrYA": 101, "CbYCr": 102, "CbYCrA": 103,
    "C1C2": 150, "C1C2C3": 151, "C1C2C3C4": 152, "C1C2C3C4C5": 153,
    "C1C2C3C4C5C6": 154, "C1C2C3C4C5C6C7": 155, "C1C2C3C4C5C6C7C8": 156,
}  # fmt: skip
DATUMS = {"CbYCrY": 2, "CbYACrYA": 3, "CbYCr": 3, "CbYCrA": 4}  # of a pixel; else one for each component
PATTERNS = {
    "CbYCrY": ("Cb", "Y", "Cr", "Y"),
    "CbYACrYA": ("Cb", "Y", "A", "Cr", "Y", "A"),
    "CbYCr": ("Cb", "Y", "Cr"),
    "CbYCrA": ("Cb", "Y", "Cr", "A"),
}


@dataclass
class DpxPart:
    """One element: `codes` are (height, datums of a line), in file order."""

    kind: str
    codes: NDArray[Any]
    bits: int = 10
    packing: int = FILLED_A
    low_first: bool | None = None
    eol: int = 0
    eoi: int = 0
    align: int = 4
    """Lines begin at multiples of this; 0 where they run on without ending on a word."""
    said: dict[str, int] = field(default_factory=dict)
    """Header fields that say something else than the picture is: descriptor, bits, offset, eol ..."""

    def samples(self) -> dict[str, NDArray[Any]]:
        """Return the (height, pixels that have it) samples of each component."""
        single = (self.kind,) if self.kind in {"R", "G", "B", "A", "Y", "Z"} else None
        pattern = single or PATTERNS.get(self.kind) or _letters(self.kind)
        return {
            name: self.codes.reshape(len(self.codes), -1, len(pattern))[
                :, :, [at for at, each in enumerate(pattern) if each == name]
            ].reshape(len(self.codes), -1)
            for name in pattern
        }


def _letters(kind: str) -> tuple[str, ...]:
    return tuple(f"C{number}" for number in kind.split("C")[1:]) if kind.startswith("C") else tuple(kind)


def random_part(kind: str, size: tuple[int, int], *, bits: int = 10, seed: int = 0, **form: Any) -> DpxPart:
    """Return an element of random samples; all bit patterns of 32 bits but quiet no special ones."""
    width, height = size
    datums = width * DATUMS.get(kind, len(kind) if kind[0] != "C" else len(kind) // 2)
    codes = np.random.default_rng(seed).integers(0, 1 << bits, (height, datums), dtype=np.uint64)
    return DpxPart(kind, codes.astype(np.uint32), bits, **form)


def pack_datums(values: list[int], part: DpxPart, order: str, junk: random.Random) -> bytes:
    """Lay datums into storage units; bits that belong to no datum are junk."""
    bits = part.bits
    if bits in {8, 16, 32}:
        return b"".join(struct.pack(order + {8: "B", 16: "H", 32: "I"}[bits], value) for value in values)
    if part.packing == PACKED:
        words = -(-len(values) * bits // 32)
        whole = sum(value << bits * index for index, value in enumerate(values))
        whole |= junk.getrandbits(32) << len(values) * bits
        return b"".join(struct.pack(order + "I", whole >> 32 * index & 0xFFFFFFFF) for index in range(words))
    if bits == 12:
        pad = junk.getrandbits(4)
        filled = [value << 4 | pad if part.packing == FILLED_A else pad << 12 | value for value in values]
        return b"".join(struct.pack(order + "H", unit) for unit in filled)
    low_first = len(part.samples()) == 1 if part.low_first is None else part.low_first
    words = []
    for at in range(0, len(values), 3):
        three = [*values[at : at + 3], junk.getrandbits(10), junk.getrandbits(10)][:3]
        first, second, third = three if low_first else three[::-1]
        word, pad = first | second << 10 | third << 20, junk.getrandbits(2)
        words.append(word << 2 | pad if part.packing == FILLED_A else pad << 30 | word)
    return struct.pack(f"{order}{len(words)}I", *words)


def _body(part: DpxPart, order: str, junk: random.Random) -> bytes:
    rows = part.codes.tolist()
    if not part.align:
        return pack_datums(list(chain(*rows)), part, order, junk) + junk.randbytes(part.eoi)
    lines = []
    for row in rows:
        line = pack_datums(row, part, order, junk)
        lines.append(line + junk.randbytes(-len(line) % part.align + part.eol))
    return b"".join(lines) + junk.randbytes(part.eoi)


def write_dpx(
    parts: list[DpxPart], *, order: str = ">", tail: int = 0, seed: int = 5, **fields: Any
) -> bytes:
    """Return the bytes of a DPX whose unused bits are junk: the same for the same form and seed.

    `fields` set header fields: header_bytes, offset, version, said_size, key, creator, device, transfer.
    """
    junk = random.Random(seed)  # noqa: S311  (no secret)
    header_bytes = fields.get("header_bytes", 2048)
    head = bytearray(b"\xff" * 1664 + junk.randbytes(header_bytes - 1664))
    bodies = [_body(part, order, junk) for part in parts]
    size = header_bytes + sum(map(len, bodies)) + tail
    head[0:4] = b"SDPX"[:: 1 if order == ">" else -1]
    struct.pack_into(
        order + "I8sI",
        head,
        4,
        fields.get("offset", header_bytes),
        fields.get("version", b"V1.0"),
        fields.get("said_size", size),
    )
    head[160:260] = fields.get("creator", b"pixmend tests").ljust(100, b"\0")
    head[1556:1588] = fields.get("device", b"").ljust(32, b"\0")
    struct.pack_into(order + "I", head, 660, fields.get("key", UNDEFINED))
    height = len(parts[0].codes)
    width = parts[0].codes.shape[1] // DATUMS.get(parts[0].kind, len(parts[0].samples()))
    struct.pack_into(order + "HHII", head, 768, 0, len(parts), width, height)
    at = header_bytes
    for index, (part, body) in enumerate(zip(parts, bodies, strict=True)):
        _put_element(head, order, 780 + 72 * index, (part, at, fields.get("transfer", 0)))
        at += len(body)
    return bytes(head) + b"".join(bodies) + junk.randbytes(tail)


def _put_element(head: bytearray, order: str, start: int, element: tuple[DpxPart, int, int]) -> None:
    part, at, transfer = element
    said = part.said
    struct.pack_into(order + "I", head, start, said.get("sign", 0))
    descriptor = said.get("descriptor", DESCRIPTORS[part.kind])
    head[start + 20 : start + 24] = bytes([descriptor, transfer, 0, said.get("bits", part.bits)])
    struct.pack_into(
        order + "HHIII", head, start + 24, said.get("packing", part.packing), said.get("encoding", 0),
        said.get("offset", at), said.get("eol", part.eol), part.eoi,
    )  # fmt: skip


def with_edits(stored: bytes, edits: Iterable[Any]) -> bytes:
    """Return bytes with edits of equal size; each must find its old bytes."""
    changed = bytearray(stored)
    for edit in edits:
        place = slice(edit.offset, edit.offset + len(edit.old))
        assert len(edit.new) == len(edit.old)
        assert changed[place] == edit.old
        changed[place] = edit.new
    return bytes(changed)
