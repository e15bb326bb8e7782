# SPDX-License-Identifier: Apache-2.0
"""Which files a shot is made of. The one place where padding is text."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fileseq.exceptions import FileSeqException
from fileseq.filesequence import FileSequence

from pixmend.errors import MissingFrameError, UsageError
from pixmend.model import FrameRange

__all__ = ["FileSet", "find_files"]

_PADDING = re.compile(r"#+|@+|%\d*d|\$F\d*")
# A dash is a sign only after a separator: `plate.-0003.exr` is frame -3, `shot-0100.exr` is 100.
_NUMBERED = re.compile(r"(?P<base>.*?)(?P<frame>(?:(?<![^._])-)?\d+)(?P<ext>\.[^.\d][^.]*)", re.DOTALL)
_MOST_LISTED = 5


@dataclass(frozen=True)
class FileSet:
    """The files of one sequence.

    Attributes
    ----------
    folder : Path
    base, extension : str
        What stands before and after the frame number.
    names : dict of int to str
        File name by frame, for the frames that exist; never empty.
    asked : FrameRange or None
        The range of the pattern, if it has one.
    single : bool
        True where one file was named and not a sequence.
    """

    folder: Path
    base: str
    extension: str
    names: dict[int, str]
    asked: FrameRange | None = None
    single: bool = False

    @cached_property
    def frames(self) -> FrameRange:
        """The frames that exist."""
        return FrameRange(self.names)

    @cached_property
    def gaps(self) -> FrameRange:
        """The frames that are missing; RangeError if the numbers are too far apart to be a shot's."""
        first, last = self.frames.frames[0], self.frames.frames[-1]
        wanted = self.asked or FrameRange.parse(f"{first}-{last}")
        return wanted - self.frames

    @property
    def suffix(self) -> str:
        """The extension in lower case, as readers go by."""
        return Path(f"x{self.extension}").suffix.lower()

    @cached_property
    def label(self) -> str:
        """Name as a fileseq pattern, with the frames that exist."""
        first = self.names[self.frames.frames[0]]
        if self.single:
            return first
        width = len(first) - len(self.base) - len(self.extension)
        return f"{self.base}{self.frames}{'#' if width == 4 else '@' * width}{self.extension}"

    def path(self, frame: int) -> Path:
        """Return the file of a frame; KeyError if there is none."""
        return self.folder / self.names[frame]


def find_files(where: Path, *, known: tuple[str, ...]) -> FileSet:
    """Find the files that a user means by a pattern, a folder or a file.

    Parameters
    ----------
    known : tuple of str
        The extensions that make a sequence in a folder, in lower case.

    Raises
    ------
    MissingFrameError
        If there is none.
    UsageError
        If the folder holds several sequences, or the pattern cannot be read.
    """
    try:
        if where.is_dir():
            return _only_sequence(where, known)
        if where.is_file():
            return _single_file(where)
    except OSError as exc:  # a name that is too long, a folder that may not be entered
        raise MissingFrameError(
            f"cannot be found: {(exc.strerror or str(exc)).lower()}", where=str(where)
        ) from exc
    if not _PADDING.search(where.name):
        raise MissingFrameError("there is no such file or folder", where=str(where))
    return _match_pattern(where)


def _split_name(name: str) -> tuple[str, int, str]:
    """Return what stands before the frame number, the number, and the extension."""
    numbered = _NUMBERED.fullmatch(name)
    if numbered is None:
        return Path(name).stem, 1, Path(name).suffix
    return numbered["base"], int(numbered["frame"]), numbered["ext"]


def _single_file(path: Path) -> FileSet:
    base, frame, ext = _split_name(path.name)
    return FileSet(path.parent, base, ext, {frame: path.name}, single=True)


def _only_sequence(folder: Path, known: tuple[str, ...]) -> FileSet:
    groups: dict[tuple[str, str], dict[int, list[str]]] = {}
    for name in _list_names(folder):
        if name.startswith(".") or Path(name).suffix.lower() not in known:
            continue
        base, frame, ext = _split_name(name)
        groups.setdefault((base, ext), {}).setdefault(frame, []).append(name)
    if not groups:
        raise MissingFrameError(
            "no frames in this folder", where=str(folder), hint=f"pixmend reads {', '.join(known)}"
        )
    if len(groups) > 1:
        listed = sorted(
            f"{base}#{ext}" if len(frames) > 1 else next(iter(frames.values()))[0]
            for (base, ext), frames in groups.items()
        )
        more = f" and {len(listed) - _MOST_LISTED} more" if len(listed) > _MOST_LISTED else ""
        raise UsageError(
            f"several sequences in this folder: {', '.join(listed[:_MOST_LISTED])}{more}",
            where=str(folder),
            hint="name one of them",
        )
    (base, ext), found = groups.popitem()
    names = {frame: _only_name(those, folder) for frame, those in found.items()}
    return FileSet(folder, base, ext, names, single=len(names) == 1)


def _match_pattern(where: Path) -> FileSet:
    try:
        pattern = FileSequence(where.name)
    except FileSeqException as exc:
        raise UsageError(
            "this is not a pattern of frames", where=str(where), hint="write it like plate.1001-1100#.exr"
        ) from exc
    base, ext = pattern.basename(), pattern.extension()
    asked = FrameRange.parse(pattern.frameRange()) if pattern.frameRange() else None
    # `#` is four digits to some programs and one to others, so it takes any padding.
    width = 0 if set(pattern.padding()) == {"#"} else pattern.zfill()
    found: dict[int, list[str]] = {}
    for name in _list_names(where.parent):
        digits = name[len(base) : len(name) - len(ext)]
        if name == f"{base}{digits}{ext}" and _is_padded(digits, width):
            found.setdefault(int(digits), []).append(name)
    names = {
        frame: _only_name(those, where.parent)
        for frame, those in found.items()
        if asked is None or frame in asked
    }
    if not names:
        raise MissingFrameError(_nothing_found(asked, found), where=str(where))
    return FileSet(where.parent, base, ext, names, asked)


def _is_padded(digits: str, width: int) -> bool:
    """Tell whether a frame number is written with this padding; 0 stands for any."""
    if not re.fullmatch(r"-?[0-9]+", digits):
        return False
    return not width or len(digits) == width or (len(digits) > width and digits.lstrip("-")[0] != "0")


def _nothing_found(asked: FrameRange | None, found: Iterable[int]) -> str:
    there = FrameRange(found)
    if asked is not None and len(there):
        return f"none of the frames {asked} is there, only {there}"
    return "no file has a name like this"


def _only_name(names: list[str], folder: Path) -> str:
    if len(names) > 1:
        raise UsageError(f"one frame has two files: {', '.join(sorted(names))}", where=str(folder))
    return names[0]


def _list_names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries]
    except FileNotFoundError as exc:
        raise MissingFrameError("there is no such folder", where=str(folder)) from exc
    except OSError as exc:
        raise MissingFrameError(
            f"the folder cannot be read: {(exc.strerror or str(exc)).lower()}", where=str(folder)
        ) from exc
