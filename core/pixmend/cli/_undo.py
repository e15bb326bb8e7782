# SPDX-License-Identifier: Apache-2.0
"""``pixmend undo``: the originals of mended frames, byte for byte."""

from argparse import Namespace
from pathlib import Path

from pixmend.cli._arguments import (
    ArgumentParser,
    add_common_options,
    add_frames_option,
    add_seal_options,
    add_workers_option,
    add_write_options,
)
from pixmend.cli._output import Result
from pixmend.cli._seals import seal_fields, seal_lines
from pixmend.progress import Progress

__all__ = ["SUMMARY", "add_arguments", "run"]

SUMMARY = "restore the original frames, byte for byte"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("mended", metavar="OUTDIR", help="the folder that `fix` wrote")
    parser.add_argument(
        "-o", "--output", metavar="DIR", type=Path, help="folder for the originals (default: in place)"
    )
    add_frames_option(parser)
    add_seal_options(parser)
    add_workers_option(parser)
    add_write_options(parser)
    add_common_options(parser)


def run(args: Namespace, progress: Progress) -> Result:
    """Restore the originals."""
    from pixmend.frames import open_shot
    from pixmend.pipeline import left_to_undo, undo, undo_targets

    mended = open_shot(args.mended)
    targets = undo_targets(mended, args.output, frames=args.frames, overwrite=args.overwrite)
    place = args.output or mended.path(mended.frames.frames[0]).parent
    if args.dry_run:
        count = left_to_undo(mended, targets)
        text = f"{count} originals would be restored to {place}"
        return Result("undo", text, {"output": str(place), "frames": count, "written": False})
    report = undo(
        mended,
        targets,
        overwrite=args.overwrite,
        hashes=args.hash,
        mhl=args.mhl,
        workers=args.workers,
        progress=progress,
    )
    for notice in report.notices:
        progress.note(notice)
    lines = [f"{report.restored} originals restored to {place}"]
    if report.were_original:
        lines.append(f"{report.were_original} frames were originals already: nothing was done to them")
    if report.without_ledger:
        lines.append(f"{report.without_ledger} frames have no ledger: nothing was done to them")
    fields = {
        "output": str(place),
        "frames": report.restored,
        "frames_already_original": report.were_original,
        "frames_without_ledger": report.without_ledger,
        "written": bool(report.restored),
        "notices": report.notices,
        **seal_fields(report.seals),
    }
    return Result("undo", "\n".join([*lines, *seal_lines(report.seals)]), fields)
