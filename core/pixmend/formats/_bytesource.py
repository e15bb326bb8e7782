# SPDX-License-Identifier: Apache-2.0
"""Random access to the bytes of one file, as the layouts see it, and a reader that walks over them."""

import struct
from dataclasses import dataclass
from typing import Any, Protocol

from pixmend.errors import BadFrameError

__all__ = ["ByteCursor", "ByteSource", "MemoryBytes"]


class ByteSource(Protocol):
    """The bytes of one file."""

    @property
    def name(self) -> str:
        """What errors call the file."""
        ...

    @property
    def size(self) -> int:
        """How many bytes there are."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes; BadFrameError where the file does not hold them."""
        ...


@dataclass(frozen=True, slots=True)
class MemoryBytes:
    """A file that lies in memory."""

    stored: bytes
    name: str = ""

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return len(self.stored)

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes.

        Raises
        ------
        BadFrameError
            If they are not all there.
        """
        if offset < 0 or length < 0 or offset + length > len(self.stored):
            raise BadFrameError(f"the file ends before byte {offset + length}", where=self.name)
        return self.stored[offset : offset + length]


class ByteCursor:
    """Reads fields one after the other.

    Parameters
    ----------
    source : ByteSource
    byte_order : str
        ``<`` or ``>``, as in `struct`.
    position : int
        Where the next field begins; may be set.
    """

    def __init__(self, source: ByteSource, byte_order: str, position: int = 0) -> None:
        self.source = source
        self.byte_order = byte_order
        self.position = position

    def take(self, length: int) -> bytes:
        """Return the next `length` bytes; BadFrameError at the end of the file."""
        taken = self.source.read(self.position, length)
        self.position += length
        return taken

    def unpack(self, form: str) -> tuple[Any, ...]:
        """Return the next fields of a `struct` form without byte order; errors as `take`."""
        form = self.byte_order + form
        return struct.unpack(form, self.take(struct.calcsize(form)))

    def text(self, longest: int) -> str:
        """Return the text up to the next zero byte.

        Raises
        ------
        BadFrameError
            If there is none within `longest` bytes.
        """
        ahead = self.source.read(self.position, min(longest + 1, max(self.source.size - self.position, 0)))
        text, zero, _ = ahead.partition(b"\0")
        if not zero:
            raise BadFrameError(f"a text at byte {self.position} has no end", where=self.source.name)
        self.position += len(text) + 1
        return text.decode("utf-8", "surrogateescape")
