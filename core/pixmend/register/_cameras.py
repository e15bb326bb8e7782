# SPDX-License-Identifier: Apache-2.0
"""Which shots one camera made, and where each of them lies on its raster."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pixmend.model import DefectMap
from pixmend.register._match import MOST_CHANCE, TOLERANCE_PX, match_points
from pixmend.register._placement import IDENTITY, Placement
from pixmend.register._points import Constellation, constellation
from pixmend.register._vote import vote

__all__ = ["align_maps", "cluster_cameras"]

_MOST_POINTS = 120  # of a camera: what its shots agree on is kept, the rest would only be chance


@dataclass(slots=True, eq=False)
class _Camera:
    """A camera as far as its shots are known."""

    map: DefectMap
    points: Constellation
    shots: list[int]

    @classmethod
    def of(cls, one: DefectMap, index: int) -> "_Camera":
        return cls(one, constellation(one), [index])

    def take(self, other: DefectMap, placement: Placement, shots: Sequence[int]) -> None:
        """Learn what another map knows."""
        self.map = vote((self.map, other), least=1, placements=(IDENTITY, placement))
        self.points = constellation(self.map).strongest(_MOST_POINTS)
        self.shots += shots


def align_maps(maps: Sequence[DefectMap], *, most_chance: float = MOST_CHANCE) -> list[Placement | None]:
    """Find where each map lies in the raster of the first.

    A map that the first alone does not match may match what the others know together.

    Returns
    -------
    list of Placement or None
        One a map, the identity for the first; None where a map matches nothing.
    """
    found: list[Placement | None] = [None] * len(maps)
    if not maps:
        return found
    found[0] = IDENTITY
    camera = _Camera.of(maps[0], 0)
    # The first map by itself places the others best: what they add is less well placed.
    known, left = camera.points, list(range(1, len(maps)))
    while left:
        for index in left:
            found[index] = match_points(constellation(maps[index]), known, most_chance=most_chance)
            placement = found[index]
            if placement is not None:
                camera.take(maps[index], placement, [index])
        if all(found[index] is None for index in left):
            break
        known, left = camera.points, [index for index in left if found[index] is None]
    return found


def cluster_cameras(maps: Sequence[DefectMap], *, most_chance: float = MOST_CHANCE) -> list[list[int]]:
    """Group the maps of shots by the camera that made them.

    The map with the most defects founds the first camera; each further one joins the
    camera that it matches with the least chance, and adds what it knows. A map of a single
    defect joins where a camera of the same raster has it within 1.5 px. What matches
    nothing stays alone: of such a shot the camera is not known.

    Parameters
    ----------
    maps : sequence of DefectMap
    most_chance : float
        How often a shot may join a camera that did not make it, 0 to 1.

    Returns
    -------
    list of list of int
        Indices of maps; each group ascending, groups by their first shot.
    """
    cameras: list[_Camera] = []
    order = sorted(range(len(maps)), key=lambda index: (-len(maps[index].defects), index))
    for index in order:
        _join(cameras, _Camera.of(maps[index], index), most_chance=most_chance)
    # Who came early found small cameras only; these have grown since.
    for alone in [each for each in cameras if len(each.shots) == 1]:
        cameras.remove(alone)
        _join(cameras, alone, most_chance=most_chance)
    return sorted(sorted(each.shots) for each in cameras)


def _join(cameras: list[_Camera], newcomer: _Camera, *, most_chance: float) -> None:
    """Add a camera's shots to the one that it is; else it is one more."""
    fair = most_chance / max(1, len(cameras))
    for tries in (_simple_matches, _scaled_matches):
        matches = list(tries(cameras, newcomer, fair))
        if matches:
            number, placement = min(matches, key=lambda each: (each[1].log10_chance, each[0]))
            cameras[number].take(newcomer.map, placement, newcomer.shots)
            return
    cameras.append(newcomer)


def _simple_matches(
    cameras: list[_Camera], newcomer: _Camera, most_chance: float
) -> Iterator[tuple[int, Placement]]:
    for number, camera in enumerate(cameras):
        placement = (
            _single_match(newcomer, camera, most_chance)
            if len(newcomer.points) == 1
            else match_points(newcomer.points, camera.points, most_chance=most_chance, by_offset_only=True)
        )
        if placement is not None:
            yield number, placement


def _scaled_matches(
    cameras: list[_Camera], newcomer: _Camera, most_chance: float
) -> Iterator[tuple[int, Placement]]:
    for number, camera in enumerate(cameras):
        placement = match_points(newcomer.points, camera.points, most_chance=most_chance)
        if placement is not None:
            yield number, placement


def _single_match(newcomer: _Camera, camera: _Camera, most_chance: float) -> Placement | None:
    """Return the identity if a camera of the same raster has the one defect of a map."""
    raster = newcomer.points.raster
    if newcomer.map.raster is None or raster != camera.map.raster or not len(camera.points):
        return None
    distance = np.hypot(*(camera.points.points - newcomer.points.points[0]).T)
    chance = len(camera.points) * np.pi * TOLERANCE_PX**2 / (raster.width * raster.height)
    if distance.min() > TOLERANCE_PX or chance > most_chance:
        return None
    pair = (int(newcomer.points.indices[0]), int(camera.points.indices[distance.argmin()]))
    return replace(IDENTITY, pairs=(pair,), log10_chance=float(np.log10(chance)))
