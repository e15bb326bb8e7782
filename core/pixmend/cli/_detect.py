# SPDX-License-Identifier: Apache-2.0
"""``pixmend detect``: find the defects of a shot and write them down as a map."""

import re
from argparse import ArgumentTypeError, Namespace
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixmend.cli._arguments import (
    ArgumentParser,
    add_common_options,
    add_encoding_option,
    add_frames_option,
    add_reading_options,
    add_workers_option,
    add_write_options,
    read_frame_range,
    read_options,
)
from pixmend.cli._detect_check import add_pixel_check_options, check_pixel_check_arguments, run_pixel_check
from pixmend.cli._detect_reel import (
    add_cut_options,
    check_cut_arguments,
    find_takes,
    run_takes,
    wants_takes,
)
from pixmend.cli._exclude import add_exclude_option, read_excluded
from pixmend.cli._map_files import format_of, read_map_file, write_map_file
from pixmend.cli._noise_plot import add_noise_plot_option, check_noise_plot, write_noise_plot
from pixmend.cli._output import Result
from pixmend.errors import ExitCode, UsageError
from pixmend.progress import Progress
from pixmend.publish import check_free

if TYPE_CHECKING:
    from pixmend.detect import DetectSettings
    from pixmend.model import DefectMap, Raster
    from pixmend.pipeline import Looking, Sampling
    from pixmend.stats import ShotStatistics

__all__ = ["SUMMARY", "add_arguments", "looking_of", "run"]

_OF_MEASURING = ("frames", "every", "train", "encoding", "no_flashes")

SUMMARY = "find bad pixels, columns and rows of a shot or a reel and write a defect map"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("shot", metavar="SHOT", nargs="?", help="plate.1001-1100#.exr, a folder, or one file")
    parser.add_argument(
        "more",
        metavar="SHOT",
        nargs="*",
        help="more shots, best of the same camera: each tells of the others",
    )
    parser.add_argument(
        "--merge",
        metavar="STATS",
        nargs="+",
        type=Path,
        help="join statistics files; with their SHOT too single frames are asked again",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="MAP",
        type=Path,
        help="the map to write, best a .json; a folder for several shots",
    )
    parser.add_argument(
        "--stats-out", metavar="STATS", type=Path, help="write the statistics too, for --merge"
    )
    parser.add_argument("--check", action="store_true", help="exit with 1 if there are defects")
    _add_sampling_options(parser)
    parser.add_argument("--prior", metavar="MAP", type=Path, help="defects that this camera is known to have")
    parser.add_argument(
        "--threshold",
        metavar="SIGMA",
        type=_sigma,
        help="how sure a defect must be (default: 8; lower finds fainter ones and more that are none)",
    )
    add_cut_options(parser)
    add_exclude_option(parser)
    add_pixel_check_options(parser)
    add_noise_plot_option(parser)
    add_encoding_option(parser)
    add_reading_options(parser)
    add_workers_option(parser)
    add_write_options(parser)
    add_common_options(parser)


def _add_sampling_options(parser: ArgumentParser) -> None:
    add_frames_option(parser)
    parser.add_argument(
        "--every",
        metavar="N",
        type=_step,
        help="look at each N-th frame only (default: at all for flashes, at 48 for the rest)",
    )
    parser.add_argument(
        "--no-flashes",
        action="store_true",
        help="read 48 frames, evenly spread, and not all: what shows in one frame only is not found",
    )
    parser.add_argument(
        "--train",
        metavar="R",
        type=lambda text: read_frame_range(text, where="--train"),
        help="frames to learn noise and structure from; name the same for parts of one shot that are merged",
    )


def run(args: Namespace, progress: Progress) -> Result:
    """Find the defects."""
    _check_arguments(args)
    if args.pixel_check:
        return run_pixel_check(args, progress)
    if args.dry_run and args.cuts is None and not args.more:
        return _dry_run(args, progress)
    if (takes := find_takes(args, progress)) is not None:
        return run_takes(takes, args, progress, looking=looking_of(args))
    if args.dry_run:
        return _dry_run(args, progress)
    defect_map, statistics = _merged(args, progress) if args.merge else _detected(args, progress)
    if args.stats_out is not None:
        from pixmend.pipeline import write_statistics

        write_statistics(args.stats_out, statistics, overwrite=args.overwrite)
    if args.output is not None:
        write_map_file(args.output, defect_map, overwrite=args.overwrite)
    return _result(args, defect_map, statistics)


def _check_arguments(args: Namespace) -> None:
    check_pixel_check_arguments(args)
    check_noise_plot(args)
    if args.shot is None and args.merge is None:
        raise UsageError("name a SHOT, or statistics to --merge", hint="`pixmend detect --help` shows both")
    if not args.check and args.output is args.stats_out is args.noise_plot is None:
        raise UsageError("no place is named for the result", hint="pass -o MAP, --stats-out STATS or --check")
    check_cut_arguments(args)
    _check_merge_arguments(args)
    if args.more:
        return
    if args.output is not None:
        format_of(args.output)
    for output in (args.output, args.stats_out):
        if output is not None:
            check_free(output, overwrite=args.overwrite)


