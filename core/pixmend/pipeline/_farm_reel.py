# SPDX-License-Identifier: Apache-2.0
"""The detection of a reel as tasks: cuts, looks, groups, second looks, one map.

Each task reads what those before it left in the job folder, and leaves whole files. A shot is
looked at whole, by the task in whose frames it begins; so nothing that is as large as a frame is
ever kept or joined. What is done is not done again; a task that comes twice, late, or
at the same time as its twin leaves the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pixmend.errors import FrameError, UsageError
from pixmend.model import DefectMap, FrameRange, map_from_json, map_to_json
from pixmend.pipeline._farm_files import digest_of, files_state, publish_json, read_json
from pixmend.pipeline._farm_findings import look_from_fields, look_to_fields
from pixmend.pipeline._reel import (
    FoundTake,
    Look,
    Looking,
    Take,
    cameras_of_looks,
    map_of_reel,
    priors_of_still_takes,
    told_by_cameras,
)
from pixmend.progress import Progress

__all__ = [
    "FarmReel",
    "MappedReel",
    "find_priors",
    "look_again_at_shots",
    "look_at_shots",
    "map_of_looks",
    "read_cuts",
    "write_cuts",
]

_CUTS, _LOOK, _PRIOR, _AGAIN = (f"pixmend.{name}/1" for name in ("cuts", "look", "prior", "again"))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FarmReel:
    """A reel whose cuts are known, and where its tasks meet.

    Attributes
    ----------
    folder : Path
        The job folder.
    asked : str
        Of `asked_of`.
    takes : tuple of Take
        All its shots, in order.
    is_told_by_shot : bool
        Whether the map tells shots apart; False where the sequence is one shot.
    """

    folder: Path
    asked: str
    takes: tuple[Take, ...]
    is_told_by_shot: bool

    def beginning_in(self, frames: FrameRange) -> tuple[Take, ...]:
        """Return the shots that begin in some frames, holes between them included."""
        if not len(frames):
            return ()
        first, last = frames.frames[0], frames.frames[-1]
        return tuple(each for each in self.takes if first <= each.frames.frames[0] <= last)

    def look_path(self, take: Take) -> Path:
        """Return where it is kept what a shot shows by itself."""
        return self.folder / "looks" / f"{take.frames.frames[0]}.json"

    def prior_path(self, take: Take) -> Path:
        """Return where it is kept what a shot is to be looked at again with."""
        return self.folder / "again" / f"{take.frames.frames[0]}.prior.json"

    def again_path(self, take: Take) -> Path:
        """Return where it is kept what a shot showed then."""
        return self.folder / "again" / f"{take.frames.frames[0]}.json"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MappedReel:
    """The map of a reel, and what each of its shots shows."""

    defect_map: DefectMap
    found: tuple[FoundTake, ...]


def write_cuts(folder: Path, asked: str, takes: Sequence[Take], *, is_told_by_shot: bool) -> None:
    """Write down which shots there are."""
    shots = [
        {"frames": str(each.frames), "mixed": str(each.mixed), "name": each.name, "camera": each.camera}
        for each in takes
    ]
    document = {"schema": _CUTS, "asked": asked, "is_told_by_shot": is_told_by_shot, "shots": shots}
    publish_json(folder / "cuts.json", document)


def read_cuts(folder: Path, asked: str, whole: Take) -> FarmReel:
    """Read which shots there are.

    Raises
    ------
    UsageError
        If the cuts of this job are not known yet.
    """
    path = folder / "cuts.json"
    document = read_json(path, schema=_CUTS, asked=asked)
    if document is None:
        raise UsageError(
            "the cuts are not known yet, or were found for another job",
            where=str(path),
            hint="run the step Cuts first",
        )
    takes = tuple(
        replace(
            whole,
            frames=FrameRange.parse(each["frames"]),
            mixed=FrameRange.parse(each["mixed"]) if each["mixed"] else FrameRange(()),
            name=each["name"],
            camera=each["camera"],
        )
        for each in document["shots"]
    )
    return FarmReel(folder=folder, asked=asked, takes=takes, is_told_by_shot=document["is_told_by_shot"])


def look_at_shots(reel: FarmReel, frames: FrameRange, looking: Looking, progress: Progress) -> list[Look]:
    """Look at each shot that begins in `frames`, unless that is done; one at a time is in memory.

    A shot that could not be read is tried again.
    """
    takes = reel.beginning_in(frames)
    progress.start(f"looking for defects in {len(takes)} shots", len(takes))
    looks = []
    for take in takes:
        look = _known_look(reel, take)
        if look is None:
            state = files_state(take.source, take.frames)
            look = looking.at_one(take)
            _write_look(
                reel.look_path(take), take, look, {"schema": _LOOK, "asked": reel.asked, "files": state}
            )
        looks.append(look)
        progress.advance()
    return looks


def find_priors(reel: FarmReel) -> FrameRange:
    """Write down with which priors locked-off shots are looked at again; return where these begin."""
    looks = _all_looks(reel)
    priors = priors_of_still_takes(reel.takes, looks, cameras_of_looks(looks))
    for number, prior in priors.items():
        document = {"schema": _PRIOR, "asked": reel.asked, "map": map_to_json(prior)}
        publish_json(reel.prior_path(reel.takes[number]), document)
    for number, take in enumerate(reel.takes):
        if number not in priors:  # of an earlier try, when a shot could not be read
            reel.prior_path(take).unlink(missing_ok=True)
    return FrameRange(reel.takes[number].frames.frames[0] for number in priors)


def look_again_at_shots(
    reel: FarmReel, frames: FrameRange, looking: Looking, progress: Progress
) -> list[Look]:
    """Look again at those shots that begin in `frames` and have a prior, unless that is done."""
    priors = [(take, text) for take in reel.beginning_in(frames) if (text := _prior_text(reel, take))]
    progress.start(f"looking again at {len(priors)} locked-off shots, knowing the camera", len(priors))
    looks = []
    for take, text in priors:
        look = _known_again(reel, take, text)
        if look is None or isinstance(look, FrameError):
            look = looking.at_one(replace(take, prior=map_from_json(text)))
            head = {"schema": _AGAIN, "asked": reel.asked, "prior": digest_of(text)}
            _write_look(reel.again_path(take), take, look, head)
        looks.append(look)
        progress.advance()
    return looks


def map_of_looks(reel: FarmReel) -> MappedReel:
    """Join what the shots show: what `detect_takes` and `map_of_reel` give on one machine.

    Raises
    ------
    UsageError
        If a shot was not looked at.
    FrameError
        If not one of the shots can be read.
    """
    looks = _all_looks(reel)
    if not reel.is_told_by_shot:
        (take,), (look,) = reel.takes, looks
        if isinstance(look, FrameError):
            raise look
        return MappedReel(defect_map=look.map, found=(FoundTake(take=take, defect_map=look.map),))
    cameras = cameras_of_looks(looks)
    priors = priors_of_still_takes(reel.takes, looks, cameras)
    again = {
        number: _known_again(reel, reel.takes[number], map_to_json(prior)) for number, prior in priors.items()
    }
    _check_all(reel, again, "Again")
    seen = {number: look for number, look in again.items() if look is not None}
    found = told_by_cameras(reel.takes, looks, cameras, again=seen)
    return MappedReel(defect_map=map_of_reel(found), found=found)


def _all_looks(reel: FarmReel) -> list[Look]:
    """Return what each shot shows, read one after the other."""
    looks = {number: _read_look(reel, take) for number, take in enumerate(reel.takes)}
    _check_all(reel, looks, "Look")
    return [look for look in looks.values() if look is not None]


def _check_all(reel: FarmReel, looks: Mapping[int, Look | None], step: str) -> None:
    lost = [reel.takes[number] for number, look in looks.items() if look is None]
    if lost:
        frames = FrameRange(frame for each in lost for frame in each.frames)
        raise UsageError(
            f"{len(lost)} of {len(reel.takes)} shots were not looked at: frames {frames}",
            where=str(reel.folder),
            hint=f"run the tasks of step {step} for these frames again",
        )


def _read_look(reel: FarmReel, take: Take) -> Look | None:
    document = read_json(reel.look_path(take), schema=_LOOK, asked=reel.asked)
    return _look_in(document, take, where=str(reel.look_path(take)))


def _known_look(reel: FarmReel, take: Take) -> Look | None:
    """Return the look of an earlier run if its frames are still the same, and it could read them."""
    document = read_json(reel.look_path(take), schema=_LOOK, asked=reel.asked)
    if document is None or document["files"] != files_state(take.source, take.frames):
        return None
    look = _look_in(document, take, where=str(reel.look_path(take)))
    return None if isinstance(look, FrameError) else look


def _prior_text(reel: FarmReel, take: Take) -> str:
    document = read_json(reel.prior_path(take), schema=_PRIOR, asked=reel.asked)
    return "" if document is None else str(document["map"])


def _known_again(reel: FarmReel, take: Take, prior: str) -> Look | None:
    document = read_json(reel.again_path(take), schema=_AGAIN, asked=reel.asked)
    if document is None or document["prior"] != digest_of(prior):
        return None
    return _look_in(document, take, where=str(reel.again_path(take)))


def _write_look(path: Path, take: Take, look: Look, head: Mapping[str, Any]) -> None:
    publish_json(
        path, {**head, "frames": str(take.frames), "camera": take.camera, "look": look_to_fields(look)}
    )


def _look_in(document: Mapping[str, Any] | None, take: Take, *, where: str) -> Look | None:
    """Return the look in a document if it is of this very shot."""
    if document is None or (document["frames"], document["camera"]) != (str(take.frames), take.camera):
        return None
    look = look_from_fields(document["look"], where=where)
    if isinstance(look, FrameError):
        return look
    # Frames of other shots may have come or gone since, and with them the name of the whole.
    source = replace(look.map.source, sequence=take.source.label)
    return replace(look, map=replace(look.map, source=source))
