# SPDX-License-Identifier: Apache-2.0
"""A file written anew with its edits, hashed on the way, and compared with its source afterwards."""

import errno
import fcntl
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from pixmend.containers import ByteEdit, keeps_size
from pixmend.errors import ProofError
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
from pixmend.splice._weave import Block, weave

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
        if written.size != source.size + sum(edit.growth for edit in edits):
            raise _not_meant(source)
        found = bytearray(max(min(BLOCK_BYTES, written.size), 1))
        position = 0
        for expected in _reblocked(weave(source.blocks(), edits, where=source.name), len(found)):
            length = len(expected)
            written.read_into(position, memoryview(found)[:length])
            # Whole buffers are compared by memcmp where they lie.
            if expected != (found if length == len(found) else found[:length]):
                raise _not_meant(source)
            position += length


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


def _reblocked(woven: Iterable[tuple[Block, list[Block]]], size: int) -> Iterator[bytearray]:
    """Yield what is woven in blocks of one size, the last may be shorter; each is overwritten by the next."""
    buffer = bytearray(size)
    view, filled = memoryview(buffer), 0
    for piece in chain.from_iterable(pieces for _, pieces in woven):
        whole = piece.obj if isinstance(piece, memoryview) else None
        if not filled and isinstance(whole, bytearray) and len(whole) == len(piece) == size:
            yield whole
            continue
        left = memoryview(piece)
        while left:
            part = left[: size - filled]
            view[filled : filled + len(part)] = part
            left, filled = left[len(part) :], filled + len(part)
            if filled == size:
                yield buffer
                filled = 0
    if filled:
        yield buffer[:filled]


def _not_meant(source: FileBytes) -> ProofError:
    return ProofError(
        "what was written is not what was meant; nothing was published",
        where=source.name,
        hint="the source changed meanwhile, or the disk is bad: check it before another run",
    )
