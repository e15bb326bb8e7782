# SPDX-License-Identifier: Apache-2.0
"""TIFF: what is written is read by tifffile, OpenImageIO and libtiff, which share no code with ours."""

from io import BytesIO
from itertools import product

import imagecodecs
import numpy as np
import OpenImageIO
import pytest
import tifffile

from pixmend.errors import ProofError
from pixmend.model import SampleType
from tests.make.tiffs import (
    COMPRESSIONS,
    TiffForm,
    apply,
    bits_of,
    decode,
    open_tiff,
    patch_of,
    patched,
    plan_of,
    random_samples,
    set_tag,
)

PREDICTED = ("lzw", "deflate", "old deflate", "zstd")
LAYOUTS = {
    "strips": {},
    "planar strips": {"is_planar": True},
    "tiles": {"tile": (16, 32)},
    "planar tiles": {"tile": (16, 16), "is_planar": True},
    "one strip": {"rows_per_strip": 23},
    "luminance": {"channels": 1},
    "five channels": {"channels": 5, "rows_per_strip": 1},
}
CODINGS = [
    *((compression, 1, dtype) for compression in COMPRESSIONS for dtype in ("uint8", "uint16", "float16")),
    *((compression, 1, dtype) for compression in ("none", "zstd") for dtype in ("uint32", "float32")),
    *((compression, 2, dtype) for compression in PREDICTED for dtype in ("uint8", "uint16", "uint32")),
    *((compression, 3, dtype) for compression in PREDICTED for dtype in ("float16", "float32")),
]
FORMS = {
    f"{compression} {predictor} {dtype} {layout} {order}{'big' if is_big else ''}": TiffForm(
        compression=compression,
        predictor=predictor,
        dtype=dtype,
        byte_order=order,
        is_big=is_big,
        **LAYOUTS[layout],
    )
    for (compression, predictor, dtype), layout in product(CODINGS, LAYOUTS)
    for order, is_big in (("<", False), (">", True))
}


def by_openimageio(path, form):
    opened = OpenImageIO.ImageInput.open(str(path))
    kind = OpenImageIO.TypeDesc(
        {"float16": "half", "float32": "float", "uint32": "uint"}.get(form.dtype, form.dtype)
    )
    samples = opened.read_image(0, 0, 0, form.channels, kind)
    opened.close()
    return bits_of(np.ascontiguousarray(samples).reshape(form.size[1], form.size[0], form.channels))


@pytest.mark.parametrize("name", FORMS)
def test_only_the_patch_changes(name, tmp_path):
    form = FORMS[name]
    picture = form.picture()
    stored = form.write(picture)
    container = open_tiff(stored)
    patch = patch_of(container, random_samples(form))
    assert np.array_equal(patch.old, bits_of(picture)[patch.y, patch.x, patch.channel])
    plan = plan_of(container, patch)
    mended = apply(stored, plan.edits)
    expected = patched(bits_of(picture), patch)
    assert np.array_equal(decode(mended, form.channels, is_planar=form.is_planar), expected)
    if form.compression != "zstd":
        (tmp_path / "a.tif").write_bytes(mended)
        assert np.array_equal(by_openimageio(tmp_path / "a.tif", form), expected)
    assert open_tiff(mended).units(patch) == plan.units
    assert_header_is_kept(stored, mended, form)


def assert_header_is_kept(stored, mended, form):
    """Check by tifffile that nothing but offsets and byte counts of touched units is another."""
    before, after = (tifffile.TiffFile(BytesIO(each)).pages[0] for each in (stored, mended))
    assert before.offset == after.offset
    for tag in before.tags.values():
        if tag.name not in {"StripOffsets", "StripByteCounts", "TileOffsets", "TileByteCounts"}:
            assert tag.value == after.tags[tag.code].value
    if form.compression == "none":
        assert (before.dataoffsets, before.databytecounts) == (after.dataoffsets, after.databytecounts)
        assert len(mended) == len(stored)


@pytest.mark.parametrize("compression", [each for each in COMPRESSIONS if each != "none"])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("is_big", [False, True])
def test_a_strip_that_grows_goes_behind_the_end(compression, order, is_big):
    form = TiffForm(compression=compression, byte_order=order, is_big=is_big)
    picture = np.full((23, 37, 3), 0x0303, np.uint16)
    stored = form.write(picture)
    container = open_tiff(stored)
    row = {(x, 7, c): 7919 * (x + 37 * c + 1) & 0xFFFF for x in range(37) for c in range(3)}
    patch = patch_of(container, row)
    plan = plan_of(container, patch)
    mended = apply(stored, plan.edits)
    assert plan.edits[-1].offset == len(stored)
    assert len(mended) > len(stored)
    before, after = (tifffile.TiffFile(BytesIO(each)).pages[0] for each in (stored, mended))
    assert [one == other for one, other in zip(before.dataoffsets, after.dataoffsets, strict=True)] == [
        True, False, True, True, True,
    ]  # fmt: skip
    assert after.dataoffsets[1] == len(stored)
    assert after.dataoffsets[1] + after.databytecounts[1] == len(mended)
    expected = patched(bits_of(picture), patch)
    assert np.array_equal(decode(mended, 3), expected)
    assert np.array_equal(bits_of(imagecodecs.tiff_decode(mended)), expected)
    inside = [
        any(start <= edit.offset and edit.stop <= stop for start, stop in container.editable_ranges())
        for edit in plan.edits
    ]
    assert all(inside)
    # a second repair finds the strip where it is now
    again = open_tiff(mended)
    second = patch_of(again, {(0, 7, 0): 1, (36, 22, 2): 2})
    twice = apply(mended, plan_of(again, second).edits)
    assert np.array_equal(decode(twice, 3), patched(expected, second))


