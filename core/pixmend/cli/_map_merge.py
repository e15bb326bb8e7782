# SPDX-License-Identifier: Apache-2.0
"""``pixmend map merge``: all that the maps say, or what enough of them say."""

from argparse import ArgumentTypeError, Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pixmend
from pixmend.cli._arguments import ArgumentParser, add_common_options, add_write_options
from pixmend.cli._map_files import add_to_option, read_map_file, written
from pixmend.cli._output import Result
from pixmend.errors import MapError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pixmend.model import DefectMap
    from pixmend.register import Placement

__all__ = ["add_merge_arguments", "merge"]


def add_merge_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of ``merge``."""
    parser.add_argument("maps", metavar="MAP", type=Path, nargs="+", help="two maps or more, of any form")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="the map to write")
    text = "one map for a camera: keep what at least N shots have, and count who has it"
    parser.add_argument("--vote", metavar="N", type=_vote_count, help=text)
    text = "with --vote: find where each map lies in the first (moved, resized, flipped) by its defects"
    parser.add_argument("--align", action="store_true", help=text)
    add_to_option(parser)
    add_write_options(parser)
    add_common_options(parser)


def merge(args: Namespace) -> Result:
    """Join maps: defects at the same pixel become one; with --vote, only what enough of them have."""
    if args.vote is not None:
        return _voted(args)
    if args.align:
        raise UsageError("it is for --vote, which is not given", where="--align")
    from pixmend.model import merge_maps

    return written(args, "merge", merge_maps(read_map_file(path) for path in args.maps))


def _voted(args: Namespace) -> Result:
    """Write the camera's map and say how the maps lie and what was left out."""
    from pixmend.register import align_maps, vote

    maps = [read_map_file(path) for path in args.maps]
    _check_votes(args, maps)
    placements = align_maps(maps) if args.align else None
    joined = [True] * len(maps) if placements is None else [each is not None for each in placements]
    voters = [one for one, is_in in zip(maps, joined, strict=True) if is_in]
    if len(voters) < 2 <= len(maps):
        raise MapError(
            "no other map has enough defects in common with the first",
            where=str(args.maps[0]),
            hint="put the map with the most defects first, or leave out --align where nothing moved",
        )
    known = None if placements is None else [each for each in placements if each is not None]
    every_one = vote(voters, least=1, placements=known)
    camera = vote([every_one], least=args.vote)
    camera = replace(camera, made_by=_made_by(voters, args))
    fields = {
        "shots": camera.shots,
        "votes_needed": args.vote,
        "dropped": len(every_one.defects) - len(camera.defects),
        "maps": [
            _place_fields(*each)
            for each in zip(args.maps, placements or [None] * len(maps), joined, strict=True)
        ],
    }
    result = written(args, "merge", camera, **fields)
    told = [_told(path, each) for path, each in zip(args.maps[1:], (placements or [])[1:], strict=False)]
    if fields["dropped"]:
        told.append(f"{fields['dropped']} left out: in fewer than {args.vote} of {camera.shots} shots")
    return replace(result, text="\n".join([*told, result.text]))


def _check_votes(args: Namespace, maps: "Sequence[DefectMap]") -> None:
    shots = sum(each.shots for each in maps)
    if args.vote > shots:
        raise UsageError(
            f"{args.vote} votes are asked for and there are {shots} shots",
            where="--vote",
            hint="each map is one shot, or as many as a voted map says",
        )


def _made_by(maps: "Sequence[DefectMap]", args: Namespace) -> dict[str, Any]:
    """Return what the maps' settings have in common, and this vote."""
    given = [each.made_by.get("settings") for each in maps]
    settings = [each if isinstance(each, dict) else {} for each in given]
    common = {
        name: value
        for name, value in settings[0].items()
        if all(name in each and each[name] == value for each in settings)
    }
    return {"pixmend": pixmend.__version__, "settings": common | {"vote": args.vote, "align": args.align}}


def _place_fields(path: Path, placement: "Placement | None", is_in: bool) -> dict[str, Any]:  # noqa: FBT001 - a row of zip
    if placement is None:
        return {"map": str(path), "joined": is_in}
    return {
        "map": str(path),
        "joined": is_in,
        "scale": [placement.scale_x, placement.scale_y],
        "offset": [placement.offset_x, placement.offset_y],
        "common": len(placement.pairs),
        "log10_chance": placement.log10_chance,
    }


def _told(path: Path, placement: "Placement | None") -> str:
    """Say in words where a map lies."""
    if placement is None:
        return f"{path}: left out, too few defects in common"
    moved = f"moved by {placement.offset_x:+.1f}, {placement.offset_y:+.1f}"
    width, height = abs(placement.scale_x), abs(placement.scale_y)
    size = f"{width:.4f}" if abs(width - height) < 5e-5 else f"{width:.4f} x {height:.4f}"
    flips = [
        name
        for name, is_so in zip("xy", (placement.is_flipped_x, placement.is_flipped_y), strict=True)
        if is_so
    ]
    parts = [
        "as it is" if placement.is_identity else "",
        f"resized by {size}" if size != "1.0000" else "",
        f"flipped in {' and '.join(flips)}" if flips else "",
        "" if placement.is_identity else moved,
        f"{len(placement.pairs)} defects in common",
        f"by chance 1 in 1e{-placement.log10_chance:.0f}",
    ]
    return f"{path}: {', '.join(each for each in parts if each)}"


def _vote_count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:9]) >= 1 and len(text) <= 9):
        raise ArgumentTypeError(f"{text!r} is not a number of shots like 3")
    return int(text)
