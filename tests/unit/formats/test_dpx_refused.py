# SPDX-License-Identifier: Apache-2.0
"""A DPX that is damaged, ambiguous or of no form we address is refused in one sentence."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixmend.errors import BadFrameError, UnsupportedError
from pixmend.formats import MemoryBytes, locate_datums, parse_dpx, read_dpx_planes, read_dpx_rows
from tests.make.dpx import random_part, write_dpx
from tests.make.dpx_reading import assert_reads


def test_elements_that_overlap_are_damage():
    parts = [random_part("RGB", (5, 7)), random_part("A", (5, 7), said={"offset": 2100})]
    with pytest.raises(BadFrameError, match="overlap"):
        parse_dpx(MemoryBytes(write_dpx(parts)))


def test_a_truncated_file_is_not_taken_for_one_of_unpadded_lines():
    """Padded lines of 5 bytes are 8; twenty bytes less still hold all unpadded lines."""
    stored = write_dpx([random_part("Y", (5, 40), bits=8)])
    with pytest.raises(BadFrameError, match="truncated"):
        parse_dpx(MemoryBytes(stored[:-20]))


def test_an_element_offset_of_zero_is_the_one_of_the_header():
    for offset in (0, 0xFFFFFFFF):
        part = random_part("RGB", (4, 4), said={"offset": offset})
        assert_reads(write_dpx([part], header_bytes=1664), part)


@pytest.mark.parametrize(
    ("said", "fields", "match"),
    [
        ({"encoding": 1}, {}, "run-length"),
        ({"bits": 64}, {}, "64-bit"),
        ({"bits": 1}, {}, "1-bit"),
        ({"sign": 1}, {}, "signed"),
        ({"packing": 3}, {}, "packing 3"),
        ({"descriptor": 0}, {}, "descriptor 0"),
        ({"descriptor": 7}, {}, "descriptor 7"),
        ({"descriptor": 157}, {}, "descriptor 157"),
        ({"descriptor": 100}, {}, "odd width"),
        ({"offset": 4096}, {}, "ambiguous"),
        ({}, {"offset": 0}, "ambiguous"),
        ({}, {"key": 7}, "encrypted"),
        ({}, {"version": b"V2.0HDR"}, "HDR DPX"),
    ],
)
def test_forms_that_cannot_be_addressed_are_refused_in_one_sentence(said, fields, match):
    stored = write_dpx([random_part("RGB", (5, 4), said=said)], **fields)
    with pytest.raises(UnsupportedError, match=match) as caught:
        parse_dpx(MemoryBytes(stored, "a.dpx"))
    assert "\n" not in str(caught.value)
    assert caught.value.where == "a.dpx"


def test_elements_that_begin_at_one_place_are_ambiguous():
    stored = write_dpx([random_part(kind, (4, 4), said={"offset": 2048}) for kind in "RGB"])
    with pytest.raises(UnsupportedError, match="ambiguous"):
        parse_dpx(MemoryBytes(stored))


@pytest.mark.parametrize(
    ("damage", "match"),
    [
        (lambda _: b"", "empty"),
        (lambda stored: b"PXDS" + stored[4:], "no DPX"),
        (lambda stored: stored[:900], "truncated"),
        (lambda stored: stored[:-1], "truncated"),
        (lambda stored: stored[:770] + b"\0\0" + stored[772:], "damaged header"),
        (lambda stored: stored[:770] + b"\0\x09" + stored[772:], "damaged header"),
        (lambda stored: stored[:772] + b"\xff" * 8 + stored[780:], "damaged header"),
        (
            lambda stored: (
                stored[:4] + struct.pack(">I", 900) + stored[8:808] + struct.pack(">I", 900) + stored[812:]
            ),
            "inside",
        ),
    ],
)
def test_damage_is_told_from_unsupported_forms(damage, match):
    stored = damage(write_dpx([random_part("RGB", (4, 4))]))
    with pytest.raises(BadFrameError, match=match):
        parse_dpx(MemoryBytes(stored, "a.dpx"))


@settings(max_examples=200, deadline=None)
@given(data=st.data(), kinds=st.sampled_from([["RGB"], ["CbYCrY"], ["R", "G", "B"], ["RGB", "A"]]))
def test_a_damaged_header_never_leads_out_of_the_file(data, kinds):
    stored = bytearray(write_dpx([random_part(kind, (4, 3)) for kind in kinds]))
    for _ in range(data.draw(st.integers(1, 3))):
        fields = st.sampled_from([*range(24), *range(656, 668), *range(768, 860)])
        stored[data.draw(fields)] = data.draw(st.integers(0, 255))
    source = MemoryBytes(bytes(stored))
    try:
        layout = parse_dpx(source)
    except (BadFrameError, UnsupportedError):
        return
    planes = read_dpx_planes(source, layout, (0, layout.height))
    assert [plane.shape for plane in planes] == [
        (layout.height, layout.width // channel.sampling[0]) for channel in layout.channels
    ]
    corners = locate_datums(
        layout,
        [0] * len(planes)
        + [
            (plane.shape[1] - 1) * channel.sampling[0]
            for plane, channel in zip(planes, layout.channels, strict=True)
        ],
        [0] * len(planes) + [layout.height - 1] * len(planes),
        [*range(len(planes))] * 2,
    )
    assert corners.offset.min() >= layout.header_bytes
    corners.values_in(np.frombuffer(stored, np.uint8), corners.offset)


@pytest.mark.parametrize("rows", [(-1, 2), (2, 2), (0, 5)])
def test_rows_outside_the_picture_are_a_programming_error(rows):
    source = MemoryBytes(write_dpx([random_part("RGB", (4, 4))]))
    with pytest.raises(ValueError, match="rows"):
        read_dpx_rows(source, parse_dpx(source), rows)


@pytest.mark.parametrize("place", [(4, 0, 0), (0, -1, 0), (0, 0, 3), (0, 0, -1)])
def test_places_outside_the_picture_are_a_programming_error(place):
    source = MemoryBytes(write_dpx([random_part("RGB", (4, 4))]))
    with pytest.raises(ValueError, match=r"outside|no component"):
        locate_datums(parse_dpx(source), *([each] for each in place))