def test_a_strip_that_shrinks_stays_where_it_is():
    form = TiffForm(compression="deflate", rows_per_strip=23)
    picture = form.picture(noise=True)
    stored = form.write(picture)
    container = open_tiff(stored)
    patch = patch_of(container, {(x, y, c): 0 for x in range(37) for y in range(20) for c in range(3)})
    mended = apply(stored, plan_of(container, patch).edits)
    assert len(mended) == len(stored)
    assert np.array_equal(decode(mended, 3), patched(bits_of(picture), patch))


def test_deflate_is_packed_tighter_before_the_file_grows():
    form = TiffForm(compression="deflate", size=(200, 64), rows_per_strip=64)
    picture = form.picture()
    for level in (1, 6, 9):
        stored = form.write(picture, compressionargs={"level": level})
        patch = patch_of(open_tiff(stored), {(50, 20, 1): 40000})
        assert len(apply(stored, plan_of(open_tiff(stored), patch).edits)) == len(stored)


def test_nothing_changes_where_no_bit_does():
    for compression in COMPRESSIONS:
        stored = TiffForm(compression=compression).write(TiffForm().picture())
        container = open_tiff(stored)
        patch = patch_of(container, random_samples(TiffForm()))
        assert plan_of(container, patch.inverse().inverse()).edits != ()
        same = type(patch)(1, patch.channels, patch.x, patch.y, patch.channel, patch.old, patch.old)
        assert plan_of(container, same).edits == ()


def test_old_bits_that_are_not_there_are_refused():
    container = open_tiff(TiffForm(compression="lzw").write(TiffForm().picture()))
    patch = patch_of(container, {(3, 4, 1): 7})
    wrong = type(patch)(1, patch.channels, patch.x, patch.y, patch.channel, patch.old ^ 1, patch.new)
    with pytest.raises(ProofError, match="expects"):
        plan_of(container, wrong)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize(("compression", "predictor"), [("none", 1), ("lzw", 1), ("deflate", 3), ("zstd", 3)])
@pytest.mark.parametrize("order", "<>")
def test_special_values_keep_their_bits(dtype, compression, predictor, order):
    special = (
        [0x7E01, 0xFE55, 0x7C01, 0x7C00, 0xFC00, 0x8000, 0x0001, 0x83FF]
        if dtype == "float16"
        else [0x7FC00001, 0xFFC12345, 0x7F800001, 0x7F800000, 0xFF800000, 0x80000000, 1, 0x807FFFFF]
    )
    form = TiffForm(compression=compression, predictor=predictor, dtype=dtype, byte_order=order)
    stored = form.write(form.picture())
    for bits in special:  # one after the other, so that each has special neighbours in the end
        container = open_tiff(stored)
        at = special.index(bits)
        patch = patch_of(container, {(at, 9, 1): bits})
        expected = patched(decode(stored, 3), patch)
        stored = apply(stored, plan_of(container, patch).edits)
        assert np.array_equal(decode(stored, 3), expected)


@pytest.mark.parametrize("bits", [10, 12, 14])
@pytest.mark.parametrize("options", [{}, {"is_planar": True}, {"channels": 1}, {"rows_per_strip": 1}])
@pytest.mark.parametrize("order", "<>")
def test_packed_bits_are_replaced_in_place(bits, options, order, tmp_path):
    form = TiffForm(bits=bits, byte_order=order, **options)
    picture = form.picture(noise=True)
    picture[-1, -1] = (1 << bits) - 1
    stored = form.write(picture)
    container = open_tiff(stored)
    assert container.channels[0].sample is SampleType[f"UINT{bits}"]
    patch = patch_of(container, random_samples(form, 200))
    assert np.array_equal(patch.old, bits_of(picture)[patch.y, patch.x, patch.channel])
    mended = apply(stored, plan_of(container, patch).edits)
    assert len(mended) == len(stored)
    expected = patched(bits_of(picture), patch)
    assert np.array_equal(decode(mended, form.channels, is_planar=form.is_planar), expected)
    (tmp_path / "a.tif").write_bytes(mended)
    assert np.array_equal(by_openimageio(tmp_path / "a.tif", form) >> (16 - bits), expected)


def test_rows_behind_the_picture_are_kept():
    """Some writers fill the last strip up; what they put there stays."""
    form = TiffForm(compression="deflate", size=(37, 20), rows_per_strip=8, byte_order="<")
    full = TiffForm(compression="deflate", size=(37, 24), rows_per_strip=8).picture(noise=True)
    stored = set_tag(form.write(full), 257, [20])
    container = open_tiff(stored)
    patch = patch_of(container, {(5, 19, 0): 77})
    mended = apply(stored, plan_of(container, patch).edits)
    expected = patched(bits_of(full), patch)
    assert np.array_equal(decode(set_tag(mended, 257, [24]), 3), expected)


def test_padding_of_tiles_is_kept():
    form = TiffForm(compression="lzw", predictor=2, tile=(16, 16), size=(48, 32))
    full = form.picture(noise=True)
    stored = set_tag(set_tag(form.write(full), 256, [37]), 257, [23])
    container = open_tiff(stored)
    patch = patch_of(container, {(36, 22, 2): 5})
    mended = apply(stored, plan_of(container, patch).edits)
    whole = set_tag(set_tag(mended, 256, [48]), 257, [32])
    assert np.array_equal(decode(whole, 3), patched(bits_of(full), patch))
