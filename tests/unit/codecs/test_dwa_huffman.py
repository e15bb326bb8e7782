# SPDX-License-Identifier: Apache-2.0
"""Huffman blocks and AC streams: what goes in comes out, and the other bits stay."""

import struct

import numpy as np
import pytest

from pixmend.codecs._dwa_ac import blocks_of_tokens, find_blocks, tokens_of_blocks
from pixmend.codecs._dwa_streams import split
from pixmend.codecs._huffman import HuffmanBlock, pack_symbols, unpack_symbols
from tests.make.dwa import one_chunk, picture


def halves(rng, count, coarse=0xFE00):
    return (rng.standard_normal(count) * 0.05).astype(np.float16).view(np.uint16) & np.uint16(coarse)


@pytest.mark.parametrize(
    "symbols",
    [
        [],
        [7],
        [7] * 2,
        [7] * 257,
        [7] * 1000,
        [0, 65535],
        [65535] * 40,
        list(range(0, 65536, 7)),
        [1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3],
    ],
)
def test_symbols_come_back(symbols):
    symbols = np.array(symbols, np.uint16)
    assert (unpack_symbols(pack_symbols(symbols), len(symbols)) == symbols).all()


def test_codes_longer_than_any_table():
    """Weights that double make the longest codes; the table for short ones must not be all."""
    symbols = np.repeat(np.arange(18, dtype=np.uint16), 1 << np.arange(18))
    np.random.default_rng(0).shuffle(symbols)
    packed = pack_symbols(symbols)
    assert HuffmanBlock.parse(packed).codes.lengths.max() == 18
    assert (unpack_symbols(packed, len(symbols)) == symbols).all()


def test_as_short_as_the_library_and_it_unpacks_ours(tmp_path):
    made = one_chunk(tmp_path / "a.exr", {name: picture(32, 256, seed=2) for name in "RGB"})
    streams = split(made.payload)
    tokens = unpack_symbols(streams.ac, streams.ac_count)
    ours = pack_symbols(tokens)
    assert len(ours) == len(streams.ac)
    start = 88 + len(streams.rule_bytes)
    assert made.payload[start : start + len(streams.ac)] == streams.ac
    got = made.decoded(made.payload[:start] + ours + made.payload[start + len(ours) :])
    assert all((got[name] == made.planes[name]).all() for name in "RGB")


def test_a_block_is_put_together_as_it_was(tmp_path):
    made = one_chunk(tmp_path / "a.exr", {name: picture(32, 256, seed=2) for name in "RGB"})
    streams = split(made.payload)
    assert HuffmanBlock.parse(streams.ac).join() == streams.ac


@pytest.mark.parametrize("cut", [0, 10, 19, 25, 60, -40, -1])
def test_what_is_cut_short_is_refused(cut):
    symbols = halves(np.random.default_rng(1), 500)
    with pytest.raises(ValueError, match="Huffman"):
        unpack_symbols(pack_symbols(symbols)[:cut], len(symbols))


def test_another_number_of_symbols_is_refused():
    symbols = halves(np.random.default_rng(1), 500)
    for count in (499, 501):
        with pytest.raises(ValueError, match="damaged"):
            unpack_symbols(pack_symbols(symbols), count)


def test_symbols_beyond_sixteen_bits_are_refused():
    packed = pack_symbols(halves(np.random.default_rng(1), 500))
    with pytest.raises(ValueError, match="16 bits"):
        unpack_symbols(packed[:4] + struct.pack("<I", 70000) + packed[8:], 500)


def test_tokens_of_blocks_and_back():
    rng = np.random.default_rng(4)
    blocks = halves(rng, 300 * 64).reshape(300, 64) * (rng.random((300, 64)) < rng.random((300, 1)))
    blocks = blocks.astype(np.uint16)
    blocks[:, 0] = 0
    blocks[0] = 0
    tokens = tokens_of_blocks(blocks)
    assert tokens[0].tolist() == [0xFF00]
    assert (blocks_of_tokens(tokens) == blocks).all()


def streams(rng, blocks, busy):
    stream = np.zeros((blocks, 64), np.uint16)
    for block in stream[rng.random(blocks) < busy]:
        used = int(rng.integers(2, 65))
        block[1:used] = halves(rng, used - 1)
    return tokens_of_blocks(stream)


@pytest.mark.parametrize("busy", [0, 0.02, 0.5, 1])
@pytest.mark.parametrize("coarse", [0xFE00, 0xFFFF])
def test_blocks_are_replaced_and_others_stay(busy, coarse):
    """Flat blocks become runs that reach over many blocks; new ones may lie within them."""
    rng = np.random.default_rng(int(100 * busy))
    for _ in range(12):
        count = int(rng.integers(1, 300))
        old = streams(rng, count, busy)
        stream = np.concatenate(old)
        wanted = np.unique(rng.integers(0, count, rng.choice([1, 3, 40])))
        found = find_blocks(pack_symbols(stream), len(stream), wanted, count, by_deflate=False)
        assert all((found.tokens[at] == old[block]).all() for at, block in enumerate(wanted))
        new = (
            streams(rng, len(wanted), 0.5) if coarse == 0xFE00 else [halves(rng, 63, coarse) for _ in wanted]
        )
        expected = list(old)
        for block, tokens in zip(wanted, new, strict=True):
            expected[block] = tokens
        expected = np.concatenate(expected)
        assert (unpack_symbols(found.replaced(new), len(expected)) == expected).all()


def test_codes_of_other_symbols_do_not_move():
    rng = np.random.default_rng(9)
    old = streams(rng, 400, 1)
    stream = np.concatenate(old)
    packed = pack_symbols(stream)
    found = find_blocks(packed, len(stream), np.array([77]), 400, by_deflate=False)
    before = HuffmanBlock.parse(packed)
    after = HuffmanBlock.parse(found.replaced([halves(rng, 63, 0xFFFF)]))
    codes = before.codes.by_symbol()
    longest = before.codes.lengths.max()
    kept = (before.codes.lengths > 0) & ~((before.codes.lengths == longest) & (codes == 0))
    assert (after.codes.by_symbol()[kept] == codes[kept]).all()
    assert (after.codes.lengths[kept] == before.codes.lengths[kept]).all()
    assert after.codes.lengths.max() <= 32


def test_a_token_beyond_the_symbol_of_runs_packs_all_anew():
    """Without zeros in the stream the symbol of runs is low, and a run of zeros lies beyond it."""
    rng = np.random.default_rng(2)
    old = [halves(rng, 63, 0x7F00) for _ in range(50)]
    stream = np.concatenate(old)
    found = find_blocks(pack_symbols(stream), len(stream), np.array([3, 9]), 50, by_deflate=False)
    new = [np.array([0xFF00], np.uint16), old[4]]
    expected = np.concatenate([*old[:3], new[0], *old[4:9], new[1], *old[10:]])
    assert (unpack_symbols(found.replaced(new), len(expected)) == expected).all()


def test_streams_that_do_not_end_with_a_block_are_refused():
    rng = np.random.default_rng(2)
    stream = np.concatenate(streams(rng, 50, 1))
    for wrong in (49, 51):
        with pytest.raises(ValueError, match="last block"):
            find_blocks(pack_symbols(stream), len(stream), np.array([3]), wrong, by_deflate=False)
