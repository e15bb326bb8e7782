# SPDX-License-Identifier: Apache-2.0
"""``pixmend fix``: mend the defects of a map, and change no other byte."""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

import pixmend
from pixmend.cli._arguments import (
    ArgumentParser,
    add_common_options,
    add_encoding_option,
    add_frames_option,
    add_workers_option,
    add_write_options,
)
from pixmend.cli._map_files import read_map_file
from pixmend.cli._output import Result
from pixmend.errors import ExitCode, FrameError
from pixmend.progress import Progress

if TYPE_CHECKING:
    from pixmend.pipeline import FixPlan, FixReport

__all__ = ["SUMMARY", "add_arguments", "run"]

SUMMARY = "mend the defects of a map in every frame, and change no other byte"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("shot", metavar="SHOT", help="plate.1001-1100#.exr, a folder, or one file")
    parser.add_argument(
        "--map", metavar="MAP", type=Path, required=True, help="the defects, in any form of map"
    )
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("-o", "--output", metavar="OUTDIR", type=Path, help="folder for the mended frames")
    place.add_argument(
        "--in-place", action="store_true", help="replace the frames themselves; undo leads back"
    )
    add_frames_option(parser)
    parser.add_argument(
        "--only",
        choices=("accepted", "proposed"),
        help="only defects of this status (default: all not rejected)",
    )
    parser.add_argument(
        "--skip-bad-frames", action="store_true", help="go on without frames that cannot be read; exit with 5"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if frames would change"
    )
    add_encoding_option(parser)
    add_workers_option(parser)
    add_write_options(parser)
    add_common_options(parser)


def run(args: Namespace, progress: Progress) -> Result:
    """Mend the frames."""
    from pixmend.frames import choose_encoding, open_shot
    from pixmend.model import Status
    from pixmend.pipeline import fix, plan_fix

    shot = open_shot(args.shot)
    out = shot.path(shot.frames.frames[0]).parent if args.in_place else args.output
    defect_map = read_map_file(args.map)
    defect_map.check_fits(shot.plate, where=str(args.map))
    plan = plan_fix(
        shot,
        defect_map,
        out,
        frames=args.frames,
        only=None if args.only is None else Status(args.only),
        overwrite=args.overwrite,
        in_place=args.in_place,
    )
    encoding = choose_encoding(shot.plate, args.encoding)
    progress.note(encoding.reason)
    if len(shot.gaps):
        progress.note(f"frames {shot.gaps} are missing in {shot.label}")
    if args.dry_run or args.check:
        return _would_be(args, plan, out)
    notes = {
        "pixmend": pixmend.__version__,
        "map": args.map.name,
        "only": args.only,
        "encoding": encoding.name,
    }
    try:
        report = fix(
            plan,
            encoding,
            notes=notes,
            skip_bad_frames=args.skip_bad_frames,
            workers=args.workers,
            progress=progress,
        )
    except FrameError as exc:
        exc.hint = exc.hint or "mend or replace this frame, or pass --skip-bad-frames to go on without it"
        raise
    return _result(report, out, encoding.name)


def _would_be(args: Namespace, plan: "FixPlan", out: Path) -> Result:
    touched = sum(bool(plan.defects(frame)) for frame in plan.frames)
    text = f"{touched} of {len(plan.frames)} frames would change; nothing was written"
    fields = {
        "output": str(out),
        "frames": len(plan.frames),
        "frames_that_would_change": touched,
        "written": False,
    }
    return Result("fix", text, fields, ExitCode.FOUND if args.check and touched else ExitCode.DONE)


def _result(report: "FixReport", out: Path, encoding: str) -> Result:
    lines = [
        (
            f"{report.frames_written} frames written to {out}, {report.frames_changed} of them changed, "
            f"{report.samples_changed} samples in all"
        )
    ]
    if report.samples_left:
        lines.append(
            f"{report.samples_left} samples stay as they were: nothing around them could predict them"
        )
    lines += [f"skipped: frame {each.frame}: {each.reason}" for each in report.skipped]
    fields = {
        "output": str(out),
        "written": True,
        "frames_written": report.frames_written,
        "frames_changed": report.frames_changed,
        "samples_changed": report.samples_changed,
        "samples_left": report.samples_left,
        "skipped": [{"frame": each.frame, "reason": each.reason} for each in report.skipped],
        "encoding": encoding,
    }
    return Result("fix", "\n".join(lines), fields, ExitCode.SKIPPED if report.skipped else ExitCode.DONE)
