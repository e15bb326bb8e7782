# SPDX-License-Identifier: Apache-2.0
"""``pixmend map show``."""

from argparse import Namespace
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixmend.cli._arguments import (
    ArgumentParser,
    add_common_options,
    add_frames_option,
    add_kind_option,
)
from pixmend.cli._map_files import add_from_option, read_map_file
from pixmend.cli._output import Result, Table

if TYPE_CHECKING:
    from pixmend.model import Defect, DefectMap, FrameRange

__all__ = ["add_show_arguments", "show"]

_TITLES = ("id", "kind", "x", "y", "frames", "samples", "sigma", "confidence", "status", "severity", "note")
_RIGHT = frozenset({"x", "y", "sigma", "confidence"})
_COUNTED = ("kind", "status", "severity")


def add_show_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of ``show``."""
    parser.add_argument("map", metavar="MAP", type=Path, help="a map of any form")
    add_from_option(parser)
    add_frames_option(parser, "only defects that show in these frames")
    add_kind_option(parser, "only defects of this kind")
    parser.add_argument("--status", choices=("proposed", "accepted", "rejected"), help="only of this status")
    add_common_options(parser)


def show(args: Namespace) -> Result:
    """List the defects of a map and count them."""
    read = read_map_file(args.map, file_format=args.from_format)
    chosen = [
        each
        for each in read.defects
        if args.kind in {None, each.kind}
        and args.status in {None, each.status}
        and _shows_in(each, args.frames)
    ]
    counts = {name: _counts(getattr(each, name) for each in chosen) for name in _COUNTED}
    fields = {"map": str(args.map), **_head(read), "count": len(chosen), "counts": counts}
    return Result(
        "map.show",
        _summary(read, len(chosen), counts),
        fields | {"defects": [_defect_fields(each) for each in chosen]},
        table=Table(_TITLES, [_row(each) for each in chosen], _RIGHT) if chosen else None,
    )


def _shows_in(defect: "Defect", frames: "FrameRange | None") -> bool:
    return frames is None or defect.frames is None or len(defect.frames & frames) > 0


def _counts(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(str(each) for each in values).items()))


def _head(read: "DefectMap") -> dict[str, Any]:
    raster, source = read.raster, read.source
    return {
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


def _row(defect: "Defect") -> tuple[str, ...]:
    return (
        defect.id,
        defect.kind.value,
        str(defect.x),
        str(defect.y),
        "all" if defect.frames is None else str(defect.frames),
        _footprint(defect),
        "" if defect.amplitude_sigma is None else f"{defect.amplitude_sigma:.1f}",
        "" if defect.confidence is None else f"{defect.confidence:.3f}",
        defect.status.value,
        defect.severity.value,
        defect.note,
    )


def _footprint(defect: "Defect") -> str:
    """Say how many pixels of which channels, as ``2 R, 1 G``."""
    counts = Counter(channel for _, _, channel in defect.samples)
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
    }
