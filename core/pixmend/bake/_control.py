# SPDX-License-Identifier: Apache-2.0
"""What a compositor's kernel is told, as a picture: a table of cells, one pixel each."""

from dataclasses import dataclass
from enum import IntEnum
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import MapError

__all__ = [
    "CHANNELS",
    "HEAD",
    "MAGIC",
    "MOST_CELLS",
    "VERSION",
    "WIDTH",
    "Control",
    "Curve",
    "Entry",
    "Mode",
    "Segment",
    "Table",
    "control_cells",
    "curve_cells",
    "is_whole",
    "pack_control",
]

MAGIC = 7214
VERSION = 1
WIDTH = 512
"""Cells in a row of the picture."""

MOST_CELLS = 1 << 24
"""A cell's number has to be whole as a 32-bit float."""

HEAD = 3
"""Cells before the entries."""

CHANNELS = 3


class Mode(IntEnum):
    """What is done to one channel of a pixel."""

    PASS = 0
    SUBTRACT = 1
    PREDICT = 2
    VALUE = 3


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """What a channel's samples are on the sigma scale.

    Attributes
    ----------
    x, y : (M,) float32 ndarray
        Samples as the compositor holds them, and their values; both strictly rising, two at least.
    """

    x: NDArray[np.float32]
    y: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """How one sample is predicted from K others.

    Attributes
    ----------
    channel : int
        Of the predicted sample; at least one neighbour is of it, too.
    neighbours : (K, 3) int8 ndarray
        Steps to the right and up from the sample, at most 8, and channel; in the order of the sums.
    weights : (K,) float32 ndarray
    """

    channel: int
    neighbours: NDArray[np.int8]
    weights: NDArray[np.float32]

    @property
    def knows_itself(self) -> bool:
        """Whether a neighbour is of the sample's own channel."""
        return bool((self.neighbours[:, 2] == self.channel).any())

    def cells(self) -> NDArray[np.float32]:
        """Return the cells (K + 1, 4)."""
        cells = np.zeros((1 + len(self.weights), 4), np.float32)
        cells[0, :2] = len(self.weights), self.channel
        cells[1:, :3], cells[1:, 3] = self.neighbours, self.weights
        return cells


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """What is done to a pixel in the frames from `first` to `last`.

    Attributes
    ----------
    records : (n, 3, 3) float32 ndarray
        Mode, a and b of R, G and B; for each frame, or once for all of them. Where the mode is
        to predict, b is the number of a table, from 0.
    """

    first: int
    last: int
    records: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A pixel that is to be mended.

    Attributes
    ----------
    x, y : int
        Pixel space.
    channels : int
        Which are spoiled: 1 for R, 2 for G, 4 for B, added.
    kind, defect : int
        Numbers of the kind and of the defect.
    segments : tuple of Segment
        Ascending, disjoint; between them the pixel stays as it is.
    """

    x: int
    y: int
    channels: int
    kind: int
    defect: int
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Control:
    """All that a kernel is told.

    Attributes
    ----------
    display : (int, int)
        Width and height of the display window.
    frames : (int, int)
        First and last.
    curves : tuple of Curve
        Of R, G and B, as long as each other; empty where nothing is predicted.
    """

    display: tuple[int, int]
    frames: tuple[int, int]
    entries: tuple[Entry, ...]
    tables: tuple[Table, ...] = ()
    curves: tuple[Curve, ...] = ()


def control_cells(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the cells (N, 4), in order, of a control picture (H, 512, 4) whose first row is its top."""
    return np.ascontiguousarray(image[::-1].reshape(-1, 4))


