# SPDX-License-Identifier: Apache-2.0
"""Recall of planted defects and false defects, against peers on the same frames."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.detection_peers import PEERS, score_peers
from benchmarks.accuracy.scoring import (
    AREA_PX,
    best_threshold,
    pooled_recall,
    recall,
)
from benchmarks.accuracy.shots import DETECTION_SHOTS, SEED, BenchShot, shot_of
from benchmarks.pictures import source_of_pictures
from benchmarks.product import detect_points
from benchmarks.report import Section, Table, format_number, run_alone
from pixmend.simulate import Found, PlantedDefect, SimulatedShot, score_points, truth_plane

__all__ = ["CLASSES", "Answer", "measure"]

CLASSES: dict[str, tuple[str, ...]] = {
    "2 sigma": ("2 sigma",),
    "3 sigma": ("3 sigma",),
    "5 sigma and more": ("5 sigma", "8 sigma", "15 sigma", "50 sigma", "stuck"),
    "8 sigma and more": ("8 sigma", "15 sigma", "50 sigma", "stuck"),
    "dead": ("dead",),
    "dim 0.4": ("dim 0.4",),
    "cluster": ("cluster",),
    "column": ("column",),
    "blinking 0.3": ("blinking 0.3",),
    "flash": ("flash",),
}
_PRODUCT = "pixmend"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one method answered on one shot."""

    shot: BenchShot
    method: str
    planted: tuple[PlantedDefect, ...]
    found: Found
    threshold: float | None
    area_px: int
    cpu_s: float

    @property
    def false_per_area(self) -> float:
        """False defects per 8.8 Mpx."""
        return self.found.false * AREA_PX / self.area_px


def measure(quick: bool) -> Section:  # noqa: FBT001 (the one switch of every benchmark)
    """Measure detection on moving shots, in rain, and on a locked-off night."""
    shots = DETECTION_SHOTS[3:6:2] if quick else DETECTION_SHOTS
    answers = [answer for bench in shots for answer in _answers(bench, quick=quick)]
    text = (
        f"Pictures: {source_of_pictures()}. Seed {SEED}. A planted defect counts as found by a detection "
        "within 3 px; a detection near none is false. pixmend runs at its own default; a peer gets the "
        "threshold that finds most at no false defect on that very shot, and `-` where it has none."
    )
    moving = [each for each in answers if each.shot.is_dry_and_moving]
    tables = [_pooled_table(moving), *(_shot_table(bench, answers) for bench in shots)]
    return Section("Accuracy: detection", text, tuple(tables))


def _answers(bench: BenchShot, *, quick: bool) -> list[Answer]:
    shot = shot_of(bench, quick=quick)
    frames = [shot.render(frame).astype(np.float16) for frame in shot.frames]
    truth = truth_plane(shot.planted, (shot.raster.height, shot.raster.width))
    started = time.process_time()
    found = score_points(detect_points(shot, frames), truth)
    answers = [_answer(bench, shot, _PRODUCT, found, cpu_s=time.process_time() - started)]
    return answers + _peer_answers(bench, shot, frames, truth)


def _peer_answers(
    bench: BenchShot,
    shot: SimulatedShot,
    frames: list[NDArray[np.float16]],
    truth: NDArray[np.int32],
) -> list[Answer]:
    answers = []
    for peer in score_peers(frames):
        threshold, found = best_threshold(peer.score, truth, peer.thresholds)
        answers.append(_answer(bench, shot, peer.name, found, threshold=threshold))
    return answers


def _answer(
    bench: BenchShot,
    shot: SimulatedShot,
    method: str,
    found: Found,
    *,
    threshold: float | None = None,
    cpu_s: float = float("nan"),
) -> Answer:
    area = shot.raster.width * shot.raster.height
    return Answer(bench, method, shot.planted, found, threshold, area, cpu_s)


def _pooled_table(answers: list[Answer]) -> Table:
    rows = []
    for method in (_PRODUCT, *PEERS):
        own = [each for each in answers if each.method == method]
        false = np.mean([each.false_per_area for each in own])
        recalls = (
            format_number(pooled_recall([(each.found, each.planted) for each in own], labels))
            for labels in CLASSES.values()
        )
        rows.append((method, format_number(float(false), 1), *recalls))
    caption = f"Recall over the {len({each.shot.name for each in answers})} dry moving shots together"
    return Table(caption, ("method", "false per 8.8 Mpx", *CLASSES), tuple(rows))


def _shot_table(bench: BenchShot, answers: list[Answer]) -> Table:
    own = [each for each in answers if each.shot is bench]
    rows = tuple(_shot_row(each) for each in own)
    caption = (
        f"{bench.name}: {bench.still or 'procedural street'}, {bench.motion}, exposure {bench.exposure:g}"
    )
    return Table(caption, ("method", "false per 8.8 Mpx", *CLASSES, "threshold", "CPU s"), rows)


def _shot_row(answer: Answer) -> tuple[str, ...]:
    numbers = [
        answer.false_per_area,
        *(recall(answer.found, answer.planted, each) for each in CLASSES.values()),
    ]
    has_answer = answer.method == _PRODUCT or answer.threshold is not None
    cells = [format_number(number) if has_answer else "-" for number in numbers]
    return (answer.method, *cells, format_number(answer.threshold, 1), format_number(answer.cpu_s, 0))


if __name__ == "__main__":
    run_alone(measure)
