# SPDX-License-Identifier: Apache-2.0
from itertools import product

import numpy as np
import pytest

from pixmend.errors import BadFrameError, PixError, UnsupportedError
from pixmend.formats import MemoryBytes, look_at_pages, parse_tiff
from pixmend.model import SampleType
from tests.make.plates import make_tiff

FORMS = list(product("<>", (False, True), (False, True)))


@pytest.mark.parametrize(("byte_order", "big", "planar"), FORMS)
def test_every_sample_is_where_the_layout_says(tmp_path, byte_order, big, planar):
    made = make_tiff(tmp_path / "a.tif", byte_order=byte_order, big=big, planar=planar)
    stored = made.path.read_bytes()
    layout = parse_tiff(MemoryBytes(stored))
    layout.check_units(MemoryBytes(stored))
    assert (layout.width, layout.height, layout.samples_per_pixel) == (23, 17, 3)
    assert layout.sample is SampleType.UINT16
    assert layout.is_planar == planar
    y, x = (each.reshape(-1).astype(np.int32) for each in np.mgrid[:17, :23])
    for number, plane in enumerate(made.bits.values()):
        places = layout.locate(x, y, np.full(x.shape, number, np.int16))
        offsets = layout.offsets[places.unit] + places.row * layout.row_bytes + places.item * 2
        found = [np.frombuffer(stored, f"{byte_order}u2", 1, offset)[0] for offset in offsets.tolist()]
        assert np.array_equal(found, plane.reshape(-1))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "float16", "float32"])
def test_sample_types_are_known(tmp_path, dtype):
    layout = parse_tiff(MemoryBytes(make_tiff(tmp_path / "a.tif", dtype=dtype).path.read_bytes()))
    assert layout.sample is not None
    assert layout.sample.dtype == dtype


def changed_tag(stored: bytes, tag: int, value: int) -> MemoryBytes:
    """Return a little-endian classic TIFF with another value of a tag that fits into its entry."""
    directory = int.from_bytes(stored[4:8], "little") + 2
    entry = next(
        at for at in range(directory, len(stored), 12) if stored[at : at + 2] == tag.to_bytes(2, "little")
    )
    return MemoryBytes(stored[: entry + 8] + value.to_bytes(4, "little") + stored[entry + 12 :], "a.tif")


@pytest.mark.parametrize(
    ("tag", "value", "message"),
    [
        (256, 0, "0 x 17 pixels"),
        (257, 0, "23 x 0 pixels"),
        (278, 0, "23 x 0"),
        (277, 0, "of 0 channels"),
        (257, 1 << 31, "lists 4 strips"),
        (256, 1 << 20, "does not lie in the file"),
        (273, 1 << 31, "ends before byte"),
    ],
)
def test_a_header_that_cannot_be_is_refused(tmp_path, tag, value, message):
    source = changed_tag(make_tiff(tmp_path / "a.tif").path.read_bytes(), tag, value)
    with pytest.raises(BadFrameError, match=message):
        parse_tiff(source).check_units(source)


def test_strips_that_share_bytes_are_refused(tmp_path):
    stored = make_tiff(tmp_path / "a.tif").path.read_bytes()
    starts = parse_tiff(MemoryBytes(stored)).offsets
    twice = stored.replace(starts.astype("<u4").tobytes(), starts[[0, 0, 2, 3]].astype("<u4").tobytes())
    assert twice != stored
    source = MemoryBytes(twice)
    with pytest.raises(UnsupportedError, match="share bytes"):
        look_at_pages(source, parse_tiff(source))


def test_a_page_of_its_own_is_alone(tmp_path):
    source = MemoryBytes(make_tiff(tmp_path / "a.tif").path.read_bytes())
    pages = look_at_pages(source, parse_tiff(source))
    assert (pages.reduced, pages.others) == (0, 0)


def test_other_files_are_refused():
    for other in (b"", b"II", b"II*\0", b"XPDS" + bytes(100)):
        with pytest.raises(BadFrameError):
            parse_tiff(MemoryBytes(other))


@pytest.mark.parametrize(("byte_order", "big"), list(product("<>", (False, True))))
def test_any_cut_and_any_changed_byte_of_the_header_is_survived(tmp_path, byte_order, big):
    stored = make_tiff(tmp_path / "a.tif", byte_order=byte_order, big=big).path.read_bytes()
    head = parse_tiff(MemoryBytes(stored)).offsets.min()
    rng = np.random.default_rng(5)
    broken = [stored[:length] for length in range(0, len(stored), 7)]
    for _ in range(400):
        one = bytearray(stored)
        for position in rng.integers(0, head, 2):
            one[position] = rng.integers(256)
        broken.append(bytes(one))
    refused = []
    for each in broken:
        source = MemoryBytes(each, "broken.tif")
        try:
            layout = parse_tiff(source)
            layout.check_units(source)
            look_at_pages(source, layout)
        except PixError as exc:
            refused.append(exc.where)
    assert set(refused) == {"broken.tif"}
