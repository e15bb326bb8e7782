# SPDX-License-Identifier: Apache-2.0
"""The static Huffman blocks of OpenEXR: 16-bit symbols, as in PIZ and the AC coefficients of DWA.

A block is five little-endian words (first symbol, last symbol, bytes of the table, bits of the
data, 0), the table of code lengths, and the data. Codes are canonical: the longer, the lower;
of one length, in the order of the symbols. The last symbol is no value but says that the one
before it repeats, 8 bits how often. Source: OpenEXR, `internal_huf.c`.
"""

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.codecs._huffman_kernels import (
    Tables,
    code_depths,
    decode,
    encode,
    pack_lengths,
    unpack_lengths,
)

__all__ = ["LONGEST_CODE", "HuffmanBlock", "HuffmanCodes", "pack_symbols", "unpack_symbols"]

_HEAD = struct.Struct("<5I")
_SYMBOLS = 65537  # every 16-bit value, and one more for runs
LONGEST_CODE = 58
_LOOKUP_BITS = 13


@dataclass(frozen=True, slots=True)
class HuffmanCodes:
    """Canonical codes.

    Attributes
    ----------
    lengths : ndarray of uint8, shape (65537,)
        Bits of the code of each symbol, 0 where it has none.
    run_symbol : int
        The last symbol: what is before it, repeats.
    bases : ndarray of uint64, shape (59,)
        The lowest code of each length.
    offsets, counts : ndarray of int64, shape (59,)
        Where in `symbols` those of each length begin, and how many they are.
    symbols : ndarray of uint32
        Symbols that have a code, the shorter first.
    """

    lengths: NDArray[np.uint8]
    run_symbol: int
    bases: NDArray[np.uint64]
    offsets: NDArray[np.int64]
    counts: NDArray[np.int64]
    symbols: NDArray[np.uint32]

    @classmethod
    def of(cls, lengths: NDArray[np.uint8], run_symbol: int) -> "HuffmanCodes":
        """Return the codes that follow from their lengths; `ValueError` where there can be none."""
        used = np.flatnonzero(lengths > 0)
        counts = np.bincount(lengths[used], minlength=LONGEST_CODE + 1)
        bases = [0] * (LONGEST_CODE + 1)
        for length in range(LONGEST_CODE - 1, 0, -1):
            bases[length] = (bases[length + 1] + int(counts[length + 1])) >> 1
        overfull = (base + int(counts[length]) > 1 << length for length, base in enumerate(bases) if length)
        if len(counts) > LONGEST_CODE + 1 or any(overfull):
            raise ValueError("a Huffman table has codes that cannot be")
        symbols = used[np.argsort(lengths[used], kind="stable")].astype(np.uint32)
        return cls(
            lengths, run_symbol, np.array(bases, np.uint64), np.cumsum(counts) - counts, counts, symbols
        )

    def by_symbol(self) -> NDArray[np.uint64]:
        """Return the code of each symbol."""
        codes = np.zeros(_SYMBOLS, np.uint64)
        codes[self.symbols] = self._in_order()[0]
        return codes

    def lookup(self, bits: int) -> NDArray[np.uint32]:
        """Return (symbol << 6 | length) by the next `bits` bits; 0 where the code is longer."""
        codes, lengths = self._in_order()
        short = lengths <= bits
        codes, lengths = codes[short][::-1].astype(np.int64), lengths[short][::-1]
        entries = self.symbols[short][::-1] << np.uint32(6) | lengths.astype(np.uint32)
        starts, spans = codes << (bits - lengths), np.left_shift(1, bits - lengths)
        places = np.repeat(starts - (np.cumsum(spans) - spans), spans) + np.arange(spans.sum())
        table = np.zeros(1 << bits, np.uint32)
        table[places] = np.repeat(entries, spans)
        return table

    def tables(self, bits: int) -> Tables:
        """Return what the kernels need to decode."""
        return self.lookup(bits), bits, self.bases, self.offsets, self.symbols

    def packed(self) -> tuple[int, bytes]:
        """Return the first symbol that has a code, and the table of lengths from there on."""
        first = int(self.symbols.min())
        table = np.zeros((self.run_symbol - first + 1) * 6 // 64 + 2, np.uint64)
        return first, _bytes(table, pack_lengths(self.lengths, first, self.run_symbol, table))

    def _in_order(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Return the codes and lengths of `symbols`."""
        lengths = np.repeat(np.arange(len(self.counts)), self.counts)
        ranks = np.arange(len(lengths)) - self.offsets[lengths]
        return self.bases[lengths] + ranks.astype(np.uint64), lengths


@dataclass(frozen=True, slots=True)
class HuffmanBlock:
    """A Huffman block, taken apart.

    Attributes
    ----------
    codes : HuffmanCodes
    words : ndarray of uint64
        The data, the first bit highest; at least one word more than the bits need.
    bits : int
    """

    codes: HuffmanCodes
    words: NDArray[np.uint64]
    bits: int

    @classmethod
    def parse(cls, packed: bytes) -> "HuffmanBlock":
        """Take a block apart; `ValueError` where it is damaged."""
        if len(packed) < _HEAD.size:
            raise ValueError("a Huffman block is too short")
        first, last, _, bits, _ = _HEAD.unpack_from(packed)
        if max(first, last) >= _SYMBOLS:
            raise ValueError("a Huffman block has symbols beyond 16 bits")
        lengths = np.zeros(_SYMBOLS, np.uint8)
        span = (first, last, 8 * (len(packed) - _HEAD.size))
        table_bits = unpack_lengths(_words(packed[: _HEAD.size + 60000], _HEAD.size), span, lengths)
        data_at = _HEAD.size + (table_bits + 7) // 8
        if table_bits < 0 or data_at + (bits + 7) // 8 > len(packed):
            raise ValueError("a Huffman block is cut short")
        return cls(HuffmanCodes.of(lengths, last), _words(packed, data_at), bits)

    def join(self) -> bytes:
        """Put the block together."""
        first, table = self.codes.packed()
        head = _HEAD.pack(first, self.codes.run_symbol, len(table), self.bits, 0)
        return head + table + _bytes(self.words, self.bits)


def unpack_symbols(packed: bytes, count: int) -> NDArray[np.uint16]:
    """Return the `count` symbols of a Huffman block.

    Raises
    ------
    ValueError
        If the block is damaged or holds another number of symbols.
    """
    out = np.empty(count, np.uint16)
    if not count:
        return out
    block = HuffmanBlock.parse(packed)
    tables = block.codes.tables(_LOOKUP_BITS)
    if not decode(block.words, block.bits, tables, block.codes.run_symbol, out):
        raise ValueError("a Huffman block is damaged")
    return out


def pack_symbols(symbols: NDArray[np.uint16]) -> bytes:
    """Return the Huffman block of `symbols`; nothing for none. The same symbols give the same bytes."""
    if not len(symbols):
        return b""
    weights = np.bincount(symbols, minlength=_SYMBOLS)
    used = np.flatnonzero(weights)
    run_symbol = int(used[-1]) + 1
    used, weights[run_symbol] = np.append(used, run_symbol), 1
    rising = used[np.argsort(weights[used], kind="stable")]
    lengths = np.zeros(_SYMBOLS, np.uint8)
    lengths[rising] = code_depths(weights[rising])
    codes = HuffmanCodes.of(lengths, run_symbol)
    words = np.zeros(int(weights[used] @ lengths[used].astype(np.int64)) // 64 + 2, np.uint64)
    bits = encode(symbols, codes.by_symbol(), lengths, run_symbol, words, 0)
    return HuffmanBlock(codes, words, bits).join()


def _words(packed: bytes, start: int) -> NDArray[np.uint64]:
    """Return big-endian words from byte `start` on, with zeros behind."""
    size = len(packed) - start
    padded = np.zeros((size // 8 + 3) * 8, np.uint8)
    padded[:size] = np.frombuffer(packed, np.uint8, offset=start)
    return padded.view(">u8").astype(np.uint64)


def _bytes(words: NDArray[np.uint64], bits: int) -> bytes:
    """Return the first `bits` bits, filled up to a byte."""
    return words.astype(">u8").tobytes()[: (bits + 7) // 8]
