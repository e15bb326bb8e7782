# SPDX-License-Identifier: Apache-2.0
"""The AC coefficients of a DWA chunk: read some blocks of the stream, and put others in their place.

In a Huffman stream the bits of all other blocks are copied as they are. New tokens get codes
without touching old ones: the lowest of the longest codes is all zeros; below it there is room for
a tree of its own, which holds its symbol and the new ones, and no other code moves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from imagecodecs import deflate_encode
from numpy.typing import NDArray

from pixmend.codecs._dwa_kernels import FAST_BITS, block_starts, fast_steps, walk_blocks
from pixmend.codecs._dwa_streams import inflated
from pixmend.codecs._huffman import HuffmanBlock, HuffmanCodes, pack_symbols, unpack_symbols
from pixmend.codecs._huffman_kernels import code_depths, copy_bits, encode

__all__ = ["AcBlocks", "blocks_of_tokens", "find_blocks", "tokens_of_blocks"]

_LONGEST_COMMON_CODE = 32  # ffmpeg reads none that are longer, OpenEXR up to 58 bits
_END_OF_BLOCK = 0xFF00


class AcBlocks(Protocol):
    """Wanted blocks of a stream.

    Attributes
    ----------
    tokens : list of ndarray of uint16
        Those of each wanted block.
    """

    @property
    def tokens(self) -> list[NDArray[np.uint16]]: ...
    def replaced(self, tokens: Sequence[NDArray[np.uint16]]) -> bytes:
        """Return the packed stream with other tokens in the wanted blocks."""
        ...


def find_blocks(
    packed: bytes, count: int, wanted: NDArray[np.int64], blocks: int, *, by_deflate: bool
) -> AcBlocks:
    """Find blocks in a packed stream.

    Parameters
    ----------
    packed : bytes
    count : int
        Tokens in it.
    wanted : ndarray of int64
        Numbers of the wanted blocks, rising.
    blocks : int
        How many blocks there are.
    by_deflate : bool
        Packed by zlib instead of by Huffman codes.

    Raises
    ------
    ValueError
        If the stream is damaged or holds another number of blocks.
    """
    if by_deflate:
        stream = np.frombuffer(inflated(packed, 2 * count), "<u2")
        return _DeflatedBlocks.find(stream, count, wanted, blocks)
    return _HuffmanBlocks.find(packed, count, wanted, blocks)


def blocks_of_tokens(tokens: Sequence[NDArray[np.uint16]]) -> NDArray[np.uint16]:
    """Return the half-float coefficients of blocks, (blocks, 64) in zigzag order; the first of each is 0."""
    coefficients = np.zeros((len(tokens), 64), np.uint16)
    for block, its_tokens in zip(coefficients, tokens, strict=True):
        is_run = its_tokens >= _END_OF_BLOCK
        steps = np.where(is_run, its_tokens & 255, 1).astype(np.int64)
        places = 1 + np.cumsum(steps) - steps
        block[places[~is_run]] = its_tokens[~is_run]
    return coefficients


def tokens_of_blocks(coefficients: NDArray[np.uint16]) -> list[NDArray[np.uint16]]:
    """Return the tokens of blocks; the inverse of `blocks_of_tokens`.

    Two and more zeros become one token; such that reach the end become `0xFF00`.
    """
    return [_tokens_of_block(block) for block in coefficients]


def _tokens_of_block(block: NDArray[np.uint16]) -> NDArray[np.uint16]:
    used = np.flatnonzero(block[1:]) + 1
    gaps = np.diff(used, prepend=0) - 1
    pieces: list[int] = []
    for place, gap in zip(used.tolist(), gaps.tolist(), strict=True):
        pieces += [0] * gap if gap < 2 else [0xFF00 | gap]
        pieces.append(int(block[place]))
    if not len(used) or used[-1] < 63:
        pieces.append(_END_OF_BLOCK)
    return np.array(pieces, np.uint16)


@dataclass(frozen=True, slots=True)
class _DeflatedBlocks:
    stream: NDArray[np.uint16]
    spans: NDArray[np.int64]

    @classmethod
    def find(
        cls, stream: NDArray[np.uint16], count: int, wanted: NDArray[np.int64], blocks: int
    ) -> "_DeflatedBlocks":
        starts = np.empty(blocks + 1, np.int64)
        if len(stream) != count or not block_starts(stream, starts):
            raise ValueError("a stream of AC coefficients does not end with its last block")
        return cls(stream, np.stack([starts[wanted], starts[wanted + 1]], axis=1))

    @property
    def tokens(self) -> list[NDArray[np.uint16]]:
        return [self.stream[start:stop] for start, stop in self.spans]

    def with_tokens(self, tokens: Sequence[NDArray[np.uint16]]) -> NDArray[np.uint16]:
        pieces, at = [], 0
        for (start, stop), new in zip(self.spans.tolist(), tokens, strict=True):
            pieces += [self.stream[at:start], new]
            at = stop
        return np.concatenate([*pieces, self.stream[at:]])

    def replaced(self, tokens: Sequence[NDArray[np.uint16]]) -> bytes:
        return bytes(deflate_encode(self.with_tokens(tokens).astype("<u2").tobytes(), 9))


@dataclass(frozen=True, slots=True)
class _HuffmanBlocks:
    packed: bytes
    count: int
    wanted: NDArray[np.int64]
    blocks: int
    block: HuffmanBlock
    rare: int  # the symbol whose code is all zeros and as long as any
    rare_at: NDArray[np.int64]
    bounds: NDArray[np.int64]
    cuts: NDArray[np.int64]
    tokens: list[NDArray[np.uint16]]

    @classmethod
    def find(cls, packed: bytes, count: int, wanted: NDArray[np.int64], blocks: int) -> "_HuffmanBlocks":
        block = HuffmanBlock.parse(packed)
        codes = block.codes
        longest = int(np.flatnonzero(codes.counts)[-1])
        rare = int(codes.symbols[codes.offsets[longest]])
        tables, steps = codes.tables(FAST_BITS), np.zeros(1 << FAST_BITS, np.uint32)
        slow = (codes.run_symbol, rare)
        fast_steps(tables[0], slow, steps)
        bounds = np.unique(np.concatenate([wanted, wanted + 1, [blocks]]))
        tokens = np.zeros((len(bounds), 64), np.uint16)
        cuts = np.zeros((len(bounds), 5), np.int64)
        rare_at = np.empty(block.bits // longest + 2, np.int64)
        found = walk_blocks(block.words, block.bits, tables, steps, slow, bounds, tokens, cuts, rare_at)
        if found < 0:
            raise ValueError("a stream of AC coefficients does not end with its last block")
        places = np.searchsorted(bounds, wanted)
        its_tokens = [tokens[place, : tokens[place, 63]] for place in places]
        return cls(
            packed, count, wanted, blocks, block, rare, rare_at[:found].copy(), bounds, cuts, its_tokens
        )

    def replaced(self, tokens: Sequence[NDArray[np.uint16]]) -> bytes:
        codes = self._codes_for(np.concatenate(tokens))
        if codes is None:
            return self._repacked(tokens)
        return _Splice(self, codes).write(tokens).join()

    def _codes_for(self, new: NDArray[np.uint16]) -> HuffmanCodes | None:
        """Return the old codes with such for all new symbols below the lowest; None if that is not possible."""
        old = self.block.codes
        counts = np.bincount(new, minlength=1 << 16)
        added = np.flatnonzero((counts > 0) & (old.lengths[: 1 << 16] == 0))
        if (np.flatnonzero(counts) >= old.run_symbol).any() or self.rare == old.run_symbol:
            return None
        below = np.append(added, self.rare)
        weights = np.append(counts[added], len(self.rare_at) + counts[self.rare])
        order = np.argsort(weights, kind="stable")
        lengths = old.lengths.copy()
        if len(added):
            depths = code_depths(weights[order]) + int(old.lengths[self.rare])
            if depths.max() > _LONGEST_COMMON_CODE:
                return None
            lengths[below[order]] = depths
        return HuffmanCodes.of(lengths, old.run_symbol)

    def _repacked(self, tokens: Sequence[NDArray[np.uint16]]) -> bytes:
        stream = unpack_symbols(self.packed, self.count)
        everything = _DeflatedBlocks.find(stream, self.count, self.wanted, self.blocks)
        return pack_symbols(everything.with_tokens(tokens))


class _Splice:
    """Writes a Huffman block anew: old bits where blocks are kept, codes of new tokens where not."""

    def __init__(self, found: _HuffmanBlocks, codes: HuffmanCodes) -> None:
        self._found = found
        self._codes = codes
        self._code_of = codes.by_symbol()
        self._rare_bits = int(found.block.codes.lengths[found.rare])
        self._position = 0
        self._words = np.empty(0, np.uint64)

    def write(self, tokens: Sequence[NDArray[np.uint16]]) -> HuffmanBlock:
        found = self._found
        lengths = self._codes.lengths
        spare = sum(int(lengths[new].sum(dtype=np.int64)) for new in tokens)
        spare += int(lengths[found.rare]) * len(found.rare_at) + 256 * 58 * 2 * len(found.cuts)
        self._words = np.zeros((found.block.bits + spare) // 64 + 4, np.uint64)
        start = np.zeros(5, np.int64)
        for number, new in zip(found.wanted, tokens, strict=True):
            place = int(np.searchsorted(found.bounds, number))
            self._keep(start, found.cuts[place])
            self._put(new)
            start = found.cuts[place + 1]
        self._keep(start, np.array([found.block.bits, found.block.bits, 0, 0, 0]))
        return HuffmanBlock(self._codes, self._words, self._position)

    def _keep(self, start: NDArray[np.int64], stop: NDArray[np.int64]) -> None:
        """Write what stands from one cut to another. A cut may lie in a run, even both in the same."""
        first, last = int(start[1]), int(stop[0])
        if last < first:
            self._put(np.full(stop[2] - start[2], start[4], np.uint16))
            return
        self._put(np.full(start[3], start[4], np.uint16))
        rare_at = self._found.rare_at
        for at in rare_at[slice(*np.searchsorted(rare_at, (first, last)))].tolist():
            self._copy(first, at)
            self._put(np.array([self._found.rare], np.uint16))
            first = at + self._rare_bits
        self._copy(first, last)
        self._put(np.full(stop[2], stop[4], np.uint16))

    def _copy(self, first: int, last: int) -> None:
        self._position = copy_bits(self._found.block.words, (first, last), self._words, self._position)

    def _put(self, tokens: NDArray[np.uint16]) -> None:
        codes = self._codes
        self._position = encode(
            tokens, self._code_of, codes.lengths, codes.run_symbol, self._words, self._position
        )
