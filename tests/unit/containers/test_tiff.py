# SPDX-License-Identifier: Apache-2.0
"""TIFF: what is written is read by tifffile, OpenImageIO and libtiff, which share no code with ours."""

import struct
from io import BytesIO
from itertools import product

import imagecodecs
import numpy as np
import OpenImageIO
import pytest
import tifffile

from pixmend.codecs._tiff_codec import TiffUnitForm, pack_unit, unpack_unit
from pixmend.codecs._tiff_kernels import LZW_CODES, pack_lzw
from pixmend.codecs._tiff_lzw import pack_fitting
from pixmend.errors import BadFrameError, PixError, ProofError, UnsupportedError
from pixmend.formats import MemoryBytes, parse_tiff
from pixmend.model import SampleType
from tests.make.tiffs import COMPRESSIONS, TiffForm, apply, decode, open_tiff, patch_of, patched, plan_of

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


def random_samples(form, count=12, seed=1):
    """Return new bits for random samples, and for those in the corners."""
    rng = np.random.default_rng(seed)
    width, height = form.size
    bits = form.bits or 8 * np.dtype(form.dtype).itemsize
    corners = product((0, width - 1), (0, height - 1), (0, form.channels - 1))
    spots = {(*corner,) for corner in corners}
    while len(spots) < count + 4:
        spots.add((int(rng.integers(width)), int(rng.integers(height)), int(rng.integers(form.channels))))
    return {spot: int(rng.integers(0, 1 << bits)) for spot in spots}


def bits_of(picture):
    return picture.view(f"u{picture.itemsize}").astype(np.uint32)


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


# What is refused


def set_tag(stored, code, values, kind=None):
    """Return a file with other values of a tag of its first page, in their old place; maybe as another type."""
    page = tifffile.TiffFile(BytesIO(stored)).pages[0]
    tag, changed = page.tags[code], bytearray(stored)
    form = page.parent.byteorder + {1: "B", 3: "H", 4: "I", 16: "Q"}[kind or tag.dtype] * len(values)
    struct.pack_into(form, changed, tag.valueoffset, *values)
    if kind is not None:
        struct.pack_into(page.parent.byteorder + "H", changed, tag.offset + 2, kind)
    return bytes(changed)


def rename_tag(stored, code, new):
    page = tifffile.TiffFile(BytesIO(stored)).pages[0]
    changed = bytearray(stored)
    struct.pack_into(page.parent.byteorder + "H", changed, page.tags[code].offset, new)
    return bytes(changed)


def simple(**options):
    form = TiffForm(**options)
    return form.write(form.picture())


def write_with(picture, **options):
    stream = BytesIO()
    tifffile.imwrite(stream, picture, metadata=None, **options)
    return stream.getvalue()


def old_lzw():
    stored = simple(compression="lzw")
    at = tifffile.TiffFile(BytesIO(stored)).pages[0].dataoffsets[0]
    return stored[:at] + b"\x00\x01" + stored[at + 2 :]


def offsets_of(stored):
    return list(tifffile.TiffFile(BytesIO(stored)).pages[0].dataoffsets)


def shared_strips(compression):
    stored = simple(compression=compression, rows_per_strip=4, size=(37, 8))
    first, _ = offsets_of(stored)
    return set_tag(stored, 273, [first, first])


def two_pages_of_one_picture():
    stream = BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        for _ in range(2):
            writer.write(TiffForm().picture(), photometric="rgb", metadata=None, rowsperstrip=23)
    stored = bytearray(stream.getvalue())
    first, second = tifffile.TiffFile(BytesIO(bytes(stored))).pages
    struct.pack_into("<I", stored, second.tags[273].valueoffset, first.dataoffsets[0])
    return bytes(stored)


