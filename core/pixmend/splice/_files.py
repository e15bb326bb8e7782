# SPDX-License-Identifier: Apache-2.0
"""A file on disk: random access for reading, and the copy that leaves untouched ranges to the kernel."""

import contextlib
import errno
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from pixmend.errors import BadFrameError, MissingFrameError
from pixmend.splice._edits import ByteEdit, untouched_ranges

__all__ = ["FileBytes", "open_bytes", "write_edited"]

_BLOCK = 1 << 20
# The kernel cannot copy between these two files by itself: other file systems, or no such call.
_COPY_BY_HAND = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF}


class FileBytes:
    """The bytes of a file that is open; a `formats.ByteSource`.

    Read with `pread` and not mapped: a mapped file that is cut short by another
    process would end ours.
    """

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        self.path = path
        self.name = str(path)
        self.descriptor = stream.fileno()
        self.size = os.fstat(self.descriptor).st_size

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes.

        Raises
        ------
        BadFrameError
            If they are not all there, or the disk does not give them.
        """
        if offset < 0 or length < 0 or offset + length > self.size:
            raise BadFrameError(f"the file ends before byte {offset + length}", where=self.name)
        try:
            taken = os.pread(self.descriptor, length, offset)
            while len(taken) < length:
                more = os.pread(self.descriptor, length - len(taken), offset + len(taken))
                if not more:
                    raise BadFrameError("the file became shorter while it was read", where=self.name)
                taken += more
        except OSError as exc:
            raise _unreadable(self.path, exc) from exc
        return taken


@contextlib.contextmanager
def open_bytes(path: Path) -> Iterator[FileBytes]:
    """Open a file for random access.

    Raises
    ------
    MissingFrameError
        If there is no such file.
    BadFrameError
        If it is not a regular file, or cannot be opened.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise BadFrameError("this is not a file", where=str(path))
        stream = path.open("rb", buffering=0)
    except FileNotFoundError as exc:
        raise MissingFrameError("the frame is not there", where=str(path)) from exc
    except OSError as exc:
        raise _unreadable(path, exc) from exc
    with stream:
        yield FileBytes(stream, path)


def write_edited(source: FileBytes, target: Path, edits: Iterable[ByteEdit]) -> None:
    """Write `target` as `source` with its edits; nothing of it may exist yet.

    Untouched ranges are copied inside the kernel where it can do that, which on some
    file systems shares the blocks instead of writing them again.

    Raises
    ------
    OSError
        If the target cannot be written.
    BadFrameError
        If the source cannot be read.
    """
    ordered = tuple(edits)
    with target.open("xb", buffering=0) as out:
        for (start, stop), edit in zip(untouched_ranges(source.size, ordered), (*ordered, None), strict=True):
            _copy_range(source, out.fileno(), start, stop)
            if edit is not None:
                _write_all(out.fileno(), edit.new)


def _copy_range(source: FileBytes, out: int, start: int, stop: int) -> None:
    for begin in _kernel_copy(source.descriptor, out, start, stop):
        block = source.read(begin, min(_BLOCK, stop - begin))
        _write_all(out, block)


def _kernel_copy(descriptor: int, out: int, start: int, stop: int) -> range:
    """Let the kernel copy; return the blocks that are left to copy by hand (none, as a rule)."""
    while start < stop and hasattr(os, "copy_file_range"):
        try:
            copied = os.copy_file_range(descriptor, out, stop - start, offset_src=start)
        except OSError as exc:
            if exc.errno not in _COPY_BY_HAND:
                raise
            break
        if copied == 0:  # some network file systems; the end of the file is found by reading
            break
        start += copied
    return range(start, stop, _BLOCK)


def _write_all(descriptor: int, stored: bytes) -> None:
    view = memoryview(stored)
    while view:
        view = view[os.write(descriptor, view) :]


def _unreadable(path: Path, exc: OSError) -> BadFrameError:
    return BadFrameError(f"cannot be read: {(exc.strerror or str(exc)).lower()}", where=str(path))
