# SPDX-License-Identifier: Apache-2.0
"""What stands in the way of a job is said when it is submitted, not by its tasks after hours of looking."""

import os
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from pixmend.cli import _fix
from pixmend.cli._arguments import ArgumentParser
from pixmend.cli._farm_options import reading_words
from pixmend.errors import ProofError, UsageError
from pixmend.progress import Silent

if TYPE_CHECKING:
    from pixmend.frames import FileShot
    from pixmend.model import FrameRange

__all__ = ["check_job_folder", "check_output"]

_MOST_LEDGERS = 100


def check_job_folder(folder: Path, shot: "FileShot", output: Path) -> None:
    """Keep the job's own files apart from pictures: the folder may be deleted when the job is over.

    Raises
    ------
    UsageError
    """
    holds = {_source_folder(shot): "the source", output.resolve(): "the mended frames"}
    if folder.resolve() in holds:
        raise UsageError(
            f"the job folder is that of {holds[folder.resolve()]}",
            where=str(folder),
            hint="name another with --job: it may be deleted when the job is over",
        )


def check_output(args: Namespace, shot: "FileShot", frames: "FrameRange", *, is_written_here: bool) -> None:
    """Refuse what `fix` would refuse.

    Parameters
    ----------
    args : Namespace
        Of `submit`.
    is_written_here : bool
        Whether the tasks run on this machine, as whoever submits.

    Raises
    ------
    UsageError
        If the folder cannot be written, is that of the source, or holds files of these names that
        the job would not replace.
    UnsupportedError, BadFrameError
        If the first frame cannot be patched.
    """
    from pixmend.splice import check_patchable

    if args.output.resolve() == _source_folder(shot):
        raise UsageError(
            "source and output are the same folder",
            where=str(args.output),
            hint="choose another: a job mends copies",
        )
    _check_folder(args.output, is_written_here=is_written_here)
    check_patchable(shot.path(frames.frames[0]), shot.plate, shot.options)
    taken = _taken(args.output, shot, frames)
    if not len(taken) or "--overwrite" in args.fix_options:
        return
    if args.map is None:
        _check_mended_from(args.output, shot, taken)
    else:
        _try_to_fix(args, taken)


def _source_folder(shot: "FileShot") -> Path:
    return shot.path(shot.frames.frames[0]).parent.resolve()


def _check_folder(output: Path, *, is_written_here: bool) -> None:
    there = next(each for each in (output.absolute(), *output.absolute().parents) if os.path.lexists(each))
    if not there.is_dir():
        raise UsageError(
            "this is no folder", where=str(there), hint="choose another output: frames are written below it"
        )
    if is_written_here and not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(
            "nothing may be written here", where=str(there), hint="choose a folder that you may write to"
        )


def _taken(output: Path, shot: "FileShot", frames: "FrameRange") -> "FrameRange":
    """Return the frames whose files are in the output already."""
    from pixmend.model import FrameRange

    there = _names(output)
    return (
        FrameRange(frame for frame in frames if shot.path(frame).name in there) if there else FrameRange(())
    )


def _names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()} if folder.is_dir() else set()


def _check_mended_from(output: Path, shot: "FileShot", taken: "FrameRange") -> None:
    """Check that files in the output were mended from this source; by which map, only the job can tell.

    Each must have a ledger; of these, which may be a hundred thousand, some are read.
    """
    from pixmend.splice import ledger_path

    targets = {frame: output / shot.path(frame).name for frame in taken}
    ledgers = _names(ledger_path(targets[taken.frames[0]]).parent)
    foreign = [each for each in targets.values() if ledger_path(each).name not in ledgers]
    every = -(-len(taken) // _MOST_LEDGERS)
    others = [targets[each] for each in taken.frames[::every] if not _is_from(shot.path(each), targets[each])]
    if foreign or others:
        raise UsageError(
            "exists already" if foreign else "exists already, mended from another source",
            where=str((foreign or others)[0]),
            hint="choose another output, or pass --fix-options=--overwrite",
        )


def _is_from(source: Path, target: Path) -> bool:
    from pixmend.splice import ledger_path, read_ledger

    try:
        return read_ledger(ledger_path(target)).source_mtime_ns == source.stat().st_mtime_ns
    except (ProofError, FileNotFoundError):
        return False


def _try_to_fix(args: Namespace, taken: "FrameRange") -> None:
    """Have `fix` say of each file that is there whether this very job has mended it."""
    words = [args.shot, *reading_words(args), *args.fix_options, "--map", str(args.map)]
    words += ["--output", str(args.output), "--frames", str(taken), "--dry-run"]
    words += ["--encoding", args.encoding] if args.encoding else []
    parser = ArgumentParser(prog="pixmend fix")
    _fix.add_arguments(parser)
    try:
        _fix.run(parser.parse_args(words), Silent())
    except UsageError as exc:
        exc.hint = exc.hint.replace("--overwrite", "--fix-options=--overwrite")
        raise
