# SPDX-License-Identifier: Apache-2.0
"""``pixmend fix``: mend the defects of a map, and change no other byte."""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pixmend
from pixmend.cli._arguments import (
    ArgumentParser,
    add_common_options,
    add_encoding_option,
    add_frames_option,
    add_mending_options,
    add_reading_options,
    add_seal_options,
    add_workers_option,
    add_write_options,
    read_options,
)
from pixmend.cli._map_files import read_map_file
from pixmend.cli._output import Result
from pixmend.cli._seals import seal_fields, seal_lines
from pixmend.errors import ExitCode, FrameError
from pixmend.progress import Progress

if TYPE_CHECKING:
    from pixmend.frames import FileShot
    from pixmend.model import DefectMap
    from pixmend.pipeline import FixPlan, FixReport, FixSettings

__all__ = ["SUMMARY", "add_arguments", "fix_inputs", "run"]

SUMMARY = "mend the defects of a map in every frame, and change no other byte"

_WORDS = {
    "recover": "recovered",
    "spatial": "predicted from around them",
    "temporal": "predicted from neighbouring frames too",
    None: "left as they are, for any repair would add error",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("shot", metavar="SHOT", help="plate.1001-1100#.exr, a folder, or one file")
    add_mending_options(parser)
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("-o", "--output", metavar="OUTDIR", type=Path, help="folder for the mended frames")
    place.add_argument(
        "--in-place", action="store_true", help="replace the frames themselves; undo leads back"
    )
    add_frames_option(parser)
    parser.add_argument(
        "--skip-bad-frames", action="store_true", help="go on without frames that cannot be read; exit with 5"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if frames would change"
    )
    parser.add_argument(
        "--exact",
        action="store_true",
        help="store what a lossy codec would change as it is: larger, to the bit",
    )
    parser.add_argument(
        "--audit",
        action="store_true",
        help="look at repairs first; one that would show is made another way or not at all; exit with 5 "
        "if one is left",
    )
    add_seal_options(parser)
    add_encoding_option(parser)
    add_reading_options(parser)
    add_workers_option(parser)
    add_write_options(parser)
    add_common_options(parser)


def run(args: Namespace, progress: Progress) -> Result:
    """Mend the frames."""
    from pixmend.pipeline import fix

    plan = _plan(args, progress)
    encoding = plan.settings.encoding.name
    if args.dry_run or args.check:
        return _would_be(args, plan)
    for notice in plan.notices:
        progress.note(notice)
    try:
        report = fix(
            plan,
            notes={
                "pixmend": pixmend.__version__,
                "map": args.map.name,
                "only": args.only,
                "method": args.method,
                "encoding": encoding,
            },
            skip_bad_frames=args.skip_bad_frames,
            workers=args.workers,
            progress=progress,
        )
    except FrameError as exc:
        exc.hint = exc.hint or "mend or replace this frame, or pass --skip-bad-frames to go on without it"
        raise
    for notice in report.notices[len(plan.notices) :]:
        progress.note(notice)
    return _result(report, plan)


def _plan(args: Namespace, progress: Progress) -> "FixPlan":
    from pixmend.pipeline import plan_fix

    shot, defect_map, settings = fix_inputs(args)
    out = shot.path(shot.frames.frames[0]).parent if args.in_place else args.output
    plan = plan_fix(shot, defect_map, out, settings, frames=args.frames, workers=args.workers)
    progress.note(settings.encoding.reason)
    if len(shot.gaps):
        progress.note(f"frames {shot.gaps} are missing in {shot.label}")
    return plan


def fix_inputs(args: Namespace) -> "tuple[FileShot, DefectMap, FixSettings]":
    """Return the shot, its map, and how it is to be mended."""
    from pixmend.frames import choose_encoding, open_shot
    from pixmend.model import Method, Status
    from pixmend.pipeline import FixSettings

    shot = open_shot(args.shot, read_options(args))
    defect_map = read_map_file(args.map)
    defect_map.check_fits(shot.plate, where=str(args.map))
    settings = FixSettings(
        encoding=choose_encoding(shot.plate, args.encoding),
        only=None if args.only is None else Status(args.only),
        method=None if args.method == "auto" else Method(args.method),
        audit=args.audit,
        exact=args.exact,
        hashes=args.hash,
        mhl=args.mhl,
        overwrite=args.overwrite,
        in_place=args.in_place,
    )
    return shot, defect_map, settings


def _would_be(args: Namespace, plan: "FixPlan") -> Result:
    touched = sum(bool(plan.defects(frame)) for frame in plan.left)
    lines = [f"{touched} of {len(plan.frames)} frames would change; nothing was written"]
    if plan.done:
        lines.append(f"{len(plan.done)} frames are done already")
    fields = {
        "output": str(plan.folder),
        "frames": len(plan.frames),
        "frames_that_would_change": touched,
        "frames_already_done": len(plan.done),
        "notices": list(plan.notices),
        "written": False,
    }
    code = ExitCode.FOUND if args.check and touched else ExitCode.DONE
    return Result("fix", "\n".join(lines), fields, code)


def _result(report: "FixReport", plan: "FixPlan") -> Result:
    from pixmend.model import Method

    fields = {
        "output": str(plan.folder),
        "written": bool(report.frames_written),
        "frames_written": report.frames_written,
        "frames_already_done": report.frames_already_done,
        "frames_changed": report.frames_changed,
        "samples_changed": report.samples_changed,
        "samples_left": report.samples_left,
        "repairs": {method or "left": report.repairs[method] for method in (*Method, None)},
        "samples_moved_by_codec": report.samples_moved_by_codec,
        "audit": _audit_fields(report),
        "notices": report.notices,
        "skipped": [{"frame": each.frame, "reason": each.reason} for each in report.skipped],
        "encoding": plan.settings.encoding.name,
        **seal_fields(report.seals),
    }
    text = "\n".join([*_sentences(report, plan.folder), *seal_lines(report.seals)])
    is_left = report.audit is not None and bool(report.audit.refused or report.audit.seen)
    return Result("fix", text, fields, ExitCode.SKIPPED if report.skipped or is_left else ExitCode.DONE)


def _audit_fields(report: "FixReport") -> dict[str, Any] | None:
    if report.audit is None:
        return None
    return {
        "looked_at": len(report.audit.scores),
        "changed": {name: method.value for name, method in report.audit.changed.items()},
        "refused": list(report.audit.refused),
        "seen": list(report.audit.seen),
    }


def _audit_sentences(report: "FixReport") -> list[str]:
    if report.audit is None:
        return []
    found = report.audit
    named = [f"{name} by {method.value}" for name, method in found.changed.items()]
    lines = [f"mended another way, since the repair would show: {', '.join(named)}"] if named else []
    if found.refused:
        lines.append(f"left as they were, since any repair would show: {', '.join(found.refused)}")
    if found.seen:
        lines.append(f"may be seen, though less than the defect: {', '.join(found.seen)}")
    return lines or [f"{len(found.scores)} repairs looked at: none would show"]


def _sentences(report: "FixReport", out: Path) -> list[str]:
    lines = []
    if report.frames_written or not report.frames_already_done:
        lines.append(
            f"{report.frames_written} frames written to {out}, {report.frames_changed} of them changed, "
            f"{report.samples_changed} samples in all"
        )
    if report.frames_already_done:
        rest = "" if report.frames_written else "; nothing was left to do"
        lines.append(f"{report.frames_already_done} frames were done already{rest}")
    done = [f"{count} {_WORDS[method]}" for method, count in report.repairs.most_common() if count]
    if done:
        lines.append(f"defects, counted in each frame: {', '.join(done)}")
    lines += _audit_sentences(report)
    if report.samples_left:
        lines.append(
            f"{report.samples_left} samples stay as they were: nothing around them could predict them"
        )
    if report.samples_moved_by_codec:
        lines.append(
            f"{report.samples_moved_by_codec} samples beside them were moved by the lossy codec, a little; "
            "--exact keeps them"
        )
    return lines + [f"skipped: frame {each.frame}: {each.reason}" for each in report.skipped]
