# SPDX-License-Identifier: Apache-2.0
"""``pixmend demo``: the whole way once, on a shot that pixmend renders itself."""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from pixmend.cli._arguments import ArgumentParser, add_common_options, add_workers_option, add_write_options
from pixmend.cli._output import Result, Table
from pixmend.errors import ExitCode
from pixmend.progress import Progress

if TYPE_CHECKING:
    from pixmend.pipeline import Demo

__all__ = ["SUMMARY", "add_arguments", "run"]

SUMMARY = "render a shot with known defects; detect, fix, verify and undo them"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "folder",
        metavar="DIR",
        nargs="?",
        type=Path,
        default=Path("pixmend-demo"),
        help="where the shot and the results go (default: pixmend-demo)",
    )
    add_workers_option(parser)
    add_write_options(parser)
    add_common_options(parser)


def run(args: Namespace, progress: Progress) -> Result:
    """Run the demo."""
    if args.dry_run:
        return Result("demo", f"the demo would be written to {args.folder}", {"written": False})
    from pixmend.pipeline import run_demo

    demo = run_demo(args.folder, overwrite=args.overwrite, workers=args.workers, progress=progress)
    numbers = _numbers(demo)
    rows = [[name.replace("_", " "), str(value)] for name, value in numbers.items()]
    is_good = not demo.proof.problems and demo.restored_identical == demo.frames
    return Result(
        "demo",
        f"look at {demo.sheet}: before, after, and the truth",
        {
            "folder": str(args.folder),
            "sheet": str(demo.sheet),
            "problems": list(demo.proof.problems),
            **numbers,
        },
        ExitCode.DONE if is_good else ExitCode.PROOF,
        Table(("demo", "result"), rows, right=frozenset({"result"})),
    )


def _numbers(demo: "Demo") -> dict[str, int | None]:
    return {
        "defects_planted": demo.planted,
        "defects_found": len(demo.found.hits),
        "false_defects": demo.found.false,
        "frames": demo.frames,
        "samples_changed": demo.fixed.samples_changed,
        "samples_changed_elsewhere": demo.proof.total("samples_changed_elsewhere"),
        "bytes_changed_elsewhere": demo.proof.total("bytes_changed_elsewhere"),
        "header_bytes_changed": demo.proof.total("header_bytes_changed"),
        "defects_that_still_show": len(demo.proof.defects_left or ()),
        "frames_restored_byte_for_byte": demo.restored_identical,
    }
