# SPDX-License-Identifier: Apache-2.0
"""DPX (SMPTE 268M): in which bits of the file each sample lies.

Own addressing, because readers differ on short words at line ends, on lines that run
on, and on padding bits; a repair must hit exactly the bits of one sample.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

__all__ = ["DatumPlace", "DpxElement", "DpxLayout", "DpxPacking", "locate_datum"]


class DpxPacking(IntEnum):
    """How datums of 10 and 12 bits lie in words; without meaning for 8 and 16 bits."""

    PACKED = 0
    FILLED_A = 1
    FILLED_B = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DpxElement:
    """One image element: a picture, or one plane of it.

    Attributes
    ----------
    components : tuple of str
        Names in the order of the datums (``A B G R`` for descriptor 52).
    offset : int
        Byte where the first line begins.
    stride : int
        Bytes from line to line; 0 where lines run on without ending on a word,
        then datums are counted from `offset` through the whole element.
    low_first : bool
        True where a filled 10-bit word holds its first datum in its lowest bits.
    """

    components: tuple[str, ...]
    offset: int
    stride: int
    bits: int
    packing: DpxPacking
    low_first: bool = False

    def line_start(self, row: int) -> int:
        """Byte that the datums of a line are counted from."""
        return self.offset + row * self.stride

    def first_datum(self, row: int, width: int) -> int:
        """Datums between `line_start` and the line's first one."""
        return 0 if self.stride else row * width * len(self.components)

    @property
    def unit_bytes(self) -> int:
        """Bytes of one storage unit: 4 where a unit holds several samples or parts of them."""
        if self.bits in {8, 16}:
            return self.bits // 8
        return 2 if self.bits == 12 and self.packing is not DpxPacking.PACKED else 4

    @property
    def slot_shifts(self) -> tuple[int, ...]:
        """Places of the samples in a filled unit, in file order: three of 10 bits, or one."""
        if self.bits in {8, 16}:
            return (0,)
        if self.bits == 12:
            return (4,) if self.packing is DpxPacking.FILLED_A else (0,)
        padding = 2 if self.packing is DpxPacking.FILLED_A else 0
        shifts = (padding, padding + 10, padding + 20)
        return shifts if self.low_first else shifts[::-1]

    def bytes_until(self, datums: int) -> int:
        """Bytes from a line start that hold its first `datums` datums, whole units counted."""
        if self.unit_bytes < 4:
            return datums * self.unit_bytes
        if self.packing is DpxPacking.PACKED:
            return -(-datums * self.bits // 32) * 4
        return -(-datums // 3) * 4


@dataclass(frozen=True, slots=True, kw_only=True)
class DpxLayout:
    """Where the samples of one DPX file lie.

    Attributes
    ----------
    byte_order : str
        ``>`` or ``<``, as in `struct`.
    bits : int
        8, 10, 12 or 16, the same in all elements.
    components : tuple of str
        Names of all elements' components, in file order.
    header_bytes : int
        Bytes before the first picture data.
    transfer : int
        Transfer characteristic of the first element (SMPTE 268M table 5A).
    """

    byte_order: str
    width: int
    height: int
    bits: int
    elements: tuple[DpxElement, ...]
    components: tuple[str, ...]
    header_bytes: int
    transfer: int

    def owner(self, component: int) -> tuple[DpxElement, int]:
        """Return the element that holds a component, and the component's index in it.

        Raises
        ------
        ValueError
            If there is no such component.
        """
        index = component
        for element in self.elements:
            if 0 <= index < len(element.components):
                return element, index
            index -= len(element.components)
        raise ValueError(f"there is no component {component}, only {len(self.components)}")

    def span(self, rows: tuple[int, int]) -> tuple[int, int]:
        """Return the bytes [begin, end) of the file that hold rows [first, stop) of all elements."""
        first, stop = rows
        begins = [each.line_start(first) for each in self.elements]
        ends = [
            each.line_start(stop - 1)
            + each.bytes_until(each.first_datum(stop - 1, self.width) + self.width * len(each.components))
            for each in self.elements
        ]
        return min(begins), max(ends)


@dataclass(frozen=True, slots=True)
class DatumPlace:
    """The bits of one sample in the file.

    Attributes
    ----------
    offset : int
        Byte of the first storage unit.
    unit_bytes : int
        1, 2 or 4: size of a storage unit.
    units : int
        1, or 2 where a packed datum begins in one 32-bit word and ends in the next.
    byte_order : str
        ``>`` or ``<``, of each unit; the first unit always holds the lower bits.
    shift, mask : int
        The sample is ``(joined units >> shift) & mask``.
    """

    offset: int
    unit_bytes: int
    units: int
    byte_order: str
    shift: int
    mask: int

    @property
    def size(self) -> int:
        """Bytes from `offset` that hold the sample, and maybe others too."""
        return self.unit_bytes * self.units

    def value_in(self, stored: bytes) -> int:
        """Return the sample's code value out of the `size` bytes at `offset`."""
        return (self._join(stored) >> self.shift) & self.mask

    def with_value(self, stored: bytes, value: int) -> bytes:
        """Return the `size` bytes at `offset` with the sample set; all other bits as they were.

        Raises
        ------
        ValueError
            If `value` needs more bits than a sample has.
        """
        if not 0 <= value <= self.mask:
            raise ValueError(f"code value {value} is not in 0..{self.mask}")
        joined = self._join(stored) & ~(self.mask << self.shift) | (value << self.shift)
        unit_bits = 8 * self.unit_bytes
        units = ((joined >> unit_bits * index) & ((1 << unit_bits) - 1) for index in range(self.units))
        return b"".join(unit.to_bytes(self.unit_bytes, self._order) for unit in units)

    @property
    def _order(self) -> Literal["big", "little"]:
        return "big" if self.byte_order == ">" else "little"

    def _join(self, stored: bytes) -> int:
        if len(stored) != self.size:
            raise ValueError(f"{len(stored)} bytes given for a place of {self.size}")
        step = self.unit_bytes
        units = [stored[begin : begin + step] for begin in range(0, self.size, step)]
        return sum(int.from_bytes(unit, self._order) << (8 * step * at) for at, unit in enumerate(units))


def locate_datum(layout: DpxLayout, x: int, y: int, component: int) -> DatumPlace:
    """Return the place of one sample; `component` counts through `layout.components`.

    Raises
    ------
    ValueError
        If (x, y) is outside the picture or there is no such component.
    """
    if not (0 <= x < layout.width and 0 <= y < layout.height):
        raise ValueError(f"({x}, {y}) is outside {layout.width}x{layout.height}")
    element, index = layout.owner(component)
    line = element.line_start(y)
    datum = element.first_datum(y, layout.width) + x * len(element.components) + index
    size, bits = element.unit_bytes, element.bits
    if element.packing is DpxPacking.PACKED and size == 4:
        unit, shift = divmod(datum * bits, 32)
    else:
        unit, slot = divmod(datum, len(element.slot_shifts))
        shift = element.slot_shifts[slot]
    units = -(-(shift + bits) // (8 * size))
    return DatumPlace(line + unit * size, size, units, layout.byte_order, shift, (1 << bits) - 1)