def _check_merge_arguments(args: Namespace) -> None:
    """Refuse what statistics have decided when they were made."""
    for option in _OF_MEASURING if args.merge else ():
        if getattr(args, option):
            raise UsageError(
                f"--{option.replace('_', '-')} does not go with --merge",
                hint="statistics keep which frames they were made of, and how: name it with --stats-out",
            )


def looking_of(args: Namespace) -> "Looking":
    """Return how shots are to be looked at."""
    from pixmend.pipeline import Looking

    return Looking(
        settings=_settings(args), every=args.every, flashes=not args.no_flashes, workers=args.workers
    )


def _settings(args: Namespace) -> "DetectSettings":
    from pixmend.detect import DetectSettings

    usual = DetectSettings()
    if args.threshold is None:
        return usual
    return DetectSettings(
        threshold_sigma=args.threshold, suspect_sigma=min(args.threshold, usual.suspect_sigma)
    )


def _prior(args: Namespace, raster: "Raster") -> "DefectMap | None":
    return None if args.prior is None else read_map_file(args.prior, raster=raster)


def _sampling(args: Namespace) -> "Sampling":
    from pixmend.pipeline import Sampling

    return Sampling(frames=args.frames, every=args.every, train=args.train, flashes=not args.no_flashes)


def _detected(args: Namespace, progress: Progress) -> "tuple[DefectMap, ShotStatistics]":
    from pixmend.frames import choose_encoding, open_shot
    from pixmend.pipeline import detect

    shot = open_shot(args.shot, read_options(args))
    prior = _prior(args, shot.plate.raster)
    encoding = choose_encoding(shot.plate, args.encoding)
    if not wants_takes(args):  # else it is said already
        progress.note(encoding.reason)
    if len(shot.gaps):
        progress.note(f"frames {shot.gaps} are missing in {shot.label}")
    found = detect(
        shot,
        encoding,
        settings=_settings(args),
        sampling=_sampling(args),
        prior=prior,
        excluded=read_excluded(args.exclude, shot.plate.raster),
        workers=args.workers,
        progress=progress,
    )
    write_noise_plot(args, found.statistics, shot=shot, encoding=encoding, progress=progress)
    return found.defect_map, found.statistics


def _merged(args: Namespace, progress: Progress) -> "tuple[DefectMap, ShotStatistics]":
    from pixmend.frames import choose_encoding, open_shot
    from pixmend.pipeline import (
        check_statistics_are_of,
        detect_in_statistics,
        merge_statistics,
        read_statistics,
    )

    shot = None if args.shot is None else open_shot(args.shot, read_options(args))
    statistics = merge_statistics(read_statistics(path) for path in args.merge)
    encoding = None if shot is None else choose_encoding(shot.plate, statistics.model.encoding)
    if shot is not None and encoding is not None:
        check_statistics_are_of(statistics, shot, encoding)
    prior = _prior(args, statistics.model.raster)
    found = detect_in_statistics(
        statistics,
        _settings(args),
        shot=shot,
        encoding=encoding,
        prior=prior,
        excluded=read_excluded(args.exclude, statistics.model.raster),
        workers=args.workers,
        progress=progress,
    )
    return found.defect_map, statistics


def _dry_run(args: Namespace, progress: Progress) -> Result:
    if args.merge:
        return Result("detect", f"{len(args.merge)} statistics files would be merged", {"written": False})
    from pixmend.frames import choose_encoding, open_shot
    from pixmend.pipeline import chosen_frames

    shot = open_shot(args.shot, read_options(args))
    progress.note(choose_encoding(shot.plate, args.encoding).reason)
    frames = chosen_frames(shot, _sampling(args))
    text = f"{len(frames)} frames of {shot.label} would be looked at: {frames}"
    return Result("detect", text, {"frames": str(frames), "frame_count": len(frames), "written": False})


def _result(args: Namespace, defect_map: "DefectMap", statistics: "ShotStatistics") -> Result:
    count = len(defect_map.defects)
    looked = statistics.frames | statistics.watched
    kinds = Counter(each.kind.value for each in defect_map.defects)
    severities = Counter(each.severity.value for each in defect_map.defects)
    named = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    text = f"{count} defect{'s' * (count != 1)}{f' ({named})' * bool(named)}"
    text += f" in {len(looked)} frame{'s' * (len(looked) != 1)}"
    written: dict[str, Any] = {}
    for name, path in (
        ("output", args.output),
        ("statistics", args.stats_out),
        ("noise_plot", args.noise_plot),
    ):
        if path is not None:
            written[name] = str(path)
            text += f"\n{path}"
    fields = {
        **written,
        "written": bool(written),
        "count": count,
        "kinds": dict(kinds),
        "severities": dict(severities),
        "frames_looked_at": str(looked),
        "frames": str(statistics.stands_for),
        "encoding": statistics.model.encoding,
    }
    return Result("detect", text, fields, ExitCode.FOUND if args.check and count else ExitCode.DONE)


def _step(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,5}", text, re.ASCII):
        raise ArgumentTypeError(f"{text!r} is not a step, 1 or more")
    return int(text)


def _sigma(text: str) -> float:
    if not re.fullmatch(r"\d{1,3}(\.\d+)?", text, re.ASCII) or not float(text):
        raise ArgumentTypeError(f"{text!r} is not a number of sigma above 0")
    return float(text)
