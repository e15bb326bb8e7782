# SPDX-License-Identifier: Apache-2.0
"""One frame on disk: what every reader gives, and the bytes that it starts from."""

import os
import weakref
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from pixmend.errors import BadFrameError, FrameError, MissingFrameError
from pixmend.model import PlateInfo

__all__ = ["FrameBytes", "OpenFrame", "Rows", "read_joined"]

Rows = tuple[int, int]  # first row, and the row after the last

_HEAD_BYTES = 1 << 16  # most headers are shorter; they are then read in one go


class OpenFrame(Protocol):
    """A frame whose header has been read."""

    @property
    def plate(self) -> PlateInfo:
        """What the header says; without `encoding_hint`."""
        ...

    def guess_encoding(self) -> str:
        """Return what the header says of the encoding; see `PlateInfo.encoding_hint`."""
        ...

    def read_bands(self, channels: Sequence[str], bands: Sequence[Rows]) -> list[NDArray[Any]]:
        """Return (rows, width, channels) samples of each band; the channels have one sample type."""
        ...


def read_joined(
    bands: Sequence[Rows], unit_rows: int, read: Callable[[Rows], NDArray[Any]]
) -> list[NDArray[Any]]:
    """Read bands so that no unit of rows that are packed together is unpacked twice.

    Parameters
    ----------
    bands : sequence of (int, int)
        First row and the row after the last, in any order; they may overlap.
    unit_rows : int
        How many rows are packed together; the first unit begins at row 0.
    read : callable
        Gives the samples of one band, rows first.

    Returns
    -------
    samples : list of ndarray
        In the order of `bands`; those that were read together share memory.
    """
    samples: dict[Rows, NDArray[Any]] = {}
    for first, members in _joined(sorted(set(bands)), unit_rows):
        together = read((first, max(stop for _, stop in members)))
        samples |= {band: together[band[0] - first : band[1] - first] for band in members}
    return [samples[band] for band in bands]


def _joined(ordered: Iterable[Rows], unit_rows: int) -> list[tuple[int, list[Rows]]]:
    """Group bands that lie in the same units; each group with its first row."""
    groups: list[tuple[int, list[Rows]]] = []
    last_unit = -1
    for first, stop in ordered:
        if first // unit_rows > last_unit:
            groups.append((first, []))
        groups[-1][1].append((first, stop))
        last_unit = max(last_unit, (stop - 1) // unit_rows)
    return groups


class FrameBytes:
    """The bytes of a frame, a `formats.ByteSource`; the file is closed with it.

    Raises
    ------
    MissingFrameError
        If there is no such file.
    BadFrameError
        If it is empty or cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            if path.exists() and not path.is_file():  # to open a pipe would wait for ever
                raise BadFrameError("this is not a file", where=self.name)
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            weakref.finalize(self, os.close, self._descriptor)
            self.size = os.fstat(self._descriptor).st_size
            self._head = os.pread(self._descriptor, _HEAD_BYTES, 0)
        except OSError as exc:
            raise _as_frame_error(exc, path) from exc
        if not self._head:
            raise BadFrameError("the file is empty", where=self.name)

    @property
    def name(self) -> str:
        """What errors call the file."""
        return str(self.path)

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes; BadFrameError where the file does not hold them."""
        if offset >= 0 and offset + length <= len(self._head):
            return self._head[offset : offset + length]
        if offset < 0 or length < 0 or offset + length > self.size:
            raise BadFrameError(f"truncated: the file ends before byte {offset + length}", where=self.name)
        try:
            taken = self._pread(offset, length)
        except OSError as exc:
            raise _as_frame_error(exc, self.path) from exc
        if len(taken) < length:
            raise BadFrameError("truncated while it was read", where=self.name)
        return taken

    def _pread(self, offset: int, length: int) -> bytes:
        """Return `length` bytes, fewer where the file ends: one call may give only a part of them."""
        taken = os.pread(self._descriptor, length, offset)
        while len(taken) < length and (
            more := os.pread(self._descriptor, length - len(taken), offset + len(taken))
        ):
            taken += more
        return taken


def _as_frame_error(exc: OSError, path: Path) -> FrameError:
    if isinstance(exc, FileNotFoundError):
        return MissingFrameError("the frame is missing", where=str(path))
    return BadFrameError(f"cannot be read: {(exc.strerror or str(exc)).lower()}", where=str(path))
