# SPDX-License-Identifier: Apache-2.0
"""``pixmend verify``: prove what was mended, and that nothing else was."""

from argparse import Namespace
from pathlib import Path

from pixmend.cli._arguments import (
    ArgumentParser,
    add_common_options,
    add_encoding_option,
    add_frames_option,
    add_reading_options,
    add_workers_option,
    read_options,
)
from pixmend.cli._map_files import read_map_file
from pixmend.cli._output import Result, Table
from pixmend.errors import ExitCode
from pixmend.progress import Progress

__all__ = ["SUMMARY", "add_arguments", "run"]

SUMMARY = "prove that mended frames changed as meant and nowhere else"

_MOST_PROBLEMS = 20
_NUMBERS = {
    "samples_changed": "samples changed as meant",
    "samples_wrong": "samples with another value than meant",
    "samples_moved_by_codec": "samples beside them that a lossy codec moved",
    "samples_changed_elsewhere": "samples changed elsewhere",
    "bytes_changed_elsewhere": "bytes changed elsewhere",
    "header_bytes_changed": "header bytes changed",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("mended", metavar="OUTDIR", help="the folder that `fix` wrote")
    parser.add_argument("--source", metavar="SHOT", help="the frames before; compares every sample and byte")
    parser.add_argument("--map", metavar="MAP", type=Path, help="the defects; looks whether they are gone")
    add_frames_option(parser)
    add_encoding_option(parser)
    add_reading_options(parser)
    add_workers_option(parser)
    add_common_options(parser)


def run(args: Namespace, progress: Progress) -> Result:
    """Prove the frames."""
    from pixmend.frames import choose_encoding, open_shot
    from pixmend.pipeline import verify

    mended = open_shot(args.mended, read_options(args))
    defect_map, encoding = None, None
    if args.map is not None:
        defect_map = read_map_file(args.map)
        defect_map.check_fits(mended.plate, where=str(args.map))
        encoding = choose_encoding(mended.plate, args.encoding)
        progress.note(encoding.reason)
    found = verify(
        mended,
        source=None if args.source is None else open_shot(args.source, read_options(args)),
        defect_map=defect_map,
        encoding=encoding,
        frames=args.frames,
        workers=args.workers,
        progress=progress,
    )
    totals = {name: found.total(name) for name in _NUMBERS}
    left = None if found.defects_left is None else len(found.defects_left)
    undoable = sum(proof.undo_identical for proof in found.proofs)
    rows = [[_NUMBERS[name], _shown(number)] for name, number in totals.items()]
    rows += [["frames that undo restores", f"{undoable} of {len(found.proofs)}"]]
    rows += [["defects that still show", _shown(left)]]
    fields = {
        "frames": len(found.proofs),
        **totals,
        "frames_undo_restores": undoable,
        "defects_left": left,
        "problems": list(found.problems),
    }
    return Result(
        "verify",
        _verdict(found.problems),
        fields,
        ExitCode.PROOF if found.problems else ExitCode.DONE,
        Table(("proof", "count"), rows, right=frozenset({"count"})),
    )


def _shown(number: int | None) -> str:
    return "not looked at" if number is None else str(number)


def _verdict(problems: tuple[str, ...]) -> str:
    if not problems:
        return "verified"
    more = [f"and {len(problems) - _MOST_PROBLEMS} more"] if len(problems) > _MOST_PROBLEMS else []
    return "\n".join(["NOT verified", *problems[:_MOST_PROBLEMS], *more])
