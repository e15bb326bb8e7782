# SPDX-License-Identifier: Apache-2.0
"""One row for a defect that several shots of one plate show."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from pixmend.model import Defect, FrameRange, Kind, Severity, Status, Votes
from pixmend.register._evidence import joined_confidence, joined_evidence

__all__ = ["joined_rows"]

_SAME_PX = 1
# One photosite may be hot in a dark shot and stuck in a bright one; what is there only now and
# then, or is more than a photosite, is another thing.
_STEADY = frozenset({Kind.HOT, Kind.STUCK, Kind.DEAD})


def joined_rows(shots: Sequence[tuple[str, Sequence[Defect]]]) -> tuple[Defect, ...]:
    """Join what the shots of one sequence show at the same place, if one camera made them.

    Parameters
    ----------
    shots : sequence of (camera, defects)
        In order, in the same raster. A shot whose camera is not known ("") joins no other.

    Returns
    -------
    tuple of Defect
        In reading order, ids ``d0001`` onward; frames of all their shots, the rest from
        the shot that shows them best. ``camera`` is among their extra fields where it is
        known, and `votes` counts its shots.
    """
    rows: list[_Row] = []
    places: dict[tuple[str, int, int], list[_Row]] = {}
    for number, (camera, defects) in enumerate(shots):
        key = camera or f"#{number}"
        for defect in defects:
            row = _row_of(defect, key, number, places)
            if row is None:
                row = _Row(camera)
                places.setdefault((key, defect.x, defect.y), []).append(row)
                rows.append(row)
            row.members.append(defect)
            row.last_shot = number
    of = Counter(camera for camera, _ in shots)
    joined = [_joined(row.members, row.camera, of[row.camera]) for row in rows]
    ordered = sorted(joined, key=lambda each: (each.y, each.x, _first_frame(each)))
    return tuple(replace(each, id=f"d{number:04d}") for number, each in enumerate(ordered, 1))


@dataclass(slots=True, eq=False)
class _Row:
    """One defect, as its shots show it."""

    camera: str
    members: list[Defect] = field(default_factory=list)
    last_shot: int = -1


def _row_of(
    defect: Defect, key: str, number: int, places: Mapping[tuple[str, int, int], Sequence[_Row]]
) -> _Row | None:
    """Return the row of earlier shots that a defect of shot `number` belongs to; the nearest."""
    reach = range(-_SAME_PX, _SAME_PX + 1)
    for dx, dy in sorted(product(reach, reach), key=lambda each: (abs(each[0]) + abs(each[1]), each)):
        for row in places.get((key, defect.x + dx, defect.y + dy), ()):
            if row.last_shot != number and _is_same(row.members[0], defect):
                return row
    return None


def _is_same(one: Defect, other: Defect) -> bool:
    is_dark = [(each.amplitude_sigma or 0.0) < 0 for each in (one, other)]
    kinds = {one.kind, other.kind}
    return is_dark[0] == is_dark[1] and (len(kinds) == 1 or kinds <= _STEADY)


def _joined(members: Sequence[Defect], camera: str, of: int) -> Defect:
    best = max(members, key=_strength)
    decided = [each.status for each in members if each.status is not Status.PROPOSED]
    extra = {**best.extra, "camera": camera} if camera else best.extra
    if len(members) == 1:
        return replace(best, extra=extra, votes=Votes(seen=1, of=of) if camera else best.votes)
    kinds = Counter(each.kind for each in members)
    return replace(
        best,
        kind=max(kinds, key=lambda each: (kinds[each], each is best.kind)),
        frames=_united(members),
        confidence=joined_confidence(members),
        status=decided[-1] if decided else Status.PROPOSED,
        severity=Severity.ISSUE
        if any(each.severity is Severity.ISSUE for each in members)
        else best.severity,
        note="; ".join(dict.fromkeys(each.note for each in members if each.note)),
        evidence=joined_evidence(members),
        votes=Votes(seen=len(members), of=max(of, len(members))),
        extra=extra,
    )


def _united(members: Sequence[Defect]) -> FrameRange | None:
    ranges = [each.frames for each in members]
    known = [each for each in ranges if each is not None]
    return FrameRange(frame for each in known for frame in each) if len(known) == len(ranges) else None


def _strength(defect: Defect) -> float:
    return abs(defect.evidence.score) if defect.evidence is not None else abs(defect.amplitude_sigma or 0.0)


def _first_frame(defect: Defect) -> int:
    return defect.frames.frames[0] if defect.frames else 0
