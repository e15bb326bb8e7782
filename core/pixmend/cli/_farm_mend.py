# SPDX-License-Identifier: Apache-2.0
"""Tasks that mend the frames of a job, prove them, and see that none is left out."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixmend.cli import _fix
from pixmend.cli._arguments import read_options
from pixmend.cli._farm_task import Task, fix_arguments, verify_arguments
from pixmend.cli._map_files import read_map_file
from pixmend.cli._output import Result
from pixmend.errors import ExitCode, PixError

if TYPE_CHECKING:
    from pixmend.frames import FileShot
    from pixmend.pipeline import JobReport

__all__ = ["fix", "report", "verify"]

_MOST_TOLD = 20


def fix(task: Task) -> Result:
    """Mend these frames by the job's map."""
    if not len(task.frames):
        return Result("farm.fix", "no frame of the job is here")
    mended = _fix.run(fix_arguments(task), task.progress)
    # What was left out, as the options allow, the report tells: it must not stop the other tasks.
    code = ExitCode.DONE if mended.exit_code is ExitCode.SKIPPED else mended.exit_code
    return replace(mended, command="farm.fix", exit_code=code)


def verify(task: Task) -> Result:
    """Prove these frames; what is wrong the report tells."""
    from pixmend.frames import choose_encoding, open_shot
    from pixmend.pipeline import verify_part

    if not len(task.frames):
        return Result("farm.verify", "no frame of the job is here")
    args = verify_arguments(task)
    mended, source = (open_shot(each, read_options(args)) for each in (args.mended, args.source))
    problems = verify_part(
        task.folder,
        mended,
        source,
        read_map_file(args.map),
        choose_encoding(mended.plate, args.encoding),
        frames=task.frames,
        of=task.job.frames,
        workers=task.workers,
        progress=task.progress,
    )
    for problem in problems[:_MOST_TOLD]:
        task.progress.note(problem)
    text = f"{len(problems)} problems" if problems else "verified"
    return Result("farm.verify", text, {"problems": list(problems)})


def report(task: Task) -> Result:
    """Say whether every frame of the job is mended by its map and proved."""
    from pixmend.pipeline import frames_not_mended, report_job, write_report

    args = fix_arguments(task)
    shot, defect_map, settings = _fix.fix_inputs(args)
    not_mended = frames_not_mended(
        shot, defect_map, args.output, settings, frames=task.job.frames, workers=task.workers
    )
    found = report_job(
        task.folder,
        _mended(args.output, task),
        defect_map,
        frames=task.job.frames,
        not_mended=not_mended,
    )
    result = _result(found, may_skip=args.skip_bad_frames)
    write_report(task.folder, dict(result.fields) | {"exit_code": int(result.exit_code)})
    return result


def _mended(output: Path, task: Task) -> "FileShot | None":
    from pixmend.frames import open_shot

    try:
        return open_shot(str(output), read_options(verify_arguments(task)))
    except PixError:  # nothing was mended: each frame is told as missing
        return None


def _result(found: "JobReport", *, may_skip: bool) -> Result:
    fields: dict[str, Any] = {
        "frames": str(found.frames),
        "frame_count": len(found.frames),
        "not_mended": [{"frame": frame, "reason": why} for frame, why in found.not_mended.items()],
        "not_verified": str(found.not_verified),
        "problems": list(found.problems),
        "skipped_shots": [{"frames": frames, "reason": why} for frames, why in found.skipped_shots],
        **found.totals,
    }
    failed = bool(found.problems or len(found.not_verified) or (found.not_mended and not may_skip))
    skipped = bool(found.not_mended or found.skipped_shots)
    code = ExitCode.PROOF if failed else ExitCode.SKIPPED if skipped else ExitCode.DONE
    return Result("farm.report", "\n".join(_sentences(found)), fields, code)


def _sentences(found: "JobReport") -> list[str]:
    lines = [f"frame {frame} is not mended: {why}" for frame, why in found.not_mended.items()]
    lines += [f"frames {found.not_verified} are not verified"] * bool(len(found.not_verified))
    lines += found.problems
    lines += [f"frames {frames} were not looked at: {why}" for frames, why in found.skipped_shots]
    if len(lines) > _MOST_TOLD:
        lines = [*lines[:_MOST_TOLD], f"and {len(lines) - _MOST_TOLD} more"]
    return lines or [f"all {len(found.frames)} frames are mended and verified"]
