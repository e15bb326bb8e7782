# SPDX-License-Identifier: Apache-2.0
"""Compressed TIFF: the strips or tiles with a changed sample are packed anew, all others stay as they are.

A unit that fits into its old place goes there. One that does not is put behind the end of
the file, and its entry in the header's table of offsets then points to it. So nothing else
ever moves.
"""

import numpy as np
from numpy.typing import NDArray

from pixmend.codecs import TiffUnitForm, pack_unit, unpack_unit
from pixmend.containers._edits import ByteEdit, differing_edits
from pixmend.containers._plan import Plan
from pixmend.errors import BadFrameError, UnsupportedError
from pixmend.formats import ByteSource, TiffField, TiffLayout, TiffPlaces
from pixmend.model import Patch

__all__ = ["PackedTiff"]


class PackedTiff:
    """The samples of a TIFF whose strips or tiles are compressed.

    Parameters
    ----------
    source : ByteSource
    layout : TiffLayout
        Checked, of a known compression, with both of its tables.
    """

    def __init__(self, source: ByteSource, layout: TiffLayout) -> None:
        self._source = source
        self._layout = layout
        self._form = TiffUnitForm.of(layout)
        self._unpacked: dict[int, NDArray[np.unsignedinteger]] = {}

    def read_bits(self, patch: Patch) -> NDArray[np.uint32]:
        """Return what the file holds where the patch's samples are."""
        places, bits = self._places(patch), np.empty(len(patch), np.uint32)
        for unit in np.unique(places.unit).tolist():
            mine = places.unit == unit
            bits[mine] = _by_rows(self._unpack(unit))[places.row[mine], places.item[mine]]
        return bits

    def units(self, patch: Patch) -> dict[int, bytes]:
        """Return the unpacked units in which the patch's samples lie, by their number."""
        touched = np.unique(self._places(patch).unit).tolist()
        return {unit: self._unpack(unit).tobytes() for unit in touched}

    def plan(self, patch: Patch) -> Plan:
        """Return the edits of units, of their entries in the header's tables, and what is added at the end."""
        places = self._places(patch)
        edits: list[ByteEdit] = []
        units, behind = {}, b""
        for unit in np.unique(places.unit).tolist():
            mine = places.unit == unit
            patched = self._unpack(unit).copy()
            _by_rows(patched)[places.row[mine], places.item[mine]] = patch.new[mine]
            units[unit] = patched.tobytes()
            if np.array_equal(patched, self._unpack(unit)):
                continue
            packed = pack_unit(self._form, patched, self._stored_bytes(unit))
            if len(packed) <= self._stored_bytes(unit):
                edits += self._replace(unit, packed)
            else:
                edits += self._move(unit, self._source.size + len(behind), len(packed))
                behind += packed
        edits.sort(key=lambda each: each.offset)
        edits += [ByteEdit(self._source.size, b"", behind)] if behind else []
        return Plan(tuple(edits), patch, Patch.empty(patch.frame, patch.channels), units)

    def editable_ranges(self) -> list[tuple[int, int]]:
        """Return the units, their entries in the header's two tables, and the end of the file."""
        layout = self._layout
        begins = layout.offsets
        ranges = list(zip(begins.tolist(), (begins + layout.stored_bytes).tolist(), strict=True))
        ranges += [(each.position, each.stop) for each in (layout.offset_field, layout.bytes_field) if each]
        return [*sorted(ranges), (self._source.size, self._source.size)]

    def _places(self, patch: Patch) -> TiffPlaces:
        return self._layout.locate(patch.x, patch.y, patch.channel)

    def _stored_bytes(self, unit: int) -> int:
        return int(self._layout.listed_bytes[unit])

    def _stored(self, unit: int) -> bytes:
        return self._source.read(int(self._layout.offsets[unit]), self._stored_bytes(unit))

    def _unpack(self, unit: int) -> NDArray[np.unsignedinteger]:
        if unit not in self._unpacked:
            rows = (self._layout.unit_rows(unit), self._layout.unit_height)
            try:
                self._unpacked[unit] = unpack_unit(self._form, self._stored(unit), rows)
            except BadFrameError as exc:
                kind = "tile" if self._layout.is_tiled else "strip"
                raise BadFrameError(f"{kind} {unit} is damaged: {exc.what}", where=self._source.name) from exc
        return self._unpacked[unit]

    def _replace(self, unit: int, packed: bytes) -> list[ByteEdit]:
        """Return the edits that put a unit into its old place; what it leaves free there stays as it was."""
        old = self._stored(unit)[: len(packed)]
        differs = np.flatnonzero(np.frombuffer(old, np.uint8) != np.frombuffer(packed, np.uint8))
        edits = self._set_entry(self._layout.bytes_field, unit, len(packed))
        if differs.size:  # one edit and not one for each run: packed bytes are alike by chance only
            span = slice(int(differs[0]), int(differs[-1]) + 1)
            edits.append(ByteEdit(int(self._layout.offsets[unit]) + span.start, old[span], packed[span]))
        return edits

    def _move(self, unit: int, offset: int, length: int) -> list[ByteEdit]:
        """Return the edits of the header that make a unit begin elsewhere."""
        return [
            *self._set_entry(self._layout.offset_field, unit, offset),
            *self._set_entry(self._layout.bytes_field, unit, length),
        ]

    def _set_entry(self, field: TiffField | None, unit: int, value: int) -> list[ByteEdit]:
        assert field is not None, "compressed files without both tables are refused"
        if value >= 1 << 8 * field.value_bytes:
            raise UnsupportedError(
                f"a mended {'tile' if self._layout.is_tiled else 'strip'} would lie where this TIFF's header "
                "cannot point to; the file is left as it was",
                where=self._source.name,
                hint="save the shot uncompressed or as BigTIFF first",
            )
        at = field.position + unit * field.value_bytes
        old = self._source.read(at, field.value_bytes)
        new = np.array(value, f"{self._layout.byte_order}u{field.value_bytes}").tobytes()
        return differing_edits(at, old, new)


def _by_rows(samples: NDArray[np.unsignedinteger]) -> NDArray[np.unsignedinteger]:
    """Return (rows, samples of a row): the same memory."""
    return samples.reshape(len(samples), -1)
