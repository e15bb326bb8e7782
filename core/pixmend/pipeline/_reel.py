# SPDX-License-Identifier: Apache-2.0
"""Many shots: each is looked at by itself, then the shots of one camera tell of each other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from string import ascii_uppercase
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pixmend.detect import DetectSettings, numbered, shot_is_still
from pixmend.errors import FrameError
from pixmend.frames import Encoding, FrameSource
from pixmend.model import Defect, DefectMap, FrameRange
from pixmend.pipeline._detect import detect
from pixmend.pipeline._measuring import Sampling
from pixmend.progress import Progress, Silent
from pixmend.register import (
    ShotFindings,
    align_maps,
    confirmed_by_others,
    group_shots,
    joined_rows,
    known_from_moving,
    vote,
)

__all__ = [
    "FoundTake",
    "Look",
    "Looking",
    "Take",
    "camera_maps",
    "cameras_of_looks",
    "detect_takes",
    "map_of_reel",
    "priors_of_still_takes",
    "told_by_cameras",
]

_NO_FRAMES = FrameRange(())
_MOST_CANDIDATES = 500  # of a shot that are kept until all shots are seen

Look: TypeAlias = ShotFindings | FrameError
"""What a shot shows by itself, or why it cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Take:
    """One shot: some frames of a sequence.

    Attributes
    ----------
    source : FrameSource
    encoding : Encoding
    frames : FrameRange
    mixed : FrameRange
        Those of them that show another shot too, a dissolve: nothing is learned from these.
    name, camera : str
        What is known of it; else empty.
    prior : DefectMap or None
        Defects that its camera is known to have.
    excluded : (H, W) bool ndarray or None
        Where nothing is looked for.
    """

    source: FrameSource
    encoding: Encoding
    frames: FrameRange
    mixed: FrameRange = _NO_FRAMES
    name: str = ""
    camera: str = ""
    prior: DefectMap | None = None
    excluded: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FoundTake:
    """What a shot shows, with what the camera's other shots made sure.

    Attributes
    ----------
    take : Take
    defect_map : DefectMap or None
        None where the shot could not be read.
    camera : str
        The name that was given, else ``A``, ``B`` ... in the order of the shots; empty
        where no other shot is of the same camera.
    failure : FrameError or None
        Why it could not be read.
    """

    take: Take
    defect_map: DefectMap | None
    camera: str = ""
    failure: FrameError | None = None

    @property
    def defects(self) -> tuple[Defect, ...]:
        """What was found; nothing where the shot could not be read."""
        return () if self.defect_map is None else self.defect_map.defects


