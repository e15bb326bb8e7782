# SPDX-License-Identifier: Apache-2.0
"""``pixmend detect`` on a reel with cuts, and on several shots."""

import re
from argparse import ArgumentTypeError, Namespace
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixmend.cli._arguments import ArgumentParser, read_options
from pixmend.cli._exclude import read_excluded
from pixmend.cli._map_files import read_map_file, write_map_file
from pixmend.cli._output import Result, Table
from pixmend.errors import ExitCode, UsageError
from pixmend.progress import Progress
from pixmend.publish import check_free

if TYPE_CHECKING:
    from pixmend.carry import ListedShot
    from pixmend.frames import FrameSource
    from pixmend.model import DefectMap, FrameRange
    from pixmend.pipeline import FoundTake, Looking, Take

__all__ = [
    "add_cut_options",
    "check_cut_arguments",
    "find_takes",
    "is_reel",
    "open_sequence",
    "run_takes",
    "split_at_cuts",
    "wants_takes",
]

_AUTO, _NONE = "auto", "none"
_OF_ONE_SHOT = ("merge", "stats_out", "train", "noise_plot")
_FRAME_NUMBER = re.compile(r"[._-]+\d+$")


def add_cut_options(parser: ArgumentParser) -> None:
    """Add ``--cuts``, ``--cuts-start`` and ``--fps``."""
    parser.add_argument(
        "--cuts",
        metavar="LIST",
        default=None,
        help="where the shots of a reel begin and end: an .edl, .otio or .csv (first,last[,camera][,name]); "
        "auto looks for cuts in the pictures (default), none takes each sequence for one shot",
    )
    parser.add_argument(
        "--cuts-start",
        metavar="FRAME|TC",
        help="frame of the reel at which the list begins, or record timecode of the reel's first frame "
        "(default: both begin together)",
    )
    parser.add_argument(
        "--fps", metavar="N", type=_rate, help="frames a second of the list (default: what it says, else 24)"
    )


def check_cut_arguments(args: Namespace) -> None:
    """Check what belongs together; UsageError if something does not."""
    if _list_of(args) is None and (args.cuts_start is not None or args.fps is not None):
        option = "--cuts-start" if args.cuts_start is not None else "--fps"
        raise UsageError("this is about a cut list, and none is named", where=option, hint="pass --cuts FILE")
    if args.more and _list_of(args) is not None:
        raise UsageError("a cut list is of one reel, and several are named", where="--cuts")
    for option in _OF_ONE_SHOT:
        if getattr(args, option) is not None and (args.more or args.cuts not in {None, _NONE}):
            flag = option.replace("_", "-")
            raise UsageError(
                "this is of one shot",
                where=f"--{flag}",
                hint="name one SHOT, its frames with --frames, and no cuts",
            )
    if args.more and args.output is not None:
        _check_folder(args.output)


def wants_takes(args: Namespace) -> bool:
    """Tell whether there may be more shots than one, so that `find_takes` opens the sequences."""
    if any(getattr(args, option) is not None for option in _OF_ONE_SHOT):
        return False
    return bool(args.more) or args.cuts != _NONE


def find_takes(args: Namespace, progress: Progress) -> "list[Take] | None":
    """Return the shots of the sequences that are named; None where it is one, whole.

    Raises
    ------
    PixError
        If a sequence or the cut list cannot be used.
    """
    if not wants_takes(args):
        return None
    said: set[str] = set()
    _check_each_is_another((args.shot, *args.more), args)
    whole = [open_sequence(shot, args, progress, said=said) for shot in (args.shot, *args.more)]
    takes = [take for each in whole for take in split_at_cuts(each, args, progress)]
    return takes if args.more or is_reel(takes, args) else None


def _check_each_is_another(shots: Sequence[str], args: Namespace) -> None:
    """Refuse frames that are named twice: a shot would confirm itself."""
    from pixmend.frames import open_shot

    seen: set[Path] = set()
    for shot in shots if args.more else ():
        opened = open_shot(shot, read_options(args))
        folder = opened.path(opened.frames.frames[0]).parent.resolve()
        files = {folder / opened.path(frame).name for frame in opened.frames}
        if seen & files:
            raise UsageError(
                "this shot is named twice",
                where=opened.label,
                hint="a shot cannot tell of itself: name each once",
            )
        seen |= files


def is_reel(takes: "Sequence[Take]", args: Namespace) -> bool:
    """Tell whether the shots of one sequence are told apart in its map: there are several, or a list."""
    return len(takes) > 1 or _list_of(args) is not None