GRAY = np.arange(23 * 37, dtype=np.uint8).reshape(23, 37)
REFUSED = {
    "JPEG": (lambda: set_tag(simple(), 259, [7]), "compressed with JPEG"),
    "CCITT": (lambda: set_tag(simple(), 259, [4]), "compressed with CCITT"),
    "old JPEG": (lambda: set_tag(simple(), 259, [6]), "old-style JPEG"),
    "unknown": (lambda: set_tag(simple(), 259, [4711]), "compression 4711"),
    "old LZW": (old_lzw, "old-style LZW"),
    "YCbCr": (lambda: set_tag(simple(dtype="uint8"), 262, [6]), "YCbCr"),
    "palette": (lambda: set_tag(simple(channels=1), 262, [3]), "a palette"),
    "white is zero": (lambda: set_tag(simple(channels=1), 262, [0]), "white is zero"),
    "CMYK": (lambda: set_tag(simple(channels=4), 262, [5]), "CMYK"),
    "signed": (lambda: write_with(GRAY.astype(np.int16)), "16-bit signed integers"),
    "double": (lambda: write_with(GRAY.astype(np.float64)), "64-bit floats"),
    "complex": (lambda: write_with(GRAY.astype(np.complex64)), "64-bit samples of an unknown kind"),
    "1 bit": (lambda: write_with(GRAY > 9, photometric="minisblack"), "1-bit integers"),
    "mixed": (lambda: set_tag(simple(), 258, [16, 8, 16]), "different sample types"),
    "24 bit": (lambda: set_tag(simple(), 258, [24, 24, 24]), "24-bit integers"),
    "packed 12 bits": (lambda: set_tag(simple(compression="lzw"), 258, [12] * 3), "compressed 12-bit"),
    "fill order": (lambda: rename_tag(set_tag(simple(), 284, [2]), 284, 266), "FillOrder 2"),
    "predictor 4": (lambda: set_tag(simple(compression="lzw", predictor=2), 317, [4]), "predictor 4"),
    "predictor 3 of integers": (lambda: set_tag(simple(compression="lzw", predictor=2), 317, [3]), "predictor 3"),
    "predictor without compression": (
        lambda: set_tag(simple(compression="lzw", predictor=2), 259, [32773]),
        "predictor 2",
    ),
    "sparse offset": (lambda: set_tag(simple(compression="lzw"), 273, [0, *offsets_of(simple(compression="lzw"))[1:]]), "sparse"),
    "sparse size": (lambda: set_tag(simple(compression="zstd", rows_per_strip=23), 279, [0]), "sparse"),
    "shared": (lambda: shared_strips("none"), "share bytes"),
    "shared, packed": (lambda: shared_strips("deflate"), "share bytes"),
    "shared by pages": (two_pages_of_one_picture, "pages of this TIFF share bytes"),
    "thumbnail first": (lambda: simple_with(subfiletype=1), "smaller copy"),
}  # fmt: skip


def simple_with(**options):
    return TiffForm().write(TiffForm().picture(), **options)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_mended_is_named(name):
    make, message = REFUSED[name]
    with pytest.raises(UnsupportedError, match=message) as caught:
        open_tiff(make())
    assert "the file is left as it was" in str(caught.value)
    assert "a.tif" in str(caught.value)


@pytest.mark.parametrize("code", [256, 257, 258, 273, 277, 278, 279])
@pytest.mark.parametrize("compression", [each for each in COMPRESSIONS if each != "none"])
def test_a_tiny_file_that_promises_much_is_refused(code, compression):
    """The tests would not end, or would run out of memory, if anything of that size was allocated."""
    stored = simple(compression=compression, channels=1)
    count = len(tifffile.TiffFile(BytesIO(stored)).pages[0].tags[code].value) if code in {273, 279} else 1
    kind = tifffile.TiffFile(BytesIO(stored)).pages[0].tags[code].dtype
    largest = [(1 << (16 if kind == 3 else 32)) - 1] * count
    with pytest.raises(PixError):
        plan_of(container := open_tiff(set_tag(stored, code, largest)), patch_of(container, {(3, 4, 0): 9}))


def test_a_large_picture_of_one_tiny_strip_is_refused():
    for compression in ("deflate", "lzw", "packbits", "zstd"):
        stored = simple(compression=compression, rows_per_strip=23, channels=1)
        stored = set_tag(set_tag(stored, 257, [60000]), 278, [60000])
        stored = set_tag(stored, 256, [60000])
        with pytest.raises(BadFrameError, match="too short"):
            open_tiff(stored)


