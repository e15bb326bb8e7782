# SPDX-License-Identifier: Apache-2.0
"""The picture sheet of docs/repair.md: before, truth, pixmend and the best peer, eight times as large.

Made of the procedural street alone, which is ours to give away.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.accuracy.fill_scores import root_mean_square
from benchmarks.accuracy.hole_run import broken_frames, peers_fill
from benchmarks.accuracy.holes import LINES, SPOTS, Layout, defects_of, mask_of
from benchmarks.accuracy.photosites import Photosite, defects_named
from benchmarks.accuracy.recovery_run import lying_plate
from benchmarks.accuracy.scene import Scene
from benchmarks.accuracy.sheet_picture import Row, Version, draw_sheet
from benchmarks.accuracy.shots import SEED, Plate, fill_shot, plate_of_shot, scene_called, seen
from benchmarks.product import MendedShot
from pixmend.model import Defect
from pixmend.simulate import write_png

__all__ = ["main", "typical"]

_SHEET = Path(__file__).parents[2] / "docs" / "repairs.png"
_EXPOSURE = 0.3
_FRAMES = 12
_SPACING_PX = 40
_LABELS = ("15 sigma, 0.2", "50 sigma, 0.2", "saturated", "dead")
_SPOT_NAMES = ("3x3", "5x5", "R only 3x3")
_CROP_PX = 24
_TYPICAL = 0.85  # of the texture of the places that a row could show: 0 the flattest, 1 the busiest

Place = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class _Versions:
    """The middle frame in ACEScct: with its defects, without, mended, and as each peer leaves it."""

    before: NDArray[np.float32]
    truth: NDArray[np.float32]
    ours: NDArray[np.float32]
    peers: Mapping[str, NDArray[np.float32]]


def main() -> None:
    """Make the sheet and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=_SHEET, help="where the PNG goes")
    output = parser.parse_args().output
    scene = replace(scene_called("street pan, night"), exposure=_EXPOSURE)
    write_png(output, draw_sheet([*_photosite_rows(scene), *_hole_rows(scene)]), overwrite=True)


def typical(texture: Sequence[float]) -> int:
    """Return which of some places shows texture like most of the busier ones: chosen before any repair."""
    order = np.argsort(np.array(texture), kind="stable")
    return int(order[round(_TYPICAL * (len(order) - 1))])


def _photosite_rows(scene: Scene) -> list[Row]:
    plate, sites = lying_plate(scene, frames=_FRAMES, labels=_LABELS, spacing_px=_SPACING_PX)
    is_bad = np.zeros((*plate.size, 3), bool)
    for site in sites:
        is_bad[tuple(np.array(site.places).T)] = True
    versions = _versions(plate, plate.spoiled, (defects_named(sites, None), is_bad))
    return [
        _row(f"photosite, {label}", versions, (_centres_of(sites, label), _mask(sites, label, plate.size)))
        for label in _LABELS
    ]


def _hole_rows(scene: Scene) -> list[Row]:
    plate = plate_of_shot(fill_shot(scene, frames=_FRAMES), scene.storage)
    spots = tuple(hole for hole in SPOTS if hole.name in _SPOT_NAMES)
    rows = []
    for layout in (Layout(spots), Layout(LINES, spacing_px=(72, 32))):
        placed = layout.place(plate.size, seed=SEED)
        is_bad = mask_of(placed, plate.size)
        versions = _versions(plate, broken_frames(plate, is_bad), (defects_of(placed), is_bad))
        for hole in layout.holes:
            own = [each for each in placed if each.hole is hole]
            middles = [(each.top + hole.size[0] // 2, each.left + hole.size[1] // 2) for each in own]
            rows.append(_row(hole.name, versions, (middles, mask_of(own, plate.size))))
    return rows


def _versions(
    plate: Plate,
    frames: Mapping[int, NDArray[Any]],
    named: tuple[Sequence[Defect], NDArray[np.bool_]],
) -> _Versions:
    defects, is_bad = named
    mended = MendedShot(frames, defects, sample=plate.sample, encoding=plate.encoding).mend(plate.middle)
    before = seen(frames[plate.middle], plate.storage)
    return _Versions(
        before,
        seen(plate.clean[plate.middle], plate.storage),
        seen(mended.samples, plate.storage),
        peers_fill(before, is_bad),
    )


def _row(name: str, versions: _Versions, known: tuple[Sequence[Place], NDArray[np.bool_]]) -> Row:
    """Return the crops of one typical place; the best peer is that of all places of the row."""
    places, is_bad = known
    truth = versions.truth
    errors = {peer: root_mean_square((filled - truth)[is_bad]) for peer, filled in versions.peers.items()}
    best = min(errors, key=lambda peer: errors[peer])
    place = places[typical([float(_crop(truth, each).std(axis=(0, 1)).mean()) for each in places])]
    pictures = {
        "before": versions.before,
        "truth": truth,
        "pixmend": versions.ours,
        best: versions.peers[best],
    }
    mean = ndimage.gaussian_filter(truth, (4, 4, 0))
    return Row(
        name,
        tuple(Version(label, _crop(picture, place)) for label, picture in pictures.items()),
        _crop(mean, place),
    )


def _crop(picture: NDArray[np.float32], place: Place) -> NDArray[np.float32]:
    top, left = (
        min(max(middle - _CROP_PX // 2, 0), side - _CROP_PX)
        for middle, side in zip(place, picture.shape, strict=False)
    )
    return picture[top : top + _CROP_PX, left : left + _CROP_PX]


def _centres_of(sites: Sequence[Photosite], label: str) -> list[Place]:
    return [(each.y, each.x) for each in sites if each.label == label]


def _mask(sites: Sequence[Photosite], label: str, size: tuple[int, int]) -> NDArray[np.bool_]:
    is_bad = np.zeros((*size, 3), bool)
    for site in sites:
        if site.label == label:
            is_bad[tuple(np.array(site.places).T)] = True
    return is_bad


if __name__ == "__main__":
    main()