def pack_control(control: Control) -> NDArray[np.float32]:
    """Lay out a control picture.

    Returns
    -------
    (H, 512, 4) float32 ndarray
        The first row is the top one; cells are counted from the bottom, as compositors count rows.

    Raises
    ------
    MapError
        If there are too many cells.
    """
    cells = _Cells(HEAD + len(control.entries))
    curves = [cells.add(curve_cells(each)) for each in control.curves] or [0] * CHANNELS
    nodes = len(control.curves[0].x) if control.curves else 0
    tables = np.array([cells.add(each.cells()) for each in control.tables], np.float32)
    heads = [_entry_cell(each, tables, cells) for each in control.entries]
    whole = np.concatenate([cells.joined(), np.zeros((1, 4), np.float32)])
    whole[0] = MAGIC, VERSION, len(control.entries), len(whole)
    whole[1] = *curves, nodes
    whole[2] = *control.display, *control.frames
    whole[HEAD : HEAD + len(heads)] = np.array(heads, np.float32).reshape(-1, 4)
    whole[-1] = whole[0]  # the kernel knows by it that the picture is whole, and was not scaled
    whole[-1] = whole[0]  # the kernel knows by it that the picture is whole, and was not scaled
    rows = -(-len(whole) // WIDTH)
    image = np.zeros((rows * WIDTH, 4), np.float32)
    image[: len(whole)] = whole
    return np.ascontiguousarray(image.reshape(rows, WIDTH, 4)[::-1])


def is_whole(cells: NDArray[np.float32]) -> bool:
    """Tell whether these are the cells of a control of this version, none of them lost or blended."""
    magic, version, _, used = cells[0].tolist()
    known = (magic, version) == (MAGIC, VERSION) and used == int(used) and HEAD < used <= len(cells)
    return known and bool((cells[int(used) - 1] == cells[0]).all())


class _Cells:
    """Blocks of cells, one after the other; a block that is there already is not laid out again."""

    def __init__(self, head: int) -> None:
        self._blocks: list[NDArray[np.float32]] = [np.zeros((head, 4), np.float32)]
        self._count = head
        self._known: dict[bytes, int] = {}

    def add(self, block: NDArray[np.float32]) -> int:
        """Return the first cell of a block (n, 4)."""
        key = blake2b(block.tobytes(), digest_size=16).digest()
        if key in self._known:
            return self._known[key]
        if self._count + len(block) >= MOST_CELLS:  # one more closes the picture
            raise MapError(
                f"more than {MOST_CELLS} cells would be needed for these defects and frames",
                hint="bake fewer frames at a time with --frames, or fewer defects with --only",
            )
        self._known[key] = self._count
        self._blocks.append(block)
        self._count += len(block)
        return self._known[key]

    def joined(self) -> NDArray[np.float32]:
        return np.concatenate(self._blocks)


def curve_cells(curve: Curve) -> NDArray[np.float32]:
    """Return the cells (M, 4) of a curve: x, y, slope to the next node, and its inverse."""
    rise, run = np.diff(curve.y, append=np.nan), np.diff(curve.x, append=np.nan)
    slope, inverse = rise / run, run / rise
    slope[-1], inverse[-1] = 0, 0  # nothing lies beyond the last node
    return np.stack([curve.x, curve.y, slope, inverse], axis=1).astype(np.float32)


def _entry_cell(entry: Entry, tables: NDArray[np.float32], cells: _Cells) -> tuple[float, ...]:
    heads = np.zeros((len(entry.segments), 4), np.float32)
    for number, each in enumerate(entry.segments):
        stride = CHANNELS if len(each.records) > 1 else 0
        heads[number] = each.first, each.last, cells.add(_record_cells(each.records, tables)), stride
    first = cells.add(heads) if len(heads) else 0
    return first, len(heads), entry.kind, entry.defect


def _record_cells(records: NDArray[np.float32], tables: NDArray[np.float32]) -> NDArray[np.float32]:
    cells = np.zeros((records.shape[0] * CHANNELS, 4), np.float32)
    cells[:, :3] = records.reshape(-1, 3)
    predicts = cells[:, 0] == Mode.PREDICT
    cells[predicts, 2] = tables[cells[predicts, 2].astype(np.intp)]
    return cells
