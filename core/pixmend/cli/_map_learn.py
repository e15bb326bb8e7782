# SPDX-License-Identifier: Apache-2.0
"""``pixmend map learn``: what a camera's photosites look like."""

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from pixmend.cli._arguments import (
    ArgumentParser,
    add_common_options,
    add_encoding_option,
    add_reading_options,
    add_workers_option,
    add_write_options,
    read_options,
)
from pixmend.cli._map_files import format_of, read_map_file, written
from pixmend.cli._output import Result
from pixmend.errors import UsageError

__all__ = ["add_learn_arguments", "learn"]


def add_learn_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of ``learn``."""
    parser.add_argument("shot", metavar="SHOT", help="frames of the camera, as they were before any mending")
    parser.add_argument("--map", metavar="MAP", type=Path, required=True, help="the shot's defects")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="the map to write")
    add_encoding_option(parser)
    add_reading_options(parser)
    add_workers_option(parser)
    add_write_options(parser)
    add_common_options(parser)


def learn(args: Namespace) -> Result:
    """Learn what one photosite looks like after debayer, and keep it in the map."""
    from pixmend.frames import choose_encoding, open_shot
    from pixmend.pipeline import learn_camera_footprints

    if format_of(args.output) != "json":
        raise UsageError("only the JSON form of a map holds footprints", where=str(args.output))
    shot = open_shot(args.shot, read_options(args))
    defect_map = read_map_file(args.map)
    defect_map.check_fits(shot.plate, where=str(args.map))
    encoding = choose_encoding(shot.plate, args.encoding)
    learnt = learn_camera_footprints(shot, defect_map, encoding, workers=args.workers)
    places = {(each.x, each.y) for each in learnt}
    kept = tuple(each for each in defect_map.footprints if (each.x, each.y) not in places)
    args.to_format = None
    sites = {f"{each.x},{each.y}": each.sites for each in learnt}
    return written(args, "learn", replace(defect_map, footprints=(*learnt, *kept)), sites=sites)
