# SPDX-License-Identifier: Apache-2.0
"""One scene, told defect by defect: what the detector found, missed and made up."""

from collections.abc import Iterator, Sequence

from benchmarks.accuracy.answers import Answer, answer_of, render
from benchmarks.accuracy.scene import Scene
from benchmarks.accuracy.scenes import TEST
from benchmarks.accuracy.training_scenes import TRAIN
from benchmarks.report import format_number
from pixmend.model import Defect, Evidence
from pixmend.simulate import PlantedDefect

__all__ = ["tell_answer", "tell_scene", "tell_scenes"]


def tell_scenes() -> Iterator[str]:
    """Yield a line for each scene there is."""
    for title, scenes in (("test", TEST), ("train", TRAIN)):
        for scene in scenes:
            traits = (*sorted(scene.distractors), scene.demosaic.value, scene.storage.value)
            height, width = scene.size
            yield (
                f"{title:5}  {scene.name:24} {scene.motion:9} {width}x{height} x {scene.count:2}  "
                f"{scene.picture or 'street':32} {', '.join(traits)}"
            )


def tell_scene(scene: Scene, *, quick: bool) -> Iterator[str]:
    """Run one scene and yield what was found, missed and false, a line each."""
    return tell_answer(answer_of(render(scene, quick=quick)))


def tell_answer(answer: Answer) -> Iterator[str]:
    """Yield what was found, missed and false, a line each, and how many of each last."""
    yield from _told("found", answer, sorted(answer.found.hits))
    missed = set(range(len(answer.planted))) - answer.found.hits
    yield from _told("missed", answer, sorted(missed))
    for each in answer.false:
        yield f"false   {_position(each.x, each.y)}  {_what(each)}"
    yield (
        f"{answer.scene.name}: {len(answer.found.hits)} of {len(answer.planted)} found, "
        f"{len(answer.false)} false ({answer.false_per_area:.1f} per 8.8 Mpx); "
        f"detect {answer.cpu_s:.1f} s CPU"
    )


def _told(word: str, answer: Answer, numbers: Sequence[int]) -> Iterator[str]:
    for number in numbers:
        planted = answer.planted[number]
        found = answer.that_found(number)
        shown = "" if found is None else f" -> {_what(found)}"
        yield f"{word:7} {_position(*planted.centre)}  {planted.label}{_frames(planted)}{shown}"


def _position(x: int, y: int) -> str:
    return f"({x:4}, {y:4})"


def _frames(planted: PlantedDefect) -> str:
    return "" if planted.frames is None else f" [{planted.frames}]"


def _what(defect: Defect) -> str:
    frames = "" if defect.frames is None else f" [{defect.frames}]"
    size = f"{format_number(defect.amplitude_sigma, 1)} sigma"
    return f"{defect.kind} at {_position(defect.x, defect.y)}, {size}{frames}{_why(defect.evidence)}"


def _why(evidence: Evidence | None) -> str:
    if evidence is None:
        return ""
    fits = f"{format_number(evidence.photosite_fit)}/{format_number(evidence.optical_fit)}"
    seen = f"{evidence.frames_seen}/{evidence.frames_expected}"
    return f", Z {evidence.score:.1f}, seen {seen}, fit of photosite/point {fits}"