def test_a_header_that_cannot_point_so_far_is_refused():
    stored = TiffForm(compression="deflate").write(np.full((23, 37, 3), 0x0303, np.uint16))
    short = set_tag(stored, 273, offsets_of(stored), kind=3)
    container = open_tiff(short)
    assert plan_of(container, patch_of(container, {(0, 0, 0): 5})).edits != ()
    padded = short + bytes(1 << 16)
    container = open_tiff(padded)
    noise = np.random.default_rng(2).integers(0, 1 << 16, (37, 5, 3)).tolist()
    places = product(range(37), range(5), range(3))
    grows = patch_of(container, {(x, y, c): noise[x][y][c] for x, y, c in places})
    with pytest.raises(UnsupportedError, match="cannot point to"):
        plan_of(container, grows)


def test_a_strip_over_the_header_is_damaged():
    stored = simple(rows_per_strip=23)
    with pytest.raises(BadFrameError, match="header"):
        open_tiff(set_tag(stored, 273, [4]))


def test_a_tag_that_points_behind_everything_is_no_hindrance():
    stored = TiffForm(is_big=True).write(TiffForm().picture(), extratags=[(65001, 12, 4, (1.0,) * 4, True)])
    tag = tifffile.TiffFile(BytesIO(stored)).pages[0].tags[65001]
    far = bytearray(stored)
    struct.pack_into("<QQ", far, tag.offset + 4, (1 << 64) - 1, (1 << 64) - 1)
    assert open_tiff(bytes(far)).raster.width == 37


def test_a_circle_of_pages_is_damaged():
    stored = bytearray(simple())
    page = tifffile.TiffFile(BytesIO(bytes(stored))).pages[0]
    (tags,) = struct.unpack_from("<H", stored, page.offset)
    struct.pack_into("<I", stored, page.offset + 2 + 12 * tags, page.offset)
    with pytest.raises(BadFrameError, match="circle"):
        open_tiff(bytes(stored))


def test_smaller_copies_and_other_pages_are_told_of_and_kept():
    stream = BytesIO()
    picture = TiffForm().picture()
    with tifffile.TiffWriter(stream) as writer:
        writer.write(picture, photometric="rgb", metadata=None, compression="zlib", subifds=1)
        writer.write(picture[::2, ::2], photometric="rgb", metadata=None, subfiletype=1)
        writer.write(picture[:, ::-1], photometric="rgb", metadata=None, compression="lzw")
    stored = stream.getvalue()
    container = open_tiff(stored)
    assert len(container.notices) == 2
    assert "a smaller copy" in container.notices[0]
    assert "first of 2 pages" in container.notices[1]
    patch = patch_of(container, random_samples(TiffForm()))
    with tifffile.TiffFile(BytesIO(apply(stored, plan_of(container, patch).edits))) as opened:
        assert np.array_equal(opened.pages[0].asarray(), patched(bits_of(picture), patch))
        assert np.array_equal(opened.pages[0].pages[0].asarray(), picture[::2, ::2])
        assert np.array_equal(opened.pages[1].asarray(), picture[:, ::-1])


def test_a_turned_picture_is_told_of():
    stored = simple_with(extratags=[(274, 3, 1, 6, True)])
    assert "orientation 6" in open_tiff(stored).notices[0]
    assert open_tiff(simple()).notices == ()


