# SPDX-License-Identifier: Apache-2.0
"""Mending DPX: which bytes change, what a second reader sees, what users are told."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from pixmend.containers import ByteEdit, open_container
from pixmend.formats import ReadOptions
from pixmend.model import Patch
from tests.make.dpx import DESCRIPTORS, FILLED_A, FILLED_B, PACKED, random_part, with_edits, write_dpx

BITS = (8, 10, 12, 16, 32)


class CountedBytes:
    """A `ByteSource` that counts what is read."""

    def __init__(self, stored, name="a.dpx"):
        self.stored, self.name, self.size = stored, name, len(stored)
        self.reads = []

    def read(self, offset, length):
        self.reads.append((offset, length))
        return self.stored[offset : offset + length]


def patch_of(container, samples):
    """Return a patch of (x, y, channel number, old, new)."""
    x, y, channel, old, new = np.array(samples, np.int64).reshape(-1, 5).T
    return Patch(
        1,
        container.channels,
        x.astype(np.int32),
        y.astype(np.int32),
        channel.astype(np.int16),
        old.astype(np.uint32),
        new.astype(np.uint32),
    )


def whole_patch(container):
    """Return a patch of every sample that there is, without values."""
    spots = [
        (x, y, number, 0, 0)
        for number, channel in enumerate(container.channels)
        for y in range(container.raster.height)
        for x in range(0, container.raster.width, channel.sampling[0])
    ]
    return patch_of(container, spots)


def codes_of(parts):
    return np.concatenate([plane.ravel() for part in parts for plane in part.samples().values()])


def open_stored(tmp_path, stored, options=None):
    """Open written bytes, by our own reader and with a name that a library can open."""
    path = tmp_path / "a.dpx"
    path.write_bytes(stored)
    return open_container(CountedBytes(stored, str(path)), options=options)


@pytest.mark.parametrize("width", [12, 14, 16, 18])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", [kind for kind in DESCRIPTORS if len(kind) < 9])
def test_where_the_library_is_asked_it_sees_the_samples(tmp_path, kind, order, width):
    asked = set()
    for bits in BITS:
        for packing in (PACKED, FILLED_A, FILLED_B) if bits in {10, 12} else (PACKED,):
            part = random_part(kind, (width, 3), bits=bits, packing=packing)
            if bits == 32:
                part.codes = np.random.default_rng(1).random(part.codes.shape, np.float32).view(np.uint32)
            container = open_stored(tmp_path, write_dpx([part], order=order))
            seen = container.library_bits(whole_patch(container))
            if seen is not None:
                asked.add((bits, packing))
                np.testing.assert_array_equal(seen, codes_of([part]))
    assert asked >= {(10, PACKED), (12, PACKED), (12, FILLED_A), (32, PACKED), (16, PACKED)}


@pytest.mark.parametrize(
    ("part", "fields"),
    [
        (random_part("Y", (13, 3)), {}),
        (random_part("RGB", (13, 3), bits=8), {}),
        (random_part("Y", (13, 3), bits=16), {}),
        (random_part("RGB", (13, 3), bits=12, packing=FILLED_B), {}),
        (random_part("RGB", (13, 3), eol=4), {}),
        (random_part("Y", (13, 3), align=0), {"creator": b"Lasergraphics Inc."}),
        (random_part("RGB", (13, 3)), {"header_bytes": 1664}),
    ],
)
def test_the_library_is_not_asked_where_it_is_known_to_misread(tmp_path, part, fields):
    container = open_stored(tmp_path, write_dpx([part], **fields))
    assert container.library_bits(whole_patch(container)) is None
    np.testing.assert_array_equal(container.read_bits(whole_patch(container)), codes_of([part]))


def test_the_library_is_not_asked_for_luma_words_of_the_other_order(tmp_path):
    part = random_part("Y", (12, 3), low_first=False)
    container = open_stored(tmp_path, write_dpx([part]), ReadOptions(low_first=False))
    assert container.library_bits(whole_patch(container)) is None
    np.testing.assert_array_equal(container.read_bits(whole_patch(container)), codes_of([part]))


def test_the_library_is_not_asked_for_several_elements(tmp_path):
    parts = [random_part(kind, (12, 3), bits=bits) for kind, bits in (("RGB", 10), ("A", 16), ("Z", 32))]
    container = open_stored(tmp_path, write_dpx(parts))
    assert container.library_bits(whole_patch(container)) is None
    np.testing.assert_array_equal(container.read_bits(whole_patch(container)), codes_of(parts))


def test_edits_hold_only_bytes_that_differ():
    part = random_part("RGB", (6, 2), bits=16)
    part.codes[:] = 0x1234
    container = open_container(CountedBytes(write_dpx([part])))
    spots = [(2, 0, 0, 0x1234, 0x5634), (2, 0, 1, 0x1234, 0x12FF), (2, 0, 2, 0x1234, 0x1234)]
    at = 2048 + 2 * 6
    assert container.plan(patch_of(container, spots)).edits == (
        ByteEdit(at, b"\x12", b"\x56"),
        ByteEdit(at + 3, b"\x34", b"\xff"),
    )


def test_samples_of_one_word_are_one_edit():
    part = random_part("RGB", (6, 2))
    part.codes[:] = 0
    stored = write_dpx([part])
    container = open_container(CountedBytes(stored))
    plan = container.plan(patch_of(container, [(x, 1, c, 0, 1023) for x in (2, 3) for c in range(3)]))
    (edit,) = plan.edits
    assert (edit.offset, len(edit.old)) == (2048 + 4 * 8, 8)
    part.codes[1, 6:12] = 1023
    assert with_edits(stored, plan.edits) == write_dpx([part])


def test_a_patch_that_changes_nothing_has_no_edits():
    container = open_container(CountedBytes(write_dpx([random_part("RGB", (6, 2))])))
    patch = whole_patch(container)
    old = container.read_bits(patch)
    plan = container.plan(Patch(1, patch.channels, patch.x, patch.y, patch.channel, old, old))
    assert plan.edits == ()
    assert plan.units == container.units(patch)
    assert len(plan.collateral) == 0


def test_an_empty_patch_reads_nothing():
    source = CountedBytes(write_dpx([random_part("RGB", (6, 2))]))
    container = open_container(source)
    source.reads.clear()
    empty = Patch.empty(1, container.channels)
    assert container.plan(empty).edits == ()
    assert container.units(empty) == {}
    assert container.read_bits(empty).size == 0
    assert source.reads == []


def test_near_samples_are_read_in_one_go_and_far_ones_are_not():
    source = CountedBytes(write_dpx([random_part("RGB", (60, 300))]))
    container = open_container(source)
    patch = patch_of(container, [(x, y, c, 0, 0) for y in (3, 4, 5, 200) for x in (7, 8) for c in range(3)])
    source.reads.clear()
    container.plan(patch)
    assert [length for _, length in source.reads] == [2 * 240 + 8, 8]


def test_units_hold_what_the_mended_file_will_hold():
    part = random_part("RGBA", (9, 4), packing=PACKED)
    stored = write_dpx([part])
    container = open_container(CountedBytes(stored))
    patch = patch_of(container, [(x, y, 3, 0, 5 * x) for x in (0, 4, 8) for y in (0, 3)])
    plan = container.plan(patch)
    after = open_container(CountedBytes(with_edits(stored, plan.edits)))
    assert after.units(patch) == plan.units
    np.testing.assert_array_equal(after.read_bits(patch), patch.new)


def test_a_sample_that_chroma_does_not_have_is_a_programming_error():
    container = open_container(CountedBytes(write_dpx([random_part("CbYCrY", (6, 2))])))
    assert [channel.name for channel in container.channels] == ["Cb", "Y", "Cr"]
    with pytest.raises(ValueError, match="no sample of Cb at x 1"):
        container.plan(patch_of(container, [(0, 0, 0, 0, 1), (1, 0, 0, 0, 1)]))


def test_chroma_and_luminance_are_set_apart():
    part = random_part("CbYCrY", (6, 2))
    stored = write_dpx([part])
    container = open_container(CountedBytes(stored))
    plan = container.plan(patch_of(container, [(4, 1, 0, 0, 11), (5, 1, 1, 0, 22), (4, 1, 2, 0, 33)]))
    part.codes[1, 8:12] = [11, part.codes[1, 9], 33, 22]
    assert with_edits(stored, plan.edits) == write_dpx([part])


@pytest.mark.parametrize(
    ("parts", "options", "says"),
    [
        (["RGB"], ReadOptions(), []),
        (["RGB", "A"], ReadOptions(), ["low bits"]),
        (["Y"], ReadOptions(), ["low bits"]),
        (["Y"], ReadOptions(low_first=False), []),
        (["CbYCrY"], ReadOptions(), ["chroma"]),
        (["RGB", "RGB"], ReadOptions(), ["several pictures"]),
    ],
)
def test_users_are_told_what_they_should_know(parts, options, says):
    stored = write_dpx([random_part(kind, (6, 2), seed=seed) for seed, kind in enumerate(parts)])
    notices = open_container(CountedBytes(stored), options=options).notices
    assert len(notices) == len(says)
    assert all(word in notice for word, notice in zip(says, notices, strict=True))


# ffmpeg as a third reader, where it is there

FFMPEG = shutil.which("ffmpeg")
FFMPEG_FORMS = {
    ("Y", 8): ("gray", "u1", "Y"),
    ("Y", 10): ("gray10le", "<u2", "Y"),
    ("Y", 16): ("gray16le", "<u2", "Y"),
    ("RGB", 8): ("gbrp", "u1", "GBR"),
    ("RGB", 10): ("gbrp10le", "<u2", "GBR"),
    ("RGB", 12): ("gbrp12le", "<u2", "GBR"),
    ("RGBA", 10): ("gbrap10le", "<u2", "GBRA"),
    ("RGBA", 12): ("gbrap12le", "<u2", "GBRA"),
}


def by_ffmpeg(path: Path, form: str, dtype: str) -> np.ndarray:
    """Decode a frame; its own planes, as ffmpeg lays them out."""
    command = [FFMPEG, "-v", "error", "-f", "dpx_pipe", "-i", path, "-f", "rawvideo", "-pix_fmt", form, "-"]
    return np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, dtype)


@pytest.mark.skipif(FFMPEG is None, reason="ffmpeg is not there")
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("kind", "bits"), FFMPEG_FORMS)
def test_ffmpeg_sees_the_mended_samples(tmp_path, kind, bits, order):
    form, dtype, planes = FFMPEG_FORMS[kind, bits]
    part = random_part(kind, (13, 4), bits=bits, packing=PACKED if bits == 12 else FILLED_A)
    stored = write_dpx([part], order=order)
    container = open_container(CountedBytes(stored))
    spots = [(x, y, len(kind) - 1, 0, 7 * x + 1) for x, y in ((0, 0), (12, 0), (5, 2), (12, 3))]
    path = tmp_path / "mended.dpx"
    path.write_bytes(with_edits(stored, container.plan(patch_of(container, spots)).edits))
    seen = by_ffmpeg(path, form, dtype).reshape(len(planes), 4, 13)
    samples = part.samples()
    for x, y, number, _, new in spots:
        samples[kind[number]][y, x] = new
    np.testing.assert_array_equal(seen, np.stack([samples[name] for name in planes]))
