# SPDX-License-Identifier: Apache-2.0
"""The holes that fill is measured on: shapes, where they lie, and the defects that a map says of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pixmend.model import Defect, Kind, Method, Sample

__all__ = ["HOLES", "LINES", "SPOTS", "Hole", "Layout", "PlacedHole", "defects_of", "mask_of"]

_BORDER_PX = 24
_JITTER_PX = 6
_COLOUR = ("R", "G", "B")


@dataclass(frozen=True, slots=True)
class Hole:
    """One shape: its pixels as (row, column) from its corner, and which of R, G, B are bad."""

    name: str
    pixels: tuple[tuple[int, int], ...]
    channels: tuple[int, ...] = (0, 1, 2)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in px."""
        return max(y for y, _ in self.pixels) + 1, max(x for _, x in self.pixels) + 1

    @property
    def kind(self) -> Kind:
        """What a map calls it."""
        return Kind.COLUMN if self.size[0] > 8 else Kind.HOT if len(self.pixels) == 1 else Kind.CLUSTER


@dataclass(frozen=True, slots=True)
class PlacedHole:
    """A hole with the array row and column of its corner."""

    hole: Hole
    top: int
    left: int

    @property
    def samples(self) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
        """Rows, columns and channels of its bad samples: an index into (H, W, 3)."""
        places = [
            (self.top + y, self.left + x, channel)
            for y, x in self.hole.pixels
            for channel in self.hole.channels
        ]
        rows, columns, channels = np.array(places, np.intp).T
        return rows, columns, channels


def _block(name: str, height: int, width: int, channels: tuple[int, ...] = (0, 1, 2)) -> Hole:
    return Hole(name, tuple((y, x) for y in range(height) for x in range(width)), channels)


SPOTS = (
    _block("1 px", 1, 1),
    Hole("plus", ((0, 1), (1, 0), (1, 1), (1, 2), (2, 1))),
    _block("2x2", 2, 2),
    _block("3x3", 3, 3),
    _block("5x5", 5, 5),
    _block("R only 1 px", 1, 1, (0,)),
    _block("R only 3x3", 3, 3, (0,)),
)
LINES = (_block("column 1 px", 48, 1), _block("column 3 px", 48, 3))
HOLES = (*SPOTS, *LINES)
"""Every shape, in the order of the tables."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Holes of several shapes in turn on a grid.

    Attributes
    ----------
    holes : tuple of Hole
    spacing_px : (int, int)
        Down and across; larger than the holes by twice their jitter and more, so that none are joined.
    turn : int
        Moves the shapes on by so many places, so that another turn has another shape at each.
    """

    holes: tuple[Hole, ...]
    spacing_px: tuple[int, int] = (32, 32)
    turn: int = 0

    def place(
        self, size: tuple[int, int], *, seed: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[PlacedHole, ...]:
        """Place holes on a frame of some height and width, off its border.

        Parameters
        ----------
        allowed : (H, W) bool ndarray, optional
            Only places whose corner is True here are taken.
        """
        taken = [(y, x) for y, x in self._places(size, seed=seed) if allowed is None or bool(allowed[y, x])]
        return tuple(
            PlacedHole(self.holes[(number + self.turn) % len(self.holes)], y, x)
            for number, (y, x) in enumerate(taken)
        )

    def _places(self, size: tuple[int, int], *, seed: int) -> Iterator[tuple[int, int]]:
        rng = np.random.default_rng([seed, 109])
        tallest, widest = (max(hole.size[axis] for hole in self.holes) for axis in (0, 1))
        rows = range(_BORDER_PX, size[0] - _BORDER_PX - tallest, self.spacing_px[0])
        columns = range(_BORDER_PX, size[1] - _BORDER_PX - widest, self.spacing_px[1])
        for y in rows:
            for x in columns:
                down, across = rng.integers(-_JITTER_PX, _JITTER_PX + 1, 2)
                yield y + int(down), x + int(across)


def mask_of(placed: Sequence[PlacedHole], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return where samples are bad, (H, W, 3)."""
    is_bad = np.zeros((*size, 3), bool)
    for each in placed:
        is_bad[each.samples] = True
    return is_bad


def defects_of(placed: Sequence[PlacedHole], method: Method | None = None) -> tuple[Defect, ...]:
    """Return the defects that a map names for holes, in their order, each to be mended by `method`."""
    return tuple(
        replace(_defect(each), id=f"h{number:04d}", method=method)
        for number, each in enumerate(placed, start=1)
    )


def _defect(placed: PlacedHole) -> Defect:
    samples = tuple(
        Sample(x, y, _COLOUR[channel]) for y, x in placed.hole.pixels for channel in placed.hole.channels
    )
    return Defect(id="h", x=placed.left, y=placed.top, kind=placed.hole.kind, samples=samples)