def test_void_samples_are_taken_as_integers():
    stored = simple_with(extratags=[])
    page = tifffile.TiffFile(BytesIO(stored)).pages[0]
    if 339 not in page.tags:
        stored = rename_tag(set_tag(stored, 284, [4]), 284, 339)
    else:
        stored = set_tag(stored, 339, [4, 4, 4])
    assert open_tiff(stored).channels[0].sample is SampleType.UINT16


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("is_big", [False, True])
def test_any_cut_and_any_changed_byte_is_survived(compression, is_big):
    """Mended, refused or damaged, but nothing else: no error of a library, no crash."""
    form = TiffForm(compression=compression, is_big=is_big, byte_order=">", predictor=1)
    stored = form.write(form.picture())
    rng = np.random.default_rng(5)
    broken = [stored[:length] for length in range(0, len(stored), 97)]
    for _ in range(150):
        one = bytearray(stored)
        one[int(rng.integers(400 if rng.random() < 0.7 else len(stored)))] = rng.integers(256)
        broken.append(bytes(one))
    for each in broken:
        try:
            container = open_tiff(each)
            width, height = container.raster.width, container.raster.height
            patch = patch_of(container, {(0, 0, 0): 3, (width - 1, height - 1, 0): 4})
            mended = apply(each, plan_of(container, patch).edits)
            assert open_tiff(mended).read_bits(patch).tolist() == patch.new.tolist()
        except PixError as exc:
            assert exc.where == "a.tif"  # noqa: PT017  (most are sound)


# LZW


@pytest.mark.parametrize("codes", [512, 513, 1024, 4000, LZW_CODES])
@pytest.mark.parametrize("most", [0, 1, 255])
@pytest.mark.parametrize("size", [1, 2, 253, 254, 255, 256, 3837, 3838, 60000])
def test_lzw_is_unpacked_by_others(codes, most, size):
    data = np.random.default_rng(size).integers(0, most + 1, size, np.uint8)
    packed, tables = np.empty(2 * size + 16, np.uint8), np.zeros((size // 254 + 2, 2), np.int64)
    packed[:2], tables[0] = (128, 0), (0, 9)
    length, count = pack_lzw(data, codes, packed, tables, 0)
    assert bytes(imagecodecs.lzw_decode(packed[:length].tobytes(), out=size + 1)) == data.tobytes()
    for first in range(0, count, 7):  # all that stands before the table is kept
        length, count = pack_lzw(data, 512, packed, tables, first)
        assert bytes(imagecodecs.lzw_decode(packed[:length].tobytes(), out=size + 1)) == data.tobytes()


@pytest.mark.parametrize("room", [0, 68_000, 1 << 20])
def test_lzw_that_is_made_to_fit_is_still_unpacked_by_others(room):
    data = np.random.default_rng(0).integers(0, 200, 60_000, np.uint8)
    usual, packed = pack_fitting(data, 1 << 20), pack_fitting(data, room)
    assert len(packed) <= len(usual)
    assert bytes(imagecodecs.lzw_decode(packed, out=data.size + 1)) == data.tobytes()


@pytest.mark.parametrize("noise", [False, True])
def test_lzw_is_that_of_libtiff(tmp_path, noise):
    form = TiffForm(size=(150, 60))
    picture = form.picture(noise=noise)
    spec = OpenImageIO.ImageSpec(150, 60, 3, OpenImageIO.UINT16)
    spec.attribute("compression", "lzw")
    spec.attribute("tiff:RowsPerStrip", 60)
    opened = OpenImageIO.ImageOutput.create("tif")
    assert opened.open(str(tmp_path / "a.tif"), spec)
    assert opened.write_image(picture)
    opened.close()
    stored = (tmp_path / "a.tif").read_bytes()
    layout = parse_tiff(MemoryBytes(stored))
    unit = TiffUnitForm.of(layout)
    start, length = int(layout.offsets[0]), int(layout.listed_bytes[0])
    packed = stored[start : start + length]
    samples = unpack_unit(unit, packed, (1, layout.unit_height))
    assert pack_unit(unit, samples, len(packed)) == packed


def test_lzw_of_noise_fits_into_its_old_place():
    form = TiffForm(compression="lzw", size=(150, 60), rows_per_strip=60)
    picture = form.picture()
    picture[20:23, 30:40] = 65535 - picture[20:23, 30:40]
    stored = form.write(picture)
    container = open_tiff(stored)
    level = int(picture[10, 10, 0])
    mended = {(x, y, c): level + x - y for x in range(30, 40) for y in range(20, 23) for c in range(3)}
    plan = plan_of(container, patch_of(container, mended))
    assert len(apply(stored, plan.edits)) == len(stored)
