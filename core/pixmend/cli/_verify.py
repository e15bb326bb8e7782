# SPDX-License-Identifier: Apache-2.0
"""``pixmend verify``: prove what was mended, and that nothing else was."""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    from pixmend.pipeline import AuditedRepair, Verification

__all__ = ["SUMMARY", "add_arguments", "run"]

SUMMARY = "prove that mended frames changed as meant and nowhere else"

_MOST_PROBLEMS = 20
_MOST_REPAIRS = 10
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
    parser.add_argument(
        "--map",
        metavar="MAP",
        type=Path,
        help="the defects; looks whether they are gone, and the repairs too",
    )
    parser.add_argument(
        "--strict-audit", action="store_true", help="exit with 4 if a repair may be seen, too"
    )
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
    return _result(found, missing, is_strict=args.strict_audit)


def _result(found: "Verification", missing: "FrameRange", *, is_strict: bool) -> Result:
    totals = {name: found.total(name) for name in _NUMBERS}
    left = None if found.defects_left is None else len(found.defects_left)
    seen = None if found.repairs is None else [each for each in found.repairs if each.score.shows]
    undoable = sum(proof.undo_identical for proof in found.proofs)
    rows = [[_NUMBERS[name], _shown(number)] for name, number in totals.items()]
    rows += [["frames that undo restores", f"{undoable} of {len(found.proofs)}"]]
    rows += [["defects that still show", _shown(left)]]
    rows += [["repairs that may be seen", _shown(None if seen is None else len(seen))]]
    fields = {
        "frames": len(found.proofs),
        "frames_missing": str(missing),
        **totals,
        "frames_undo_restores": undoable,
        "defects_left": left,
        "repairs_seen": None if seen is None else len(seen),
        "repairs": None if found.repairs is None else [_repair_fields(each) for each in found.repairs],
        "problems": list(found.problems),
    }
    failed = bool(found.problems) or (is_strict and bool(seen))
    return Result(
        "verify",
        "\n".join([_verdict(found.problems, missing), *_repair_lines(found.repairs or ())]),
        fields,
        ExitCode.PROOF if failed else ExitCode.DONE,
        Table(("proof", "count"), rows, right=frozenset({"count"})),
    )


def _repair_fields(repair: "AuditedRepair") -> dict[str, Any]:
    score = repair.score
    return {
        "defect": repair.defect.id,
        "x": repair.defect.x,
        "y": repair.defect.y,
        "kind": repair.defect.kind.value,
        "method": None if repair.method is None else repair.method.value,
        "outline": round(score.outline, 2),
        "grain": round(score.grain, 2),
        "colour": round(score.colour, 2),
        "seen": score.shows,
        "frames": score.frames,
        "places": score.places,
    }


def _repair_lines(repairs: Sequence["AuditedRepair"]) -> list[str]:
    """Return a table of the repairs that stand out most, in sigma of sound places around them."""
    if not repairs:
        return []
    titles = ("repair", "x", "y", "kind", "method", "outline", "grain", "colour", "")
    rows = [
        (
            each.defect.id,
            str(each.defect.x),
            str(each.defect.y),
            each.defect.kind.value,
            "-" if each.method is None else each.method.value,
            f"{each.score.outline:.1f}",
            f"{each.score.grain:+.1f}",
            f"{each.score.colour:.1f}",
            "may be seen" if each.score.shows else "",
        )
        for each in repairs[:_MOST_REPAIRS]
    ]
    widths = [max(len(row[column]) for row in (titles, *rows)) for column in range(len(titles))]
    return ["", *("  ".join(map(str.ljust, row, widths)).rstrip() for row in (titles, *rows))]


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
