# SPDX-License-Identifier: Apache-2.0
"""DPX addressing, against OpenImageIO where it reads right, and against a packer of our own elsewhere."""

import itertools
import struct
from pathlib import Path

import numpy as np
import OpenImageIO
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pixmend.errors import BadFrameError, UnsupportedError
from pixmend.formats import DPX_HEAD_BYTES, locate_datum, parse_dpx, read_dpx_rows

DATA = Path(__file__).parents[3] / "../shared/data"
PACKED, FILLED_A, FILLED_B = 0, 1, 2
DESCRIPTORS = {("Y",): 6, ("R", "G", "B"): 50, ("R", "G", "B", "A"): 51, ("A", "B", "G", "R"): 52}
UNDEFINED = 0xFFFFFFFF


def put_words(values, bits, packing, order, *, low_first=False):
    """Lay datums into storage units the slow, obvious way: the test's own reading of SMPTE 268M."""
    if bits in {8, 16}:
        return b"".join(struct.pack(order + {8: "B", 16: "H"}[bits], value) for value in values)
    if packing == PACKED:
        whole = sum(value << bits * index for index, value in enumerate(values))
        words = -(-len(values) * bits // 32)
        return b"".join(struct.pack(order + "I", whole >> 32 * index & 0xFFFFFFFF) for index in range(words))
    pad = {FILLED_A: 32 % 10 if bits == 10 else 4, FILLED_B: 0}[packing]
    if bits == 12:
        return b"".join(struct.pack(order + "H", value << pad) for value in values)
    words = []
    for at in range(0, len(values), 3):
        three = [*values[at : at + 3], 0, 0][:3]
        first, second, third = three if low_first else three[::-1]
        words.append(struct.pack(order + "I", (first | second << 10 | third << 20) << pad))
    return b"".join(words)


def make_dpx(planes, *, bits, packing=FILLED_A, order=">", padded=True, eol=0, names=None, **fields):
    """Return the bytes of a DPX of one element per plane, each (H, W, C) of integers."""
    height, width, _ = planes[0].shape
    offset = fields.get("offset", 2048)
    head = bytearray(offset)
    body = b""
    elements = []
    for plane, name in zip(planes, names or [("R", "G", "B")] * len(planes), strict=True):
        elements.append((name, offset + len(body)))
        low_first = len(name) == 1
        rows = [row.ravel().tolist() for row in plane]
        if padded:
            for row in rows:
                line = put_words(row, bits, packing, order, low_first=low_first)
                body += line + bytes(-len(line) % 4) + bytes(eol)
        else:
            body += put_words(list(itertools.chain(*rows)), bits, packing, order, low_first=low_first)
    struct.pack_into(order + "4sI8sI", head, 0, b"SDPX"[:: 1 if order == ">" else -1], offset, b"V1.0", 0)
    struct.pack_into(order + "I", head, 16, fields.get("said_size", offset + len(body)))
    head[160 : 160 + len(fields.get("creator", b""))] = fields.get("creator", b"")
    struct.pack_into(order + "I", head, 660, fields.get("key", UNDEFINED))
    struct.pack_into(order + "HHII", head, 768, 0, len(planes), width, height)
    for index, (name, at) in enumerate(elements):
        start = 780 + 72 * index
        descriptor = fields.get("descriptor", {("R",): 1, ("G",): 2, ("B",): 3, ("A",): 4} | DESCRIPTORS)
        number = descriptor if isinstance(descriptor, int) else descriptor[name]
        head[start + 20 : start + 24] = bytes(
            [number, fields.get("transfer", 0), 0, fields.get("said_bits", bits)]
        )
        encoding = fields.get("encoding", 0)
        struct.pack_into(
            order + "HHII", head, start + 24, packing, encoding, fields.get("element_offset", at), eol
        )
    return bytes(head) + body


def random_plane(seed, shape, bits):
    return np.random.default_rng(seed).integers(0, 1 << bits, shape)


def read_all(stored):
    layout = parse_dpx(stored[:DPX_HEAD_BYTES], len(stored))
    return layout, read_dpx_rows(stored, layout, (0, layout.height))


def located(stored, layout):
    """Read every sample through its own place."""
    shape = (layout.height, layout.width, len(layout.components))
    values = np.empty(shape, np.int64)
    for y, x, component in np.ndindex(*shape):
        place = locate_datum(layout, x, y, component)
        values[y, x, component] = place.value_in(stored[place.offset : place.offset + place.size])
    return values


@pytest.mark.parametrize("packing", ["Packed", "Filled, method A", "Filled, method B"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("endian", ["little", "big"])
@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_reads_what_openimageio_writes(tmp_path, bits, endian, channels, packing):
    codes = random_plane(bits, (4, 17, channels), bits)
    spec = OpenImageIO.ImageSpec(17, 4, channels, OpenImageIO.UINT8 if bits == 8 else OpenImageIO.UINT16)
    spec.attribute("oiio:BitsPerSample", bits)
    spec.attribute("oiio:Endian", endian)
    spec.attribute("dpx:Packing", packing)
    full = codes if bits in {8, 16} else codes << (16 - bits) | codes >> (2 * bits - 16)
    written = OpenImageIO.ImageOutput.create("dpx")
    assert written.open(str(tmp_path / "a.dpx"), spec)
    assert written.write_image(full.astype(np.uint8 if bits == 8 else np.uint16))
    written.close()
    layout, samples = read_all((tmp_path / "a.dpx").read_bytes())
    assert samples.dtype == (np.uint8 if bits == 8 else np.uint16)
    np.testing.assert_array_equal(samples, codes)
    np.testing.assert_array_equal(located((tmp_path / "a.dpx").read_bytes(), layout), codes)


@settings(max_examples=60, deadline=None)
@given(
    bits=st.sampled_from([8, 10, 12, 16]),
    packing=st.sampled_from([PACKED, FILLED_A, FILLED_B]),
    order=st.sampled_from("<>"),
    name=st.sampled_from(list(DESCRIPTORS)),
    size=st.tuples(st.integers(1, 9), st.integers(1, 4)),
    lines=st.sampled_from([{"padded": False}, {"eol": 0}, {"eol": 4}, {"eol": 6}]),
)
def test_every_layout_reads_back_by_rows_and_by_places(bits, packing, order, name, size, lines):
    width, height = size
    codes = random_plane(width * height, (height, width, len(name)), bits)
    stored = make_dpx([codes], bits=bits, packing=packing, order=order, names=[name], **lines)
    # Tiny pictures may have one size padded or not; then the standard's padding is assumed.
    assume(
        lines != {"padded": False}
        or len(stored) != len(make_dpx([codes], bits=bits, packing=packing, names=[name]))
    )
    layout, samples = read_all(stored)
    assert layout.components == name
    np.testing.assert_array_equal(samples, codes)
    np.testing.assert_array_equal(located(stored, layout), codes)
    begin, end = layout.span((height - 1, height))
    window = read_dpx_rows(
        stored[begin:end], layout, (height - 1, height), components=[len(name) - 1, 0], stored_from=begin
    )
    np.testing.assert_array_equal(window, codes[-1:][..., [-1, 0]])


@settings(max_examples=60, deadline=None)
@given(
    bits=st.sampled_from([8, 10, 12, 16]),
    packing=st.sampled_from([PACKED, FILLED_A, FILLED_B]),
    order=st.sampled_from("<>"),
    data=st.data(),
)
def test_a_new_value_changes_no_other_bit(bits, packing, order, data):
    codes = random_plane(5, (2, 5, 3), bits)
    stored = make_dpx([codes], bits=bits, packing=packing, order=order)
    noisy = bytearray(stored)
    noisy[2048:] = bytes(np.random.default_rng(1).integers(0, 256, len(stored) - 2048).tolist())
    layout = parse_dpx(stored[:2048], len(stored))
    x, y, component = (data.draw(st.integers(0, most)) for most in (4, 1, 2))
    place = locate_datum(layout, x, y, component)
    value = data.draw(st.integers(0, place.mask))
    part = slice(place.offset, place.offset + place.size)
    before = located(noisy, layout)
    changed = bytearray(noisy)
    changed[part] = place.with_value(bytes(noisy[part]), value)
    after = located(changed, layout)
    assert after[y, x, component] == value
    after[y, x, component] = before[y, x, component]
    np.testing.assert_array_equal(after, before)
    restored = place.with_value(bytes(changed[part]), int(before[y, x, component]))
    assert restored == bytes(noisy[part])  # padding bits included


def test_a_value_that_needs_more_bits_is_refused():
    stored = make_dpx([random_plane(0, (1, 2, 3), 10)], bits=10)
    place = locate_datum(parse_dpx(stored[:2048], len(stored)), 0, 0, 0)
    with pytest.raises(ValueError, match="1024 is not in"):
        place.with_value(stored[place.offset : place.offset + place.size], 1024)


def test_three_elements_of_one_colour_each_are_one_picture():
    planes = [random_plane(seed, (3, 5, 1), 10) for seed in range(3)]
    stored = make_dpx(planes, bits=10, names=[("R",), ("G",), ("B",)])
    layout, samples = read_all(stored)
    assert layout.components == ("R", "G", "B")
    np.testing.assert_array_equal(samples, np.concatenate(planes, axis=-1))
    np.testing.assert_array_equal(located(stored, layout), samples)
    np.testing.assert_array_equal(read_dpx_rows(stored, layout, (1, 2), components=[2]), samples[1:2, :, 2:])


def test_scanner_luma_lines_run_on_whatever_the_size_says():
    codes = random_plane(3, (4, 5, 1), 10)
    stored = make_dpx([codes], bits=10, padded=False, names=[("Y",)], creator=b"Scanity HDR") + bytes(64)
    layout, samples = read_all(stored)
    assert layout.elements[0].stride == 0
    np.testing.assert_array_equal(samples, codes)
    np.testing.assert_array_equal(read_dpx_rows(stored, layout, (2, 4)), codes[2:])


def test_a_truncated_file_is_not_taken_for_one_of_unpadded_lines():
    """Padded lines of 5 bytes are 8; two bytes less still hold all unpadded lines."""
    stored = make_dpx([random_plane(3, (40, 5, 1), 8)], bits=8, names=[("Y",)])
    with pytest.raises(BadFrameError, match="truncated"):
        parse_dpx(stored[:2048], len(stored) - 20)


@pytest.mark.parametrize(
    ("fields", "error", "match"),
    [
        ({"encoding": 1}, UnsupportedError, "run-length"),
        ({"said_bits": 32}, UnsupportedError, "32-bit"),
        ({"said_bits": 1}, UnsupportedError, "1-bit"),
        ({"descriptor": 102}, UnsupportedError, "descriptor 102"),
        ({"element_offset": 4096}, UnsupportedError, "ambiguous"),
        ({"key": 7}, UnsupportedError, "encrypted"),
    ],
)
def test_forms_that_cannot_be_addressed_are_refused(fields, error, match):
    stored = make_dpx([random_plane(0, (4, 4, 3), 10)], bits=10, **fields)
    with pytest.raises(error, match=match):
        parse_dpx(stored[:2048], len(stored), where="a.dpx")


def test_a_header_offset_of_zero_is_ambiguous():
    stored = bytearray(make_dpx([random_plane(0, (4, 4, 3), 10)], bits=10))
    stored[4:8] = bytes(4)
    with pytest.raises(UnsupportedError, match="ambiguous"):
        parse_dpx(bytes(stored[:2048]), len(stored))


def test_two_pictures_in_one_file_are_refused():
    stored = make_dpx([random_plane(0, (2, 2, 3), 10)] * 2, bits=10)
    with pytest.raises(UnsupportedError, match="several pictures"):
        parse_dpx(stored[:2048], len(stored))


@pytest.mark.parametrize(
    ("damage", "match"),
    [
        (lambda _: b"", "empty"),
        (lambda stored: b"PXDS" + stored[4:], "no DPX"),
        (lambda stored: stored[:900], "truncated"),
        (lambda stored: stored[:-1], "truncated"),
        (lambda stored: stored[:770] + b"\0\0" + stored[772:], "damaged header"),
        (lambda stored: stored[:772] + b"\xff" * 8 + stored[780:], "damaged header"),
    ],
)
def test_damage_is_told_from_unsupported_forms(damage, match):
    stored = damage(make_dpx([random_plane(0, (4, 4, 3), 10)], bits=10))
    with pytest.raises(BadFrameError, match=match):
        parse_dpx(stored[:2048], len(stored), where="a.dpx")


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_header_never_leads_out_of_the_file(data):
    stored = bytearray(make_dpx([random_plane(0, (3, 4, 3), 10)], bits=10))
    for _ in range(data.draw(st.integers(1, 3))):
        fields = st.sampled_from([*range(24), *range(656, 668), *range(768, 860)])
        stored[data.draw(fields)] = data.draw(st.integers(0, 255))
    try:
        layout = parse_dpx(bytes(stored[:2048]), len(stored))
    except (BadFrameError, UnsupportedError):
        return
    samples = read_dpx_rows(bytes(stored), layout, (0, layout.height))
    assert samples.shape == (layout.height, layout.width, len(layout.components))


@pytest.mark.parametrize("rows", [(-1, 2), (2, 2), (0, 5)])
def test_rows_outside_the_picture_are_a_programming_error(rows):
    stored = make_dpx([random_plane(0, (4, 4, 3), 10)], bits=10)
    layout = parse_dpx(stored[:2048], len(stored))
    with pytest.raises(ValueError, match="rows"):
        read_dpx_rows(stored, layout, rows)


@pytest.mark.parametrize("place", [(4, 0, 0), (0, -1, 0), (0, 0, 3)])
def test_places_outside_the_picture_are_a_programming_error(place):
    stored = make_dpx([random_plane(0, (4, 4, 3), 10)], bits=10)
    with pytest.raises(ValueError):
        locate_datum(parse_dpx(stored[:2048], len(stored)), *place)


@pytest.mark.real
@pytest.mark.parametrize("name", ["dpx_nuke_10bits_rgb.dpx", "dpx_nuke_16bits_rgba.dpx"])
def test_real_files_read_as_openimageio_reads_them(name):
    path = DATA / "dpx" / name
    if not path.exists():
        pytest.skip("needs ../shared/data")
    layout, samples = read_all(path.read_bytes())
    opened = OpenImageIO.ImageInput.open(str(path))
    np.testing.assert_array_equal(samples, opened.read_image(OpenImageIO.UINT16) >> (16 - layout.bits))
    opened.close()


@pytest.mark.real
def test_real_oddities_read_or_are_refused():
    paths = sorted((DATA / "conformance/dpx").glob("*.dpx"))
    if not paths:
        pytest.skip("needs ../shared/data")
    refused = set()
    for path in paths:
        try:
            read_all(path.read_bytes())
        except (BadFrameError, UnsupportedError):
            refused.add(path.name.rpartition("__")[2])
    assert refused == {
        "bomb-46341.dpx",
        "crash-1chan-10bit-filled-methodA.dpx",
        "crash-badusersize.dpx",
        "seed.dpx",
        "stereo.dpx",
    }
