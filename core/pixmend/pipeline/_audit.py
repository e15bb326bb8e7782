# SPDX-License-Identifier: Apache-2.0
"""Mended frames -> how far each repair stands out: only the rows around repairs are read."""

from collections.abc import Mapping, Sequence

from pixmend.audit import AuditScore, Look, RepairSite, look_at, plan_site, score_repair
from pixmend.fill import spoiled_samples
from pixmend.frames import FrameSource
from pixmend.model import Defect, FrameRange
from pixmend.pipeline._frames_at_once import frames_at_once
from pixmend.pipeline._windows import read_windows
from pixmend.progress import Progress
from pixmend.stats import SigmaScale

__all__ = ["AUDIT_FRAMES", "audit_repairs"]

AUDIT_FRAMES = 24
"""Frames in which a repair is looked at, evenly spread over those that it is in."""

_AT_ONCE = 512  # repairs whose sums are in memory together


def audit_repairs(
    shot: FrameSource,
    defects: Sequence[Defect],
    scale: SigmaScale,
    *,
    frames: FrameRange,
    audited: frozenset[str] | None = None,
    workers: int = 1,
    progress: Progress,
) -> dict[str, AuditScore]:
    """Return how far repairs stand out of sound places around them, by the defect's id.

    Parameters
    ----------
    shot : FrameSource
        The frames to look at.
    defects : sequence of Defect
        All of the map: none is taken for a sound place.
    scale : SigmaScale
        Of this shot.
    frames : FrameRange
        Of `shot`; `AUDIT_FRAMES` of those that a repair is in are looked at.
    audited : frozenset of str, optional
        The ids of those that are asked for; all by default.

    Returns
    -------
    dict of str to AuditScore
        Without those of which nothing can be said: in none of the frames, or with too few
        sound places around.

    Raises
    ------
    FrameError
        If a frame cannot be read.
    """
    plate = shot.plate
    shape = (len(plate.colour), plate.raster.height, plate.raster.width)
    spoiled = spoiled_samples(defects, plate)
    asked = [each for each in defects if audited is None or each.id in audited]
    scores: dict[str, AuditScore] = {}
    for first in range(0, len(asked), _AT_ONCE):
        some = asked[first : first + _AT_ONCE]
        planned = {each.id: plan_site(spoiled_samples([each], plate), spoiled, shape) for each in some}
        sites = {name: site for name, site in planned.items() if site is not None}
        chosen = {each.id: _frames_of(each, frames) for each in some if each.id in sites}
        looks = _looks(shot, sites, chosen, scale, workers=workers, progress=progress)
        found = {name: score_repair(sites[name], sums) for name, sums in looks.items()}
        scores |= {name: score for name, score in found.items() if score is not None}
    return scores


def _frames_of(defect: Defect, frames: FrameRange) -> FrameRange:
    return (frames if defect.frames is None else frames & defect.frames).thinned(AUDIT_FRAMES)


def _looks(
    shot: FrameSource,
    sites: Mapping[str, RepairSite],
    chosen: Mapping[str, FrameRange],
    scale: SigmaScale,
    *,
    workers: int,
    progress: Progress,
) -> dict[str, tuple[Look, ...]]:
    """Return the sums over its frames of each site that is in any."""
    wanted = FrameRange(frame for each in chosen.values() for frame in each)

    def look(frame: int) -> dict[str, tuple[Look, ...]]:
        there = {name: site for name, site in sites.items() if frame in chosen[name]}
        around = [(piece.rows, piece.columns) for site in there.values() for piece in site.pieces]
        regions = iter(read_windows(shot, frame, around, scale))
        return {name: look_at(site, [next(regions) for _ in site.pieces]) for name, site in there.items()}

    sums: dict[str, tuple[Look, ...]] = {}
    if len(wanted):
        progress.start("looking at repairs", len(wanted))
    for found in frames_at_once(look, wanted, workers=workers):
        for name, looks in found.items():
            sums[name] = looks if name not in sums else _added(sums[name], looks)
        progress.advance()
    return sums


def _added(sums: tuple[Look, ...], more: tuple[Look, ...]) -> tuple[Look, ...]:
    return tuple(before + each for before, each in zip(sums, more, strict=True))
