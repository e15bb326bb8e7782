# SPDX-License-Identifier: Apache-2.0
"""Which samples a found defect says are spoiled, against which truly are; and what a bright neighbour hides."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from benchmarks.accuracy.answers import Rendered, detected, render
from benchmarks.accuracy.scene import Group, Scene
from benchmarks.accuracy.scenes import TEST
from benchmarks.accuracy.scoring import SampleShares, sample_shares
from benchmarks.pictures import source_of_pictures
from benchmarks.report import Section, Table, format_number, run_alone
from pixmend.model import Defect, FrameRange, Kind
from pixmend.simulate import Ingredient, PlantedDefect, plant_defects, spoiled_samples

__all__ = ["measure"]

_SIZE, _FRAMES = (540, 960), 24
_QUICK_SIZE, _QUICK_FRAMES = (360, 640), 12
_NEAR_PX = 1
_TRULY_SIGMA = 0.5  # a sample off by less than half the noise is not called spoiled
_AMPLITUDES = (2, 3, 5, 8, 15, 50)
_RECIPE = (
    *(
        Ingredient(label=f"{sigma} sigma", kind=Kind.HOT, count=12, amplitude_sigma=float(sigma))
        for sigma in _AMPLITUDES
    ),
    Ingredient(label="stuck", kind=Kind.STUCK, count=6, saturated=True),
    Ingredient(label="dead", kind=Kind.DEAD, count=6, gain=0.0),
)
_GRID_PX = 48
_DISTANCES_PX = range(3, 11)
_FAINT_SIGMA = 5.0


def measure(quick: bool) -> Section:  # noqa: FBT001 (the one switch of every benchmark)
    """Measure footprints sample by sample, and defects beside far brighter ones."""
    dry = [scene for scene in TEST if scene.group is Group.DRY and scene.picture]
    size, count = (_QUICK_SIZE, _QUICK_FRAMES) if quick else (_SIZE, _FRAMES)
    scenes = [replace(scene, size=size, count=count) for scene in (dry[:1] if quick else dry[:2])]
    text = (
        f"Pictures: {source_of_pictures()}. {size[1]}x{size[0]}, {count} frames. A sample is truly "
        f"spoiled where a photosite moves it by more than {_TRULY_SIGMA} sigma of one frame. Recall is the "
        "share of those that the map names, precision the share of the named that are; of the defects found."
    )
    return Section("Accuracy: footprints", text, (_sample_table(scenes), _neighbour_table(scenes)))


def _sample_table(scenes: Sequence[Scene]) -> Table:
    rows = []
    labels = tuple(each.label for each in _RECIPE)
    for scene in scenes:
        planted = plant_defects(_RECIPE, scene.size, FrameRange(range(scene.count)), seed=scene.seed)
        shares = _shares_on(render(scene, planted=planted), labels)
        rows += [
            (f"{scene.name}: recall", *(format_number(shares[label].recall) for label in labels)),
            (f"{scene.name}: precision", *(format_number(shares[label].precision) for label in labels)),
        ]
    return Table("Spoiled samples of the defects found", ("shot", *labels), tuple(rows))


def _shares_on(rendered: Rendered, labels: Sequence[str]) -> dict[str, SampleShares]:
    defects = detected(rendered)[0].defects
    shot = rendered.shot
    found = {label: SampleShares() for label in labels}
    for planted in shot.planted:
        near = _near(defects, planted)
        if near:
            x, y = planted.centre
            truth = spoiled_samples(shot, planted, least_sigma=_TRULY_SIGMA).samples
            truly = {(x + each.dx, y + each.dy, each.channel) for each in truth}
            named = set().union(*(each.pixels("RGB") for each in near))
            found[planted.label] += sample_shares(named, truly)
    return found


def _near(defects: Sequence[Defect], planted: PlantedDefect) -> list[Defect]:
    x, y = planted.centre
    return [each for each in defects if max(abs(each.x - x), abs(each.y - y)) <= _NEAR_PX]


def _neighbour_table(scenes: Sequence[Scene]) -> Table:
    rows = []
    for scene in scenes:
        for name, strong in (("saturated", None), ("50 sigma", 50.0)):
            planted = _pairs(strong, scene)
            defects = detected(render(scene, planted=planted))[0].defects
            shares = [_found_share(defects, planted, f"{each} px") for each in _DISTANCES_PX]
            rows.append((f"{scene.name}: {name}", *(format_number(each) for each in shares)))
    caption = f"Share found of defects of {_FAINT_SIGMA:g} sigma beside a brighter one, by distance"
    return Table(caption, ("shot", *(f"{each} px" for each in _DISTANCES_PX)), tuple(rows))


def _pairs(strong_sigma: float | None, scene: Scene) -> tuple[PlantedDefect, ...]:
    """Plant bright photosites on a grid, each with a faint one at some distance."""
    rng = np.random.default_rng([scene.seed, 3])
    planted = []
    height, width = scene.size
    rows, columns = range(24, height - 24, _GRID_PX), range(24, width - 24, _GRID_PX)
    places = [(x, y) for y in rows for x in columns]
    for number, (column, row) in enumerate(places):
        x, y = column + int(rng.integers(2)), row + int(rng.integers(2))
        distance = _DISTANCES_PX[number % len(_DISTANCES_PX)]
        along, side = int(rng.integers(-distance, distance + 1)), int(rng.choice((-1, 1)))
        dx, dy = (side * distance, along) if rng.integers(2) else (along, side * distance)
        bright = (
            PlantedDefect(sites=((x, y),), kind=Kind.STUCK, label="bright", saturated=True)
            if strong_sigma is None
            else PlantedDefect(sites=((x, y),), kind=Kind.HOT, label="bright", amplitude_sigma=strong_sigma)
        )
        faint = PlantedDefect(
            sites=((x + dx, y + dy),),
            kind=Kind.HOT,
            label=f"{distance} px",
            amplitude_sigma=_FAINT_SIGMA,
            fluctuation=0.1,
        )
        planted += [bright, faint]
    return tuple(planted)


def _found_share(defects: Sequence[Defect], planted: Sequence[PlantedDefect], label: str) -> float:
    asked = [each for each in planted if each.label == label]
    return sum(bool(_near(defects, each)) for each in asked) / len(asked)


if __name__ == "__main__":
    run_alone(measure)
