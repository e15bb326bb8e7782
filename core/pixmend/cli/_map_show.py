# SPDX-License-Identifier: Apache-2.0
"""``pixmend map show``."""

from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixmend.cli._arguments import (
    ArgumentParser,
    add_common_options,
    add_frames_option,
    add_kind_option,
)
from pixmend.cli._map_files import ALL_IDS, add_from_option, defect_ids, read_map_file
from pixmend.cli._map_words import counted_by_channel, said_of
from pixmend.cli._output import Result, Table

if TYPE_CHECKING:
    from pixmend.model import Defect, DefectMap, Evidence, FrameRange, Votes

__all__ = ["add_show_arguments", "show"]

_RIGHT = frozenset({"x", "y", "sigma", "confidence", "score"})
_COUNTED = ("kind", "status", "severity")


def add_show_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of ``show``."""
    parser.add_argument("map", metavar="MAP", type=Path, help="a map of any form")
    add_from_option(parser)
    add_frames_option(parser, "only defects that show in these frames")
    add_kind_option(parser, "only defects of this kind")
    parser.add_argument(
        "--id",
        metavar="IDS",
        dest="ids",
        type=defect_ids,
        help="only these, d0001,d0002, and say why in words",
    )
    parser.add_argument(
        "--why", action="store_true", help="say in words what speaks for each, in place of the table"
    )
    parser.add_argument("--status", choices=("proposed", "accepted", "rejected"), help="only of this status")
    add_common_options(parser)


def show(args: Namespace) -> Result:
    """List the defects of a map and count them."""
    read = read_map_file(args.map, file_format=args.from_format)
    chosen = [
        each
        for each in _named(read, args.ids)
        if args.kind in {None, each.kind}
        and args.status in {None, each.status}
        and _shows_in(each, args.frames)
    ]
    counts = {name: _counts(getattr(each, name) for each in chosen) for name in _COUNTED}
    fields = {"map": str(args.map), **_head(read), "count": len(chosen), "counts": counts}
    fields |= {"defects": [_defect_fields(each) for each in chosen]}
    if args.why or args.ids:
        said = [said_of(each, settings=_settings(read)) for each in chosen]
        text = [] if args.ids else [_summary(read, len(chosen), counts)]
        return Result("map.show", "\n\n".join([*said, *text]), fields)
    return Result("map.show", _summary(read, len(chosen), counts), fields, table=_table(chosen))


def _named(read: "DefectMap", ids: tuple[str, ...] | None) -> "tuple[Defect, ...]":
    """Return the defects that ``--id`` names, all without it."""
    if ids in {None, (ALL_IDS,)}:
        return read.defects
    read.edited(ids or (), lambda each: each)  # refuses what is not there
    return tuple(each for each in read.defects if each.id in (ids or ()))


def _settings(read: "DefectMap") -> Mapping[str, Any]:
    """Return the settings that a map was made with, where it says them."""
    settings = read.made_by.get("settings")
    return settings if isinstance(settings, dict) else {}


def _shows_in(defect: "Defect", frames: "FrameRange | None") -> bool:
    return frames is None or defect.frames is None or len(defect.frames & frames) > 0


def _counts(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(str(each) for each in values).items()))


def _head(read: "DefectMap") -> dict[str, Any]:
    raster, source = read.raster, read.source
    return {
        "shots": read.shots,
        "made_by": dict(read.made_by),
        "raster": None
        if raster is None
        else {"x": raster.x, "y": raster.y, "width": raster.width, "height": raster.height},
        "source": {
            "sequence": source.sequence,
            "frames": str(source.frames or ""),
            "camera": source.camera,
            "channels": list(source.channels),
        },
    }


def _summary(read: "DefectMap", count: int, counts: dict[str, dict[str, int]]) -> str:
    source = [read.source.sequence, str(read.source.frames or ""), read.source.camera]
    lines = [
        f"{count} of {len(read.defects)} defects"
        if count != len(read.defects)
        else f"{count} defect{'s' * (count != 1)}",
        *(
            f"{name}: {', '.join(f'{number} {value}' for value, number in counts[name].items())}"
            for name in _COUNTED
            if counts[name]
        ),
        f"raster: {read.raster or 'not known'}",
        f"source: {', '.join(part for part in source if part) or 'not known'}",
    ]
    return "\n".join(lines)


def _table(chosen: "Sequence[Defect]") -> Table | None:
    """Return one row a defect; what none of them has is no column."""
    columns = {title: [cell(each) for each in chosen] for title, cell in _COLUMNS.items()}
    shown = [title for title in columns if title not in _SOMETIMES or any(columns[title])]
    rows = list(zip(*(columns[title] for title in shown), strict=True))
    return Table(shown, rows, _RIGHT) if chosen else None


def _footprint(defect: "Defect") -> str:
    """Say how many pixels of which channels, as ``2 R, 1 G``."""
    counts = counted_by_channel(defect)
    return ", ".join(f"{number} {'all' if name == '*' else name}" for name, number in counts.items())


def _defect_fields(defect: "Defect") -> dict[str, Any]:
    return {
        "id": defect.id,
        "x": defect.x,
        "y": defect.y,
        "kind": defect.kind.value,
        "frames": None if defect.frames is None else str(defect.frames),
        "samples": [list(each) for each in defect.samples],
        "amplitude_sigma": defect.amplitude_sigma,
        "confidence": defect.confidence,
        "status": defect.status.value,
        "severity": defect.severity.value,
        "note": defect.note,
        "evidence": _measured(defect.evidence),
        "votes": _measured(defect.votes),
    }


def _measured(record: "Evidence | Votes | None") -> dict[str, Any] | None:
    """Return the fields of a record, those that this version does not know included."""
    if record is None:
        return None
    fields = asdict(record)
    extra: dict[str, Any] = fields.pop("extra")
    return fields | extra


def _seen(evidence: "Evidence") -> str:
    if not evidence.frames_expected:  # lines, and what statistics alone tell: no single frame was asked
        return ""
    return f"{evidence.frames_seen} of {evidence.frames_expected}"


_COLUMNS: dict[str, "Callable[[Defect], str]"] = {
    "id": lambda each: each.id,
    "kind": lambda each: each.kind.value,
    "x": lambda each: str(each.x),
    "y": lambda each: str(each.y),
    "frames": lambda each: "all" if each.frames is None else str(each.frames),
    "samples": _footprint,
    "sigma": lambda each: "" if each.amplitude_sigma is None else f"{each.amplitude_sigma:.1f}",
    "score": lambda each: "" if each.evidence is None else f"{each.evidence.score:.1f}",
    "seen": lambda each: "" if each.evidence is None else _seen(each.evidence),
    "shots": lambda each: "" if each.votes is None else f"{each.votes.seen} of {each.votes.of}",
    "confidence": lambda each: "" if each.confidence is None else f"{each.confidence:.3f}",
    "status": lambda each: each.status.value,
    "severity": lambda each: each.severity.value,
    "note": lambda each: each.note,
}
_SOMETIMES = frozenset({"score", "seen", "shots"})
