# SPDX-License-Identifier: Apache-2.0
"""A control picture read again: what is laid out is what was meant."""

import numpy as np
from numpy.typing import NDArray

from pixmend.bake._control import (
    CHANNELS,
    HEAD,
    Control,
    Curve,
    Entry,
    Mode,
    Segment,
    Table,
    control_cells,
    is_whole,
)

__all__ = ["read_control"]


def read_control(image: NDArray[np.float32]) -> Control:
    """Read what `pack_control` laid out, but for tables that nothing asks for.

    Raises
    ------
    ValueError
        If this is no such picture.
    """
    cells = control_cells(image)
    if not is_whole(cells):
        raise ValueError("this is no control picture of this version")
    *starts, nodes = cells[1].astype(int).tolist()
    curves = tuple(Curve(*cells[start : start + nodes, :2].T) for start in starts) if nodes else ()
    reader = _Reader(cells)
    read = tuple(reader.entry(number) for number in range(int(cells[0, 2])))
    width, height, first, last = cells[2].astype(int).tolist()
    return Control((width, height), (first, last), read, tuple(reader.tables.values()), curves)


class _Reader:
    """Reads entries; numbers the tables as they come."""

    def __init__(self, cells: NDArray[np.float32]) -> None:
        self._cells = cells
        self._numbers: dict[int, int] = {}
        self.tables: dict[int, Table] = {}

    def entry(self, number: int) -> Entry:
        """Return an entry, from 0; its place is in the index picture only, and is 0, 0 here."""
        first, count, kind, defect = self._cells[HEAD + number].astype(int).tolist()
        segments = tuple(self._segment(cell) for cell in self._cells[first : first + count].astype(int))
        return Entry(0, 0, 0, kind, defect, segments)

    def _segment(self, cell: NDArray[np.intp]) -> Segment:
        first, last, record, stride = cell.tolist()
        count = last - first + 1 if stride else 1
        records = self._cells[record : record + count * CHANNELS, :3].reshape(-1, CHANNELS, 3).copy()
        predicts = records[..., 0] == Mode.PREDICT
        records[predicts, 2] = [self._table(int(each)) for each in records[predicts, 2]]
        return Segment(first, last, records)

    def _table(self, cell: int) -> int:
        if cell not in self.tables:
            count, channel = self._cells[cell, :2].astype(int).tolist()
            rows = self._cells[cell + 1 : cell + 1 + count]
            self._numbers[cell] = len(self.tables)
            self.tables[cell] = Table(channel, rows[:, :3].astype(np.int8), rows[:, 3].copy())
        return self._numbers[cell]
