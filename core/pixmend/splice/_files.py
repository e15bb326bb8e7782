# SPDX-License-Identifier: Apache-2.0
"""Files on disk: random access and blocks for reading, pieces for writing."""

import contextlib
import ctypes
import errno
import os
import stat
import threading
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from pixmend.errors import BadFrameError, MissingFrameError
from pixmend.publish import write_error

__all__ = [
    "BLOCK_BYTES",
    "FileBytes",
    "block_buffer",
    "created",
    "open_bytes",
    "open_for_change",
    "reserve",
    "start_write_back",
    "write_at",
    "write_pieces",
]

# Larger than what the caches near a core hold gains nothing, smaller costs system calls (measured).
BLOCK_BYTES = 1 << 20
_MOST_PIECES = 512  # in one call; every Unix takes 1024
_SYNC_FILE_RANGE_WRITE = 2
_KEEP_SIZE = 1  # the file grows by what is written
_FULL = {errno.ENOSPC, errno.EDQUOT}
_libc = ctypes.CDLL(None, use_errno=True)
_start = getattr(_libc, "sync_file_range", None)  # Linux
if _start is not None:
    _start.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
_reserve = getattr(_libc, "fallocate", None)  # Linux; posix_fallocate would write zeros where this cannot
if _reserve is not None:
    _reserve.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)


class _Spare(threading.local):
    """Buffers of one thread that nobody uses: their pages are there already, new ones cost as much as a copy."""

    def __init__(self) -> None:
        self.buffers: list[bytearray] = []


_spare = _Spare()


class FileBytes:
    """The bytes of a file that is open; a `formats.ByteSource`.

    Read with `pread` and not mapped: a mapped file that is cut short by another
    process would end ours.

    Attributes
    ----------
    facts : os.stat_result
        As the file was when it was opened.
    """

    def __init__(self, descriptor: int, path: Path) -> None:
        self.path = path
        self.name = str(path)
        self.descriptor = descriptor
        self.facts = os.fstat(descriptor)
        self.size = self.facts.st_size

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
        except OSError as exc:
            raise _unreadable(self.path, exc) from exc
        if len(taken) == length:
            return taken
        whole = bytearray(length)
        self.read_into(offset, memoryview(whole))
        return bytes(whole)

    def read_into(self, offset: int, view: memoryview) -> None:
        """Fill `view` with the bytes from `offset` on. Errors as `read`."""
        while view:
            try:
                taken = os.preadv(self.descriptor, [view], offset)
            except OSError as exc:
                raise _unreadable(self.path, exc) from exc
            if not taken:
                raise BadFrameError("the file became shorter while it was read", where=self.name)
            view, offset = view[taken:], offset + taken

    def blocks(self) -> Iterator[memoryview]:
        """Yield the whole file block by block; each is overwritten by the next. Errors as `read`."""
        with block_buffer() as buffer:
            for begin in range(0, self.size, BLOCK_BYTES):
                view = memoryview(buffer)[: self.size - begin]
                self.read_into(begin, view)
                yield view


@contextlib.contextmanager
def block_buffer() -> Iterator[bytearray]:
    """Lend a buffer of `BLOCK_BYTES`; what is in it means nothing."""
    buffer = _spare.buffers.pop() if _spare.buffers else bytearray()
    try:
        yield buffer if len(buffer) == BLOCK_BYTES else (buffer := bytearray(BLOCK_BYTES))
    finally:
        _spare.buffers.append(buffer)


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
        yield FileBytes(stream.fileno(), path)


@contextlib.contextmanager
def created(path: Path) -> Iterator[int]:
    """Create a file that must not exist and yield its descriptor; OSError where that fails."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def open_for_change(path: Path) -> Iterator[int]:
    """Open an existing file for changes inside of it and yield its descriptor.

    Raises
    ------
    UsageError, TemporaryError
        If it may not be changed, or a call on it fails inside the block.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            yield descriptor
        finally:
            os.close(descriptor)
    except OSError as exc:
        raise write_error(exc, path) from exc


def write_pieces(descriptor: int, pieces: Sequence[bytes | bytearray | memoryview]) -> None:
    """Write pieces one after the other, all of them; OSError where that fails."""
    left = iter([memoryview(each) for each in pieces if len(each)])
    batch = list(islice(left, _MOST_PIECES))
    while batch:
        written = os.writev(descriptor, batch)
        if not written:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        while batch and written >= len(batch[0]):
            written -= len(batch.pop(0))
        if batch:
            batch[0] = batch[0][written:]
        else:
            batch = list(islice(left, _MOST_PIECES))


def write_at(descriptor: int, offset: int, stored: bytes) -> None:
    """Replace the bytes from `offset` on, all of them; OSError where that fails."""
    view = memoryview(stored)
    while view:
        written = os.pwrite(descriptor, view, offset)
        if not written:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        view, offset = view[written:], offset + written


def reserve(descriptor: int, size: int) -> None:
    """Ask for the space of a whole new file at once, where the file system can: cheaper than bit by bit.

    Raises
    ------
    OSError
        If the disk or the quota is too small for it.
    """
    if _reserve is None or not size:
        return
    if _reserve(descriptor, _KEEP_SIZE, 0, size) and (code := ctypes.get_errno()) in _FULL:
        raise OSError(code, os.strerror(code))


def start_write_back(descriptor: int, offset: int, length: int) -> None:
    """Let the disk begin with a range, so that a later sync has less to wait for. A hint only."""
    if _start is not None:
        _start(descriptor, offset, length, _SYNC_FILE_RANGE_WRITE)


def _unreadable(path: Path, exc: OSError) -> BadFrameError:
    return BadFrameError(f"cannot be read: {(exc.strerror or str(exc)).lower()}", where=str(path))
