# SPDX-License-Identifier: Apache-2.0
"""Every method on the same lying photosites of one shot."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.fill_peers import FILL_PEERS
from benchmarks.accuracy.fill_scores import Errors, root_mean_square
from benchmarks.accuracy.hole_run import peers_fill
from benchmarks.accuracy.photosites import Photosite, block_of, defects_named, photosites_of, plant_grid
from benchmarks.accuracy.scene import Scene
from benchmarks.accuracy.shots import SEED, Plate, fill_shot, plate_of_shot, seen
from benchmarks.product import MendedShot, detect_frames
from pixmend.model import Defect, FrameRange, Method, Repair

__all__ = [
    "AS_IT_IS",
    "FRAMES",
    "METHODS",
    "RecoveryRun",
    "found_by_detect",
    "lying_plate",
    "mend_photosites",
    "peers_mend",
    "score_map",
]

METHODS: Mapping[str, Method | None] = {
    "pixmend": None,
    "pixmend, recover": Method.RECOVER,
    "pixmend, spatial": Method.SPATIAL,
}
AS_IT_IS = "left as it is"
FRAMES = 24
_SCORED = 4
_NEAR_PX = 1

Picture = NDArray[np.float32]


@dataclass(slots=True)
class RecoveryRun:
    """What came out on one shot.

    Attributes
    ----------
    errors : dict of (str, str) to list of Errors
        By method and class of photosite, over whole 5x5x3 blocks.
    honesty : dict of str to list of (float, float, float)
        By method, of each repair: predicted and actual error of its samples in sigma, and what it
        said was left.
    chosen : dict of str to Counter
        By class, which method pixmend chose where it was free.
    cpu_s : dict of str to float
        By method, per 1000 photosites, without what is learned once.
    """

    errors: dict[tuple[str, str], list[Errors]] = field(default_factory=dict)
    honesty: dict[str, list[tuple[float, float, float]]] = field(default_factory=dict)
    chosen: dict[str, Counter[str]] = field(default_factory=dict)
    cpu_s: dict[str, float] = field(default_factory=dict)

    def joined(self) -> dict[tuple[str, str], Errors]:
        """Return all errors of each method and class together."""
        return {key: Errors.join(parts) for key, parts in self.errors.items()}


def lying_plate(
    scene: Scene, *, frames: int = FRAMES, labels: Sequence[str], spacing_px: int, seed: int = SEED
) -> tuple[Plate, list[Photosite]]:
    """Render a shot of a scene with photosites of several classes."""
    empty = fill_shot(scene, frames=frames)
    size = (empty.spec.height, empty.spec.width)
    planted = plant_grid(size, seed=seed, labels=labels, spacing_px=spacing_px)
    shot = fill_shot(scene, frames=frames, planted=planted)
    plate = plate_of_shot(shot, scene.storage, scored=_scored(shot.frames))
    return plate, photosites_of(plate, shot.planted)


def _scored(frames: FrameRange) -> FrameRange:
    return frames.thinned(_SCORED)


def mend_photosites(
    run: RecoveryRun, plate: Plate, sites: Sequence[Photosite], *, methods: Mapping[str, Method | None]
) -> None:
    """Mend what a perfect map names by each method, and score it; and what is left as it is."""
    for name, method in methods.items():
        score_map(run, name, plate, (sites, defects_named(sites, method)))
    for number in plate.sigmas:
        _score(run, AS_IT_IS, seen(plate.spoiled[number], plate.storage), (plate, number, sites))


def score_map(
    run: RecoveryRun, name: str, plate: Plate, named: tuple[Sequence[Photosite], Sequence[Defect]]
) -> None:
    """Mend the scored frames by a map, whose defects are in the order of the sites, and score them."""
    sites, defects = named
    shot = MendedShot(plate.spoiled, defects, sample=plate.sample, encoding=plate.encoding)
    spent = 0.0
    for number in plate.sigmas:
        started = time.process_time()
        mended = shot.mend(number)
        spent = time.process_time() - started  # the first frame makes weights that are kept
        picture = seen(mended.samples, plate.storage)
        _score(run, name, picture, (plate, number, sites))
        by_id = {each.defect: each for each in mended.repairs}
        repaired = [
            (site, by_id[each.id]) for site, each in zip(sites, defects, strict=True) if each.id in by_id
        ]
        _note(run, name, picture, (plate, number, repaired))
    run.cpu_s[name] = spent * 1000 / max(len(sites), 1)


def _score(
    run: RecoveryRun, name: str, picture: Picture, known: tuple[Plate, int, Sequence[Photosite]]
) -> None:
    plate, number, sites = known
    error = picture - seen(plate.clean[number], plate.storage)
    for site in sites:
        block = block_of(site)
        found = Errors(error[block].ravel(), plate.sigmas[number][block].ravel())
        run.errors.setdefault((name, site.label), []).append(found)


def _note(
    run: RecoveryRun,
    name: str,
    picture: Picture,
    known: tuple[Plate, int, Sequence[tuple[Photosite, Repair]]],
) -> None:
    """Note what each repair said of itself, and what is true."""
    plate, number, repaired = known
    error = (picture - seen(plate.clean[number], plate.storage)) / plate.sigmas[number]
    for site, repair in repaired:
        actual = root_mean_square([float(error[place]) for place in site.places])
        left = float("nan") if repair.left_sigma is None else repair.left_sigma
        run.honesty.setdefault(name, []).append((repair.predicted_sigma, actual, left))
        if METHODS.get(name, Method.SPATIAL) is None:
            word = "left" if repair.method is None else str(repair.method)
            run.chosen.setdefault(site.label, Counter())[word] += 1


def peers_mend(run: RecoveryRun, plate: Plate, sites: Sequence[Photosite]) -> None:
    """Let peers fill the named samples of the middle frame."""
    is_bad = np.zeros((*plate.size, 3), bool)
    for site in sites:
        is_bad[tuple(np.array(site.places).T)] = True
    number = plate.middle
    filled = peers_fill(seen(plate.spoiled[number], plate.storage), is_bad)
    for name in FILL_PEERS:
        _score(run, name, filled[name], (plate, number, sites))


def found_by_detect(plate: Plate, sites: Sequence[Photosite]) -> tuple[list[Photosite], tuple[Defect, ...]]:
    """Return the photosites that pixmend finds by itself, and the defects that it writes for them."""
    found = detect_frames(plate.spoiled, sample=plate.sample, encoding=plate.encoding).defects
    pairs = [
        (site, near[0])
        for site in sites
        if (near := [each for each in found if max(abs(each.x - site.x), abs(each.y - site.y)) <= _NEAR_PX])
    ]
    defects = (replace(each, id=f"f{number:04d}") for number, (_, each) in enumerate(pairs, start=1))
    return [site for site, _ in pairs], tuple(defects)
