# SPDX-License-Identifier: Apache-2.0
"""``pixmend verify``: prove what was mended, and that nothing else was."""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from pixmend.frames import FileShot
    from pixmend.model import FrameRange

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
    source = None if args.source is None else open_shot(args.source, read_options(args))
    missing = _missing(mended, source, args.frames)
    found = verify(
        mended,
        source=source,
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
        "frames_missing": str(missing),
        **totals,
        "frames_undo_restores": undoable,
        "defects_left": left,
        "problems": list(found.problems),
    }
    return Result(
        "verify",
        _verdict(found.problems, missing),
        fields,
        ExitCode.PROOF if found.problems else ExitCode.DONE,
        Table(("proof", "count"), rows, right=frozenset({"count"})),
    )


def _shown(number: int | None) -> str:
    return "not looked at" if number is None else str(number)


def _missing(mended: "FileShot", source: "FileShot | None", frames: "FrameRange | None") -> "FrameRange":
    """Return the frames of the shot of which nothing is proved, because they are not there.

    A range that was asked for is all that was asked for.
    """
    if frames is not None:
        return frames - frames
    return mended.gaps if source is None else source.frames - mended.frames


def _verdict(problems: tuple[str, ...], missing: "FrameRange") -> str:
    absent = [f"frames {missing} are not there"] if len(missing) else []
    if not problems:
        return "\n".join(["verified", *absent])
    more = [f"and {len(problems) - _MOST_PROBLEMS} more"] if len(problems) > _MOST_PROBLEMS else []
    return "\n".join(["NOT verified", *absent, *problems[:_MOST_PROBLEMS], *more])
