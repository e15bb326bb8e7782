# SPDX-License-Identifier: Apache-2.0
"""DPX addressing, against OpenImageIO where it reads right, and against a packer of the tests' own elsewhere."""

from pathlib import Path

import numpy as np
import OpenImageIO
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pixmend.errors import BadFrameError, UnsupportedError
from pixmend.formats import MemoryBytes, _dpx_rows, locate_datums, parse_dpx, read_dpx_rows
from pixmend.model import SampleType
from tests.make.dpx import DESCRIPTORS, FILLED_A, FILLED_B, PACKED, DpxPart, random_part, write_dpx
from tests.make.dpx_reading import assert_reads, read_all

DATA = Path(__file__).parents[3] / "../shared/data"
BITS = (8, 10, 12, 16, 32)


@pytest.mark.parametrize("packing", ["Packed", "Filled, method A", "Filled, method B"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("endian", ["little", "big"])
@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_reads_what_openimageio_writes(tmp_path, bits, endian, channels, packing):
    codes = np.random.default_rng(bits).integers(0, 1 << bits, (4, 17, channels))
    spec = OpenImageIO.ImageSpec(17, 4, channels, OpenImageIO.UINT8 if bits == 8 else OpenImageIO.UINT16)
    spec.attribute("oiio:BitsPerSample", bits)
    spec.attribute("oiio:Endian", endian)
    spec.attribute("dpx:Packing", packing)
    full = codes if bits in {8, 16} else codes << (16 - bits) | codes >> (2 * bits - 16)
    written = OpenImageIO.ImageOutput.create("dpx")
    assert written.open(str(tmp_path / "a.dpx"), spec)
    assert written.write_image(full.astype(np.uint8 if bits == 8 else np.uint16))
    written.close()
    layout, planes = read_all((tmp_path / "a.dpx").read_bytes())
    assert layout.channels[0].sample.bits == bits
    np.testing.assert_array_equal(np.stack(list(planes.values()), axis=-1), codes)


@st.composite
def parts(draw, kinds=tuple(DESCRIPTORS)):
    kind, bits = draw(st.sampled_from(kinds)), draw(st.sampled_from(BITS))
    width = draw(st.integers(1, 9)) * (2 if kind in {"CbYCrY", "CbYACrYA"} else 1)
    return random_part(
        kind,
        (width, draw(st.integers(1, 4))),
        bits=bits,
        seed=draw(st.integers(0, 99)),
        packing=draw(st.sampled_from([PACKED, FILLED_A, FILLED_B])),
        eol=draw(st.sampled_from([0, 0, 4, 6, 3])),
    )


@settings(max_examples=150, deadline=None)
@given(part=parts(), order=st.sampled_from("<>"), header_bytes=st.sampled_from([1664, 1856, 2048, 8192]))
def test_every_form_reads_back_by_rows_and_by_places(part, order, header_bytes):
    layout = assert_reads(write_dpx([part], order=order, header_bytes=header_bytes), part)
    assert layout.header_bytes == header_bytes
    assert {channel.sample.bits for channel in layout.channels} == {part.bits}


@settings(max_examples=60, deadline=None)
@given(part=parts(), order=st.sampled_from("<>"))
def test_lines_that_run_on_are_known_by_the_size(part, order):
    part.align = 1 if part.bits in {8, 16} or (part.bits == 12 and part.packing) else 0
    part.eol = 0
    stored = write_dpx([part], order=order)
    # Tiny pictures may have one size padded or not; then the standard's padding is assumed.
    assume(len(stored) != len(write_dpx([DpxPart(part.kind, part.codes, part.bits, part.packing)])))
    assert_reads(stored, part)


def test_rows_are_read_from_the_middle_of_lines_that_run_on():
    for bits, packing in ((10, FILLED_A), (10, PACKED), (12, PACKED)):
        part = random_part("Y", (13, 40), bits=bits, packing=packing, align=0)
        source = MemoryBytes(write_dpx([part]))
        layout = parse_dpx(source)
        for rows in ((0, 1), (7, 9), (33, 40)):
            np.testing.assert_array_equal(
                read_dpx_rows(source, layout, rows)[:, :, 0], part.codes[slice(*rows)]
            )


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("rows", [(0, 11), (2, 9), (10, 11)])
def test_large_pictures_are_read_block_by_block(monkeypatch, bits, rows):
    monkeypatch.setattr(_dpx_rows, "_BLOCK", 200)
    part = random_part("RGB", (13, 11), bits=bits, eol=2)
    source = MemoryBytes(write_dpx([part]))
    samples = read_dpx_rows(source, parse_dpx(source), rows)
    stored = samples.view(f"u{samples.itemsize}").reshape(len(samples), -1)
    np.testing.assert_array_equal(stored, part.codes[slice(*rows)])


def test_only_the_element_that_is_wanted_is_read():
    part = random_part("RGB", (6, 9)), random_part("A", (6, 9), bits=16, seed=1)
    stored = write_dpx(list(part))
    layout = parse_dpx(MemoryBytes(stored))
    cut = MemoryBytes(stored[: layout.elements[1].offset])
    rows = read_dpx_rows(cut, layout, (2, 5), components=[2, 0])
    samples = part[0].samples()
    np.testing.assert_array_equal(rows, np.stack([samples["B"][2:5], samples["R"][2:5]], axis=-1))


@pytest.mark.parametrize("components", [[0], [1, 0], [1, 3], []])
def test_components_without_a_common_raster_and_type_are_a_programming_error(components):
    source = MemoryBytes(write_dpx([random_part("CbYCrY", (6, 2)), random_part("Z", (6, 2), bits=32)]))
    with pytest.raises(ValueError, match="components"):
        read_dpx_rows(source, parse_dpx(source), (0, 1), components=components or [9])


@settings(max_examples=80, deadline=None)
@given(part=parts(), order=st.sampled_from("<>"), data=st.data())
def test_a_new_value_changes_no_other_bit(part, order, data):
    stored = write_dpx([part], order=order)
    layout = parse_dpx(MemoryBytes(stored))
    number = data.draw(st.integers(0, len(layout.channels) - 1))
    name, step = layout.channels[number].name, layout.channels[number].sampling[0]
    x = data.draw(st.integers(0, layout.width // step - 1)) * step
    y = data.draw(st.integers(0, layout.height - 1))
    value = data.draw(st.integers(0, (1 << part.bits) - 1))
    changed = np.frombuffer(stored, np.uint8).copy()
    place = locate_datums(layout, [x], [y], [number])
    place.put_values(changed, place.offset, np.array([value], np.uint32))
    pattern = layout.elements[0].pattern
    at = [index for index, each in enumerate(pattern) if each == name]
    part.codes[y, x // layout.elements[0].period * len(pattern) + at[x % layout.elements[0].period]] = value
    assert changed.tobytes() == write_dpx([part], order=order)  # padding bits included


def test_a_value_that_needs_more_bits_is_refused():
    stored = write_dpx([random_part("RGB", (2, 1))])
    place = locate_datums(parse_dpx(MemoryBytes(stored)), [0], [0], [0])
    with pytest.raises(ValueError, match="1024 is not in"):
        place.put_values(np.frombuffer(stored, np.uint8).copy(), place.offset, np.array([1024], np.uint32))


def test_a_place_outside_the_bytes_that_are_given_is_refused():
    stored = write_dpx([random_part("RGB", (2, 1))])
    place = locate_datums(parse_dpx(MemoryBytes(stored)), [1], [0], [0])
    with pytest.raises(ValueError, match="not in the 2048 bytes"):
        place.values_in(np.frombuffer(stored, np.uint8)[:2048], place.offset)


@pytest.mark.parametrize(
    "kinds", ["R G B", "RGB A", "RGB Z", "CbYCr A", "Y R", "RGB A Z Y C1C2", "R G B A Y Z C1C2 C1C2C3"]
)
def test_elements_are_components_of_one_picture(kinds):
    made = [
        random_part(kind, (5, 3), bits=BITS[index % 5], seed=index, packing=index % 3)
        for index, kind in enumerate(kinds.split())
    ]
    layout = parse_dpx(MemoryBytes(write_dpx(made)))
    if kinds.endswith("C1C2C3"):
        assert [channel.name for channel in layout.channels][-5:] == ["C1", "C2", "2.C1", "2.C2", "2.C3"]
    assert_reads(write_dpx(made), *made)


def test_a_second_picture_is_named_by_its_number():
    made = [random_part("RGB", (5, 3), seed=seed) for seed in range(3)]
    layout = assert_reads(write_dpx(made), *made)
    assert [channel.name for channel in layout.channels] == [*"RGB", "2.R", "2.G", "2.B", "3.R", "3.G", "3.B"]


def test_chroma_has_samples_at_even_x_only():
    part = random_part("CbYACrYA", (6, 2))
    layout = assert_reads(write_dpx([part]), part)
    assert [(channel.name, channel.sampling) for channel in layout.channels] == [
        ("Cb", (2, 1)), ("Y", (1, 1)), ("A", (1, 1)), ("Cr", (2, 1)),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="no sample of Cr at x 3"):
        locate_datums(layout, [2, 3], [0, 1], [3, 3])


def test_float_samples_keep_every_bit():
    codes = np.array([[0x7F800001, 0xFFC12345, 0x80000000], [0x7F800000, 1, 0x3F800000]], np.uint32)
    for order in "<>":
        part = DpxPart("Y", codes, bits=32)
        layout = assert_reads(write_dpx([part], order=order), part)
        assert layout.channels[0].sample is SampleType.FLOAT


def test_a_float_may_say_that_it_is_signed():
    part = random_part("RGB", (4, 2), bits=32, said={"sign": 1})
    assert_reads(write_dpx([part]), part)


@pytest.mark.real
@pytest.mark.parametrize("name", ["dpx_nuke_10bits_rgb.dpx", "dpx_nuke_16bits_rgba.dpx"])
def test_real_files_read_as_openimageio_reads_them(name):
    path = DATA / "dpx" / name
    if not path.exists():
        pytest.skip("needs ../shared/data")
    layout, planes = read_all(path.read_bytes())
    opened = OpenImageIO.ImageInput.open(str(path))
    by_library = opened.read_image(OpenImageIO.UINT16) >> (16 - layout.elements[0].bits)
    opened.close()
    np.testing.assert_array_equal(np.stack(list(planes.values()), axis=-1), by_library)


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
    }
