# SPDX-License-Identifier: Apache-2.0
"""TIFF that cannot be mended is named and left; damage is told, whatever it is."""

import struct
from io import BytesIO
from itertools import product

import numpy as np
import pytest
import tifffile

from pixmend.errors import BadFrameError, PixError, UnsupportedError
from pixmend.model import SampleType
from tests.make.tiffs import (
    COMPRESSIONS,
    TiffForm,
    apply,
    bits_of,
    open_tiff,
    patch_of,
    patched,
    plan_of,
    random_samples,
    set_tag,
)


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
