# SPDX-License-Identifier: Apache-2.0
"""Defects as rings with their ids, to lay over a plate."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from pixmend.bake._lettering import HEIGHT, lettering
from pixmend.model import Defect, Kind, Raster

__all__ = ["KIND_COLOURS", "MARK_SIZES", "Marks", "draw_marks"]

KIND_COLOURS: dict[Kind, tuple[float, float, float]] = {
    Kind.HOT: (1.0, 0.12, 0.05),
    Kind.STUCK: (1.0, 0.15, 0.75),
    Kind.DEAD: (0.1, 0.45, 1.0),
    Kind.BLINKING: (1.0, 0.8, 0.05),
    Kind.FLASH: (1.0, 1.0, 1.0),
    Kind.COLUMN: (0.1, 0.9, 0.15),
    Kind.ROW: (0.05, 0.85, 0.75),
    Kind.CLUSTER: (0.5, 0.25, 1.0),
}
"""Linear light; each mark has a dark rim, too, so that it is seen on white."""

MARK_SIZES = {"small": 1, "medium": 2, "large": 4}
"""By name: width of a line in pixels, and so many pixels is a pixel of a letter."""

_GAP_PX = 4  # times the size: between a defect and its ring
_RIM = 0.7  # opacity
_LONGEST = 24  # letters of an id


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """A picture of marks.

    Attributes
    ----------
    raster : Raster
        In pixel space.
    rgba : (H, W, 4) float16 ndarray
        Linear light, premultiplied.
    frames : (H, W, 2) float32 ndarray
        First and last frame of the mark that is seen; 0 where there is none.
    """

    raster: Raster
    rgba: NDArray[np.float16]
    frames: NDArray[np.float32]


def draw_marks(
    defects: Sequence[Defect],
    colour: Sequence[str],
    display: tuple[int, int],
    *,
    size: int,
    span: tuple[int, int],
) -> Marks:
    """Draw a ring round each defect, and its id beside it.

    Parameters
    ----------
    defects : sequence of Defect
        One at least; later ones lie over earlier ones.
    colour : sequence of str
        The plate's colour channels.
    display : (int, int)
        Width and height; marks are drawn inside, but for rings about what lies in the overscan.
    size : int
        Of `MARK_SIZES`.
    span : (int, int)
        First and last frame of a defect that is there in every frame.
    """
    boxes = [_box_of(each, colour) for each in defects]
    letters = [lettering(each.id[:_LONGEST], size) for each in defects]
    places = [_text_place(box, text.shape, display, size) for box, text in zip(boxes, letters, strict=True)]
    raster = _raster_of(boxes, letters, places, size)
    marks = Marks(
        raster,
        np.zeros((raster.height, raster.width, 4), np.float16),
        np.zeros((raster.height, raster.width, 2), np.float32),
    )
    for defect, text, place in zip(defects, letters, places, strict=True):
        _lay(marks, _rimmed(text, size), (place[0] - size, place[1] - size), defect=defect, span=span)
    for defect, box in zip(defects, boxes, strict=True):  # over all letters: where defects are comes first
        corner = box.y - _reach(size), box.x - _reach(size)
        _lay(marks, _ring(box, size), corner, defect=defect, span=span)
    return marks


def _box_of(defect: Defect, colour: Sequence[str]) -> Raster:
    columns, rows = np.array([(x, y) for x, y, _ in defect.pixels(colour)]).T
    left, top = int(columns.min()), int(rows.min())
    return Raster(left, top, int(columns.max()) - left + 1, int(rows.max()) - top + 1)


def _reach(size: int) -> int:
    """Return how far a ring with its rim goes beyond the box."""
    return (_GAP_PX + 2) * size + 1


def _ring(box: Raster, size: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return how much of each pixel is line, and how much is rim, round a box: a rounded rectangle."""
    reach = _reach(size)
    down, right = (
        np.maximum(np.maximum(-steps, steps - (length - 1)), 0).astype(np.float32)
        for length in (box.height, box.width)
        for steps in [np.arange(-reach, length + reach)]
    )
    away = np.hypot(down[:, None], right) - np.float32((_GAP_PX + 0.5) * size + 0.5)
    line = np.clip(size / 2 + 0.5 - np.abs(away), 0, 1).astype(np.float32)
    rim = np.clip(size * 1.5 + 0.5 - np.abs(away), 0, 1).astype(np.float32)
    return line, rim


def _rimmed(text: NDArray[np.bool_], size: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return how much of each pixel is letter, and how much is rim."""
    line = np.pad(text, size).astype(np.float32)
    return line, maximum_filter(line, 2 * size + 1)


def _text_place(box: Raster, shape: tuple[int, ...], display: tuple[int, int], size: int) -> tuple[int, int]:
    """Return row and column of the text's corner: right of the ring and above its middle, or where it is inside."""
    off = _reach(size) + size
    right, left = box.x + box.width - 1 + off, box.x - off - shape[1] + 1
    column = right if right + shape[1] + size <= display[0] or left - size < 0 else left
    row = box.y + box.height // 2 - HEIGHT * size // 2
    return min(max(row, size), max(display[1] - shape[0] - size, size)), column


def _raster_of(
    boxes: Sequence[Raster],
    letters: Sequence[NDArray[np.bool_]],
    places: Sequence[tuple[int, int]],
    size: int,
) -> Raster:
    reach = _reach(size)
    corners = [
        (box.y - reach, box.x - reach, box.y + box.height + reach, box.x + box.width + reach) for box in boxes
    ] + [
        (row - size, column - size, row + text.shape[0] + size, column + text.shape[1] + size)
        for text, (row, column) in zip(letters, places, strict=True)
    ]
    top, left = np.array(corners)[:, :2].min(axis=0).tolist()
    bottom, right = np.array(corners)[:, 2:].max(axis=0).tolist()
    # With a border of a pixel: compositors repeat what stands at the rim of a data window.
    return Raster(left - 1, top - 1, right - left + 2, bottom - top + 2)


def _lay(
    marks: Marks,
    drawn: tuple[NDArray[np.float32], NDArray[np.float32]],
    corner: tuple[int, int],
    *,
    defect: Defect,
    span: tuple[int, int],
) -> None:
    """Lay a mark over what is there: its line over its rim."""
    line, rim = drawn
    tint = np.array(KIND_COLOURS[defect.kind], np.float32)
    frames = span if defect.frames is None else (defect.frames.frames[0], defect.frames.frames[-1])
    row, column = corner[0] - marks.raster.y, corner[1] - marks.raster.x
    window = np.s_[row : row + line.shape[0], column : column + line.shape[1]]
    under = np.maximum(rim * np.float32(_RIM) * (1 - line), 0)
    mark = np.concatenate([line[..., None] * tint, (line + under)[..., None]], axis=-1)
    marks.rgba[window] = mark + (1 - mark[..., 3:]) * marks.rgba[window].astype(np.float32)
    marks.frames[window][mark[..., 3] > 0] = frames
