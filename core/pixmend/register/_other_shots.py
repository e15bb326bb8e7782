# SPDX-License-Identifier: Apache-2.0
"""What one shot alone cannot tell, the camera's other shots may.

A weak candidate is a defect where another shot of the camera shows one surely, or where
weak candidates of several shots meet more often than chance brings them together.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pixmend.model import Defect, DefectMap, Kind, Raster
from pixmend.register._cameras import align_maps, cluster_cameras
from pixmend.register._evidence import joined_confidence
from pixmend.register._match import TOLERANCE_PX, match_maps
from pixmend.register._placement import IDENTITY, Placement, placed
from pixmend.register._vote import vote

__all__ = ["ShotFindings", "confirmed_by_others", "group_shots", "known_from_moving"]

_LEAST_SHOTS = 3  # in which weak candidates alone must meet
_MOST_BY_CHANCE = 0.01  # such meetings that a camera may be expected to show by chance
_MOST_WEAK = 60  # candidates of a shot that help to tell its camera


@dataclass(frozen=True, slots=True, kw_only=True)
class ShotFindings:
    """What detection found in one shot.

    Attributes
    ----------
    map : DefectMap
        What is sure by itself.
    candidates : tuple of Defect
        What is not.
    is_still : bool
        Whether nothing moves in it: then the scene is as fixed as a defect, and a second
        still shot of the same view shows the same candidates.
    camera : str
        Its camera where somebody said it; else empty.
    """

    map: DefectMap
    candidates: tuple[Defect, ...] = ()
    is_still: bool = False
    camera: str = ""


def group_shots(shots: Sequence[ShotFindings]) -> list[list[int]]:
    """Group shots by camera: what was said of them, else their constellations of defects.

    Returns
    -------
    list of list of int
        Indices of `shots`, each in one group, ascending; groups by their first shot. A
        group of one is a shot whose camera made no other, or is not known.
    """
    named: dict[str, list[int]] = {}
    for index, shot in enumerate(shots):
        if shot.camera:
            named.setdefault(shot.camera, []).append(index)
    unnamed = [index for index, shot in enumerate(shots) if not shot.camera and shot.map.defects]
    found = [[unnamed[each] for each in group] for group in cluster_cameras([shots[i].map for i in unnamed])]
    cameras = [*named.values(), *(group for group in found if len(group) > 1)]
    grouped = {index for group in cameras for index in group}
    known = [_camera_map([shots[index].map for index in group]) for group in cameras]
    left = [index for index in range(len(shots)) if index not in grouped]
    alone = [[index] for index in left if not _attach(index, shots[index], cameras, known)]
    return sorted([*(sorted(group) for group in cameras), *alone])


def _camera_map(maps: Sequence[DefectMap]) -> DefectMap:
    placements = align_maps(maps)
    matched = [(one, there) for one, there in zip(maps, placements, strict=True) if there is not None]
    return vote([one for one, _ in matched], least=1, placements=[there for _, there in matched])


def _attach(index: int, shot: ShotFindings, cameras: list[list[int]], known: Sequence[DefectMap]) -> bool:
    """Add a shot to the camera that its candidates fit best; False if they fit none."""
    if shot.camera:
        return False
    weak = sorted(shot.candidates, key=lambda each: -_strength(each))[:_MOST_WEAK]
    seen = replace(shot.map, defects=(*shot.map.defects, *weak))
    matches = [
        (found.log10_chance, number)
        for number, camera in enumerate(known)
        if seen.defects and (found := match_maps(seen, camera, by_offset_only=True)) is not None
    ]
    if matches:
        cameras[min(matches)[1]].append(index)
    return bool(matches)


def known_from_moving(shots: Sequence[ShotFindings]) -> list[DefectMap | None]:
    """Return, for each still shot of one camera, what the moving ones show surely.

    Parameters
    ----------
    shots : sequence of ShotFindings
        Of one camera; placed as in `confirmed_by_others`.

    Returns
    -------
    list of DefectMap or None
        In the raster of the shot, as a prior for it; None for a moving shot, and where there
        is nothing to tell.
    """
    if all(shot.is_still for shot in shots) or not any(shot.is_still for shot in shots):
        return [None] * len(shots)
    placements = [each or IDENTITY for each in align_maps([shot.map for shot in shots])]
    moving = [(shot.map, there) for shot, there in zip(shots, placements, strict=True) if not shot.is_still]
    camera = vote([one for one, _ in moving], least=1, placements=[there for _, there in moving])
    if not camera.defects:
        return [None] * len(shots)
    return [
        placed(camera, there.inverse(), raster=shot.map.raster) if shot.is_still else None
        for shot, there in zip(shots, placements, strict=True)
    ]


def confirmed_by_others(shots: Sequence[ShotFindings]) -> list[tuple[Defect, ...]]:
    """Return which candidates of each shot of one camera its other shots make sure.

    Parameters
    ----------
    shots : sequence of ShotFindings
        Of one camera. Where one lies in the raster of the first is found from its sure
        defects; where these do not tell, it is taken to lie as the first does.

    Returns
    -------
    list of tuple of Defect
        One a shot; their confidence is what all shots say together.
    """
    if len(shots) < 2:
        return [() for _ in shots]
    cloud = _Cloud.of(shots)
    tree = cKDTree(cloud.points)
    accepted: list[list[Defect]] = [[] for _ in shots]
    for index in np.flatnonzero(~cloud.is_sure).tolist():
        there = cloud.points[index]
        near = [each for each in tree.query_ball_point(there, cloud.reach[index]) if cloud.agree(index, each)]
        if cloud.is_confirmed(index, near) or _meet(near, cloud, shots):
            defect = replace(
                cloud.defects[index], confidence=joined_confidence([cloud.defects[each] for each in near])
            )
            accepted[cloud.shot[index]].append(defect)
    return [tuple(each) for each in accepted]


@dataclass(frozen=True, slots=True, eq=False)
class _Cloud:
    """All that the shots of a camera show, in the raster of the first."""

    defects: tuple[Defect, ...]
    points: NDArray[np.float64]
    shot: NDArray[np.int64]
    is_sure: NDArray[np.bool_]
    reach: NDArray[np.float64]
    density: float
    """Expected candidates of all shots within reach of any one place, by chance."""

    @classmethod
    def of(cls, shots: Sequence[ShotFindings]) -> "_Cloud":
        placements = [each or IDENTITY for each in align_maps([shot.map for shot in shots])]
        rows = [
            (number, defect, is_sure)
            for number, shot in enumerate(shots)
            for is_sure, some in ((True, shot.map.defects), (False, shot.candidates))
            for defect in some
            if defect.kind is not Kind.FLASH
        ]
        return cls(
            defects=tuple(defect for _, defect, _ in rows),
            points=_points(rows, placements),
            shot=np.array([number for number, _, _ in rows], np.int64),
            is_sure=np.array([is_sure for _, _, is_sure in rows], np.bool_),
            reach=np.array([TOLERANCE_PX * max(1.0, placements[number].zoom) for number, _, _ in rows]),
            density=sum(len(shot.candidates) * _share(shot.map.raster) for shot in shots),
        )

    def agree(self, one: int, other: int) -> bool:
        """Tell whether both are too bright, or both too dark."""
        signs = [math.copysign(1.0, self.defects[each].amplitude_sigma or 1.0) for each in (one, other)]
        return signs[0] == signs[1]

    def is_confirmed(self, index: int, near: Sequence[int]) -> bool:
        """Tell whether another shot shows surely what this one may."""
        return any(self.is_sure[each] and self.shot[each] != self.shot[index] for each in near)


def _points(rows: Sequence[tuple[int, Defect, bool]], placements: Sequence[Placement]) -> NDArray[np.float64]:
    points = [
        placements[number].apply(np.array([(each.x, each.y)], np.float64))[0] for number, each, _ in rows
    ]
    return np.array(points, np.float64).reshape(-1, 2)


def _meet(near: Sequence[int], cloud: _Cloud, shots: Sequence[ShotFindings]) -> bool:
    """Tell whether candidates of so many shots meet at one place hardly ever by chance.

    By chance, k of them meet in about (places) * density^k / k! places of the raster. Still
    shots count as one: they may show the same view.
    """
    met = {int(cloud.shot[each]) for each in near}
    still = sum(shots[number].is_still for number in met)
    count = len(met) - max(still - 1, 0)
    if count < _LEAST_SHOTS:
        return False
    places = 1.0 / _share(shots[0].map.raster)
    by_chance = places * cloud.density**count / math.factorial(count)
    return by_chance < _MOST_BY_CHANCE


def _share(raster: Raster | None) -> float:
    """Return which part of a raster lies within reach of a place."""
    area = raster.width * raster.height if raster is not None else 1.0
    return min(1.0, math.pi * TOLERANCE_PX**2 / area)


def _strength(defect: Defect) -> float:
    return abs(defect.evidence.score) if defect.evidence is not None else abs(defect.amplitude_sigma or 0.0)
