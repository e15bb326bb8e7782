# SPDX-License-Identifier: Apache-2.0
"""One map for a camera, from the maps of its shots: what enough of them have."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from pixmend.errors import MapError
from pixmend.model import FARTHEST, Defect, DefectMap, Kind, Raster, Sample, Severity, Source, Status, Votes
from pixmend.register._evidence import joined_amplitude, joined_confidence, joined_evidence
from pixmend.register._match import TOLERANCE_PX
from pixmend.register._placement import IDENTITY, Placement, placed

__all__ = ["vote"]


@dataclass(frozen=True, slots=True, eq=False)
class _Shot:
    """A map as it lies in the raster of the vote."""

    defects: tuple[Defect, ...]
    covers: Raster | None
    placement: Placement
    shots: int

    def coarseness(self) -> float:
        """Return how many pixels here one of its own covers, 1 at least."""
        return max(1.0, self.placement.zoom)

    def sees(self, x: int, y: int) -> bool:
        """Tell whether the map's own raster has this place."""
        if self.covers is None:
            return True
        there = self.placement.inverse().apply(np.array([(x, y)], dtype=np.float64))[0]
        return self.covers.contains(math.floor(there[0] + 0.5), math.floor(there[1] + 0.5))


def vote(
    maps: Sequence[DefectMap], *, least: int, placements: Sequence[Placement] | None = None
) -> DefectMap:
    """Join the maps of a camera's shots: a defect stays if enough of them have it.

    Defects within 1.5 px of each other are one, once they are placed. Its samples are those that
    half of its shots have; amplitude is the median; confidence and evidence add up. It
    counts for every frame, because frames of one shot say nothing in another. A single-frame
    hit counts only where two shots have it, as blinking. A map that was voted itself brings its counts along, so that a
    camera's map grows from reel to reel. What a person rejected is no vote; what a person
    decided stays, and the latest map's decision stands.

    Parameters
    ----------
    maps : sequence of DefectMap
        The first one's raster and ids are kept.
    least : int
        In how many shots a defect must stand, 1 or more.
    placements : sequence of Placement, optional
        Where each map lies in the raster of the first; as they are when left out.

    Raises
    ------
    MapError
        If there is no map, or rasters differ and no placements are given.
    ValueError
        If `least` is less than 1, or there are not as many placements as maps.
    """
    if least < 1:
        raise ValueError(f"{least} votes can not be asked for")
    if not maps:
        raise MapError("there is no map to merge")
    if placements is None:
        _check_one_raster(maps)
    raster = next((each.raster for each in maps if each.raster is not None), None)
    where = [IDENTITY] * len(maps) if placements is None else placements
    shots = [_shot(one, there, raster) for one, there in zip(maps, where, strict=True)]
    voted = (_voted(group, shots) for group in _groups(shots))
    kept = [each for each in voted if _is_kept(each, least)]
    base = replace(
        maps[0],
        raster=raster,
        source=_source(maps),
        extra={name: value for each in reversed(maps) for name, value in each.extra.items()},
        shots=sum(each.shots for each in maps),
        defects=(),
    )
    return base.added(kept)


def _is_kept(defect: Defect, least: int) -> bool:
    # One frame of one shot says nothing of other frames, whatever a person decided of it.
    is_lasting = defect.kind is not Kind.FLASH
    return is_lasting and (_weight(defect) >= least or defect.status is not Status.PROPOSED)


def _check_one_raster(maps: Sequence[DefectMap]) -> None:
    rasters = sorted({str(each.raster) for each in maps if each.raster is not None})
    if len(rasters) > 1:
        raise MapError(
            f"the maps are for different rasters: {', '.join(rasters)}",
            hint="`--align` finds where the defects of one lie in another",
        )


def _shot(one: DefectMap, placement: Placement, raster: Raster | None) -> _Shot:
    return _Shot(placed(one, placement, raster=raster).defects, one.raster, placement, one.shots)


def _groups(shots: Sequence[_Shot]) -> list[list[tuple[int, Defect]]]:
    """Return the defects that are one, each with the number of its map, in the order of the first of each."""
    all_of_them = [(number, each) for number, shot in enumerate(shots) for each in shot.defects]
    if not all_of_them:
        return []
    points = np.array([_across(each) for _, each in all_of_them], dtype=np.float64)
    doubt = TOLERANCE_PX * np.array([shots[number].coarseness() for number, _ in all_of_them])
    near = cKDTree(points).query_pairs(float(doubt.max()), output_type="ndarray")
    distance = np.hypot(*(points[near[:, 0]] - points[near[:, 1]]).T)
    near = near[distance <= np.maximum(doubt[near[:, 0]], doubt[near[:, 1]])]
    graph = coo_array((np.ones(len(near)), (near[:, 0], near[:, 1])), shape=(len(points), len(points)))
    _, labels = connected_components(graph, directed=False)
    groups: dict[int, list[tuple[int, Defect]]] = {}
    for label, each in zip(labels.tolist(), all_of_them, strict=True):
        groups.setdefault(label, []).append(each)
    return list(groups.values())


