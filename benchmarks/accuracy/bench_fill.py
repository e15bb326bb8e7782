# SPDX-License-Identifier: Apache-2.0
"""Error of filled holes against the clean twin, over the noise, with peers on the same holes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.fill_peers import FILL_PEERS, MOTION_PEERS
from benchmarks.accuracy.fill_tables import (
    Bar,
    ByShot,
    bars_table,
    error_table,
    honesty_table,
    pooled,
    ratio_table,
    shots_table,
    worst_ratio,
)
from benchmarks.accuracy.hole_run import PRODUCT, HoleRun, cost_of, fill_holes
from benchmarks.accuracy.holes import HOLES, LINES, SPOTS, Hole, Layout
from benchmarks.accuracy.scene import Scene, Storage
from benchmarks.accuracy.shots import (
    FILL_SHOTS,
    OTHER_PLATES,
    SEED,
    Plate,
    after_a_cut,
    fill_shot,
    plate_of_shot,
    scene_called,
    seen,
)
from benchmarks.accuracy.soft_spot import flickers, soft_spots
from benchmarks.pictures import source_of_pictures
from benchmarks.report import Section, Table, format_number, run_alone
from pixmend.simulate import Distractor

__all__ = ["measure"]

_FRAMES = 9
_SPOTS = tuple(Layout(SPOTS, turn=turn) for turn in range(0, len(SPOTS), 2))
_LINES = (Layout(LINES, spacing_px=(72, 32)), Layout(LINES, spacing_px=(72, 32), turn=1))
_FEW = (Layout(SPOTS[::3]), Layout(LINES, spacing_px=(72, 32)))  # 1 px, 3x3, R only 3x3, and lines
_NAMES = tuple(hole.name for hole in HOLES)
_PEERS = tuple(FILL_PEERS)
_MOVING = (*_PEERS, *MOTION_PEERS)
_OCCLUSION_SIZE = (720, 1280)
_HIDDEN_CODES = 8  # of 1023: what an object changes by more was hidden, or comes to light
_NEAR_FRAMES = 2


def measure(quick: bool) -> Section:  # noqa: FBT001 (the one switch of every benchmark)
    """Measure fill on crops of test pictures, how its noise moves, and what it costs."""
    main = {each.name: _run(each, _FEW if quick else (*_SPOTS, *_LINES)) for each in _few(FILL_SHOTS, quick)}
    other = {} if quick else {each.name: _run(each, _FEW) for each in OTHER_PLATES} | _cut_run()
    errors = {name: run.joined() for name, run in main.items()}
    tables = [
        _bars(errors),
        *_error_tables(errors),
        shots_table("RMSE / sigma by shot", errors, ours=tuple(PRODUCT), peers=_PEERS, holes=_NAMES),
        *_other_tables({name: run.joined() for name, run in other.items()}),
        _texture_table(tuple(main.values())),
        honesty_table(
            "Predicted against actual error of a hole, in sigma of its samples",
            _together(tuple(main.values())),
        ),
    ]
    if not quick:
        tables += [_occlusion_table(), *soft_spots(), flickers()]
    return Section("Accuracy: fill", _text(), (*tables, _cost_table(quick=quick)))


def _text() -> str:
    return (
        f"Pictures: {source_of_pictures()}; none that a limit was chosen on. Seed {SEED}. Crops of 512x384 "
        f"where the picture is busiest, {_FRAMES} frames, holes in all of them, the middle one is mended and "
        "scored; truth is the clean twin with the same noise. pixmend mends the plate as stored, peers fill "
        "its ACEScct; all are scored in ACEScct. sigma is the noise of the clean twin in each sample, from 6 "
        "takes. `spatial` and `temporal` are pixmend told so by the map, `pixmend` alone is what it chooses. "
        "The peers of motion get their neighbours without the holes, at the same place. astrofix is not on "
        "the package index: `astrofix_equal.py` is an own equal from its paper, trained on sound samples of "
        "the same picture."
    )


def _few(scenes: Sequence[Scene], quick: bool) -> Sequence[Scene]:  # noqa: FBT001 (passed on)
    return scenes[:2] if quick else scenes


def _run(scene: Scene, layouts: Sequence[Layout]) -> HoleRun:
    return fill_holes(plate_of_shot(fill_shot(scene, frames=_FRAMES), scene.storage), layouts)


def _bars(errors: ByShot) -> Table:
    spatial, temporal, _ = PRODUCT
    over_peers = "RMSE over the best peer's, on the hole where that is worst"
    return bars_table(
        (
            Bar("3x3 with motion, RMSE / sigma", pooled(errors, temporal, "3x3"), 1.3, 1.15),
            Bar("3x3 without, RMSE / sigma", pooled(errors, spatial, "3x3"), 1.72, 1.6),
            Bar("R only 3x3 without, RMSE / sigma", pooled(errors, spatial, "R only 3x3"), 1.4, 1.25),
            Bar(
                f"without motion: {over_peers}",
                worst_ratio(errors, spatial, peers=_PEERS, holes=_NAMES),
                0.86,
                0.8,
            ),
            Bar(
                f"with motion: {over_peers}",
                worst_ratio(errors, temporal, peers=_PEERS, holes=_NAMES),
                0.75,
                0.65,
            ),
        )
    )


def _cut_run() -> dict[str, HoleRun]:
    """Fill the first frame after a cut."""
    other, scene = FILL_SHOTS[:2]
    before, plate = (plate_of_shot(fill_shot(each, frames=_FRAMES), each.storage) for each in (other, scene))
    return {f"{scene.name}, just after a cut": fill_holes(after_a_cut(plate, before), _FEW)}


def _error_tables(errors: ByShot) -> tuple[Table, ...]:
    methods = (*PRODUCT, *_PEERS, *MOTION_PEERS)
    scores = {
        "RMSE / sigma, all moving shots together (root mean square over shots)": (
            lambda each: each.rmse_over_sigma,
            2,
        ),
        "95th percentile of the error, in sigma of the sample": (lambda each: each.high_over_sigma, 2),
        "RMSE in 10-bit ACEScct codes": (lambda each: each.rmse_codes, 1),
        "95th percentile of the error in 10-bit ACEScct codes": (lambda each: each.high_codes, 1),
    }
    ratio = "RMSE over that of the best peer, medians and what clones neighbours included"
    first, *others = (
        error_table(caption, errors, methods=methods, holes=_NAMES, score=score, digits=digits)
        for caption, (score, digits) in scores.items()
    )
    return (
        first,
        ratio_table(ratio, errors, ours=tuple(PRODUCT), peers=_MOVING, holes=_NAMES),
        *others,
    )


def _other_tables(errors: ByShot) -> tuple[Table, ...]:
    if not errors:
        return ()
    holes = tuple(dict.fromkeys(hole.name for layout in _FEW for hole in layout.holes))
    caption = "RMSE / sigma on other plates and moves"
    return (shots_table(caption, errors, ours=tuple(PRODUCT), peers=_MOVING, holes=holes),)


def _texture_table(runs: Sequence[HoleRun]) -> Table:
    rows = []
    for method in (*PRODUCT, *_MOVING):
        found = [[np.mean(run.textures.get((method, hole), [np.nan])) for run in runs] for hole in _NAMES]
        rows.append((method, *(format_number(float(np.nanmean(each))) for each in found)))
    caption = "Texture: high-frequency power of the fill over that of the clean twin at the same samples"
    return Table(caption, ("method", *_NAMES), tuple(rows))


def _together(runs: Sequence[HoleRun]) -> dict[str, list[tuple[float, float, float]]]:
    return {
        method: [each for run in runs for each in run.honesty[method]]
        for method in PRODUCT
        if all(method in run.honesty for run in runs)
    }


def _occlusion_table() -> Table:
    """Score holes that a moving object hides, or uncovers, in the frames beside."""
    scene = scene_called("objects")
    plates = [
        plate_of_shot(fill_shot(each, frames=_FRAMES, crop=_OCCLUSION_SIZE), scene.storage)
        for each in (scene, replace(scene, distractors=frozenset[Distractor]()))
    ]
    layout = Layout(tuple(hole for hole in SPOTS if hole.name in {"1 px", "3x3"}))
    run = fill_holes(plates[0], (layout, replace(layout, turn=1)), allowed=_hidden_somewhen(*plates))
    errors = {scene.name: run.joined()}
    caption = "RMSE / sigma beside objects that walk through, where one stands there in some frames only"
    holes = tuple(hole.name for hole in layout.holes)
    return shots_table(caption, errors, ours=tuple(PRODUCT), peers=_PEERS, holes=holes)


def _hidden_somewhen(busy: Plate, empty: Plate) -> NDArray[np.bool_]:
    """Return where, (H, W), an object stands in some of the five frames about the middle, not in all."""
    numbers = range(busy.middle - _NEAR_FRAMES, busy.middle + _NEAR_FRAMES + 1)
    hidden = [
        np.abs(seen(busy.clean[each], Storage.HALF) - seen(empty.clean[each], Storage.HALF)).max(axis=-1)
        for each in numbers
    ]
    count = (np.array(hidden) * 1023 > _HIDDEN_CODES).sum(axis=0)
    return np.asarray((count > 0) & (count < len(numbers)))


def _cost_table(*, quick: bool) -> Table:
    scene = FILL_SHOTS[0]
    plate = plate_of_shot(fill_shot(scene, frames=_FRAMES), scene.storage)
    holes = {hole.name: hole for hole in SPOTS if hole.name in {"1 px", "3x3", "5x5"}}
    chosen: Mapping[str, Hole] = {"3x3": holes["3x3"]} if quick else holes
    costs = {name: cost_of(plate, Layout((hole,))) for name, hole in chosen.items()}
    rows = tuple(
        (method, *(format_number(each[method]) for each in costs.values())) for method in (*PRODUCT, *_PEERS)
    )
    return Table("CPU seconds per 1000 holes, without what is learned once a shot", ("method", *chosen), rows)


if __name__ == "__main__":
    run_alone(measure)
