# SPDX-License-Identifier: Apache-2.0
"""A map alone -> a control that works in any plate at once, though less well than one that knows the shot."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pixmend.bake._control import CHANNELS, Control, Curve, Entry, Mode, Segment, Table
from pixmend.bake._entries import BakedPixel
from pixmend.bake._recipe import tables_of_window
from pixmend.bake._units import curves_through
from pixmend.fill import Kriging, doubtful_samples, find_holes, spoiled_samples
from pixmend.model import Defect, FrameRange, PlateInfo

__all__ = ["generic_control"]

_RADIUS_PX = 4
_TEXTURE = 9.0  # variance of a picture's fine detail, in that of its noise
_FAR_PX = 6.0  # within which it is much alike
_TOGETHER = 0.9  # correlation of the detail of two channels
_LEVEL = 1e3  # variance of the local level: not known, so it follows the neighbours

# Variance of the noise of a usual camera's linear light: read noise, and shot noise at 0.18 of 2 %.
_READ, _SHOT = 2e-6, 7e-5
_BRIGHTEST = 70_000.0  # above the largest half float
_NODES = 512


def generic_control(
    defects: Sequence[Defect],
    pixels: Sequence[BakedPixel],
    plate: PlateInfo,
    frames: FrameRange | None,
    *,
    span: tuple[int, int],
) -> Control:
    """Return a control of predictions without grain, the same in every frame.

    Parameters
    ----------
    defects : sequence of Defect
    pixels : sequence of BakedPixel
        Of these defects, in the order of their entries.
    plate : PlateInfo
        What the map says of it: raster, display and colour channels.
    frames : FrameRange or None
        Limits the frames; None does not.
    span : (int, int)
        First and last frame of what is there in every frame.

    Notes
    -----
    Kriging with one covariance for all pictures: exponential, alike in all channels, with an unknown
    level. What any of the defects spoils in any frame teaches nothing. A sample that has no sound
    neighbour of its own channel stays.
    """
    records, tables = _records(defects, plate)
    spans = _spans(defects, plate, frames, span)
    nothing = np.zeros((CHANNELS, 3), np.float32)
    entries = tuple(
        Entry(
            each.x,
            each.y,
            each.channels,
            each.kind,
            each.defect,
            tuple(
                Segment(first, last, records.get((each.y, each.x), nothing)[None])
                for first, last in spans[each.y, each.x]
            ),
        )
        for each in pixels
    )
    return Control(plate.display, span, entries, tuple(tables), (_curve(),) * CHANNELS)


def _records(
    defects: Sequence[Defect], plate: PlateInfo
) -> tuple[dict[tuple[int, int], NDArray[np.float32]], list[Table]]:
    """Return what is done to each pixel (y, x), as (3, 3) mode, a and b, and the tables."""
    channels, raster = len(plate.colour), plate.raster
    kriging = _kriging(channels)
    holes = find_holes(
        spoiled_samples(defects, plate),
        (channels, raster.height, raster.width),
        radius_px=_RADIUS_PX,
        doubtful=doubtful_samples(defects, plate),
    )
    records: dict[tuple[int, int], NDArray[np.float32]] = {}
    tables: list[Table] = []
    for origin, is_target, is_known in zip(holes.origins, holes.is_target, holes.is_sound, strict=True):
        if not is_known.any():
            continue
        made = tables_of_window(is_target, is_known, kriging.weights(0, is_target, is_known))
        for (channel, row, column), table in zip(np.argwhere(is_target).tolist(), made, strict=True):
            if not table.knows_itself:
                continue
            place = int(origin[0]) + row + raster.y, int(origin[1]) + column + raster.x
            record = records.setdefault(place, np.zeros((CHANNELS, 3), np.float32))
            record[channel if channels > 1 else slice(None)] = Mode.PREDICT, 0.0, len(tables)
            tables.append(table)
    return records, tables


def _spans(
    defects: Sequence[Defect], plate: PlateInfo, frames: FrameRange | None, span: tuple[int, int]
) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """Return the runs of frames, first and last, in which each pixel (y, x) is spoiled."""
    always: set[tuple[int, int]] = set()
    shown: dict[tuple[int, int], set[int]] = {}
    for defect in defects:
        places = {(y, x) for x, y, name in defect.pixels(plate.colour) if name in plate.colour}
        if defect.frames is None:
            always |= places
        for place in places:
            shown.setdefault(place, set()).update(defect.frames or ())
    every = [span] if frames is None else _runs(frames)
    return {
        place: every
        if place in always
        else _runs(FrameRange(found) if frames is None else FrameRange(found & set(frames)))
        for place, found in shown.items()
    }


def _runs(frames: FrameRange) -> list[tuple[int, int]]:
    numbers = np.array(frames.frames, np.intp)
    runs = np.split(numbers, np.flatnonzero(np.diff(numbers) != 1) + 1)
    return [(int(run[0]), int(run[-1])) for run in runs if len(run)]


def _kriging(channels: int) -> Kriging:
    side = 2 * _RADIUS_PX + 1
    y, x = (each.reshape(-1) for each in np.mgrid[:side, :side])
    away = np.hypot(y[:, None] - y, x[:, None] - x)
    together = np.full((channels, channels), _TOGETHER) + (1 - _TOGETHER) * np.eye(channels)
    covariance = np.kron(together, _TEXTURE * np.exp(-away / _FAR_PX)) + np.eye(channels * side**2)
    covariance += _LEVEL * np.kron(np.eye(channels), np.ones((side**2, side**2)))
    return Kriging([covariance], [], np.zeros((0, channels, side, side), np.float32))


def _curve() -> Curve:
    """Return light in units of the noise: the integral of 1 / sigma, odd about black."""
    lit = np.concatenate([[0.0], np.geomspace(1e-5, _BRIGHTEST, _NODES)])
    value = 2 / _SHOT * (np.sqrt(_READ + _SHOT * lit) - np.sqrt(_READ))
    x, y = (np.concatenate([-half[:0:-1], half]).astype(np.float32) for half in (lit, value))
    return curves_through(x, y[None])[0]
