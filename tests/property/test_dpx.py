# SPDX-License-Identifier: Apache-2.0
"""Whatever the DPX and the patch: exactly these samples change, padding stays, and undo brings every byte back."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pixmend.containers import ByteEdit, Container, open_container
from pixmend.formats import MemoryBytes, ReadOptions, parse_dpx, read_dpx_planes
from pixmend.model import Patch
from tests.make.dpx import DESCRIPTORS, DpxPart, random_part, with_edits, write_dpx

WIDE_KINDS = {"CbYCrY", "CbYACrYA"}


@st.composite
def files(draw: st.DrawFn) -> tuple[list[DpxPart], dict[str, object]]:
    """Draw the elements of a file, and what else its header says."""
    kinds = draw(st.lists(st.sampled_from(sorted(DESCRIPTORS)), min_size=1, max_size=8))
    width = draw(st.integers(1, 7)) * (2 if WIDE_KINDS & set(kinds) else 1)
    height = draw(st.integers(1, 5))
    parts = [
        random_part(
            kind,
            (width, height),
            bits=draw(st.sampled_from([8, 10, 12, 16, 32])),
            packing=draw(st.integers(0, 2)),
            eol=draw(st.sampled_from([0, 0, 0, 2, 4])),
            seed=draw(st.integers(0, 9)),
        )
        for kind in kinds
    ]
    fields = {"order": draw(st.sampled_from("<>")), "header_bytes": draw(st.sampled_from([1664, 2048, 2100]))}
    return parts, fields


def flat_samples(parts: list[DpxPart]) -> list[np.ndarray]:
    """Return one array of samples for each channel, in file order; they are views of the codes no more."""
    return [plane.copy() for part in parts for plane in part.samples().values()]


def drawn_patch(data: st.DataObject, container: Container) -> Patch:
    """Draw samples that are there, with new bits of their width."""
    spots = {}
    for _ in range(data.draw(st.integers(0, 12))):
        number = data.draw(st.integers(0, len(container.channels) - 1))
        channel = container.channels[number]
        x = data.draw(st.integers(0, container.raster.width // channel.sampling[0] - 1)) * channel.sampling[0]
        y = data.draw(st.integers(0, container.raster.height - 1))
        spots[x, y, number] = data.draw(st.integers(0, (1 << channel.sample.bits) - 1))
    columns = np.array([*spots], np.int64).reshape(-1, 3).T
    x, y, number = columns[0].astype(np.int32), columns[1].astype(np.int32), columns[2].astype(np.int16)
    nothing = np.zeros(len(spots), np.uint32)
    asked = Patch(1, container.channels, x, y, number, nothing, np.array([*spots.values()], np.uint32))
    return Patch(1, container.channels, x, y, number, container.read_bits(asked), asked.new)


@settings(max_examples=150, deadline=None)
@given(file=files(), data=st.data())
def test_only_the_patch_changes_and_its_inverse_brings_all_back(file, data):
    parts, fields = file
    stored = write_dpx(parts, **fields)
    container = open_container(MemoryBytes(stored), options=ReadOptions())
    patch = drawn_patch(data, container)
    expected = flat_samples(parts)
    spots = list(zip(patch.x, patch.y, patch.channel, patch.old, patch.new, strict=True))
    for x, y, number, old, _ in spots:
        assert expected[number][y, x // container.channels[number].sampling[0]] == old
    for x, y, number, _, new in spots:
        expected[number][y, x // container.channels[number].sampling[0]] = new

    edits = container.plan(patch).edits
    source = MemoryBytes(with_edits(stored, edits))
    planes = read_dpx_planes(source, parse_dpx(source), (0, container.raster.height))
    for plane, samples in zip(planes, expected, strict=True):
        np.testing.assert_array_equal(plane.view(f"u{plane.itemsize}"), samples)

    assert all(edit.offset >= fields["header_bytes"] for edit in edits)
    assert sum(len(edit.old) for edit in edits) <= 8 * len(patch)
    back = open_container(source).plan(patch.inverse()).edits
    assert back == tuple(ByteEdit(edit.offset, edit.new, edit.old) for edit in edits)
    assert with_edits(source.stored, back) == stored
