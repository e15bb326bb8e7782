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

__all__ = ["AUDIT_FRAMES", "audit_repairs", "frames_to_audit"]

AUDIT_FRAMES = 24
"""Frames in which a repair is looked at, evenly spread over those that it is in."""

_AT_ONCE = (
    128  # repairs whose sums are in memory together: up to 0.2 MB each, and as much for each frame at work
)


def frames_to_audit(
    defects: Sequence[Defect], frames: FrameRange, *, most: int = AUDIT_FRAMES
) -> dict[str, FrameRange]:
    """Return, by the defect's id, in which of some frames each repair is to be looked at."""
    shown = {each.id: frames if each.frames is None else frames & each.frames for each in defects}
    return {name: there.thinned(most) for name, there in shown.items() if len(there)}


def audit_repairs(
    shot: FrameSource,
    defects: Sequence[Defect],
    scale: SigmaScale,
    *,
    chosen: Mapping[str, FrameRange],
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
    chosen : mapping of str to FrameRange
        The ids of those that are asked for, and in which frames.

    Returns
    -------
    dict of str to AuditScore
        Without those of which nothing can be said: too few sound places are around.

    Raises
    ------
    FrameError
        If a frame cannot be read.
    """
    plate = shot.plate
    shape = (len(plate.colour), plate.raster.height, plate.raster.width)
    spoiled = spoiled_samples(defects, plate)
    asked = sorted((each for each in defects if each.id in chosen), key=lambda each: (each.y, each.x))
    scores: dict[str, AuditScore] = {}
    for first in range(0, len(asked), _AT_ONCE):
        some = asked[first : first + _AT_ONCE]
        planned = {each.id: plan_site(spoiled_samples([each], plate), spoiled, shape) for each in some}
        sites = {name: site for name, site in planned.items() if site is not None}
        looks = _looks(shot, sites, chosen, scale, workers=workers, progress=progress)
        found = {name: score_repair(sites[name], sums) for name, sums in looks.items()}
        scores |= {name: score for name, score in found.items() if score is not None}
    return scores


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
    wanted = FrameRange(frame for name in sites for frame in chosen[name])

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