def detect_takes(
    takes: Sequence[Take],
    *,
    looking: "Looking | None" = None,
    progress: Progress | None = None,
) -> tuple[FoundTake, ...]:
    """Find the defects of many shots; of one at a time the statistics are in memory.

    Raises
    ------
    FrameError
        If not one of the shots can be read.
    """
    looking, says = looking or Looking(), progress or Silent()
    looked = looking.at(f"looking for defects in {len(takes)} shots", takes, says)
    cameras = cameras_of_looks(looked)
    priors = priors_of_still_takes(takes, looked, cameras)
    again: Sequence[Look] = ()
    if priors:
        stage = f"looking again at {len(priors)} locked-off shots, knowing the camera"
        again = looking.at(stage, [replace(takes[each], prior=prior) for each, prior in priors.items()], says)
    return told_by_cameras(takes, looked, cameras, again=dict(zip(priors, again, strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """How shots are looked at.

    Attributes
    ----------
    settings : DetectSettings or None
    every : int or None
        As in `Sampling`.
    flashes : bool
        Whether every frame is read, so that what shows in one frame only is found too.
    workers : int
        Frames worked on at the same time.
    """

    settings: DetectSettings | None = None
    every: int | None = None
    flashes: bool = True
    workers: int = 1

    def at(self, stage: str, takes: Sequence[Take], progress: Progress) -> list[Look]:
        """Return what each shot shows by itself, or why it cannot be read."""
        progress.start(stage, len(takes))
        looked = []
        for take in takes:
            looked.append(self.at_one(take))
            progress.advance()
        return looked

    def at_one(self, take: Take) -> Look:
        """Return what a shot shows by itself, or why it cannot be read."""
        try:
            found = detect(
                take.source,
                take.encoding,
                settings=self.settings,
                sampling=Sampling(
                    frames=take.frames, mixed=take.mixed, every=self.every, flashes=self.flashes
                ),
                prior=take.prior,
                excluded=take.excluded,
                workers=self.workers,
            )
        except FrameError as exc:
            return exc
        return ShotFindings(
            map=found.defect_map,
            candidates=found.candidates[:_MOST_CANDIDATES],
            is_still=shot_is_still(found.statistics),
            camera=take.camera,
        )


def told_by_cameras(
    takes: Sequence[Take],
    looked: Sequence[Look],
    cameras: Sequence[Sequence[int]],
    *,
    again: Mapping[int, Look],
) -> tuple[FoundTake, ...]:
    """Return what the shots show when those of one camera tell of each other.

    Parameters
    ----------
    takes, looked : sequences of equal length
        The shots, and what each shows by itself.
    cameras : sequence of sequence of int
        Of `cameras_of_looks`.
    again : mapping of int to ShotFindings or FrameError
        What those of `priors_of_still_takes` show with their priors, by index.

    Raises
    ------
    FrameError
        If not one of the shots can be read.
    """
    known = _readable(looked)
    failures = {number: each for number, each in enumerate(looked) if isinstance(each, FrameError)}
    if failures and not known:
        raise failures[0]
    best = {**known, **_readable(again)}
    told = {
        number: FoundTake(take=takes[number], defect_map=None, failure=each)
        for number, each in failures.items()
    }
    for group, name in zip(cameras, _camera_names(cameras, best), strict=True):
        more = confirmed_by_others([best[each] for each in group])
        for each, extra in zip(group, more, strict=True):
            defect_map = _with_more(best[each].map, extra, name)
            told[each] = FoundTake(take=takes[each], defect_map=defect_map, camera=name)
    return tuple(told[each] for each in sorted(told))


def cameras_of_looks(looked: Sequence[Look]) -> list[list[int]]:
    """Group shots by camera: indices of those that could be read, as `group_shots`."""
    known = _readable(looked)
    numbers = list(known)
    return [[numbers[each] for each in group] for group in group_shots(list(known.values()))]


def priors_of_still_takes(
    takes: Sequence[Take], looked: Sequence[Look], cameras: Sequence[Sequence[int]]
) -> dict[int, DefectMap]:
    """Return what to know when looking again at locked-off shots whose camera other shots tell of.

    In a still picture little but the shape tells a defect from a light; that the camera has
    one there, as shots that move show, tells it outright.

    Returns
    -------
    dict of int to DefectMap
        By index of the take; ascending within a camera.
    """
    known = _readable(looked)
    priors: dict[int, DefectMap] = {}
    for group in cameras:
        for each, prior in zip(group, known_from_moving([known[one] for one in group]), strict=True):
            if prior is not None:
                own = takes[each].prior
                priors[each] = prior if own is None else own.added(prior.defects)
    return priors


def _readable(looked: Sequence[Look] | Mapping[int, Look]) -> dict[int, ShotFindings]:
    numbered_looks = looked.items() if isinstance(looked, Mapping) else enumerate(looked)
    return {number: each for number, each in numbered_looks if isinstance(each, ShotFindings)}


def _camera_names(groups: Sequence[Sequence[int]], found: Mapping[int, ShotFindings]) -> list[str]:
    """Return the name of each camera: the one that was given, else the next free letter."""
    given = [found[group[0]].camera for group in groups]
    free = (name for name in _letters() if name not in given)
    return [name or (next(free) if len(group) > 1 else "") for group, name in zip(groups, given, strict=True)]


def _letters() -> Iterator[str]:
    """Yield A to Z, then A2 to Z2, and so on."""
    return (f"{letter}{round_ if round_ > 1 else ''}" for round_ in count(1) for letter in ascii_uppercase)


def _with_more(defect_map: DefectMap, more: Sequence[Defect], camera: str) -> DefectMap:
    source = replace(defect_map.source, camera=defect_map.source.camera or camera)
    if not more:
        return replace(defect_map, source=source)
    return replace(defect_map, source=source, defects=numbered([*defect_map.defects, *more]))


def map_of_reel(found: Sequence[FoundTake]) -> DefectMap:
    """Join the shots of one sequence in one map; what one camera shows at one place is one row.

    Raises
    ------
    FrameError
        If none of the shots could be read.
    """
    maps = [each.defect_map for each in found if each.defect_map is not None]
    if not maps:
        raise next(each.failure for each in found if each.failure is not None)
    cameras = {each.camera for each in found}
    first = maps[0]
    covered = FrameRange(frame for each in found if each.defect_map for frame in each.take.frames)
    return replace(
        first,
        source=replace(first.source, frames=covered, camera=cameras.pop() if len(cameras) == 1 else ""),
        defects=joined_rows([(each.camera, each.defects) for each in found]),
        extra={**first.extra, "shots_found": [_told(each) for each in found]},
    )


def _told(found: FoundTake) -> dict[str, object]:
    return {
        "frames": str(found.take.frames),
        "name": found.take.name,
        "camera": found.camera,
        "count": len(found.defects),
    }


def camera_maps(found: Sequence[FoundTake]) -> dict[str, DefectMap]:
    """Return the map of each camera that made several of the shots: what any of them has."""
    cameras: dict[str, list[DefectMap]] = {}
    for each in found:
        if each.camera and each.defect_map is not None:
            cameras.setdefault(each.camera, []).append(each.defect_map)
    return {camera: _camera_map(maps, camera) for camera, maps in cameras.items() if len(maps) > 1}


def _camera_map(maps: Sequence[DefectMap], camera: str) -> DefectMap:
    placements = align_maps(maps)
    known = [(one, there) for one, there in zip(maps, placements, strict=True) if there is not None]
    joined = vote([one for one, _ in known], least=1, placements=[there for _, there in known])
    return replace(joined, source=replace(joined.source, camera=camera))
