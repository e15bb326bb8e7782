# SPDX-License-Identifier: Apache-2.0
"""Error of mended photosites over their whole 5x5x3 blocks, by strength and by how they fluctuate."""

from collections import Counter
from collections.abc import Mapping, Sequence

from benchmarks.accuracy.fill_peers import FILL_PEERS
from benchmarks.accuracy.fill_scores import Errors
from benchmarks.accuracy.fill_tables import (
    Bar,
    ByShot,
    bars_table,
    best_peer,
    honesty_table,
    pooled,
    shots_table,
)
from benchmarks.accuracy.photosites import CLASSES, FAINT, STRONG
from benchmarks.accuracy.recovery_run import (
    AS_IT_IS,
    FRAMES,
    METHODS,
    RecoveryRun,
    found_by_detect,
    lying_plate,
    mend_photosites,
    peers_mend,
    score_map,
)
from benchmarks.accuracy.scene import Scene
from benchmarks.accuracy.shots import FILL_SHOTS, SEED, scene_called
from benchmarks.pictures import source_of_pictures
from benchmarks.report import Section, Table, format_number, run_alone

__all__ = ["measure"]

_SPACING_PX = 30
_SPARSE_PX = 120
_SPARSE = ("2 sigma, 0.2", "5 sigma, 0.2", "15 sigma, 0.2", "50 sigma, 0.2", "saturated", "dead")
_FOUND = "pixmend, as detect names them"
_FEW = "pixmend, a dozen in the shot"
_OTHER = tuple(
    scene_called(name)
    for name in ("bilinear", "10-bit log", "edge-directed", "resized 1.33", "mildly denoised", "locked day")
)
_ALL_STRONG = "2 to 50 sigma"
GROUPS: Mapping[str, tuple[str, ...]] = {
    **{
        f"{size} sigma": tuple(each for each in CLASSES if each.startswith(f"{size} "))
        for size in (1, 2, 5, 15, 50)
    },
    "saturated": ("saturated",),
    "dead": ("dead",),
    _ALL_STRONG: STRONG,
}
"""Columns of the tables: their classes together."""


def measure(quick: bool) -> Section:  # noqa: FBT001 (the one switch of every benchmark)
    """Measure what is left of lying photosites, on linear plates and on those that hide the truth."""
    linear = {each.name: _run(each) for each in (FILL_SHOTS[:1] if quick else FILL_SHOTS)}
    other = {} if quick else {each.name: _run(each) for each in _OTHER}
    errors = {name: grouped(run.joined()) for name, run in linear.items()}
    ours, peers = (AS_IT_IS, *METHODS), tuple(FILL_PEERS)
    tables = [
        _bars(errors),
        _pooled_table("RMSE / sigma over 5x5x3, all linear shots together", errors, (*ours, *peers)),
        shots_table("RMSE / sigma over 5x5x3 by shot", errors, ours=ours, peers=peers, holes=tuple(GROUPS)),
        _worst_table({name: run.joined() for name, run in linear.items()}),
    ]
    if other:
        hidden = {name: grouped(run.joined()) for name, run in other.items()}
        caption = "RMSE / sigma over 5x5x3 on other plates"
        tables.append(shots_table(caption, hidden, ours=ours, peers=peers, holes=tuple(GROUPS)))
        tables.append(_variants_table(FILL_SHOTS[:3]))
    every = linear | other
    together = {
        name: [each for run in linear.values() for each in run.honesty.get(name, [])] for name in METHODS
    }
    tables += [
        faint_table({name: run.joined() for name, run in every.items()}),
        chosen_table([run.chosen for run in linear.values()]),
        honesty_table(
            "Predicted against actual error of a photosite's samples, linear shots",
            {name: found for name, found in together.items() if found},
        ),
        _cost_table(tuple(linear.values())),
    ]
    return Section("Accuracy: recovery", _text(), tuple(tables))


def _text() -> str:
    return (
        f"Pictures: {source_of_pictures()}; none that a limit was chosen on. Seed {SEED}. Crops of 512x384, "
        f"{FRAMES} frames, of which 4 are scored (peers: the middle one). Photosites of all four colours of the "
        f"mosaic about {_SPACING_PX} px apart; the map names every sample that is off by more than 0.3 sigma; "
        "scored are all samples of the 5x5 pixels around, mended or not, in ACEScct against the clean twin. "
        "Classes join fluctuations of 0, 0.2 and 0.5 of the amplitude from frame to frame."
    )


def _run(scene: Scene) -> RecoveryRun:
    plate, sites = lying_plate(scene, labels=CLASSES, spacing_px=_SPACING_PX)
    run = RecoveryRun()
    mend_photosites(run, plate, sites, methods=METHODS)
    peers_mend(run, plate, sites)
    return run


def grouped(errors: Mapping[tuple[str, str], Errors]) -> dict[tuple[str, str], Errors]:
    """Return errors by method and group of classes."""
    methods = dict.fromkeys(method for method, _ in errors)
    return {
        (method, group): Errors.join(errors[method, label] for label in labels if (method, label) in errors)
        for method in methods
        for group, labels in GROUPS.items()
        if any((method, label) in errors for label in labels)
    }