def run_takes(takes: "Sequence[Take]", args: Namespace, progress: Progress, *, looking: "Looking") -> Result:
    """Look at the shots, write their maps and say what was found."""
    from pixmend.pipeline import camera_maps, detect_takes

    planned = _outputs(takes, args)
    if args.dry_run:
        return _would(takes, planned)
    found = detect_takes(takes, looking=looking, progress=progress)
    for each in found:
        if each.failure is not None:
            progress.note(f"frames {each.take.frames} are skipped: {each.failure}")
    maps = _maps_by_source(found)
    cameras = camera_maps(found) if args.more else {}
    written = {path: maps[source] for source, path in planned.items() if source in maps}
    written |= {args.output / f"camera-{name}.json": one for name, one in cameras.items() if args.output}
    for path in written:
        check_free(path, overwrite=args.overwrite)
    for path, defect_map in written.items():
        write_map_file(path, defect_map, overwrite=args.overwrite)
    return _result(found, list(maps.values()), [*written], args)


def _list_of(args: Namespace) -> Path | None:
    return None if args.cuts in {None, _AUTO, _NONE} else Path(args.cuts)


def _check_folder(output: Path) -> None:
    if output.suffix.lower() in {".json", ".csv", ".badpixels"} or output.is_file():
        raise UsageError(
            "several shots have several maps: a folder is needed here", where=str(output), hint="pass -o DIR/"
        )


def open_sequence(shot: str, args: Namespace, progress: Progress, *, said: set[str]) -> "Take":
    """Open a sequence and return all that is wanted of it as one take.

    Parameters
    ----------
    said : set of str
        Notes that were made before and need not be made again; grows.
    """
    from pixmend.frames import choose_encoding, open_shot
    from pixmend.pipeline import Sampling, Take, chosen_frames

    source = open_shot(shot, read_options(args))
    encoding = choose_encoding(source.plate, args.encoding)
    if encoding.reason not in said:
        progress.note(encoding.reason)
        said.add(encoding.reason)
    if len(source.gaps) and (args.more or _list_of(args) is not None):
        progress.note(f"frames {source.gaps} are missing in {source.label}")
    chosen_frames(source, Sampling(frames=args.frames))
    raster = source.plate.raster
    return Take(
        source=source,
        encoding=encoding,
        frames=source.frames if args.frames is None else args.frames,
        prior=None if args.prior is None else read_map_file(args.prior, raster=raster),
        excluded=read_excluded(args.exclude, raster),
    )


def split_at_cuts(whole: "Take", args: Namespace, progress: Progress) -> "list[Take]":
    """Return the shots of a sequence: by the cut list, by its own cuts, or as it is."""
    from pixmend.pipeline import find_shots

    if args.cuts == _NONE:
        return [whole]
    if _list_of(args) is not None:
        return [
            replace(
                whole,
                frames=frames,
                mixed=_mixed(frames, listed),
                name=listed.name,
                camera=listed.camera,
            )
            for frames, listed in _listed(whole, args, progress)
        ]
    shots = find_shots(
        whole.source, whole.encoding, frames=whole.frames, workers=args.workers, progress=progress
    )
    return [replace(whole, frames=each.frames, mixed=each.mixed) for each in shots]


def _listed(whole: "Take", args: Namespace, progress: Progress) -> "list[tuple[FrameRange, ListedShot]]":
    """Return the listed shots of which frames exist and are wanted."""
    from pixmend.carry import read_cut_list

    path = _list_of(args)
    assert path is not None
    asked = whole.frames
    shots = read_cut_list(path, rate=args.fps).in_reel(whole.source.frames.frames[0], start=args.cuts_start)
    placed = [(_between(asked, each.first, each.last), each) for each in shots]
    kept = [each for each in placed if len(each[0])]
    if not kept:
        raise UsageError(
            f"the list names frames {shots[0].first} to {shots[-1].last}, the reel has {asked}",
            where=str(path),
            hint="say where the list begins with --cuts-start",
        )
    if len(kept) < len(placed):
        progress.note(f"{len(placed) - len(kept)} of {len(placed)} listed shots have no frame here")
    outside = len(asked) - sum(len(frames) for frames, _ in kept)
    if outside:
        progress.note(f"{outside} frames are in no listed shot and are not looked at")
    return kept


def _between(frames: "FrameRange", first: int, last: int) -> "FrameRange":
    from pixmend.model import FrameRange

    numbers = frames.frames
    return FrameRange(numbers[bisect_left(numbers, first) : bisect_right(numbers, last)])


