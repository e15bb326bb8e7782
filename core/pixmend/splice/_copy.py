# SPDX-License-Identifier: Apache-2.0
"""A file written anew with its edits, hashed on the way, and compared with its source afterwards."""

import errno
import fcntl
from collections.abc import Sequence
from pathlib import Path

from pixmend.errors import ProofError
from pixmend.splice._edits import Block, ByteEdit, keeps_size, weave
from pixmend.splice._files import (
    BLOCK_BYTES,
    FileBytes,
    created,
    open_bytes,
    start_write_back,
    write_at,
    write_pieces,
)
from pixmend.splice._hashes import HashPair, hash_blocks

__all__ = ["check_written", "hash_file", "hash_with_edits", "write_edited"]

_FICLONE = 0x40049409  # linux/fs.h: share the blocks of another file of the same file system
_NO_SHARING = {errno.EOPNOTSUPP, errno.EXDEV, errno.EINVAL, errno.ENOTTY, errno.ENOSYS, errno.EPERM}
_WRITE_BACK_BYTES = 8 << 20


def write_edited(
    source: FileBytes, target: Path, edits: Sequence[ByteEdit], *, hashes: Sequence[str] = ()
) -> HashPair:
    """Write `target` as `source` with its edits, and return the hashes of both.

    One pass: a block is read, hashed and written. Where the file system can share blocks
    and nothing moves, only the edits are written. `target` must not exist.

    Raises
    ------
    OSError
        If the target cannot be written.
    BadFrameError
        If the source cannot be read.
    ProofError
        If it does not hold what the edits replace.
    """
    pair = HashPair(hashes)
    with created(target) as out:
        if keeps_size(edits) and _share_blocks(source.descriptor, out):
            for edit in edits:
                write_at(out, edit.offset, edit.new)
            return hash_with_edits(source, edits, hashes=hashes)
        position = started = 0
        for block, pieces in weave(source.blocks(), edits, where=source.name):
            pair.update(block, pieces)
            write_pieces(out, pieces)
            position += sum(map(len, pieces))
            if position - started >= _WRITE_BACK_BYTES:
                start_write_back(out, started, position - started)
                started = position
    return pair


def check_written(source: FileBytes, target: Path, edits: Sequence[ByteEdit]) -> None:
    """Read both files again and compare every byte: with the source, or with what was meant.

    Raises
    ------
    ProofError
        If one differs.
    BadFrameError, MissingFrameError
        If a file cannot be read.
    """
    with open_bytes(target) as written:
        buffer = memoryview(bytearray(min(BLOCK_BYTES, written.size)))
        position = 0
        for _, pieces in weave(source.blocks(), edits, where=source.name):
            length = sum(map(len, pieces))
            if len(buffer) < length:
                buffer = memoryview(bytearray(length))
            view = buffer[:length]
            is_there = position + length <= written.size
            if is_there:
                written.read_into(position, view)
            if not is_there or not _is_same(pieces, view):
                raise _not_meant(source)
            position += length
        if position != written.size:
            raise _not_meant(source)


def hash_with_edits(source: FileBytes, edits: Sequence[ByteEdit], *, hashes: Sequence[str] = ()) -> HashPair:
    """Return the hashes of a file and of the file that its edits make; it is only read.

    Errors as `write_edited`.
    """
    pair = HashPair(hashes)
    for block, pieces in weave(source.blocks(), edits, where=source.name):
        pair.update(block, pieces)
    return pair


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


def _is_same(pieces: list[Block], found: memoryview) -> bool:
    """Compare; two whole buffers by memcmp without a copy, which is the rule."""
    whole = pieces[0].obj if len(pieces) == 1 and isinstance(pieces[0], memoryview) else None
    if isinstance(whole, bytearray) and isinstance(found.obj, bytearray):
        is_all = len(whole) == len(pieces[0]) and len(found.obj) == len(found)
        if is_all:
            return whole == found.obj
    return b"".join(pieces) == bytes(found)


def _not_meant(source: FileBytes) -> ProofError:
    return ProofError(
        "what was written is not what was meant; nothing was published",
        where=source.name,
        hint="the source changed meanwhile, or the disk is bad: check it before another run",
    )
