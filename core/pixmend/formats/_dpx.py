# SPDX-License-Identifier: Apache-2.0
"""DPX (SMPTE 268M): in which bits of the file each sample lies.

Own addressing, because readers differ on short words at line ends, on lines that run
on, and on padding bits; a repair must hit exactly the bits of one sample.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pixmend.model import Channel, SampleType

__all__ = ["DpxElement", "DpxLayout", "DpxPacking"]

_SAMPLES = {
    8: SampleType.UINT8,
    10: SampleType.UINT10,
    12: SampleType.UINT12,
    16: SampleType.UINT16,
    32: SampleType.FLOAT,
}


class DpxPacking(IntEnum):
    """How datums of 10 and 12 bits lie in words; without meaning for other depths."""

    PACKED = 0
    FILLED_A = 1
    FILLED_B = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DpxElement:
    """One image element: a picture, or one plane of it.

    Attributes
    ----------
    pattern : tuple of str
        The component that each datum belongs to, for `period` pixels; then it repeats
        (``A B G R`` for descriptor 52; ``Cb Y Cr Y``, two pixels, for 100).
    period : int
        1, or 2 where chroma is stored at even x only.
    offset : int
        Byte where the first line begins.
    stride : int
        Bytes from line to line; 0 where lines run on without ending on a word,
        then datums are counted from `offset` through the whole element.
    bits : int
        8, 10, 12, 16, or 32 (floating point).
    low_first : bool
        True where a filled 10-bit word holds its first datum in its lowest bits.
    """

    pattern: tuple[str, ...]
    period: int = 1
    offset: int
    stride: int
    bits: int
    packing: DpxPacking
    low_first: bool = False

    @property
    def components(self) -> tuple[str, ...]:
        """Names of the components, each once, in the order of their first datums."""
        return tuple(dict.fromkeys(self.pattern))

    @property
    def datums_per_pixel(self) -> int:
        """Datums of a line, divided by its width."""
        return len(self.pattern) // self.period

    def datum_of(self, component: str) -> tuple[int, ...]:
        """Return where in the pattern a component has its datum, for each pixel of the period; -1 for none."""
        held = [at for at, name in enumerate(self.pattern) if name == component]
        return tuple(held + [-1] * (self.period - len(held)))

    def datum_in_line(self, x: NDArray[np.int64], component: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return which datum of its line each sample is.

        Parameters
        ----------
        x, component : (N,) int64 ndarray
            Inside the picture, and counting through `components`.

        Raises
        ------
        ValueError
            If a component has no sample at an x.
        """
        group, phase = np.divmod(x, self.period)
        table = np.array([self.datum_of(name) for name in self.components], np.int64)
        within: NDArray[np.int64] = table[component, phase]
        absent = np.flatnonzero(within < 0)
        if absent.size:
            name = self.components[component[absent[0]]]
            raise ValueError(f"there is no sample of {name} at x {x[absent[0]]}: it is stored at even x only")
        return group * len(self.pattern) + within

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The components as channels of a plate."""
        sampled = [self.period if -1 in self.datum_of(name) else 1 for name in self.components]
        sample = _SAMPLES[self.bits]
        return tuple(Channel(name, sample, (x, 1)) for name, x in zip(self.components, sampled, strict=True))

    @property
    def is_packed(self) -> bool:
        """True where datums follow each other without gaps, across words."""
        return self.bits in {10, 12} and self.packing is DpxPacking.PACKED

    @property
    def unit_bytes(self) -> int:
        """Bytes of one storage unit: 4 where a unit holds several samples or parts of them."""
        if self.bits == 12:
            return 4 if self.is_packed else 2
        return 4 if self.bits == 10 else self.bits // 8

    @property
    def slot_shifts(self) -> tuple[int, ...]:
        """Places of the samples in a unit that is not packed, in file order: three of 10 bits, or one."""
        padding = self.packing is DpxPacking.FILLED_A
        if self.bits == 10:
            shifts = (0, 10, 20) if self.low_first else (20, 10, 0)
            return tuple(shift + 2 * padding for shift in shifts)
        return (4,) if self.bits == 12 and padding else (0,)

    def bytes_until(self, datums: int) -> int:
        """Bytes from a line start that hold its first `datums` datums, whole units counted."""
        if self.is_packed:
            return -(-datums * self.bits // 32) * 4
        return -(-datums // len(self.slot_shifts)) * self.unit_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DpxLayout:
    """Where the samples of one DPX file lie.

    Attributes
    ----------
    byte_order : str
        ``>`` or ``<``, as in `struct`.
    header_bytes : int
        Bytes before the first picture data.
    transfer : int
        Transfer characteristic of the first element (SMPTE 268M table 5A).
    """

    byte_order: str
    width: int
    height: int
    elements: tuple[DpxElement, ...]
    header_bytes: int
    transfer: int

    @property
    def channels(self) -> tuple[Channel, ...]:
        """All elements' components as channels of a plate, in file order."""
        return tuple(channel for element in self.elements for channel in element.channels)
