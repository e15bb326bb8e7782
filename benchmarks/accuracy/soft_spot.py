# SPDX-License-Identifier: Apache-2.0
"""Whether the grain of a fill lives: its changes over time against those of sound samples."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.fill_peers import FILL_PEERS
from benchmarks.accuracy.fill_scores import flicker_ratio
from benchmarks.accuracy.hole_run import PRODUCT, broken_frames, mended_frames, peers_fill
from benchmarks.accuracy.holes import SPOTS, Layout, PlacedHole, mask_of
from benchmarks.accuracy.scene import Scene
from benchmarks.accuracy.scoring import variance_ratio
from benchmarks.accuracy.shots import FILL_SHOTS, SEED, Plate, fill_shot, plate_of_shot, scene_called, seen
from benchmarks.report import Table, format_number
from pixmend.simulate import Motion

__all__ = ["flickers", "soft_spots"]

_FRAMES = 10
_HOLES = tuple(hole for hole in SPOTS if hole.name in {"1 px", "3x3", "5x5", "R only 3x3"})
_NAMES = tuple(hole.name for hole in _HOLES)
_LOCKED = (*FILL_SHOTS[:2], FILL_SHOTS[3])

Ratio = Callable[[NDArray[np.floating], NDArray[np.floating]], float]


def soft_spots() -> tuple[Table, ...]:
    """Return how the fill's temporal variance compares with that of sound samples on locked shots."""
    found = {each.name: _ratios(each, Motion.LOCKED, variance_ratio) for each in _LOCKED}
    caption = "Soft spot: temporal variance of the fill over that of sound samples, locked camera, 10 frames"
    means = {
        key: float(np.mean([each[key] for each in found.values()])) for key in next(iter(found.values()))
    }
    ours = tuple(
        (f"{name}: {method}", *(format_number(each[method, hole]) for hole in _NAMES))
        for name, each in found.items()
        for method in PRODUCT
    )
    return (_table(caption, means), Table(f"{caption}, shot by shot", ("shot and method", *_NAMES), ours))


def flickers() -> Table:
    """Return how the fill flickers against sound samples on a slow pan."""
    caption = (
        "Flicker: second difference over time of the fill against that of sound samples, slow pan, 10 frames"
    )
    return _table(caption, _ratios(scene_called("slow pan, night"), Motion.SLOWPAN, flicker_ratio))


def _table(caption: str, ratios: dict[tuple[str, str], float]) -> Table:
    rows = tuple(
        (method, *(format_number(ratios[method, hole]) for hole in _NAMES))
        for method in (*PRODUCT, *FILL_PEERS)
    )
    return Table(caption, ("method", *_NAMES), rows)


def _ratios(scene: Scene, motion: Motion, ratio: Ratio) -> dict[tuple[str, str], float]:
    plate = plate_of_shot(fill_shot(scene, frames=_FRAMES, motion=motion), scene.storage)
    placed = Layout(_HOLES).place(plate.size, seed=SEED)
    clean = [seen(frame, plate.storage) for frame in plate.clean.values()]
    found = {}
    for name, frames in _versions(plate, placed).items():
        for hole in _HOLES:
            is_bad = mask_of([each for each in placed if each.hole is hole], plate.size)
            filled, sound = (np.stack([each[is_bad] for each in some]) for some in (frames, clean))
            found[name, hole.name] = ratio(filled, sound)
    return found


def _versions(plate: Plate, placed: Sequence[PlacedHole]) -> dict[str, list[NDArray[np.float32]]]:
    """Return all frames in ACEScct as each method leaves them."""
    numbers = tuple(plate.clean)
    versions = {name: mended_frames(plate, placed, method, numbers) for name, method in PRODUCT.items()}
    is_bad = mask_of(placed, plate.size)
    for frame in broken_frames(plate, is_bad).values():
        for name, filled in peers_fill(seen(frame, plate.storage), is_bad).items():
            versions.setdefault(name, []).append(filled)
    return versions
