# SPDX-License-Identifier: Apache-2.0
"""What a method answered on a scene, and what of it is true."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.scene import Scene, Storage, shot_of, stored_frame
from benchmarks.accuracy.scoring import AREA_PX
from benchmarks.product import detect_frames
from pixmend.model import Defect, DefectMap, SampleType
from pixmend.simulate import (
    Found,
    PlantedDefect,
    SimulatedShot,
    score_points,
    truth_plane,
)

__all__ = ["PRODUCT", "WITH_PRIOR", "Answer", "Rendered", "answer_of", "detected", "render", "score_map_of"]

PRODUCT = "pixmend"
WITH_PRIOR = "pixmend, with --prior"
"""The name of pixmend's answer where it was given the map of another shot of the camera."""

_WORKERS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """A scene's shot and its frames as stored, (H, W, 3), by their numbers."""

    scene: Scene
    shot: SimulatedShot
    frames: dict[int, NDArray[Any]]

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
    frames: int
    by_number: tuple[tuple[int, Defect], ...] = ()
    threshold: float | None = None
    cpu_s: float = float("nan")

    @property
    def gave_up(self) -> bool:
        """True for a peer that has no threshold without false defects here."""
        return self.method not in {PRODUCT, WITH_PRIOR} and self.threshold is None

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
    """Render a scene to its stored form, two frames at a time."""
    shot = shot_of(scene, quick=quick, planted=planted)
    with ThreadPoolExecutor(_WORKERS) as pool:
        stored = pool.map(lambda frame: stored_frame(shot.render(frame), scene.storage), shot.frames)
        return Rendered(scene, shot, dict(zip(shot.frames, stored, strict=True)))


def detected(rendered: Rendered, *, prior: DefectMap | None = None) -> tuple[DefectMap, float]:
    """Return what pixmend, by its defaults, finds in a rendered scene, and the seconds of CPU it took."""
    is_half = rendered.scene.storage is Storage.HALF
    started = time.process_time()
    found = detect_frames(
        rendered.frames,
        sample=SampleType.HALF if is_half else SampleType.UINT10,
        encoding="linear" if is_half else "acescct",
        prior=prior,
    )
    return found, time.process_time() - started


def answer_of(rendered: Rendered) -> Answer:
    """Return pixmend's answer on a rendered scene."""
    found, cpu_s = detected(rendered)
    return score_map_of(rendered, found, cpu_s=cpu_s)


def score_map_of(rendered: Rendered, found: DefectMap, *, cpu_s: float = float("nan")) -> Answer:
    """Score a defect map against a rendered scene's truth."""
    truth = rendered.truth
    return Answer(
        scene=rendered.scene,
        method=PRODUCT,
        planted=rendered.shot.planted,
        found=score_points([(each.x, each.y) for each in found.defects], truth),
        area_px=truth.size,
        frames=len(rendered.frames),
        by_number=tuple((int(truth[each.y, each.x]), each) for each in found.defects),
        cpu_s=cpu_s,
    )
