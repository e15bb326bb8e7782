# SPDX-License-Identifier: Apache-2.0
"""What a method answered on a scene, and what of it is true."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.scenes import Scene, shot_of
from benchmarks.accuracy.scoring import AREA_PX
from benchmarks.product import detect_defects
from pixmend.model import Defect
from pixmend.simulate import Found, PlantedDefect, SimulatedShot, score_points, truth_plane

__all__ = ["Answer", "Rendered", "answer_of", "render", "score_defects"]

_WORKERS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """A scene's shot and its frames as stored, (H, W, 3), in their order."""

    scene: Scene
    shot: SimulatedShot
    frames: list[NDArray[np.float16]]

    @property
    def truth(self) -> NDArray[np.int32]:
        """Which planted defect a detection at each pixel would find."""
        return truth_plane(self.shot.planted, (self.shot.raster.height, self.shot.raster.width))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one method answered on one scene.

    Attributes
    ----------
    by_number : tuple of (int, Defect)
        Each detection with the number of the planted defect that it is near, -1 for none; empty for peers.
    cpu_s : float
        Of the detection alone; NaN where it was not measured.
    """

    scene: Scene
    method: str
    planted: tuple[PlantedDefect, ...]
    found: Found
    area_px: int
    by_number: tuple[tuple[int, Defect], ...] = ()
    threshold: float | None = None
    cpu_s: float = field(default=float("nan"))

    @property
    def false_per_area(self) -> float:
        """False defects per 8.8 Mpx."""
        return self.found.false * AREA_PX / self.area_px

    @property
    def false(self) -> tuple[Defect, ...]:
        """The detections that are near no planted defect."""
        return tuple(defect for number, defect in self.by_number if number < 0)

    def that_found(self, number: int) -> Defect | None:
        """Return the first detection that found a planted defect; None if none did."""
        return next((defect for each, defect in self.by_number if each == number), None)


def render(
    scene: Scene, *, quick: bool = False, planted: tuple[PlantedDefect, ...] | None = None
) -> Rendered:
    """Render a scene to half floats, two frames at a time."""
    shot = shot_of(scene, quick=quick, planted=planted)
    with ThreadPoolExecutor(_WORKERS) as pool:
        frames = list(pool.map(lambda frame: shot.render(frame).astype(np.float16), shot.frames))
    return Rendered(scene, shot, frames)


def answer_of(rendered: Rendered) -> Answer:
    """Return what pixmend, by its defaults, finds in a rendered scene."""
    started = time.process_time()
    defects = detect_defects(rendered.shot, rendered.frames)
    return score_defects(rendered, defects, cpu_s=time.process_time() - started)


def score_defects(rendered: Rendered, defects: tuple[Defect, ...], *, cpu_s: float = float("nan")) -> Answer:
    """Score a list of detections against a rendered scene's truth."""
    truth, raster = rendered.truth, rendered.shot.raster
    return Answer(
        scene=rendered.scene,
        method="pixmend",
        planted=rendered.shot.planted,
        found=score_points([(each.x, each.y) for each in defects], truth),
        area_px=raster.width * raster.height,
        by_number=tuple((int(truth[each.y, each.x]), each) for each in defects),
        cpu_s=cpu_s,
    )
