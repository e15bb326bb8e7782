# SPDX-License-Identifier: Apache-2.0
"""``pixmend detect --pixel-check``: a crew's clip of cards becomes the map of a camera."""

from argparse import ArgumentParser, Namespace
from collections import Counter
from typing import TYPE_CHECKING

from pixmend.cli._arguments import read_options
from pixmend.cli._map_files import write_map_file
from pixmend.cli._output import Result
from pixmend.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from pixmend.pipeline import PixelCheck
    from pixmend.progress import Progress

__all__ = ["add_pixel_check_options", "check_pixel_check_arguments", "run_pixel_check"]

_NOT_WITH = ("merge", "stats_out", "every", "train", "prior", "exclude")


def add_pixel_check_options(parser: ArgumentParser) -> None:
    """Add ``--pixel-check`` and ``--camera``."""
    parser.add_argument(
        "--pixel-check",
        action="store_true",
        help="SHOT is a pixel check, of a lens cap, a lit card, a black card: make the map of its camera, for --prior",
    )
    parser.add_argument("--camera", metavar="NAME", default="", help="with --pixel-check: name of the camera")


def check_pixel_check_arguments(args: Namespace) -> None:
    """Raise UsageError where an option does not go with, or without, ``--pixel-check``."""
    if not args.pixel_check:
        if args.camera:
            raise UsageError(
                "--camera goes with --pixel-check only", hint="else the map takes it from --prior"
            )
        return
    given = [name for name in _NOT_WITH if getattr(args, name, None)]
    if given:
        raise UsageError(
            f"--{given[0].replace('_', '-')} does not go with --pixel-check",
            hint="a pixel check is read whole, by itself; narrow it with --frames",
        )


def run_pixel_check(args: Namespace, progress: "Progress") -> Result:
    """Make a camera's map from a clip of cards."""
    from pixmend.frames import choose_encoding, open_shot
    from pixmend.pipeline import PixelCheckSettings, Sampling, check_pixels, chosen_frames

    clip = open_shot(args.shot, read_options(args))
    encoding = choose_encoding(clip.plate, args.encoding)
    progress.note(encoding.reason)
    if args.dry_run:
        frames = chosen_frames(clip, Sampling(frames=args.frames, every=1))
        fields = {"frames": str(frames), "frame_count": len(frames), "written": False}
        return Result("detect", f"{len(frames)} frames of {clip.label} would be looked at: {frames}", fields)
    settings = PixelCheckSettings(camera=args.camera, frames=args.frames)
    if args.threshold is not None:
        settings = PixelCheckSettings(camera=args.camera, frames=args.frames, threshold_sigma=args.threshold)
    found = check_pixels(clip, encoding, settings=settings, workers=args.workers, progress=progress)
    if args.output is not None:
        write_map_file(args.output, found.defect_map, overwrite=args.overwrite)
    return _result(args, found, encoding.name)


def _result(args: Namespace, found: "PixelCheck", encoding: str) -> Result:
    defects = found.defect_map.defects
    kinds = Counter(each.kind.value for each in defects)
    named = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    shown = ", ".join(
        f"{len(frames)} {name} frames"
        for name, frames in (("dark", found.dark), ("lit", found.lit))
        if len(frames)
    )
    text = f"{len(defects)} defect{'s' * (len(defects) != 1)}{f' ({named})' * bool(named)} in {shown}"
    output = {} if args.output is None else {"output": str(args.output)}
    fields = {
        **output,
        "written": bool(output),
        "count": len(defects),
        "kinds": dict(kinds),
        "severities": dict(Counter(each.severity.value for each in defects)),
        "frames_looked_at": str(found.dark | found.lit),
        "dark_frames": str(found.dark),
        "lit_frames": str(found.lit),
        "camera": args.camera,
        "encoding": encoding,
    }
    if args.output is not None:
        text += f"\n{args.output}"
    return Result("detect", text, fields, ExitCode.FOUND if args.check and defects else ExitCode.DONE)
