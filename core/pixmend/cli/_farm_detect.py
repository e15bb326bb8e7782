# SPDX-License-Identifier: Apache-2.0
"""Tasks that find the defects of a reel, or of one long shot."""

from dataclasses import replace
from typing import TYPE_CHECKING

from pixmend.cli._detect import looking_of
from pixmend.cli._detect_reel import is_reel, open_sequence, split_at_cuts
from pixmend.cli._farm_task import Task, detect_arguments
from pixmend.cli._map_files import write_map_file
from pixmend.cli._output import Result
from pixmend.errors import FrameError, MissingFrameError

if TYPE_CHECKING:
    from argparse import Namespace

    from pixmend.pipeline import FarmReel, Take

__all__ = ["again", "cuts", "group", "look", "map_of_job", "measure"]


def cuts(task: Task) -> Result:
    """Find the cuts of the reel, or read them from the list."""
    from pixmend.pipeline import asked_of, write_cuts

    args = detect_arguments(task)
    takes = split_at_cuts(_whole(task, args), args, task.progress)
    write_cuts(task.folder, asked_of(task.job), takes, is_told_by_shot=is_reel(takes, args))
    return Result("farm.cuts", f"{len(takes)} shots", {"shots": [str(each.frames) for each in takes]})


def look(task: Task) -> Result:
    """Look for defects in the shots that begin in these frames."""
    from pixmend.pipeline import look_at_shots

    args = detect_arguments(task)
    looks = look_at_shots(_reel(task, args), task.frames, looking_of(args), task.progress)
    failures = [str(each) for each in looks if isinstance(each, FrameError)]
    for failure in failures:
        task.progress.note(f"a shot is skipped: {failure}")
    fields = {"shots": len(looks), "skipped": failures}
    return Result("farm.look", f"{len(looks)} shots looked at, {len(failures)} could not be read", fields)


def group(task: Task) -> Result:
    """Group the shots by camera, and say which are to be looked at again."""
    from pixmend.pipeline import find_priors

    begins = find_priors(_reel(task, detect_arguments(task)))
    text = f"{len(begins)} locked-off shots are to be looked at again"
    return Result("farm.group", text, {"again": list(begins)})


def again(task: Task) -> Result:
    """Look again at the locked-off shots that begin in these frames, knowing the camera."""
    from pixmend.pipeline import look_again_at_shots

    args = detect_arguments(task)
    looks = look_again_at_shots(_reel(task, args), task.frames, looking_of(args), task.progress)
    return Result("farm.again", f"{len(looks)} shots looked at again", {"shots": len(looks)})


def measure(task: Task) -> Result:
    """Measure these frames of one long shot."""
    from pixmend.pipeline import asked_of, measure_part

    args = detect_arguments(task)
    path = measure_part(
        task.folder,
        asked_of(task.job),
        _whole(task, args),
        part=task.frames,
        looking=looking_of(args),
        progress=task.progress,
    )
    written = "" if path is None else str(path)
    return Result("farm.measure", written or "no frame is looked at here", {"statistics": written})


def map_of_job(task: Task) -> Result:
    """Make the map of what all tasks found."""
    from pixmend.pipeline import asked_of, map_of_looks, map_of_parts, write_skipped

    args = detect_arguments(task)
    if task.job.is_one_shot:
        found = map_of_parts(
            task.folder,
            asked_of(task.job),
            _whole(task, args),
            looking=looking_of(args),
            progress=task.progress,
        )
    else:
        found = map_of_looks(_reel(task, args))
    skipped = [(each.take.frames, each.failure) for each in found.found if each.failure is not None]
    write_skipped(task.folder, [(str(frames), str(failure)) for frames, failure in skipped])
    path = task.folder / "map.json"
    write_map_file(path, found.defect_map, overwrite=True)
    count = len(found.defect_map.defects)
    fields = {"output": str(path), "count": count, "skipped": [str(each) for _, each in skipped]}
    return Result("farm.map", f"{count} defects\n{path}", fields)


def _whole(task: Task, args: "Namespace") -> "Take":
    """Return the frames of the job that are still there, as one take."""
    whole = open_sequence(task.job.shot, args, task.progress, said=set())
    frames = task.job.frames & whole.source.frames
    if not len(frames):
        raise MissingFrameError(f"frames {task.job.frames} are missing", where=whole.source.label)
    return replace(whole, frames=frames)


def _reel(task: Task, args: "Namespace") -> "FarmReel":
    from pixmend.pipeline import asked_of, read_cuts

    return read_cuts(task.folder, asked_of(task.job), _whole(task, args))
