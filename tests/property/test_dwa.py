# SPDX-License-Identifier: Apache-2.0
"""Whatever is drawn: DWA blocks without a changed sample keep their bits, lossless channels are exact."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixmend.codecs._dwa import DwaChunk, graft
from pixmend.codecs._dwa_ac import blocks_of_tokens, find_blocks, tokens_of_blocks
from pixmend.codecs._dwa_values import intervals
from pixmend.codecs._huffman import pack_symbols, unpack_symbols
from tests.make.dwa import one_chunk, picture

SIZE = (27, 45)


@pytest.fixture(scope="module", params=["DWAA", "DWAB", "tile"])
def made(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("dwa") / "a.exr"
    planes = {name: picture(*SIZE, seed=index) for index, name in enumerate(["R", "G", "B", "Y", "A"])}
    planes["B"][:, 20:] = 0
    planes["Y"][:16] = 0.5
    planes["float.Y"] = picture(*SIZE, seed=7).astype(np.float32)
    planes["Z"] = picture(*SIZE, seed=8).astype(np.float32)
    tiled = request.param == "tile"
    return one_chunk(path, planes, compression="DWAA" if tiled else request.param, tiled=tiled)


def edits(made):
    place = st.tuples(
        st.sampled_from(sorted(made.planes)), st.integers(0, SIZE[0] - 1), st.integers(0, SIZE[1] - 1)
    )
    values = st.one_of(st.floats(0, 2, width=16), st.floats(-50, 3000, width=16))
    return st.dictionaries(place, values, max_size=12)


@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_only_blocks_with_a_change_change(made, data):
    wanted = {name: plane.copy() for name, plane in made.planes.items()}
    chosen = data.draw(edits(made))
    for (name, y, x), value in chosen.items():
        wanted[name][y, x] = value
    chunk = DwaChunk(made.box, made.payload, made.unpacked(), made.unpacked(wanted))
    (payload,) = graft(made.channels, [chunk])
    got = made.decoded(payload)
    for name in ("A", "Z"):
        assert (got[name].view(np.uint8) == wanted[name].view(np.uint8)).all()
    rgb = {(y // 8, x // 8) for name, y, x in chosen if name in "RGB"}
    for name in ("R", "G", "B", "Y", "float.Y"):
        touched = rgb if name in "RGB" else {(y // 8, x // 8) for each, y, x in chosen if each == name}
        differs = got[name] != made.planes[name]
        assert {(y // 8, x // 8) for y, x in np.argwhere(differs)} <= touched


@settings(deadline=None, max_examples=40)
@given(
    symbols=st.lists(st.tuples(st.integers(0, 65535), st.integers(1, 600)), max_size=60).map(
        lambda runs: np.concatenate([np.empty(0, np.uint16), *(np.full(n, s, np.uint16) for s, n in runs)])
    )
)
def test_huffman_blocks_come_back(symbols):
    symbols = symbols.astype(np.uint16)
    assert (unpack_symbols(pack_symbols(symbols), len(symbols)) == symbols).all()


# Values for coefficients: few or many different ones, zeros often, so that runs reach over blocks.
palettes = st.sampled_from(
    [[0], [0, 0x3400], [0x3400, 0xB800], list(range(0x3000, 0x3100)), [0, 0, 0, 0, 0x2C00, 0xA000]]
)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), before=palettes, after=palettes, count=st.integers(1, 60))
def test_replaced_blocks_are_the_only_ones(seed, before, after, count):
    rng = np.random.default_rng(seed)
    old, new = (
        rng.choice(np.array(palette, np.uint16), (count, 64)).astype(np.uint16) for palette in (before, after)
    )
    old[:, 0] = new[:, 0] = 0
    wanted = np.flatnonzero(rng.random(count) < 0.3)
    if not len(wanted):
        wanted = np.array([count - 1])
    stream = np.concatenate(tokens_of_blocks(old))
    found = find_blocks(pack_symbols(stream), len(stream), wanted, count, by_deflate=False)
    assert (blocks_of_tokens(found.tokens) == old[wanted]).all()
    expected = old.copy()
    expected[wanted] = new[wanted]
    expected = np.concatenate(tokens_of_blocks(expected))
    replaced = found.replaced(tokens_of_blocks(new[wanted]))
    assert (unpack_symbols(replaced, len(expected)) == expected).all()


@given(value=st.floats(-70000, 70000), is_linear=st.booleans())
def test_the_nearest_value_is_the_nearest(value, is_linear):
    known = intervals(is_linear=is_linear)
    finite = known.values[np.isfinite(known.values)]
    nearest = known.values[known.nearest(np.array([value]))][0]
    assert abs(nearest - value) <= np.abs(finite - value).min() + 1e-8
