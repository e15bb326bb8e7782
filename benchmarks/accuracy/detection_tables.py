# SPDX-License-Identifier: Apache-2.0
"""Answers to the tables of RESULTS.md."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from benchmarks.accuracy.answers import PRODUCT, WITH_PRIOR, Answer
from benchmarks.accuracy.detection_peers import PEERS
from benchmarks.accuracy.recipes import CLASSES
from benchmarks.accuracy.scoring import (
    AREA_PX,
    hits_and_asked,
    poisson_interval,
    range_overlap,
    wilson_interval,
)
from benchmarks.report import Table, format_number
from pixmend.model import FrameRange, Kind
from pixmend.simulate import Found, PlantedDefect

__all__ = ["frames_table", "kinds_table", "own_table", "pooled_table", "scenes_table"]

_SCENE_CLASSES = (
    "1 sigma",
    "2 sigma",
    "3 sigma",
    "5 sigma and more",
    "8 sigma and more",
    "dead",
    "dim 0.4",
    "cluster",
    "part of a line",
    "whole line",
    "blinking 0.3",
    "flash",
)
_IN_SOME_FRAMES = (
    "from a frame on, 5 sigma",
    "from a frame on, 15 sigma",
    "blinking 0.3",
    "blinking 0.12",
    "flash",
)


def pooled_table(caption: str, answers: Sequence[Answer]) -> Table:
    """Return recall by class with its 95 % interval, peers beside it; false defects in the first row."""
    own = {name: [each for each in answers if each.method == name] for name in (PRODUCT, *PEERS)}
    rows = [
        ("false per 8.8 Mpx", "", _false(own[PRODUCT]), *(_false(own[name], bare=True) for name in PEERS))
    ]
    for title, labels in CLASSES.items():
        asked = hits_and_asked(_pairs(own[PRODUCT]), labels)[1]
        peers = (_recall(own[name], labels, bare=True) for name in PEERS)
        rows.append((title, str(asked), _recall(own[PRODUCT], labels), *peers))
    return Table(caption, ("what", "planted", PRODUCT, *PEERS), tuple(rows))


def own_table(caption: str, answers: Sequence[Answer]) -> Table:
    """Return recall by class with its 95 % interval, of pixmend alone; false defects in the first row."""
    own = _of_product(answers)
    rows = [("false per 8.8 Mpx", "", _false(own))]
    for title, labels in CLASSES.items():
        rows.append((title, str(hits_and_asked(_pairs(own), labels)[1]), _recall(own, labels)))
    return Table(caption, ("what", "planted", PRODUCT), tuple(rows))


def scenes_table(caption: str, answers: Sequence[Answer]) -> Table:
    """Return a row a scene, of pixmend alone, and one of all together with 95 % intervals."""
    rows = [
        (_told(each), *_cells([each], bare=True), format_number(each.cpu_s, 1))
        for each in answers
        if each.method in {PRODUCT, WITH_PRIOR}
    ]
    rows.append(("together", *_cells(_of_product(answers)), ""))
    return Table(caption, ("scene", "false per 8.8 Mpx", *_SCENE_CLASSES, "CPU s"), tuple(rows))


def frames_table(answers: Sequence[Answer]) -> Table:
    """Return how well the frames of what lies in some frames only are told."""
    rows = []
    for title in _IN_SOME_FRAMES:
        overlaps = [overlap for each in _of_product(answers) for overlap in _overlaps(each, CLASSES[title])]
        right = float(np.mean([overlap >= 0.8 for overlap in overlaps])) if overlaps else None
        mean = float(np.mean(overlaps)) if overlaps else None
        rows.append((title, str(len(overlaps)), format_number(mean), format_number(right)))
    caption = "Frames of what was found, over all test scenes: those in both ranges over those in either"
    return Table(caption, ("what", "found", "mean overlap", "share with 0.8 and more"), tuple(rows))


def kinds_table(answers: Sequence[Answer]) -> Table:
    """Return which kinds the planted kinds were called."""
    called: Counter[tuple[Kind, str]] = Counter()
    for answer in _of_product(answers):
        for number, planted in enumerate(answer.planted):
            found = answer.that_found(number)
            called[planted.kind, "missed" if found is None else found.kind.value] += 1
    names = (*(kind.value for kind in Kind), "missed")
    rows = tuple((kind.value, *(str(called[kind, name]) for name in names)) for kind in Kind)
    return Table("Planted kind, and what it was called, over all test scenes", ("planted", *names), rows)


def _of_product(answers: Sequence[Answer]) -> list[Answer]:
    return [each for each in answers if each.method == PRODUCT]


def _told(answer: Answer) -> str:
    return answer.scene.name + answer.method.removeprefix(PRODUCT)


def _overlaps(answer: Answer, labels: Sequence[str]) -> list[float]:
    shot = FrameRange(range(1001, 1001 + answer.frames))
    return [
        range_overlap(found.frames, planted.frames, shot)
        for number, planted in enumerate(answer.planted)
        if planted.label in labels and (found := answer.that_found(number)) is not None
    ]


def _cells(answers: Sequence[Answer], *, bare: bool = False) -> list[str]:
    recalls = (_recall(answers, CLASSES[title], bare=bare) for title in _SCENE_CLASSES)
    return [_false(answers, bare=bare), *recalls]


def _recall(answers: Sequence[Answer], labels: Sequence[str], *, bare: bool = False) -> str:
    hits, asked = hits_and_asked(_pairs(answers), labels)
    if not asked or all(each.gave_up for each in answers):
        return "-"
    low, high = wilson_interval(hits, asked)
    return f"{hits / asked:.2f}" if bare else f"{hits / asked:.2f} ({low:.2f} to {high:.2f})"


def _false(answers: Sequence[Answer], *, bare: bool = False) -> str:
    if not answers or all(each.gave_up for each in answers):
        return "-"
    count, share = (
        sum(each.found.false for each in answers),
        AREA_PX / sum(each.area_px for each in answers),
    )
    low, high = (share * limit for limit in poisson_interval(count))
    return f"{count * share:.1f}" if bare else f"{count * share:.1f} ({low:.1f} to {high:.1f})"


def _pairs(answers: Sequence[Answer]) -> list[tuple[Found, Sequence[PlantedDefect]]]:
    return [(each.found, each.planted) for each in answers]
