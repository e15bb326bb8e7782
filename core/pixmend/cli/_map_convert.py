# SPDX-License-Identifier: Apache-2.0
"""``pixmend map convert``."""

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from pixmend.cli._arguments import (
    ArgumentParser,
    add_common_options,
    add_frames_option,
    add_kind_option,
    add_raster_option,
    add_write_options,
)
from pixmend.cli._map_files import add_from_option, add_to_option, format_of, read_map_file, written
from pixmend.cli._output import Result
from pixmend.errors import UsageError

__all__ = ["add_convert_arguments", "convert"]


def add_convert_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of ``convert``."""
    parser.add_argument("map", metavar="IN", type=Path, help="a map of any form")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="the map to write")
    add_from_option(parser)
    add_to_option(parser)
    add_raster_option(parser, "what the coordinates belong to, where IN does not say it")
    add_kind_option(parser, "kind of the defects, where IN does not say it")
    add_frames_option(parser, "frames of the defects, where IN does not say it")
    add_write_options(parser)
    add_common_options(parser)


def convert(args: Namespace) -> Result:
    """Write a map in another form: JSON, CSV, dcraw badpixels or an image mask."""
    form = format_of(args.map, args.from_format)
    if args.kind and form == "json":
        raise UsageError("a JSON map names the kind of each defect itself", where="--kind")
    read = read_map_file(args.map, file_format=form, raster=args.raster, kind=args.kind)
    frames = args.frames
    defects = tuple(replace(each, frames=each.frames or frames) for each in read.defects)
    return written(args, "convert", replace(read, defects=defects))
