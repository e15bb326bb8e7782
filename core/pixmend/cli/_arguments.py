# SPDX-License-Identifier: Apache-2.0
"""Arguments that several commands share: same flag, same meaning everywhere."""

import argparse
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pixmend.errors import MapError, RangeError, UsageError

if TYPE_CHECKING:
    from pixmend.formats import ReadOptions
    from pixmend.model import FrameRange, Kind, Raster

__all__ = [
    "ArgumentParser",
    "add_common_options",
    "add_encoding_option",
    "add_frames_option",
    "add_kind_option",
    "add_mending_options",
    "add_raster_option",
    "add_reading_options",
    "add_seal_options",
    "add_workers_option",
    "add_write_options",
    "read_frame_range",
    "read_options",
]

_ARGPARSE_ERROR = re.compile(r"argument (?P<where>.+?): (?P<what>.+)", re.DOTALL)

_ALGORITHMS = ("md5", "sha256", "xxh64", "xxh128")
_RASTER = re.compile(r"([1-9]\d{0,5})x([1-9]\d{0,5})(?:([+-]\d{1,6})([+-]\d{1,6}))?", re.ASCII)


class ArgumentParser(argparse.ArgumentParser):
    """An argparse parser that raises `UsageError` and takes no abbreviated option."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **(kwargs | {"allow_abbrev": False}))
        # Frames and coordinates may be negative: "-5--1" and "-3,7" are values, not options.
        self._negative_number_matcher = re.compile(r"-\d")

    def error(self, message: str) -> NoReturn:
        """Raise what argparse found, as one sentence."""
        found = _ARGPARSE_ERROR.fullmatch(message)
        raise UsageError(
            found["what"] if found else message,
            where=found["where"] if found else "",
            hint=f"`{self.prog} --help` lists the arguments",
        )


def add_common_options(parser: argparse.ArgumentParser) -> None:
    """Add what every command takes: ``--json``, ``--progress`` and ``-q``."""
    group = parser.add_argument_group("output")
    group.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    group.add_argument(
        "--progress",
        choices=("auto", "plain", "json", "openjd", "none"),
        default="auto",
        help="form of the progress on stderr (default: auto, a bar on a terminal, else plain lines; openjd: "
        "on stdout, for schedulers)",
    )
    group.add_argument("-q", "--quiet", action="store_true", help="no progress and no notes, only errors")


def add_write_options(parser: argparse.ArgumentParser) -> None:
    """Add what every command that writes takes: ``--overwrite`` and ``--dry-run``."""
    parser.add_argument("--overwrite", action="store_true", help="replace an output that exists")
    parser.add_argument("--dry-run", action="store_true", help="say what would be written, write nothing")


def add_frames_option(
    parser: "argparse.ArgumentParser | argparse._ArgumentGroup", text: str = "only these frames"
) -> None:
    """Add ``--frames R``."""
    parser.add_argument(
        "--frames", metavar="R", type=read_frame_range, help=f"{text}: 1001-1100, 1001-1100x2, 1,5-9"
    )


def add_encoding_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--encoding NAME``."""
    parser.add_argument(
        "--encoding",
        metavar="NAME",
        help="what the samples stand for: linear, acescct, logc3, logc4, slog3, cineon ..., or any colour space of "
        "the OpenColorIO config (default: decided from format and header, and said)",
    )


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """Add what files do not say of themselves: ``--part``, ``--layer`` and ``--luma-order``."""
    parser.add_argument(
        "--part",
        metavar="NAME",
        help="part of a multi-part EXR, by name or number (default: the first that holds a picture)",
    )
    parser.add_argument(
        "--layer",
        metavar="NAME",
        help="layer or view of an EXR that is the picture (default: the one without a name)",
    )
    parser.add_argument(
        "--luma-order",
        choices=("low", "high"),
        help="end of a 10-bit DPX word of one component that holds its first sample (default: by the file's creator)",
    )


def read_options(args: argparse.Namespace) -> "ReadOptions":
    """Return what `add_reading_options` was given."""
    from pixmend.formats import ReadOptions

    low_first = None if args.luma_order is None else args.luma_order == "low"
    return ReadOptions(part=args.part, layer=args.layer, low_first=low_first)


def add_mending_options(parser: argparse.ArgumentParser) -> None:
    """Add what is to be mended, and how: ``--map``, ``--only`` and ``--method``."""
    parser.add_argument(
        "--map", metavar="MAP", type=Path, required=True, help="the defects, in any form of map"
    )
    parser.add_argument(
        "--only",
        choices=("accepted", "proposed"),
        help="only defects of this status (default: all not rejected)",
    )
    parser.add_argument(
        "--method",
        choices=("auto", "recover", "spatial", "temporal"),
        default="auto",
        help="how defects are mended, unless the map says it of one (default: auto, by predicted error)",
    )


def add_seal_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--hash`` and ``--mhl``."""
    parser.add_argument(
        "--hash",
        metavar="A[,B]",
        type=_algorithms,
        default=(),
        help=f"refresh the checksum lists of the folder, or begin one: {', '.join(_ALGORITHMS)}",
    )
    parser.add_argument(
        "--mhl",
        action="store_true",
        help="add an ASC MHL generation for these frames to the folder's history",
    )


def add_workers_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--workers N``."""
    cores = _cores()
    parser.add_argument(
        "--workers",
        metavar="N",
        type=_worker_count,
        default=cores,
        help=f"frames worked on at the same time (default: the cores of this machine, {cores})",
    )


def add_kind_option(parser: argparse.ArgumentParser, text: str) -> None:
    """Add ``--kind K``."""
    parser.add_argument("--kind", metavar="K", type=_kind, help=f"{text}: hot, stuck, dead, lit, black ...")


def add_raster_option(parser: argparse.ArgumentParser, text: str) -> None:
    """Add ``--raster WxH[+X+Y]``."""
    parser.add_argument("--raster", metavar="WxH[+X+Y]", type=_raster, help=text)


def _algorithms(text: str) -> tuple[str, ...]:
    named = tuple(dict.fromkeys(each.strip().lower() for each in text.split(",")))
    unknown = [each for each in named if each not in _ALGORITHMS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not one of {', '.join(_ALGORITHMS)}")
    return named


def _kind(text: str) -> "Kind":
    from pixmend.model import kind_from_word

    try:
        return kind_from_word(text)
    except MapError as exc:
        raise UsageError(exc.what, where="--kind", hint=exc.hint) from exc


def _raster(text: str) -> "Raster":
    from pixmend.model import Raster

    found = _RASTER.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a raster like 4096x2160 or 4096x2160+0-8")
    width, height, x, y = (int(part or 0) for part in found.groups())
    return Raster(x, y, width, height)


def read_frame_range(text: str, *, where: str = "--frames") -> "FrameRange":
    """Read a frame range that stands in option `where`."""
    from pixmend.model import FrameRange

    try:
        return FrameRange.parse(text)
    except RangeError as exc:
        raise RangeError(exc.what, where=where, hint=exc.hint) from exc


def _worker_count(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,3}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of workers, 1 or more")
    return int(text)


def _cores() -> int:
    # What this process may use: farm schedulers pin jobs to some of the cores.
    if hasattr(os, "process_cpu_count"):  # Python 3.13
        return os.process_cpu_count() or 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
