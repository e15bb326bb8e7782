# SPDX-License-Identifier: Apache-2.0
"""Recipes of frames, or a map alone -> entries of a control, and where they are: the index picture."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.bake._control import CHANNELS, Control, Curve, Entry, Mode, Segment, Table
from pixmend.bake._recipe import Done, FrameRecipe
from pixmend.model import Defect, Kind, Raster

__all__ = ["BakedPixel", "Book", "baked_pixels", "box_of", "index_picture"]

KIND_NUMBERS = {kind: number for number, kind in enumerate(Kind)}


@dataclass(slots=True)
class BakedPixel:
    """A pixel that defects spoil.

    Attributes
    ----------
    channels : int
        1 for R, 2 for G, 4 for B, added.
    kind, defect : int
        Of the first defect that spoils it.
    frames : (int, int)
        First and last in which any of them shows.
    """

    x: int
    y: int
    channels: int
    kind: int
    defect: int
    frames: tuple[int, int]


def baked_pixels(
    defects: Sequence[tuple[int, Defect]], colour: Sequence[str], frames: tuple[int, int]
) -> dict[tuple[int, int], BakedPixel]:
    """Return the pixels that defects spoil, by (y, x), sorted.

    Parameters
    ----------
    defects : sequence of (int, Defect)
        With their numbers.
    colour : sequence of str
        Channels that hold the picture; one stands for R, G and B.
    frames : (int, int)
        First and last of a defect that is there in every frame.
    """
    bits = {name: 1 << number if len(colour) > 1 else 7 for number, name in enumerate(colour)}
    found: dict[tuple[int, int], BakedPixel] = {}
    for number, defect in defects:
        span = (defect.frames.frames[0], defect.frames.frames[-1]) if defect.frames else frames
        for x, y, name in defect.pixels(colour):
            if name not in bits:
                continue
            pixel = found.setdefault((y, x), BakedPixel(x, y, 0, KIND_NUMBERS[defect.kind], number, span))
            pixel.channels |= bits[name]
            pixel.frames = min(pixel.frames[0], span[0]), max(pixel.frames[1], span[1])
    return dict(sorted(found.items()))


class Book:
    """Keeps what is done to the pixels of a shot, frame after frame.

    Parameters
    ----------
    pixels : mapping of (int, int) to BakedPixel
        By (y, x), sorted.
    """

    def __init__(self, pixels: dict[tuple[int, int], BakedPixel]) -> None:
        self.pixels = pixels
        self.counts: Counter[Done] = Counter()
        self._keys = np.array(list(pixels), np.int64).reshape(-1, 2) @ _KEY
        self._tables: list[Table] = []
        self._numbers: dict[int, int] = {}
        self._pages: list[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]] = []

    def add(self, recipe: FrameRecipe) -> None:
        """Write down a frame; frames come in order."""
        records = recipe.records.copy()
        predicts = records[..., 0] == Mode.PREDICT
        numbers = np.array([self._number(each) for each in recipe.tables], np.float32)
        if len(numbers):
            records[predicts, 2] = numbers[records[predicts, 2].astype(np.intp)]
        entry = np.searchsorted(self._keys, recipe.pixels.astype(np.int64) @ _KEY)
        self._pages.append((entry, np.full(len(entry), recipe.frame), records))
        self.counts.update(recipe.counts)

    def control(
        self, display: tuple[int, int], frames: tuple[int, int], curves: tuple[Curve, ...]
    ) -> Control:
        """Return all of it as a control."""
        entry, frame, records = (
            np.concatenate([page[column] for page in self._pages]) for column in range(3)
        )
        order = np.argsort(entry, kind="stable")
        edges = np.searchsorted(entry[order], np.arange(len(self.pixels) + 1))
        entries = tuple(
            Entry(
                pixel.x,
                pixel.y,
                pixel.channels,
                pixel.kind,
                pixel.defect,
                _segments(frame[order[first:stop]], records[order[first:stop]]),
            )
            for pixel, first, stop in zip(self.pixels.values(), edges[:-1], edges[1:], strict=True)
        )
        if not self._tables:
            return Control(display, frames, entries)
        return Control(display, frames, entries, tuple(self._tables), curves * (CHANNELS // len(curves)))

    def _number(self, table: Table) -> int:
        """Return the number of a table; objects, not contents, tell them apart: the cells are shared anyway."""
        number = self._numbers.setdefault(id(table), len(self._tables))
        if number == len(self._tables):
            self._tables.append(table)
        return number


_KEY = np.array([1 << 24, 1])


def _segments(frames: NDArray[np.intp], records: NDArray[np.float32]) -> tuple[Segment, ...]:
    """Return runs of frames without a gap, as one record where all of a run are the same."""
    ends = np.flatnonzero(np.diff(frames) != 1) + 1
    runs = zip(np.split(frames, ends), np.split(records, ends), strict=True)
    return tuple(
        Segment(int(run[0]), int(run[-1]), told[:1] if (told == told[0]).all() else told)
        for run, told in runs
        if len(run)
    )


def box_of(places: Iterable[tuple[int, int]]) -> Raster:
    """Return the smallest raster that holds places (y, x), one at least, and a border of a pixel.

    Compositors repeat what stands at the rim of a data window: so nothing does.
    """
    rows, columns = np.array(list(places)).T
    top, left = int(rows.min()) - 1, int(columns.min()) - 1
    return Raster(left, top, int(columns.max()) - left + 2, int(rows.max()) - top + 2)


def index_picture(pixels: Sequence[BakedPixel]) -> tuple[Raster, NDArray[np.float32]]:
    """Return the index picture: its raster, and (H, W, 4).

    The channels are the number of the entry from 1, channels that are spoiled, first and last frame; all 0
    elsewhere.
    """
    raster = box_of((each.y, each.x) for each in pixels)
    picture = np.zeros((raster.height, raster.width, 4), np.float32)
    for number, each in enumerate(pixels, 1):
        picture[each.y - raster.y, each.x - raster.x] = number, each.channels, *each.frames
    return raster, picture
