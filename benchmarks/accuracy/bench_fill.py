# SPDX-License-Identifier: Apache-2.0
"""Error of filled holes against the clean twin, over the noise, with peers on the same holes."""

import functools
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.accuracy.fill_peers import FILL_PEERS, fill_by_channel
from benchmarks.accuracy.holes import HOLES, Hole, place_holes
from benchmarks.accuracy.scene import Scene
from benchmarks.accuracy.scoring import rmse_over_sigma, variance_ratio
from benchmarks.accuracy.shots import FILL_SHOTS, SEED, fill_shot
from benchmarks.pictures import source_of_pictures
from benchmarks.product import train_filler
from benchmarks.report import Section, Table, format_number, run_alone
from pixmend.simulate import Motion, SimulatedShot, to_acescct

__all__ = ["measure"]

_PRODUCT = "pixmend"
_FRAMES = 5
_TAKES = 6  # of the noise, to know its sigma in every sample

Picture = NDArray[np.float32]
Mask = NDArray[np.bool_]
Filler = Callable[[Picture], Picture]


def measure(quick: bool) -> Section:  # noqa: FBT001 (the one switch of every benchmark)
    """Measure fill on crops of photographs, and how its noise moves."""
    shots, holes = (FILL_SHOTS[:2], HOLES[::2]) if quick else (FILL_SHOTS, HOLES)
    errors = {bench.name: _errors_on(bench, holes) for bench in shots}
    text = (
        f"Pictures: {source_of_pictures()}. Seed {SEED}. Crops of 512x384, about 165 holes of each shape, "
        "truth is the clean twin with the same noise. All methods fill ACEScct samples; pixmend fills "
        "the linear half plate and is scored in ACEScct too. sigma is the noise of the "
        "clean plate in ACEScct, from 6 takes. astrofix is not on the package index and is left out."
    )
    still = [_soft_spot(bench, holes) for bench in shots[: 1 if quick else 2]]
    return Section("Accuracy: fill", text, (*_error_tables(errors, holes), _soft_table(still, holes)))


def _methods(ours: Filler, frame: Picture, is_bad: Mask) -> dict[str, Callable[[], Picture]]:
    """Return, by method, what fills the holes of one linear frame; each returns ACEScct.

    The holes hold full light before, so that a method that looks into them is found out.
    """
    broken = np.where(is_bad, np.float32(30.0), frame)
    encoded = np.where(is_bad, np.float32(1.0), to_acescct(frame))
    peers = {
        name: functools.partial(fill_by_channel, fill, encoded, is_bad) for name, fill in FILL_PEERS.items()
    }
    return {_PRODUCT: lambda: to_acescct(ours(broken)), **peers}


def _learning(frames: list[Picture], is_bad: Mask) -> Filler:
    """Return pixmend's fill that learns the shot when it is called, so that its time holds both."""

    def fill(broken: Picture) -> Picture:
        return train_filler(frames, is_bad)(broken)

    return fill


def _errors_on(scene: Scene, holes: tuple[Hole, ...]) -> dict[tuple[str, str], tuple[float, float]]:
    """Return RMSE / sigma and milliseconds a hole, by method and hole."""
    shot = fill_shot(scene, frames=_FRAMES)
    frames = [shot.render_clean(frame) for frame in shot.frames]
    middle = frames[_FRAMES // 2]
    clean, sigma = to_acescct(middle), _sigma_acescct(shot)
    found = {}
    for hole in holes:
        is_bad = place_holes(hole, middle.shape[:2], seed=SEED)
        count = ndimage.label(is_bad.any(axis=-1))[1]
        for name, fill in _methods(_learning(frames, is_bad), middle, is_bad).items():
            started = time.process_time()
            filled = fill()
            spent = (time.process_time() - started) * 1000 / count
            found[name, hole.name] = (rmse_over_sigma(filled[is_bad], clean[is_bad], sigma[is_bad]), spent)
    return found


def _sigma_acescct(shot: SimulatedShot) -> Picture:
    """Return the noise of the middle frame in every sample, smoothed over 7x7."""
    middle = shot.frames.frames[_FRAMES // 2]
    takes = np.stack([to_acescct(shot.render_clean(middle, take=take)) for take in range(1, _TAKES + 1)])
    variance = ndimage.uniform_filter(takes.var(axis=0, ddof=1), (7, 7, 0))
    return np.asarray(np.sqrt(variance), dtype=np.float32)


def _error_tables(
    errors: dict[str, dict[tuple[str, str], tuple[float, float]]], holes: tuple[Hole, ...]
) -> tuple[Table, ...]:
    methods = (_PRODUCT, *FILL_PEERS)
    names = tuple(hole.name for hole in holes)

    def pooled(method: str, hole: str) -> float:
        return float(np.sqrt(np.mean([each[method, hole][0] ** 2 for each in errors.values()])))

    def over_best(hole: str) -> float:
        return pooled(_PRODUCT, hole) / min(pooled(peer, hole) for peer in FILL_PEERS)

    rows = [(method, *(format_number(pooled(method, hole)) for hole in names)) for method in methods]
    rows.append(("pixmend / best peer", *(format_number(over_best(hole)) for hole in names)))
    by_shot = [
        (f"{shot}: {method}", *(format_number(each[method, hole][0]) for hole in names))
        for shot, each in errors.items()
        for method in methods
    ]
    first = next(iter(errors.values()))
    cost = [(method, *(format_number(first[method, hole][1]) for hole in names)) for method in methods]
    return (
        Table(
            "RMSE / sigma, all shots together (root mean square over shots)", ("method", *names), tuple(rows)
        ),
        Table("RMSE / sigma by shot", ("shot and method", *names), tuple(by_shot)),
        Table("CPU milliseconds a hole, training included", ("method", *names), tuple(cost)),
    )


def _soft_spot(scene: Scene, holes: tuple[Hole, ...]) -> dict[tuple[str, str], float]:
    """Return the temporal variance of the fill over that of the clean samples, by method and hole."""
    shot = fill_shot(scene, frames=10, motion=Motion.LOCKED)
    frames = [shot.render_clean(frame) for frame in shot.frames]
    ratios = {}
    for hole in holes:
        is_bad = place_holes(hole, frames[0].shape[:2], seed=SEED)
        clean = np.stack([to_acescct(frame)[is_bad] for frame in frames])
        ours = train_filler(frames, is_bad)
        filled: dict[str, list[NDArray[np.float32]]] = {name: [] for name in (_PRODUCT, *FILL_PEERS)}
        for frame in frames:
            for name, fill in _methods(ours, frame, is_bad).items():
                filled[name].append(fill()[is_bad])
        for name, each in filled.items():
            ratios[name, hole.name] = variance_ratio(np.stack(each), clean)
    return ratios


def _soft_table(still: list[dict[tuple[str, str], float]], holes: tuple[Hole, ...]) -> Table:
    rows = tuple(
        (
            method,
            *(format_number(float(np.mean([each[method, hole.name] for each in still]))) for hole in holes),
        )
        for method in (_PRODUCT, *FILL_PEERS)
    )
    caption = "Soft spot: temporal variance of the fill over that of sound samples, locked camera, 10 frames"
    return Table(caption, ("method", *(hole.name for hole in holes)), rows)


if __name__ == "__main__":
    run_alone(measure)
