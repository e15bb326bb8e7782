# SPDX-License-Identifier: Apache-2.0
"""A DPX file sample by sample, without pixmend: slow, literal, for a few samples at a time.

After SMPTE ST 268-1. Samples are (x, y, number of the datum in its pixel, element).
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

DATUMS = {  # of a pixel, by descriptor
    **dict.fromkeys((1, 2, 3, 4, 6, 8), 1),
    50: 3,
    51: 4,
    52: 4,
    100: 2,
    101: 3,
    102: 3,
    103: 4,
    **{148 + count: count for count in range(2, 9)},
}
CHROMA_IN_TURN = 100


@dataclass(frozen=True)
class DpxElement:
    """What one image element says of itself, and where its words lie."""

    order: str
    width: int
    height: int
    descriptor: int
    bits: int
    packing: int
    start: int
    stride: int

    @property
    def datums(self) -> int:
        """Of one pixel."""
        return DATUMS[self.descriptor]

    @property
    def word(self) -> int:
        """Bytes that are swapped together."""
        if self.bits in {10, 12} and not (self.bits == 12 and self.packing):
            return 4
        return max(1, self.bits // 8) if self.bits != 12 else 2

    def bit_of(self, x: int, y: int, datum: int, *, low_first: bool) -> tuple[int, int]:
        """Return the byte of the word and the lowest bit in it; packed datums may run into the next word."""
        number = x * self.datums + datum
        line = self.start + y * self.stride
        if self.bits in {8, 16, 32}:
            return line + number * self.bits // 8, 0
        if self.packing == 0:
            return line + number * self.bits // 32 * 4, number * self.bits % 32
        if self.bits == 12:
            return line + 2 * number, 4 if self.packing == 1 else 0
        third = number % 3
        slot = third if low_first else 2 - third
        return line + number // 3 * 4, slot * 10 + (2 if self.packing == 1 else 0)

    def read(self, stored: bytes, place: tuple[int, int]) -> int:
        return self._window(stored, place)[1] >> place[1] & ((1 << self.bits) - 1)

    def write(self, stored: bytearray, place: tuple[int, int], code: int) -> None:
        count, value = self._window(stored, place)
        mask = ((1 << self.bits) - 1) << place[1]
        value = value & ~mask | code << place[1]
        form = {1: "B", 2: "H", 4: "I"}[self.word]
        words = [value >> 8 * self.word * at & ((1 << 8 * self.word) - 1) for at in range(count)]
        struct.pack_into(f"{self.order}{count}{form}", stored, place[0], *words)

    def _window(self, stored: bytes, place: tuple[int, int]) -> tuple[int, int]:
        """Return the words that hold a datum as one integer, the first word lowest."""
        count = 1 + (place[1] + self.bits > 8 * self.word)
        form = {1: "B", 2: "H", 4: "I"}[self.word]
        words = struct.unpack_from(f"{self.order}{count}{form}", stored, place[0])
        return count, sum(word << 8 * self.word * at for at, word in enumerate(words))


def parse(stored: bytes, element: int = 0) -> DpxElement:
    order = ">" if stored[:4] == b"SDPX" else "<"
    (offset,) = struct.unpack_from(f"{order}I", stored, 4)
    width, height = struct.unpack_from(f"{order}II", stored, 772)
    at = 780 + 72 * element
    descriptor, bits = stored[at + 20], stored[at + 23]
    packing, _, start, line_padding = struct.unpack_from(f"{order}HHII", stored, at + 24)
    padding = 0 if line_padding == 0xFFFFFFFF else line_padding
    stride = _line_bytes(width * DATUMS[descriptor], bits, packing) + padding
    return DpxElement(order, width, height, descriptor, bits, packing, start or offset, stride)


def _line_bytes(datums: int, bits: int, packing: int) -> int:
    if bits == 10 and packing:
        return -(-datums // 3) * 4
    if bits == 12 and packing:
        return -(-datums * 2 // 4) * 4
    return -(-datums * bits // 32) * 4


def write(
    path: Path,
    forms: Sequence[tuple[int, int, int]],
    *,
    order: str = ">",
    size: tuple[int, int] = (23, 7),
    padding: int = 0,
    start: int = 2048,
) -> None:
    """Write a DPX of noise in all its bytes; `forms` are (descriptor, bits, packing) of each element."""
    rng = np.random.default_rng(3)
    head = bytearray(rng.integers(0, 256, start, dtype=np.uint8).tobytes())
    head[:4] = b"SDPX" if order == ">" else b"XPDS"
    width, height = size
    position = start
    for number, (descriptor, bits, packing) in enumerate(forms):
        at = 780 + 72 * number
        struct.pack_into(f"{order}I", head, at, 0)
        head[at + 20 : at + 24] = bytes([descriptor, 2, 2, bits])
        struct.pack_into(f"{order}HHII", head, at + 24, packing, 0, position, padding)
        position += height * (_line_bytes(width * DATUMS[descriptor], bits, packing) + padding)
    struct.pack_into(f"{order}I8sI", head, 4, start, b"V2.0", position)
    struct.pack_into(f"{order}3I", head, 24, 1664, min(384, start - 1664), max(0, start - 2048))
    struct.pack_into(f"{order}I", head, 660, 0xFFFFFFFF)
    struct.pack_into(f"{order}HHII", head, 768, 0, len(forms), width, height)
    path.write_bytes(head + rng.integers(0, 256, position - start, dtype=np.uint8).tobytes())


def element_count(stored: bytes) -> int:
    (count,) = struct.unpack_from(">H" if stored[:4] == b"SDPX" else "<H", stored, 770)
    return count
