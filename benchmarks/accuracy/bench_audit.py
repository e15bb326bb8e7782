# SPDX-License-Identifier: Apache-2.0
"""Whether the self-audit tells good repairs from bad ones: what share of each it names."""

from collections.abc import Sequence
from dataclasses import replace

from benchmarks.accuracy.audit_run import BAD, GOOD, Shares, audited, repaired
from benchmarks.accuracy.holes import HOLES, Layout, defects_of
from benchmarks.accuracy.photosites import defects_named
from benchmarks.accuracy.recovery_run import lying_plate
from benchmarks.accuracy.scene import Scene
from benchmarks.accuracy.shots import FILL_SHOTS, SEED, fill_shot, plate_of_shot
from benchmarks.pictures import source_of_pictures
from benchmarks.product import MendedShot
from benchmarks.report import Section, Table, format_number, run_alone
from pixmend.simulate import Motion

__all__ = ["measure"]

_FRAMES = 16
_SPOTS = tuple(hole for hole in HOLES if hole.name in {"1 px", "3x3", "5x5", "R only 3x3"})
_LINES = tuple(hole for hole in HOLES if hole.name == "column 1 px")
_LAYOUTS = (Layout(_SPOTS, (44, 44)), Layout(_LINES, (100, 40)))
_NAMES = tuple(hole.name for hole in (*_SPOTS, *_LINES))
_LIES = ("1 sigma, 0", "2 sigma, 0", "5 sigma, 0", "15 sigma, 0.2", "50 sigma, 0.2")


def measure(quick: bool) -> Section:  # noqa: FBT001 (the one switch of every benchmark)
    """Measure the audit on repairs of known quality."""
    shots = FILL_SHOTS[:1] if quick else FILL_SHOTS
    text = (
        f"Pictures: {source_of_pictures()}. Seed {SEED}, {_FRAMES} frames of 512x384, cut where the picture is "
        "busiest: half of all holes lie in texture that hides much. A cell is the share of repairs that "
        "`verify` would name as such that may be seen. sigma is the noise of the plate. What is done to the "
        "truth is done to the clean twin, with the same noise."
    )
    tables = [_table_of_holes(shots, motion) for motion in (None, Motion.LOCKED)]
    return Section("Accuracy: self-audit", text, (*tables, _table_of_photosites(shots)))


def _table_of_holes(shots: Sequence[Scene], motion: Motion | None) -> Table:
    shares = Shares()
    for scene in shots:
        _audit_holes(scene, motion, shares)
    rows = tuple(
        (name, *(format_number(shares.share(name, hole)) for hole in _NAMES)) for name in (*GOOD, *BAD)
    )
    where = "moving camera" if motion is None else "locked camera"
    return Table(f"Share of repairs that are named, {where}", ("repair", *_NAMES), rows)


def _audit_holes(scene: Scene, motion: Motion | None, shares: Shares) -> None:
    shot = fill_shot(scene, frames=_FRAMES, motion=motion)
    plate = plate_of_shot(shot, scene.storage)
    for layout in _LAYOUTS:
        placed = layout.place(plate.size, seed=SEED)
        defects = defects_of(placed)
        hole_of = {each.id: hole.hole.name for each, hole in zip(defects, placed, strict=True)}
        for name, frames in repaired(shot, plate, placed):
            for defect, is_seen in audited(plate, frames, defects).items():
                shares.count(name, hole_of[defect], is_seen=is_seen)


def _table_of_photosites(shots: Sequence[Scene]) -> Table:
    shares = Shares()
    for scene in shots:
        for motion in (scene.motion, Motion.LOCKED):
            _audit_photosites(replace(scene, motion=motion), shares)
    names = ("as it lies", "pixmend", "untouched")
    rows = tuple((name, *(format_number(shares.share(name, lie)) for lie in _LIES)) for name in names)
    return Table(
        "Share of photosites that are named, moving and locked camera, by amplitude and fluctuation",
        ("repair", *_LIES),
        rows,
    )


def _audit_photosites(scene: Scene, shares: Shares) -> None:
    plate, sites = lying_plate(scene, frames=_FRAMES, labels=_LIES, spacing_px=40)
    defects = defects_named(sites, None)
    mender = MendedShot(plate.spoiled, defects, sample=plate.sample, encoding=plate.encoding)
    mended = {number: mender.mend(number).samples for number in plate.spoiled}
    for name, frames in (("as it lies", plate.spoiled), ("pixmend", mended), ("untouched", plate.clean)):
        found = audited(plate, frames, defects)
        for defect, site in zip(defects, sites, strict=True):
            if defect.id in found:
                shares.count(name, site.label, is_seen=found[defect.id])


if __name__ == "__main__":
    run_alone(measure)
