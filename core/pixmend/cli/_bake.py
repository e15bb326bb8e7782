# SPDX-License-Identifier: Apache-2.0
"""``pixmend bake``: write the folder from which the PixMend node mends a plate in Nuke."""

import hashlib
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixmend.cli._arguments import (
    ArgumentParser,
    add_common_options,
    add_encoding_option,
    add_frames_option,
    add_mending_options,
    add_reading_options,
    add_workers_option,
    add_write_options,
    read_options,
)
from pixmend.cli._map_files import read_map_file
from pixmend.cli._output import Result
from pixmend.errors import UsageError
from pixmend.progress import Progress

if TYPE_CHECKING:
    from pixmend.pipeline import BakePlan

__all__ = ["SUMMARY", "add_arguments", "run"]

SUMMARY = "write the folder from which the PixMend node mends a plate in Nuke"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "shot",
        metavar="SHOT",
        nargs="?",
        help="plate.1001-1100#.exr, a folder, or one file; without it the map is baked alone: at once, less well",
    )
    add_mending_options(parser)
    parser.add_argument(
        "-o", "--output", metavar="NAME.pixmend", type=Path, required=True, help="the folder to write"
    )
    add_frames_option(parser)
    parser.add_argument(
        "--patch", action="store_true", help="write a patch sequence, too: every method, and no kernel needed"
    )
    add_encoding_option(parser)
    add_reading_options(parser)
    add_workers_option(parser)
    add_write_options(parser)
    add_common_options(parser)


def run(args: Namespace, progress: Progress) -> Result:
    """Bake."""
    from pixmend.pipeline import bake

    plan = _plan(args, progress)
    for notice in plan.notices:
        progress.note(notice)
    if args.dry_run:
        return _would_be(plan)
    fields = bake(plan, workers=args.workers, progress=progress)
    return Result(
        "bake", _sentences(fields, plan.target), {"output": str(plan.target), "written": True} | fields
    )


def _plan(args: Namespace, progress: Progress) -> "BakePlan":
    from pixmend.frames import choose_encoding, open_shot
    from pixmend.model import Method, Status
    from pixmend.pipeline import BakeSettings, plan_bake

    if args.patch and args.shot is None:
        raise UsageError("a patch is made from frames", where="--patch", hint="name the SHOT, too")
    shot = None if args.shot is None else open_shot(args.shot, read_options(args))
    defect_map = read_map_file(args.map)
    encoding = None if shot is None else choose_encoding(shot.plate, args.encoding)
    settings = BakeSettings(
        encoding=encoding,
        only=None if args.only is None else Status(args.only),
        method=None if args.method == "auto" else Method(args.method),
        patch=args.patch,
        overwrite=args.overwrite,
    )
    digest = hashlib.sha256(args.map.read_bytes()).hexdigest()
    plan = plan_bake(
        shot, defect_map, args.output, settings, map_file=(args.map.name, digest), frames=args.frames
    )
    if encoding is not None:
        progress.note(encoding.reason)
    if shot is not None and len(shot.gaps):
        progress.note(f"frames {shot.gaps} are missing in {shot.label}")
    return plan


def _would_be(plan: "BakePlan") -> Result:
    fields = {
        "output": str(plan.target),
        "written": False,
        "defects": len(plan.defects),
        "entries": len(plan.pixels),
        "frames": None if plan.frames is None else str(plan.frames),
        "notices": list(plan.notices),
    }
    text = f"{len(plan.defects)} defects, {len(plan.pixels)} pixels would be baked; nothing was written"
    return Result("bake", text, fields)


def _sentences(fields: dict[str, Any], target: Path) -> str:
    counts = fields["counts"]
    lines = [f"{counts['defects']} defects, {counts['entries']} pixels baked to {target}"]
    if fields["shot"] is None:
        lines.append("the map was baked alone: with the SHOT the node gives what `pixmend fix` writes")
        return "\n".join(lines)
    lines.append(
        f"samples over all frames: {counts['subtracted']} with the lie taken off, {counts['predicted']} "
        f"predicted by the node, {counts['values']} given as they are, {counts['passed']} left"
    )
    if fields["values"] == "raw":
        lines.append(
            "the plate's Read node has to be set to raw data: values are codes over the largest code"
        )
    if fields["patch"]:
        lines.append(f"patch sequence: {fields['patch']}")
    return "\n".join(lines)
