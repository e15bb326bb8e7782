# SPDX-License-Identifier: Apache-2.0
"""How lines of a DPX are padded and its words ordered: what the header says, what the size tells."""

import pytest

from pixmend.errors import UnsupportedError
from pixmend.formats import MemoryBytes, parse_dpx
from tests.make.dpx import FILLED_A, FILLED_B, PACKED, random_part, write_dpx
from tests.make.dpx_reading import assert_reads


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("packing", [FILLED_A, FILLED_B])
def test_the_order_of_luma_words_can_be_said(packing, order):
    part = random_part("Y", (7, 3), packing=packing, low_first=False)
    assert_reads(write_dpx([part], order=order), part, low_first=False)
    part.low_first = True
    assert_reads(write_dpx([part], order=order), part, low_first=True)
    assert_reads(write_dpx([part], order=order), part)


def test_the_order_of_luma_words_does_not_touch_pixels_of_several_components():
    part = random_part("RGB", (7, 3))
    assert_reads(write_dpx([part]), part, low_first=True)


@pytest.mark.parametrize("maker", [{"creator": b"Lasergraphics Inc."}, {"device": b"Scanity HDR"}])
@pytest.mark.parametrize("packing", [PACKED, FILLED_A, FILLED_B])
@pytest.mark.parametrize("tail", [0, 64])
def test_lines_of_scanners_run_on(maker, packing, tail):
    part = random_part("Y", (5, 7), packing=packing, align=0)
    layout = assert_reads(write_dpx([part], tail=tail, **maker), part)
    assert layout.elements[0].stride == 0


def test_a_scanner_whose_size_says_padded_lines_is_ambiguous():
    stored = write_dpx([random_part("Y", (5, 7))], creator=b"Scanity")
    with pytest.raises(UnsupportedError, match="ambiguous about padded lines"):
        parse_dpx(MemoryBytes(stored))


def test_colour_of_a_scanner_is_padded():
    part = random_part("RGBA", (5, 7))
    assert assert_reads(write_dpx([part], creator=b"Scanity"), part).elements[0].stride == 28


@pytest.mark.parametrize(
    ("align", "eol", "said"),
    [
        pytest.param(4, 0, {}, id="padded"),
        pytest.param(4, 8, {}, id="padded, and more at line ends"),
        pytest.param(1, 1, {}, id="the padding is what is said of line ends"),
        pytest.param(1, 0, {}, id="not padded"),
        pytest.param(4, 0, {"eol": 1}, id="padding said, but counted once"),
        pytest.param(4, 0, {"eol": 0xFFFFFFFF}, id="undefined"),
    ],
)
def test_the_size_tells_how_lines_are_padded(align, eol, said):
    part = random_part("RGB", (5, 7), bits=8, align=align, eol=eol, said=said)  # 15 bytes a line
    assert_reads(write_dpx([part]), part)


def test_bytes_behind_the_picture_do_not_matter():
    part = random_part("RGB", (5, 7), bits=8)
    assert_reads(write_dpx([part], tail=3000), part)


def test_padding_at_the_end_of_an_image_is_not_taken_for_padding_of_lines():
    """Seven lines of 15 bytes, and 7 bytes behind them: as long as padded lines."""
    parts = [random_part("RGB", (5, 7), bits=8, align=1, eoi=7), random_part("A", (5, 7), bits=8, eoi=64)]
    assert_reads(write_dpx(parts, header_bytes=1664), *parts)


def test_the_size_that_the_header_says_counts_where_more_is_in_the_file():
    part = random_part("RGB", (5, 7), bits=8, align=1)
    whole = write_dpx([part])
    assert_reads(write_dpx([part], tail=3000, said_size=len(whole)), part)
