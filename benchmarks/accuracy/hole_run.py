# SPDX-License-Identifier: Apache-2.0
"""Every method on the same holes of one shot."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.fill_peers import FILL_PEERS, MOTION_PEERS, fill_by_channel, fill_from_neighbours
from benchmarks.accuracy.fill_scores import Errors, root_mean_square, texture_ratio
from benchmarks.accuracy.holes import Layout, PlacedHole, defects_of, mask_of
from benchmarks.accuracy.scene import Storage
from benchmarks.accuracy.shots import SEED, Plate, seen
from benchmarks.product import MendedShot
from pixmend.model import Method, Repair

__all__ = ["PRODUCT", "HoleRun", "broken_frames", "cost_of", "fill_holes", "mended_frames", "peers_fill"]

PRODUCT: Mapping[str, Method | None] = {
    "pixmend, spatial": Method.SPATIAL,
    "pixmend, temporal": Method.TEMPORAL,
    "pixmend": None,
}
"""Rows of the tables that are ours, and the method that the map asks for."""

Picture = NDArray[np.float32]
_FULL_LIGHT = {Storage.HALF: 30.0, Storage.LOG10: 1023}


@dataclass(slots=True)
class HoleRun:
    """What came out on one shot, by method and hole.

    Attributes
    ----------
    errors : dict of (str, str) to list of Errors
    textures : dict of (str, str) to list of float
    honesty : dict of str to list of (float, float, float)
        By method: of each hole its predicted and its actual error in sigma, and what the repair
        said was left; NaN where it could not say.
    """

    errors: dict[tuple[str, str], list[Errors]] = field(default_factory=dict)
    textures: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    honesty: dict[str, list[tuple[float, float, float]]] = field(default_factory=dict)

    def joined(self) -> dict[tuple[str, str], Errors]:
        """Return all errors of each method and hole together."""
        return {key: Errors.join(parts) for key, parts in self.errors.items()}


def fill_holes(
    plate: Plate, layouts: Sequence[Layout], *, allowed: NDArray[np.bool_] | None = None
) -> HoleRun:
    """Fill holes of the middle frame of a shot, which are there in its other frames too."""
    run = HoleRun()
    truth = seen(plate.clean[plate.middle], plate.storage)
    for layout in layouts:
        placed = layout.place(plate.size, seed=SEED, allowed=allowed)
        for name, filled in _fills(plate, placed, run).items():
            _score(run, name, filled, (plate, placed, truth))
    return run


def _fills(plate: Plate, placed: Sequence[PlacedHole], run: HoleRun) -> dict[str, Picture]:
    """Return the middle frame in ACEScct as each method leaves it."""
    is_bad = mask_of(placed, plate.size)
    broken = broken_frames(plate, is_bad)
    filled = {}
    for name, method in PRODUCT.items():
        shot = MendedShot(broken, defects_of(placed, method), sample=plate.sample, encoding=plate.encoding)
        mended = shot.mend(plate.middle)
        filled[name] = seen(mended.samples, plate.storage)
        _note_honesty(run, name, mended.repairs, (plate, placed, filled[name]))
    filled |= peers_fill(seen(broken[plate.middle], plate.storage), is_bad)
    before, after = (seen(plate.clean[plate.middle + step], plate.storage) for step in (-1, 1))
    return filled | {name: fill_from_neighbours(name, before, after) for name in MOTION_PEERS}


def _score(
    run: HoleRun, name: str, filled: Picture, known: tuple[Plate, Sequence[PlacedHole], Picture]
) -> None:
    plate, placed, truth = known
    for hole in dict.fromkeys(each.hole for each in placed):
        is_bad = mask_of([each for each in placed if each.hole is hole], plate.size)
        error = Errors(filled[is_bad] - truth[is_bad], plate.sigma[is_bad])
        run.errors.setdefault((name, hole.name), []).append(error)
        whole = np.where(is_bad, filled, truth)
        ratio = texture_ratio(whole, truth, sigma=plate.sigma, is_bad=is_bad)
        run.textures.setdefault((name, hole.name), []).append(ratio)


def _note_honesty(
    run: HoleRun,
    name: str,
    repairs: Sequence[Repair],
    known: tuple[Plate, Sequence[PlacedHole], Picture],
) -> None:
    plate, placed, filled = known
    truth = seen(plate.clean[plate.middle], plate.storage)
    by_id = {each.defect: each for each in repairs}
    for defect, hole in zip(defects_of(placed), placed, strict=True):
        if defect.id in by_id:
            where, repair = hole.samples, by_id[defect.id]
            actual = root_mean_square((filled[where] - truth[where]) / plate.sigma[where])
            left = float("nan") if repair.left_sigma is None else repair.left_sigma
            run.honesty.setdefault(name, []).append((repair.predicted_sigma, actual, left))


def broken_frames(plate: Plate, is_bad: NDArray[np.bool_]) -> dict[int, NDArray[Any]]:
    """Return all frames with full light in the holes: a method that looks into them is found out."""
    light = _FULL_LIGHT[plate.storage]
    return {number: np.where(is_bad, frame.dtype.type(light), frame) for number, frame in plate.clean.items()}


def peers_fill(picture: Picture, is_bad: NDArray[np.bool_]) -> dict[str, Picture]:
    """Return a picture in ACEScct as each peer fills it."""
    return {name: fill_by_channel(fill, picture, is_bad) for name, fill in FILL_PEERS.items()}


def mended_frames(
    plate: Plate, placed: Sequence[PlacedHole], method: Method | None, numbers: Sequence[int]
) -> list[Picture]:
    """Return frames in ACEScct as pixmend mends them."""
    broken = broken_frames(plate, mask_of(placed, plate.size))
    shot = MendedShot(broken, defects_of(placed, method), sample=plate.sample, encoding=plate.encoding)
    return [seen(shot.mend(number).samples, plate.storage) for number in numbers]


def cost_of(plate: Plate, layout: Layout) -> dict[str, float]:
    """Return the CPU seconds of each method per 1000 holes of a layout, without what is learned once.

    pixmend mends three frames after a first one, in which weights that it keeps are made.
    """
    placed = layout.place(plate.size, seed=SEED)
    is_bad = mask_of(placed, plate.size)
    broken = broken_frames(plate, is_bad)
    picture = seen(broken[plate.middle], plate.storage)
    costs = {}
    for name, method in PRODUCT.items():
        shot = MendedShot(broken, defects_of(placed, method), sample=plate.sample, encoding=plate.encoding)
        shot.mend(plate.middle)
        later = [plate.middle + step for step in (-1, 1, 2)]
        started = time.process_time()
        for number in later:
            shot.mend(number)
        costs[name] = (time.process_time() - started) / len(later) * 1000 / len(placed)
    for name, fill in FILL_PEERS.items():
        started = time.process_time()
        fill_by_channel(fill, picture, is_bad)
        costs[name] = (time.process_time() - started) * 1000 / len(placed)
    return costs
