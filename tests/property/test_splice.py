# SPDX-License-Identifier: Apache-2.0
"""Whatever the patch: its samples change, nothing else does, and undo brings every byte back."""

import tempfile
from pathlib import Path

import numpy as np
import OpenEXR
import OpenImageIO
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixmend.containers import ByteEdit
from pixmend.containers._edits import differing_edits
from pixmend.errors import ProofError
from pixmend.model import Patch
from pixmend.proof import prove_frame
from pixmend.splice import plan_edits, restore, weave, write_fixed
from pixmend.splice._ledger import ledger_edits
from tests.make.plates import LOADED, Made, make_dpx, make_exr, make_tiff

FORMS = {
    **{
        f"exr {compression}": lambda path, c=compression: make_exr(
            path, compression=c, channels=LOADED, origin=(-3, 17), size=(19, 40)
        )
        for compression in ("NO", "RLE", "ZIPS", "ZIP", "PIZ")
    },
    "exr noise": lambda path: make_exr(path, noise=True, channels=LOADED, size=(19, 40), decreasing=True),
    "dpx packed": lambda path: make_dpx(path, packing=0, size=(19, 5)),
    "dpx filled": lambda path: make_dpx(path, packing=1, byte_order="<", size=(19, 5)),
    "tiff": lambda path: make_tiff(path, byte_order=">", planar=True),
}


@pytest.fixture(scope="module", params=FORMS)
def made(request, tmp_path_factory):
    return FORMS[request.param](tmp_path_factory.mktemp("plate") / f"plate.{request.param.split()[0]}")


def patches(made: Made) -> st.SearchStrategy[Patch]:
    raster = made.plate.raster
    place = st.tuples(
        st.integers(raster.x, raster.x + raster.width - 1),
        st.integers(raster.y, raster.y + raster.height - 1),
        st.sampled_from(sorted(made.bits)),
    )
    bits = st.one_of(
        st.sampled_from([0, 0x7C00, 0x8000, 0xFFFF, 0x7FC00001, 0xFFFFFFFF]), st.integers(0, 2**32 - 1)
    )
    limit = {each.name: (1 << each.sample.bits) - 1 for each in made.plate.channels}
    return st.dictionaries(place, bits, max_size=30).map(
        lambda chosen: made.patch([(*where, value & limit[where[2]]) for where, value in chosen.items()])
    )


@settings(deadline=None, max_examples=15)
@given(data=st.data())
def test_only_the_patch_changes_and_undo_brings_all_back(made, data):
    patch = data.draw(patches(made))
    with tempfile.TemporaryDirectory() as folder:
        target, back = Path(folder) / made.path.name, Path(folder) / "back"
        ledger = write_fixed(made.path, target, patch, made.plate)
        proof = prove_frame(target, ledger, made.path)
        assert proof.problems == ()
        assert proof.samples_changed == len(patch.changes_only())
        if made.stored_with is not None:
            assert target.read_bytes() == made.stored_with(made.patched(patch))
        else:
            assert_decodes_to(target, made.patched(patch))
        restore(target, ledger, back)
        assert back.read_bytes() == made.path.read_bytes()


def assert_decodes_to(path, expected):
    by_openexr = OpenEXR.File(str(path), separate_channels=True).channels()
    opened = OpenImageIO.ImageInput.open(str(path))
    spec = opened.spec()
    for name, plane in expected.items():
        stored = np.ascontiguousarray(by_openexr[name].pixels)
        assert np.array_equal(stored.view(f"u{stored.itemsize}"), plane), name
        position = spec.channelnames.index(name)
        form = spec.channelformats[position] if spec.channelformats else spec.format
        stored = opened.read_image(0, 0, position, position + 1, form).reshape(plane.shape)
        assert np.array_equal(stored.view(f"u{stored.itemsize}"), plane), name
    opened.close()


@settings(deadline=None, max_examples=10)
@given(data=st.data())
def test_the_order_of_the_samples_does_not_matter(made, data):
    patch = data.draw(patches(made))
    order = data.draw(st.permutations(range(len(patch))))
    columns = (each[list(order)] for each in (patch.x, patch.y, patch.channel, patch.old, patch.new))
    shuffled = Patch(patch.frame, patch.channels, *columns)
    assert plan_edits(made.path, shuffled, made.plate).edits == plan_edits(made.path, patch, made.plate).edits


@given(old=st.binary(max_size=60), flips=st.lists(st.integers(0, 59)))
def test_differing_edits_hold_exactly_what_differs(old, flips):
    new = bytearray(old)
    for position in flips:
        if position < len(new):
            new[position] ^= 1
    edits = differing_edits(100, old, bytes(new))
    rebuilt = bytearray(old)
    for edit in edits:
        assert all(one != other for one, other in zip(edit.old, edit.new, strict=True))
        rebuilt[edit.offset - 100 : edit.stop - 100] = edit.new
    assert rebuilt == new


@given(stored=st.binary(max_size=80), data=st.data())
def test_edits_of_any_length_are_applied_and_have_an_inverse(stored, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stored)), max_size=8)))
    spans = list(zip(cuts[::2], cuts[1::2], strict=False))
    edits = [ByteEdit(start, stored[start:stop], data.draw(st.binary(max_size=9))) for start, stop in spans]
    result = woven(stored, edits, data)
    rows = ledger_edits(edits)
    inverse = [ByteEdit(row.fixed_offset, each.new, each.old) for row, each in zip(rows, edits, strict=True)]
    assert woven(result, inverse, data) == stored


def woven(stored, edits, data):
    """Return the file with its edits, read in blocks of any size."""
    size = data.draw(st.integers(1, 90))
    blocks = [stored[begin : begin + size] for begin in range(0, len(stored), size)]
    pairs = list(weave(blocks, edits))
    assert b"".join(block for block, _ in pairs) == stored
    return b"".join(piece for _, pieces in pairs for piece in pieces)


@given(stored=st.binary(min_size=1, max_size=60), data=st.data())
def test_edits_of_another_file_are_refused(stored, data):
    start = data.draw(st.integers(0, len(stored) - 1))
    stop = data.draw(st.integers(start + 1, len(stored)))
    at = data.draw(st.integers(start, stop - 1))
    other = bytearray(stored)
    other[at] ^= 1
    with pytest.raises(ProofError):
        woven(bytes(other), [ByteEdit(start, stored[start:stop], b"")], data)
    with pytest.raises(ProofError):
        woven(stored[:at], [ByteEdit(start, stored[start:stop], b"")], data)