def _bars(errors: ByShot) -> Table:
    worst = max(each["pixmend", _ALL_STRONG].rmse_over_sigma for each in errors.values())
    faint = (
        pooled(errors, "pixmend", group) / pooled(errors, AS_IT_IS, group) for group in ("1 sigma", "2 sigma")
    )
    one, two = faint
    told = "sigma: error after the repair over that before, all shots"
    return bars_table(
        (
            Bar("2 to 50 sigma, RMSE / sigma on the worst shot", worst, 0.7, 0.4),
            Bar(f"1 {told}", one, 1.0, 0.7),
            Bar(f"2 {told}", two, 1.0, 0.7),
        )
    )


def _pooled_table(caption: str, errors: ByShot, methods: Sequence[str]) -> Table:
    rows = [
        (method, *(format_number(pooled(errors, method, group)) for group in GROUPS)) for method in methods
    ]
    best = {group: best_peer(errors, FILL_PEERS, group) for group in GROUPS}
    ratio = (
        format_number(pooled(errors, "pixmend", group) / pooled(errors, peer, group))
        for group, peer in best.items()
    )
    return Table(caption, ("method", *GROUPS), (*rows, ("pixmend / best peer", *ratio)))


def _worst_table(errors: ByShot) -> Table:
    """Return, on the worst of the shots, pixmend's error by amplitude and fluctuation."""
    amplitudes = tuple(dict.fromkeys(label.split(",")[0] for label in CLASSES if "," in label))
    swings = tuple(dict.fromkeys(label.split(", ")[1] for label in CLASSES if "," in label))
    rows = []
    for swing in swings:
        found = (
            max(each["pixmend", f"{amplitude}, {swing}"].rmse_over_sigma for each in errors.values())
            for amplitude in amplitudes
        )
        rows.append((swing, *map(format_number, found)))
    return Table(
        "pixmend on the worst linear shot, by fluctuation", ("fluctuation", *amplitudes), tuple(rows)
    )


def faint_table(errors: ByShot) -> Table:
    """Return the error after the repair over that before it: over 1, a repair made it worse."""
    rows = []
    for name, found in errors.items():
        ratios = (
            found["pixmend", label].rmse_over_sigma / found[AS_IT_IS, label].rmse_over_sigma
            for label in FAINT
        )
        rows.append((name, *map(format_number, ratios)))
    caption = (
        "Faint photosites: error over 5x5x3 after the repair over that before, by amplitude and fluctuation"
    )
    return Table(caption, ("shot", *FAINT), tuple(rows))


def chosen_table(chosen: Sequence[Mapping[str, Counter[str]]]) -> Table:
    """Return which methods pixmend chose where it was free, in percent of the repairs."""
    words = ("recover", "spatial", "temporal", "left")
    rows = []
    for group, labels in GROUPS.items():
        counts = sum((each.get(label, Counter()) for each in chosen for label in labels), Counter[str]())
        total = counts.total()
        cells = (format_number(100 * counts[word] / total if total else None, 0) for word in words)
        rows.append((group, *cells))
    return Table("What pixmend chose, percent", ("photosites", *words), tuple(rows))


def _variants_table(scenes: Sequence[Scene]) -> Table:
    """Score what detect names of the same photosites, and shots with few of them to learn from."""
    rows = []
    for scene in scenes:
        for name, run in ((_FOUND, _as_found(scene)), (_FEW, _with_few(scene))):
            found = grouped(run.joined())
            for method in (AS_IT_IS, name):
                told = name if method == name else f"{name}: {AS_IT_IS}"
                cells = (found.get((method, group)) for group in GROUPS)
                numbers = (format_number(each.rmse_over_sigma if each else None) for each in cells)
                rows.append((f"{scene.name}: {told}", *numbers))
    return Table("RMSE / sigma over 5x5x3 with other maps", ("shot and map", *GROUPS), tuple(rows))


def _as_found(scene: Scene) -> RecoveryRun:
    plate, sites = lying_plate(scene, labels=CLASSES, spacing_px=_SPACING_PX)
    found, defects = found_by_detect(plate, sites)
    run = RecoveryRun()
    score_map(run, _FOUND, plate, (found, defects))
    mend_photosites(run, plate, found, methods={})
    return run


def _with_few(scene: Scene) -> RecoveryRun:
    plate, sites = lying_plate(scene, labels=_SPARSE, spacing_px=_SPARSE_PX)
    run = RecoveryRun()
    mend_photosites(run, plate, sites, methods={_FEW: None})
    return run


def _cost_table(runs: Sequence[RecoveryRun]) -> Table:
    rows = tuple((name, format_number(sum(run.cpu_s[name] for run in runs) / len(runs))) for name in METHODS)
    return Table(
        "CPU seconds per 1000 photosites, without what is learned once a shot", ("method", "s"), rows
    )


if __name__ == "__main__":
    run_alone(measure)
