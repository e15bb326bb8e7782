# SPDX-License-Identifier: Apache-2.0
"""One frame on disk: what every reader gives, and the bytes that it starts from."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from pixmend.errors import BadFrameError, FrameError, MissingFrameError
from pixmend.model import PlateInfo

__all__ = ["FrameBytes", "OpenFrame"]

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

    def read(self, channels: Sequence[str], rows: tuple[int, int]) -> NDArray[Any]:
        """Return (rows, width, channels) samples; the channels have one sample type."""
        ...


class FrameBytes:
    """The bytes of a frame, a `formats.ByteSource`.

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
            with path.open("rb") as stream:
                self._head = stream.read(_HEAD_BYTES)
                self.size = stream.seek(0, 2)
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
            with self.path.open("rb") as stream:
                stream.seek(offset)
                taken = stream.read(length)
        except OSError as exc:
            raise _as_frame_error(exc, self.path) from exc
        if len(taken) < length:
            raise BadFrameError("truncated while it was read", where=self.name)
        return taken


def _as_frame_error(exc: OSError, path: Path) -> FrameError:
    if isinstance(exc, FileNotFoundError):
        return MissingFrameError("the frame is missing", where=str(path))
    return BadFrameError(f"cannot be read: {(exc.strerror or str(exc)).lower()}", where=str(path))
