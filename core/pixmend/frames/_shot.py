# SPDX-License-Identifier: Apache-2.0
"""A shot on disk."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pixmend.errors import BadFrameError, MissingFrameError, UnsupportedError
from pixmend.formats import ReadOptions
from pixmend.frames._dpx import DpxFrame
from pixmend.frames._exr import ExrFrame
from pixmend.frames._frame import OpenFrame
from pixmend.frames._sequence import FileSet, find_files
from pixmend.frames._source import check_bands, checked_channels
from pixmend.frames._tiff import TiffFrame
from pixmend.model import FrameRange, PlateInfo

__all__ = ["FileShot", "open_shot"]

_READERS: Mapping[str, Callable[[Path, ReadOptions], OpenFrame]] = {
    ".exr": ExrFrame,
    ".dpx": DpxFrame,
    ".tif": TiffFrame,
    ".tiff": TiffFrame,
}


class FileShot:
    """A `FrameSource` over the files of one sequence.

    Headers are read frame by frame, when a frame is read; all must be like the first.
    Holds no open file: it may be pickled, and read from many threads.
    """

    def __init__(self, files: FileSet, options: ReadOptions | None = None) -> None:
        self._files = files
        self.options = options or ReadOptions()

    @property
    def label(self) -> str:
        """The name of the sequence, e.g. ``plate.1001-1010#.exr``."""
        return self._files.label

    @property
    def frames(self) -> FrameRange:
        """The frames that exist; within the pattern's range where it has one."""
        return self._files.frames

    @property
    def gaps(self) -> FrameRange:
        """The frames that are missing: from the pattern's range, else between first and last."""
        return self._files.gaps

    @cached_property
    def plate(self) -> PlateInfo:
        """The header facts of the first frame; errors as `read`."""
        first = self._open(self.path(self.frames.frames[0]))
        return replace(first.plate, encoding_hint=first.guess_encoding())

    def path(self, frame: int) -> Path:
        """Return the file of a frame.

        Raises
        ------
        MissingFrameError
            If there is none.
        """
        if frame not in self.frames:
            raise MissingFrameError(f"frame {frame} is missing", where=str(self._files.folder / self.label))
        return self._files.path(frame)

    def read(
        self,
        frame: int,
        *,
        channels: Sequence[str] | None = None,
        rows: tuple[int, int] | None = None,
    ) -> NDArray[Any]:
        """Read samples of one frame as `FrameSource.read` says."""
        whole = (0, self.plate.raster.height)
        return self.read_bands(frame, [whole if rows is None else rows], channels=channels)[0]

    def read_bands(
        self, frame: int, bands: Sequence[tuple[int, int]], *, channels: Sequence[str] | None = None
    ) -> list[NDArray[Any]]:
        """Read ranges of rows of one frame as `FrameSource.read_bands` says; the file is opened once."""
        path = self.path(frame)
        names = checked_channels(self.plate, channels, where=str(path))
        check_bands(self.plate, bands)
        opened = self._open(path)
        _check_alike(opened.plate, self.plate, path)
        return opened.read_bands(names, bands)

    def _open(self, path: Path) -> OpenFrame:
        return _READERS[path.suffix.lower()](path, self.options)


def open_shot(where: str | Path, options: ReadOptions | None = None) -> FileShot:
    """Open a shot; no frame is read yet.

    Parameters
    ----------
    where : str or path
        A pattern (``plate.1001-1100#.exr``, ``plate.%04d.exr``, ``plate.@@@@.exr``), a
        folder that holds one sequence, or one file. A range in the pattern limits the
        frames; a file without a number in its name is frame 1.
    options : ReadOptions, optional
        What the files do not say of themselves.

    Raises
    ------
    MissingFrameError
        If there is no such file, or no frame at all.
    UnsupportedError
        If the files are not EXR, DPX or TIFF.
    UsageError
        If the folder holds several sequences.
    """
    files = find_files(Path(where), known=tuple(_READERS))
    if files.suffix not in _READERS:
        raise UnsupportedError(
            f"{files.suffix or 'a file without extension'} is not handled",
            where=str(where),
            hint=f"pixmend reads {', '.join(_READERS)}",
        )
    return FileShot(files, options)


def _check_alike(plate: PlateInfo, first: PlateInfo, path: Path) -> None:
    if plate.raster != first.raster:
        raise BadFrameError(
            f"mixed sizes: this frame has {plate.raster}, the first {first.raster}", where=str(path)
        )
    if plate.channels != first.channels:
        raise BadFrameError(
            f"mixed channels: this frame has {_named(plate)}, the first {_named(first)}", where=str(path)
        )


def _named(plate: PlateInfo) -> str:
    return ", ".join(f"{each.name} {each.sample.label}" for each in plate.channels)