def _mixed(frames: "FrameRange", listed: "ListedShot") -> "FrameRange":
    """Return the frames of a listed shot that show another one too."""
    begin = _between(frames, listed.first, listed.first + listed.mixed_first - 1)
    return begin | _between(frames, listed.last - listed.mixed_last + 1, listed.last)


def _outputs(takes: "Sequence[Take]", args: Namespace) -> "dict[FrameSource, Path]":
    """Return where the map of each sequence goes; nothing may be there yet."""
    if args.output is None:
        return {}
    sources = list(dict.fromkeys(take.source for take in takes))
    if not args.more:
        return dict.fromkeys(sources, args.output)
    taken: Counter[str] = Counter()
    planned = {}
    for source in sources:
        name = _name_of(source)
        taken[name] += 1
        planned[source] = args.output / f"{name}{f'-{taken[name]}' if taken[name] > 1 else ''}.json"
    for path in planned.values():
        check_free(path, overwrite=args.overwrite)
    return planned


def _name_of(source: "FrameSource") -> str:
    """Return what a sequence is called, without its frames: ``A012C003`` of ``A012C003.1001-1024#.exr``."""
    pattern = re.compile(rf"(.*?)[._-]*{re.escape(str(source.frames))}(#|@+)[.].*")
    found = pattern.fullmatch(source.label)
    name = found[1] if found else _FRAME_NUMBER.sub("", Path(source.label).stem)
    return name or "shot"


def _maps_by_source(found: "Sequence[FoundTake]") -> "dict[FrameSource, DefectMap]":
    from pixmend.pipeline import map_of_reel

    by_source: dict[FrameSource, list[FoundTake]] = {}
    for each in found:
        by_source.setdefault(each.take.source, []).append(each)
    return {
        source: map_of_reel(those)
        for source, those in by_source.items()
        if any(each.defect_map is not None for each in those)
    }


def _would(takes: "Sequence[Take]", planned: "dict[FrameSource, Path]") -> Result:
    rows = [[take.source.label, str(take.frames), take.camera, take.name] for take in takes]
    shots = [
        {"sequence": sequence, "frames": frames, "camera": camera, "name": name}
        for sequence, frames, camera, name in rows
    ]
    table = Table(("sequence", "frames", "camera", "name"), rows)
    outputs = [str(path) for path in planned.values()]
    text = f"{_shots(len(takes))} would be looked at"
    return Result("detect", text, {"shots": shots, "outputs": outputs, "written": False}, table=table)


def _result(
    found: "Sequence[FoundTake]", maps: "Sequence[DefectMap]", written: Sequence[Path], args: Namespace
) -> Result:
    defects = [defect for one in maps for defect in one.defects]
    kinds = Counter(each.kind.value for each in defects)
    named = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    skipped = [each for each in found if each.failure is not None]
    text = f"{len(defects)} defect{'s' * (len(defects) != 1)}{f' ({named})' * bool(named)} in {_shots(len(found))}"
    text += f", {len(skipped)} skipped" * bool(skipped) + "".join(f"\n{path}" for path in written)
    fields: dict[str, Any] = {
        "outputs": [str(path) for path in written],
        "written": bool(written),
        "count": len(defects),
        "kinds": dict(kinds),
        "severities": dict(Counter(each.severity.value for each in defects)),
        "shots": [_told(each) for each in found],
        "cameras": sorted({each.camera for each in found if each.camera}),
    }
    if not args.more and written:
        fields["output"] = str(written[0])
    code = ExitCode.FOUND if args.check and defects else ExitCode.DONE
    rows = [
        [
            str(each.take.frames),
            each.camera,
            each.take.name,
            "skipped" if each.failure else str(len(each.defects)),
        ]
        for each in found
    ]
    table = Table(("frames", "camera", "name", "defects"), rows, frozenset({"defects"}))
    return Result("detect", text, fields, ExitCode.SKIPPED if skipped else code, table)


def _shots(count: int) -> str:
    return f"{count} shot{'s' * (count != 1)}"


def _told(found: "FoundTake") -> dict[str, Any]:
    told: dict[str, Any] = {
        "sequence": found.take.source.label,
        "frames": str(found.take.frames),
        "camera": found.camera,
        "name": found.take.name,
        "count": len(found.defects),
    }
    return told if found.failure is None else told | {"skipped": str(found.failure)}


def _rate(text: str) -> float:
    if not re.fullmatch(r"\d{1,3}(\.\d+)?", text, re.ASCII) or not float(text):
        raise ArgumentTypeError(f"{text!r} is not a number of frames a second")
    return float(text)
