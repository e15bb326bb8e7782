# SPDX-License-Identifier: Apache-2.0
"""Whatever the form of a TIFF and whatever the patch: tifffile sees the patch, and nothing else."""

import imagecodecs
import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pixmend.codecs._tiff_codec import TiffUnitForm, pack_unit, unpack_unit
from pixmend.codecs._tiff_lzw import pack_fitting
from pixmend.formats import TiffCompression
from tests.make.tiffs import COMPRESSIONS, TiffForm, apply, decode, open_tiff, patch_of, patched, plan_of

KINDS = {"uint8": (1, 2), "uint16": (1, 2), "uint32": (1, 2), "float16": (1, 3), "float32": (1, 3)}


@st.composite
def forms(draw):
    compression = draw(st.sampled_from(sorted(COMPRESSIONS)))
    dtype = draw(st.sampled_from(sorted(KINDS)))
    is_predicted = compression not in {"none", "packbits"}
    return TiffForm(
        compression=compression,
        predictor=draw(st.sampled_from(KINDS[dtype])) if is_predicted else 1,
        dtype=dtype,
        byte_order=draw(st.sampled_from("<>")),
        is_big=draw(st.booleans()),
        is_planar=draw(st.booleans()),
        tile=draw(st.sampled_from([None, (16, 16), (32, 16)])),
        rows_per_strip=draw(st.integers(1, 40)),
        channels=draw(st.sampled_from([1, 3, 4])),
        size=(draw(st.integers(1, 40)), draw(st.integers(1, 40))),
    )


@settings(max_examples=120)
@given(form=forms(), noise=st.booleans(), data=st.data())
def test_only_the_patch_changes_and_undo_brings_all_back(form, noise, data):
    assume(form.size != (1, 1))  # tifffile writes no such page of several channels
    picture = form.picture(noise=noise)
    stored = form.write(picture)
    bits = picture.view(f"u{picture.itemsize}").astype(np.uint32)
    container = open_tiff(stored)
    width, height = form.size
    place = st.tuples(*(st.integers(0, size - 1) for size in (width, height, form.channels)))
    largest = (1 << 8 * picture.itemsize) - 1
    samples = data.draw(st.dictionaries(place, st.integers(0, largest), min_size=1, max_size=40))
    patch = patch_of(container, samples)
    assert np.array_equal(patch.old, bits[patch.y, patch.x, patch.channel])
    edits = plan_of(container, patch).edits
    mended = apply(stored, edits)
    assert np.array_equal(decode(mended, form.channels, is_planar=form.is_planar), patched(bits, patch))
    shift, back = 0, []
    for edit in edits:
        back.append(type(edit)(edit.offset + shift, edit.new, edit.old))
        shift += edit.growth
    assert apply(mended, back) == stored
    if form.compression == "none":
        assert len(mended) == len(stored)


@given(
    compression=st.sampled_from([each for each in TiffCompression if each is not TiffCompression.NONE]),
    predictor=st.sampled_from([1, 2]),
    width=st.integers(1, 30),
    room=st.integers(0, 4000),
    seed=st.integers(0, 99),
)
def test_what_is_packed_is_unpacked_to_the_bit(compression, predictor, width, room, seed):
    if compression is TiffCompression.PACKBITS:
        predictor = 1
    unit = TiffUnitForm(compression, predictor, ">u2", width, 3)
    samples = np.random.default_rng(seed).integers(0, 1 << seed % 16 + 1, (11, width, 3)).astype(np.uint16)
    packed = pack_unit(unit, samples, room)
    assert np.array_equal(unpack_unit(unit, packed, (11, 11)), samples)


@given(stored=st.binary(min_size=1, max_size=3000), room=st.integers(0, 9000), times=st.integers(1, 9))
def test_any_bytes_survive_lzw(stored, room, times):
    packed = pack_fitting(np.frombuffer(stored * times, np.uint8), room)
    assert bytes(imagecodecs.lzw_decode(packed, out=len(stored) * times + 1)) == stored * times