def _across(defect: Defect) -> tuple[float, float]:
    """Return where a defect is; of a line, whose ends differ from shot to shot, only what is across it."""
    nowhere = -10.0 * FARTHEST
    match defect.kind:
        case Kind.COLUMN:
            return defect.x, nowhere
        case Kind.ROW:
            return nowhere, defect.y
        case _:
            return defect.x, defect.y


def _voted(group: list[tuple[int, Defect]], shots: Sequence[_Shot]) -> Defect:
    """Return what a group of defects says together."""
    members = [each for _, each in group]
    x, y, samples = _place(group, shots)
    first, decided = members[0], [each.status for each in members if each.status is not Status.PROPOSED]
    votes = _votes(group, shots, x, y)
    return replace(
        first,
        x=x,
        y=y,
        kind=_kind(members, votes),
        frames=None,
        samples=samples,
        amplitude_sigma=joined_amplitude(members),
        confidence=joined_confidence(members),
        status=decided[-1] if decided else Status.PROPOSED,
        severity=max((each.severity for each in members), key=lambda each: each is Severity.ISSUE),
        note="; ".join(dict.fromkeys(each.note for each in members if each.note)),
        evidence=joined_evidence(members),
        votes=votes,
        extra={name: value for each in reversed(members) for name, value in each.extra.items()},
    )


def _place(group: list[tuple[int, Defect]], shots: Sequence[_Shot]) -> tuple[int, int, tuple[Sample, ...]]:
    """Return centre and footprint, by those shots that show it at the finest scale."""
    finest = min(shots[number].coarseness() for number, _ in group)
    members = [each for number, each in group if shots[number].coarseness() == finest]
    often = [min(max(1, _weight(each)), 1000) for each in members]
    x, y = (int(np.median(np.repeat([getattr(each, axis) for each in members], often))) for axis in "xy")
    return x, y, _majority(members, x, y)


def _votes(group: list[tuple[int, Defect]], shots: Sequence[_Shot], x: int, y: int) -> Votes:
    seen_in: dict[int, int] = {}
    counted_in: dict[int, int] = {}
    for number, each in group:
        counted_in[number] = max(counted_in.get(number, 0), each.votes.of if each.votes else 0)
        seen = 0 if each.status is Status.REJECTED else _weight(each)
        seen_in[number] = max(seen_in.get(number, 0), seen)
    of = sum(
        counted_in.get(number) or (shot.shots if number in seen_in or shot.sees(x, y) else 0)
        for number, shot in enumerate(shots)
    )
    return Votes(seen=sum(seen_in.values()), of=of)


def _weight(defect: Defect) -> int:
    """Return for how many shots a defect speaks."""
    return 1 if defect.votes is None else defect.votes.seen


def _kind(members: Sequence[Defect], votes: Votes) -> Kind:
    """Return the kind that most shots saw; of two, what the stronger measurement says."""
    totals: Counter[Kind] = Counter()
    for each in members:
        totals[each.kind] += max(1, _weight(each))
    strongest = max(members, key=lambda each: abs(each.amplitude_sigma or 0.0)).kind
    kind = max(totals, key=lambda each: (totals[each], each is strongest, each.value))
    return Kind.BLINKING if kind is Kind.FLASH and votes.seen >= 2 else kind


def _majority(members: Sequence[Defect], x: int, y: int) -> tuple[Sample, ...]:
    """Return the samples that half of the shots have; the commonest, where they agree on none."""
    totals: Counter[Sample] = Counter()
    for each in members:
        for dx, dy, channel in each.samples:
            totals[Sample(each.x + dx - x, each.y + dy - y, channel)] += max(1, _weight(each))
    needed = min(sum(max(1, _weight(each)) for each in members) / 2, max(totals.values()))
    kept = [each for each, count in totals.items() if count >= needed]
    return tuple(sorted(kept, key=lambda each: (each.dy, each.dx, each.channel)))


def _source(maps: Sequence[DefectMap]) -> Source:
    """Return what the maps' sources have in common: frames of different shots do not add up."""
    first = maps[0].source
    return replace(
        first,
        sequence=first.sequence if len({each.source.sequence for each in maps}) == 1 else "",
        frames=first.frames if len({each.source.frames for each in maps}) == 1 else None,
        camera=next((each.source.camera for each in maps if each.source.camera), ""),
    )
