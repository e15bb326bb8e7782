# SPDX-License-Identifier: Apache-2.0
"""Samples that lie openly in bytes: where each one's bits are, and how they are taken out and put in."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.formats._kernels import put_datums, take_datums

__all__ = ["DatumPlaces"]


@dataclass(frozen=True, slots=True, eq=False)
class DatumPlaces:
    """The bits of N samples in a file, or in an unpacked chunk.

    A sample lies in one storage unit (1, 2 or 4 bytes), or begins in one and ends in
    the next; the first unit always holds its lower bits.

    Attributes
    ----------
    offset : (N,) int64 ndarray
        Byte of each sample's first unit.
    unit_bytes, units : (N,) uint8 ndarray
        Size of a unit, and how many there are: 1 or 2.
    shift, bits : (N,) uint8 ndarray
        The sample is the `bits` bits from `shift` up of the joined units.
    byte_order : str
        ``>`` or ``<``, of each unit.
    """

    offset: NDArray[np.int64]
    unit_bytes: NDArray[np.uint8]
    units: NDArray[np.uint8]
    shift: NDArray[np.uint8]
    bits: NDArray[np.uint8]
    byte_order: str

    @classmethod
    def of_whole_bytes(cls, offset: NDArray[np.int64], sample_bytes: int, byte_order: str) -> "DatumPlaces":
        """Return the places of samples that fill 1, 2 or 4 whole bytes at (N,) offsets."""
        offset = np.ascontiguousarray(offset, np.int64)

        def same(value: int) -> NDArray[np.uint8]:
            return np.full(len(offset), value, np.uint8)

        return cls(offset, same(sample_bytes), same(1), same(0), same(8 * sample_bytes), byte_order)

    def __len__(self) -> int:
        return len(self.offset)

    @property
    def size(self) -> NDArray[np.int64]:
        """Bytes from each `offset` that hold the sample, and maybe others too."""
        return self.unit_bytes.astype(np.int64) * self.units

    def values_in(self, stored: NDArray[np.uint8], at: NDArray[np.int64]) -> NDArray[np.uint32]:
        """Return the samples' bit patterns.

        Parameters
        ----------
        stored : (M,) uint8 ndarray
        at : (N,) int64 ndarray
            Where in `stored` the byte `offset` of each sample lies.

        Raises
        ------
        ValueError
            If a sample is not in `stored`.
        """
        self._check_inside(stored, at)
        values = np.empty(len(self), np.uint32)
        take_datums(stored, at, (self.unit_bytes, self.units, self.shift, self.bits), self._is_big, values)
        return values

    def put_values(
        self, stored: NDArray[np.uint8], at: NDArray[np.int64], values: NDArray[np.uint32]
    ) -> None:
        """Set the samples' bit patterns in `stored`; no other bit changes.

        Raises
        ------
        ValueError
            If a sample is not in `stored`, or a bit pattern is too wide for its place.
        """
        self._check_inside(stored, at)
        too_wide = np.flatnonzero(values.astype(np.uint64) >> self.bits.astype(np.uint64))
        if too_wide.size:
            value, bits = values[too_wide[0]], self.bits[too_wide[0]]
            raise ValueError(f"code value {value} is not in 0..{(1 << int(bits)) - 1}")
        put_datums(stored, at, (self.unit_bytes, self.units, self.shift, self.bits), self._is_big, values)

    @property
    def _is_big(self) -> bool:
        return self.byte_order == ">"

    def _check_inside(self, stored: NDArray[np.uint8], at: NDArray[np.int64]) -> None:
        if len(at) != len(self) or (at < 0).any() or (at + self.size > len(stored)).any():
            raise ValueError(f"a sample is not in the {len(stored)} bytes that are given")
