# SPDX-License-Identifier: Apache-2.0
"""Inflated ZIP chunks to samples: the compiled kernel against what the file layout says, byte by byte."""

import numpy as np
import OpenEXR
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixmend.frames import _exr_core, open_shot
from pixmend.frames._exr_zip_kernels import place_words

ROWS_ABOVE = 2


def plain_words(split: np.ndarray) -> np.ndarray:
    """Return the words of an inflated chunk: differences are added up, then low bytes meet high ones."""
    differences = split.astype(np.int64)
    differences[1:] -= 128
    low, high = np.cumsum(differences).astype(np.uint8).reshape(2, -1)
    return low + (high.astype(np.uint16) << 8)


@given(st.data())
def test_words_are_placed_as_byte_by_byte(data):
    lines, width, channels = (data.draw(st.integers(1, most)) for most in (5, 40, 5))
    planes = data.draw(st.permutations(range(channels)))[: data.draw(st.integers(1, channels))]
    split = np.random.default_rng(data.draw(st.integers(0, 9))).integers(0, 256, 2 * lines * width * channels)
    packed = np.zeros(-(-split.size // 8) + 1, np.uint64)  # with more room than the chunk needs
    packed.view(np.uint8)[: split.size] = split
    samples = np.full((ROWS_ABOVE + lines + 1, width, len(planes)), 7, np.uint16)

    place_words(packed, np.array(planes), (channels, lines, ROWS_ABOVE), samples)

    plain = np.moveaxis(plain_words(split).reshape(lines, channels, width)[:, planes], 1, -1)
    np.testing.assert_array_equal(samples[ROWS_ABOVE:-1], plain)
    assert (samples[[0, 1, -1]] == 7).all()


@pytest.mark.parametrize("names", ["RGB", "RGBA", "Y"])
def test_zip_chunks_but_the_first_are_put_together_here(tmp_path, monkeypatch, names):
    """And those that do not pack are the library's."""
    noise = np.random.default_rng(2)
    planes = {name: np.linspace(0.1, 0.9, 80 * 50).reshape(80, 50).astype(np.float16) for name in names}
    for plane in planes.values():
        plane[32:48] = noise.integers(0, 31 << 10, (16, 50)).astype(np.uint16).view(np.float16)
    OpenEXR.File({"compression": OpenEXR.ZIP_COMPRESSION}, dict(planes)).write(str(tmp_path / "a.1.exr"))
    shot = open_shot(tmp_path / "a.1.exr")
    shot.read(1)  # the routes have proven themselves
    placed = []
    monkeypatch.setattr(
        _exr_core, "place_words", lambda *given: (placed.append(given[2][2]), place_words(*given))[1]
    )

    found = shot.read(1)

    np.testing.assert_array_equal(found, np.stack([planes[name] for name in names if name != "A"], axis=-1))
    assert placed == [16, 48, 64]
