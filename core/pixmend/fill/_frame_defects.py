# SPDX-License-Identifier: Apache-2.0
"""The defects of one frame as filling sees them: together as holes, and each by itself as a site."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._holes import Holes, doubtful_samples, find_holes, rows_of_windows, spoiled_samples
from pixmend.model import Defect, PlateInfo

__all__ = ["FrameDefects", "defects_of_frame"]


@dataclass(frozen=True, slots=True, eq=False)
class FrameDefects:
    """What is known of the defects of a frame before it is seen; the same for all frames with the same defects.

    Attributes
    ----------
    defects : tuple of Defect
    holes : Holes
        Of all of them together.
    members : tuple of (N,) int ndarray
        One a defect: which of `holes.spoiled` are its samples.
    inside : tuple of (3, N) int ndarray, or None
        One a defect: channel, row and column of its samples in the window centred on it; None where they
        do not all lie in it.
    origins : (D, 2) int ndarray
        Array row and column of the first sample of the window centred on each; may lie
        outside of the raster.
    is_untouched : (D, C, side, side) bool ndarray
        Samples of that window that are inside the raster and that no other defect spoils or
        makes doubtful; the defect's own are among them.
    rows : tuple of (int, int)
        The array rows that all windows need, disjoint, ascending.
    """

    defects: tuple[Defect, ...]
    holes: Holes
    members: tuple[NDArray[np.intp], ...]
    inside: tuple[NDArray[np.intp] | None, ...]
    origins: NDArray[np.intp]
    is_untouched: NDArray[np.bool_]
    rows: tuple[tuple[int, int], ...]


def defects_of_frame(defects: Sequence[Defect], plate: PlateInfo, *, radius_px: int) -> FrameDefects:
    """Look at the defects of a frame; `radius_px` is that of the windows."""
    shape = (len(plate.colour), plate.raster.height, plate.raster.width)
    spoiled = spoiled_samples(defects, plate)
    holes = find_holes(spoiled, shape, radius_px=radius_px, doubtful=doubtful_samples(defects, plate))
    own = [spoiled_samples([each], plate) for each in defects]
    touched = [
        np.concatenate([mine, doubtful_samples([each], plate)])
        for mine, each in zip(own, defects, strict=True)
    ]
    corner = np.array([plate.raster.y, plate.raster.x])
    centres = np.array([(each.y, each.x) for each in defects], np.intp).reshape(-1, 2) - corner
    origins = centres - radius_px
    side = 2 * radius_px + 1
    rows = {*holes.origins[:, 0].tolist(), *origins[:, 0].tolist()}
    return FrameDefects(
        tuple(defects),
        holes,
        tuple(_find(mine, spoiled, shape) for mine in own),
        tuple(_inside(mine, origin, side) for mine, origin in zip(own, origins, strict=True)),
        origins,
        _untouched(origins, touched, shape, side),
        rows_of_windows(rows, side=side, height=shape[1]),
    )


def _find(
    samples: NDArray[np.intp], among: NDArray[np.intp], shape: tuple[int, int, int]
) -> NDArray[np.intp]:
    """Return which rows of `among`, which is sorted, `samples` are."""
    numbers: NDArray[np.intp] = np.ravel_multi_index(tuple(among.T), shape)
    return np.asarray(np.searchsorted(numbers, np.ravel_multi_index(tuple(samples.T), shape)))


def _inside(samples: NDArray[np.intp], origin: NDArray[np.intp], side: int) -> NDArray[np.intp] | None:
    places = (samples - np.array([0, *origin])).T
    return places if ((places[1:] >= 0) & (places[1:] < side)).all() else None


def _untouched(
    origins: NDArray[np.intp], touched: list[NDArray[np.intp]], shape: tuple[int, int, int], side: int
) -> NDArray[np.bool_]:
    """Return where windows see the frame as no other defect than their own has changed it."""
    channels, height, width = shape
    steps = np.arange(side)
    inside = [
        (origins[:, axis, None] + steps >= 0) & (origins[:, axis, None] + steps < length)
        for axis, length in enumerate((height, width))
    ]
    free = np.repeat((inside[0][:, :, None] & inside[1][:, None, :])[:, None], channels, axis=1)
    owner = np.repeat(np.arange(len(touched)), [len(each) for each in touched])
    samples = np.concatenate([*touched, np.zeros((0, 3), np.intp)])
    order = np.argsort(samples[:, 1], kind="stable")
    samples, owner = samples[order], owner[order]
    firsts, stops = (np.searchsorted(samples[:, 1], origins[:, 0] + reach) for reach in (0, side))
    for number, (first, stop) in enumerate(zip(firsts.tolist(), stops.tolist(), strict=True)):
        near = samples[first:stop][owner[first:stop] != number] - np.array([0, *origins[number]])
        near = near[(near[:, 2] >= 0) & (near[:, 2] < side)]
        free[number][tuple(near.T)] = False
    return free
