# SPDX-License-Identifier: Apache-2.0
"""A file written anew with its edits, hashed on the way, and read back."""

import ctypes
import errno
import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pixmend.containers import ByteEdit, keeps_size
from pixmend.errors import ProofError
from pixmend.splice._files import (
    FileBytes,
    block_buffer,
    created,
    open_bytes,
    open_for_change,
    reserve,
    start_write_back,
    write_at,
    write_pieces,
)
from pixmend.splice._hashes import HashPair, hash_blocks
from pixmend.splice._weave import Block, weave

__all__ = ["change_bytes", "hash_file", "hash_with_edits", "write_edited"]

_FICLONE = 0x40049409  # linux/fs.h: share the blocks of another file of the same file system
_NO_SHARING = {errno.EOPNOTSUPP, errno.EXDEV, errno.EINVAL, errno.ENOTTY, errno.ENOSYS, errno.EPERM}
_WRITE_BACK_BYTES = 8 << 20
_WORTH_A_CALL = 1 << 12
_compare = ctypes.CDLL(None).memcmp
_compare.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)


def write_edited(
    source: FileBytes, target: Path, edits: Sequence[ByteEdit], *, hashes: Sequence[str] = ()
) -> HashPair:
    """Write `target` as `source` with its edits, and return the hashes of both.

    One pass: a block is read, hashed and written, then read back and compared byte for
    byte with what was meant. Where the file system can share blocks and nothing moves,
    only the edits are written. `target` must not exist.

    Raises
    ------
    OSError
        If the target cannot be written.
    BadFrameError
        If the source cannot be read.
    ProofError
        If it does not hold what the edits replace, or what was written is something else.
    """
    pair = HashPair(hashes)
    size = source.size + sum(edit.growth for edit in edits)
    with created(target) as out, block_buffer() as found:
        shares = keeps_size(edits) and _share_blocks(source.descriptor, out)
        if shares:
            for edit in edits:
                write_at(out, edit.offset, edit.new)
        else:
            reserve(out, size)
        position = started = 0
        for block, pieces in weave(source.blocks(), edits, where=source.name):
            pair.update(block, pieces)
            if not shares:
                write_pieces(out, pieces)
            length = sum(map(len, pieces))
            if not _holds(out, position, pieces, found if length <= len(found) else bytearray(length)):
                raise _not_meant(source)
            position += length
            if position - started >= _WRITE_BACK_BYTES:
                start_write_back(out, started, position - started)
                started = position
        if not position == size == os.fstat(out).st_size:
            raise _not_meant(source)
    return pair


def hash_with_edits(source: FileBytes, edits: Sequence[ByteEdit], *, hashes: Sequence[str] = ()) -> HashPair:
    """Return the hashes of a file and of the file that its edits make; it is only read.

    Errors as `write_edited`.
    """
    pair = HashPair(hashes)
    for block, pieces in weave(source.blocks(), edits, where=source.name):
        pair.update(block, pieces)
    return pair


def change_bytes(path: Path, edits: Sequence[ByteEdit]) -> str:
    """Write edits of equal size into a file, sync it, and return the hash of what it then is.

    Raises
    ------
    UsageError, TemporaryError
        If the file may not be changed, or writing fails.
    BadFrameError, MissingFrameError
        If it cannot be read.
    """
    with open_for_change(path) as descriptor:
        for edit in edits:
            write_at(descriptor, edit.offset, edit.new)
        os.fsync(descriptor)
    return hash_file(path)


def hash_file(path: Path) -> str:
    """Return the hash by which ledgers know a file; errors as `open_bytes`."""
    with open_bytes(path) as opened:
        return hash_blocks(opened.blocks())


def _share_blocks(source: int, out: int) -> bool:
    """Let the new file share all blocks of the source; tell whether the file system could."""
    try:
        fcntl.ioctl(out, _FICLONE, source)
    except OSError as exc:
        if exc.errno not in _NO_SHARING:
            raise
        return False
    return True


def _holds(out: int, position: int, pieces: Sequence[Block], found: bytearray) -> bool:
    """Tell whether a file holds pieces one after the other; `found` is a buffer for all of them."""
    length = sum(map(len, pieces))
    if os.preadv(out, [memoryview(found)[:length]], position) != length:
        return False
    begin = 0
    for piece in pieces:
        if not _same(piece, memoryview(found)[begin : begin + len(piece)]):
            return False
        begin += len(piece)
    return True


def _same(first: Block, second: Block) -> bool:
    """Compare by memcmp, where the bytes lie: Python compares views one byte after the other."""
    if len(first) < _WORTH_A_CALL:
        return bytes(first) == bytes(second)
    places = [np.frombuffer(each, np.uint8).ctypes.data for each in (first, second)]
    return len(first) == len(second) and _compare(*places, len(first)) == 0


def _not_meant(source: FileBytes) -> ProofError:
    return ProofError(
        "what was written is not what was meant; nothing was published",
        where=source.name,
        hint="the source changed meanwhile, or the disk is bad: check it before another run",
    )
