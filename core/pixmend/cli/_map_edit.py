# SPDX-License-Identifier: Apache-2.0
"""``pixmend map edit``: what a person decides about a map."""

import re
from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pixmend.cli._arguments import (
    ArgumentParser,
    add_common_options,
    add_frames_option,
    add_kind_option,
    add_raster_option,
    add_write_options,
    read_frame_range,
)
from pixmend.cli._map_files import (
    ALL_IDS,
    add_from_option,
    add_to_option,
    defect_ids,
    format_of,
    read_map_file,
    written,
)
from pixmend.cli._output import Result
from pixmend.errors import UsageError

if TYPE_CHECKING:
    from pixmend.model import Defect, DefectMap, FrameRange, Kind

__all__ = ["add_edit_arguments", "edit"]

_POINT = re.compile(r"(-?\d{1,6}),(-?\d{1,6})(?::([^@]+))?(?:@(.+))?", re.ASCII)
_OFFSET = re.compile(r"([+-]?\d{1,6}),([+-]?\d{1,6})", re.ASCII)


def add_edit_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of ``edit``."""
    parser.add_argument("map", metavar="MAP", type=Path, help="a map of any form")
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("-o", "--output", metavar="OUT", type=Path, help="the map to write")
    target.add_argument("--in-place", action="store_true", help="replace MAP, a JSON map, by the edited one")
    changes = parser.add_argument_group("changes", "made in this order; IDS are d0001,d0002 or all")
    changes.add_argument("--remove", metavar="IDS", type=defect_ids, help="take defects out")
    changes.add_argument("--move", metavar="DX,DY", type=_offset, help="move the whole map: right, down")
    changes.add_argument("--accept", metavar="IDS", type=defect_ids, help="mark as defects")
    changes.add_argument("--reject", metavar="IDS", type=defect_ids, help="mark as picture: never mended")
    add_frames_option(changes, "restrict all defects, or those of --ids, to these frames")
    changes.add_argument(
        "--add",
        metavar="X,Y[:CHANNELS][@R]",
        action="append",
        default=[],
        help="add a pixel: 812,407 or 812,407:R,G@1001-1100; may be repeated",
    )
    changes.add_argument(
        "--method",
        choices=("auto", "recover", "spatial", "temporal"),
        help="how all defects, or those of --ids, are to be mended (auto: fix chooses)",
    )
    text = "note for the defects of --ids, else for those that this command adds, accepts or rejects"
    changes.add_argument("--note", metavar="TEXT", help=text)
    parser.add_argument(
        "--ids", metavar="IDS", type=defect_ids, help="what --frames, --method and --note are for"
    )
    add_kind_option(parser, "kind of the added defects (default: hot)")
    add_raster_option(parser, "raster of the map, where it moves to another or does not say it")
    add_from_option(parser)
    add_to_option(parser)
    add_write_options(parser)
    add_common_options(parser)


def edit(args: Namespace) -> Result:
    """Add, remove, accept, reject, move or restrict defects of a map."""
    from pixmend.model import Method, Status

    _check_changes(args)
    before = read_map_file(args.map, file_format=args.from_format, check_inside=False)
    after = before.edited(_named(args.remove, before), lambda _: None)
    after = after.moved(*(args.move or (0, 0)), raster=args.raster, where=str(args.map))
    for ids, status in ((args.accept, Status.ACCEPTED), (args.reject, Status.REJECTED)):
        after = after.edited(_named(ids, after), partial(replace, status=status))
    if args.frames is not None:
        after = after.edited(_named(args.ids or (ALL_IDS,), after), partial(_restricted, frames=args.frames))
    if args.method is not None:
        method = None if args.method == "auto" else Method(args.method)
        after = after.edited(_named(args.ids or (ALL_IDS,), after), partial(replace, method=method))
    after = after.added(_added(each, args.kind) for each in args.add)
    if args.note is not None:
        after = after.edited(_noted(args, before, after), partial(replace, note=args.note))
    after.check_inside(where=str(args.map))
    return written(_with_target(args), "edit", after, **_difference(before, after))


def _check_changes(args: Namespace) -> None:
    changes = (
        args.move,
        args.remove,
        args.accept,
        args.reject,
        args.frames,
        args.method,
        args.note,
        args.raster,
    )
    if not args.add and all(each is None for each in changes):
        raise UsageError("there is nothing to change", hint="`pixmend map edit --help` lists the changes")
    if args.kind and not args.add:
        raise UsageError("it is the kind of added defects, and none is added", where="--kind")
    if args.ids and args.frames is None and args.method is None and args.note is None:
        raise UsageError(
            "it says what --frames, --method or --note are for, and none is given", where="--ids"
        )
    if args.in_place and format_of(args.map, args.from_format) != "json":
        raise UsageError(
            "only a JSON map is edited in place", where=str(args.map), hint="write a new one with -o map.json"
        )


def _with_target(args: Namespace) -> Namespace:
    """Return the arguments with the file that is written; in place means the file behind a link."""
    if not args.in_place:
        return args
    return Namespace(**vars(args) | {"output": args.map.resolve(), "overwrite": True, "to_format": "json"})


def _named(ids: tuple[str, ...] | None, defect_map: "DefectMap") -> tuple[str, ...]:
    """Return the ids that an option names."""
    return tuple(each.id for each in defect_map.defects) if ids == (ALL_IDS,) else tuple(ids or ())


def _noted(args: Namespace, before: "DefectMap", after: "DefectMap") -> Iterable[str]:
    if args.ids:
        return _named(args.ids, after)
    known = {each.id for each in before.defects}
    touched = {each.id for each in after.defects} - known
    touched |= (
        {*_named(args.accept, after), *_named(args.reject, after)} if args.accept or args.reject else set()
    )
    if not touched:
        raise UsageError("it does not say which defects it is for", where="--note", hint="add --ids IDS")
    return touched


def _restricted(defect: "Defect", frames: "FrameRange") -> "Defect | None":
    """Return the defect in these frames only; None if it shows in none of them."""
    left = frames if defect.frames is None else defect.frames & frames
    return replace(defect, frames=left) if left else None


def _added(text: str, kind: "Kind | None") -> "Defect":
    from pixmend.model import ANY_CHANNEL, Defect, Kind, Sample

    found = _POINT.fullmatch(text)
    channels = tuple(each.strip() for each in found[3].split(",")) if found and found[3] else (ANY_CHANNEL,)
    if found is None or not all(channels):
        raise UsageError(
            f"{text!r} is not a pixel", where="--add", hint="write it like 812,407 or 812,407:R,G@1001-1100"
        )
    return Defect(
        id="",
        x=int(found[1]),
        y=int(found[2]),
        kind=kind or Kind.HOT,
        samples=tuple(Sample(0, 0, each) for each in dict.fromkeys(channels)),
        frames=read_frame_range(found[4], where="--add") if found[4] else None,
    )


def _difference(before: "DefectMap", after: "DefectMap") -> dict[str, list[str]]:
    """Return the ids that were added, removed and changed."""
    old = {each.id: each for each in before.defects}
    new = {each.id: each for each in after.defects}
    return {
        "added": [each for each in new if each not in old],
        "removed": [each for each in old if each not in new],
        "changed": [each for each in new if each in old and new[each] != old[each]],
    }


def _offset(text: str) -> tuple[int, int]:
    found = _OFFSET.fullmatch(text)
    if found is None:
        raise ArgumentTypeError(f"{text!r} is not an offset in whole pixels like 2,-1")
    return int(found[1]), int(found[2])
