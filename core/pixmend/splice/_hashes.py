# SPDX-License-Identifier: Apache-2.0
"""The hashes of a file and of what becomes of it, side by side."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import xxhash

__all__ = ["HASH_NAMES", "HashPair", "hash_blocks"]

_MAKERS: Final[dict[str, Callable[[], Any]]] = {
    "md5": lambda: hashlib.md5(usedforsecurity=False),
    "sha256": hashlib.sha256,
    "xxh64": xxhash.xxh64,
}
HASH_NAMES: Final = tuple(_MAKERS)
"""What can be had beside the ledger's own hash."""

Block = bytes | bytearray | memoryview


class HashPair:
    """Hashes of two files that are told of block by block.

    XXH3 with 128 bits always: as fast as memory, and chance (bit rot, truncation, a file
    of another frame) will not meet it; it is no defence against forgery.

    Parameters
    ----------
    extra : sequence of str
        Names of `HASH_NAMES`; KeyError for another.
    """

    def __init__(self, extra: Sequence[str] = ()) -> None:
        self._own = (xxhash.xxh3_128(), xxhash.xxh3_128())
        self._extra = {name: (_MAKERS[name](), _MAKERS[name]()) for name in extra}

    def update(self, before: Block, after: Iterable[Block]) -> None:
        """Take the next block of the first file, and what stands for it in the second."""
        after = list(after)
        for first, second in (self._own, *self._extra.values()):
            first.update(before)
            for piece in after:
                second.update(piece)

    @property
    def own(self) -> tuple[str, str]:
        """The hashes by which ledgers know files, as ``xxh128:...``."""
        before, after = self._own
        return f"xxh128:{before.hexdigest()}", f"xxh128:{after.hexdigest()}"

    @property
    def extra(self) -> tuple[dict[str, str], dict[str, str]]:
        """Hexadecimal digits by name, of the first and of the second file."""
        before = {name: first.hexdigest() for name, (first, _) in self._extra.items()}
        after = {name: second.hexdigest() for name, (_, second) in self._extra.items()}
        return before, after


def hash_blocks(blocks: Iterable[Block]) -> str:
    """Return the hash by which ledgers know a file."""
    state = xxhash.xxh3_128()
    for block in blocks:
        state.update(block)
    return f"xxh128:{state.hexdigest()}"
