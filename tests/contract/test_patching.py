# SPDX-License-Identifier: Apache-2.0
"""Every format that can be mended goes through the same tests."""

from itertools import product
from pathlib import Path

import numpy as np
import OpenEXR
import OpenImageIO
import pytest

from pixmend.errors import PixError, ProofError
from pixmend.model import Patch
from pixmend.proof import prove_frame, undo_frame
from pixmend.splice import WriteSettings, ledger_path, plan_edits, read_ledger, write_fixed
from tests.make.plates import LOADED, RGB, make_dpx, make_exr, make_tiff

COMPRESSIONS = ("NO", "RLE", "ZIPS", "ZIP", "PIZ")
CASES = {
    **{
        f"exr {compression} {name}": lambda path, c=compression, o=options: make_exr(path, compression=c, **o)
        for compression, (name, options) in product(
            COMPRESSIONS,
            {
                "half": {},
                "float": {"channels": dict.fromkeys("RGB", "float32")},
                "loaded, overscan": {"channels": LOADED, "origin": (-7, -9), "display_origin": (3, 5)},
                "decreasing": {"decreasing": True, "channels": LOADED},
                "noise": {"noise": True, "channels": LOADED, "origin": (12, 30)},
                "one pixel wide": {"size": (1, 70), "channels": {"beauty.R": "float16"}},
                "one line": {"size": (70, 1)},
                "layers": {
                    "channels": {f"{layer}.{name}": "float16" for layer in ("a", "b") for name in "RGB"}
                },
            }.items(),
        )
    },
    **{
        f"dpx {bits} bit {names} packing {packing} {order}": lambda path, b=bits, p=packing, o=order, n=names: (
            make_dpx(path, bits=b, packing=p, byte_order=o, names=n)
        )
        for (bits, packing), order, names in product(
            ((10, 0), (10, 1), (10, 2), (16, 0)), "<>", ("Y", "RGB", "RGBA")
        )
    },
    **{
        f"dpx {bits} bit {names} packing {packing}": lambda path, b=bits, p=packing, n=names: make_dpx(
            path, bits=b, packing=p, names=n
        )
        for (bits, packing), names in product(
            ((8, 0), (12, 0), (12, 1), (12, 2), (32, 0)), ("Y", "ABGR", "CbYCr")
        )
    },
    **{
        f"tiff {dtype} {order} {'big ' if big else ''}{'planar' if planar else ''}": (
            lambda path, d=dtype, o=order, b=big, p=planar: make_tiff(
                path, dtype=d, byte_order=o, big=b, planar=p
            )
        )
        for dtype, order, big, planar in product(
            ("uint8", "uint16", "float16", "float32"), "<>", (False, True), (False, True)
        )
    },
    "tiff luminance": lambda path: make_tiff(path, names="Y"),
    "tiff alpha": lambda path: make_tiff(path, names="RGBA"),
    "tiff one strip": lambda path: make_tiff(path, rows_per_strip=1000),
}


@pytest.fixture(params=CASES)
def made(request, tmp_path):
    return CASES[request.param](tmp_path / f"plate.1001.{request.param.split()[0]}")


def bits_by_openimageio(path: Path, names) -> dict[str, np.ndarray]:
    """Decode with OpenImageIO, channel by channel, so that nothing is converted."""
    config = OpenImageIO.ImageSpec()
    config.attribute("oiio:UnassociatedAlpha", 1)
    opened = OpenImageIO.ImageInput.open(str(path), config)
    spec = opened.spec()
    planes = {}
    for position, found in enumerate(spec.channelnames):
        form = spec.channelformats[position] if spec.channelformats else spec.format
        plane = opened.read_image(0, 0, position, position + 1, form)
        name = found if found in names else list(names)[position]
        planes[name] = plane.reshape(spec.height, spec.width).view(f"u{plane.itemsize}").astype(np.uint32)
    opened.close()
    return planes


def assert_same_planes(found, expected):
    assert found.keys() == expected.keys()
    for name, plane in expected.items():
        assert np.array_equal(found[name], plane), name


def test_only_the_patch_changes(made, tmp_path):
    patch = made.random_patch()
    target = tmp_path / "out" / made.path.name
    ledger = write_fixed(
        made.path, target, patch, made.plate, settings=WriteSettings(notes={"map": "a.json"})
    )
    before, after = made.path.read_bytes(), target.read_bytes()

    assert_holds(target, made, made.patched(patch))
    for edit in ledger.edits:
        assert (
            before[edit.offset : edit.offset + edit.old_length]
            != (after[edit.fixed_offset : edit.fixed_offset + edit.fixed_length])
        )
    assert outside(before, [edit[:2] for edit in ledger.edits]) == outside(
        after, [edit[2:] for edit in ledger.edits]
    )
    assert target.stat().st_mtime_ns == made.path.stat().st_mtime_ns
    assert target.stat().st_mode == made.path.stat().st_mode

    proof = prove_frame(target, read_ledger(ledger_path(target)), made.path)
    assert proof.problems == ()
    assert proof.samples_changed == len(patch)
    assert (proof.samples_changed_elsewhere, proof.bytes_changed_elsewhere) == (0, 0)
    assert proof.header_bytes_changed == 0

    undo_frame(target, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == before


def assert_holds(path: Path, made, expected):
    """Check every sample by the libraries; where we wrote the file, every byte by writing it again."""
    if made.stored_with is not None:
        assert path.read_bytes() == made.stored_with(expected)
    if path.suffix == ".exr":
        assert_same_planes(bits_by_openexr(path), expected)
    if path.suffix != ".dpx":  # OpenImageIO misreads some
        assert_same_planes(bits_by_openimageio(path, expected), expected)


def bits_by_openexr(path: Path) -> dict[str, np.ndarray]:
    channels = OpenEXR.File(str(path), separate_channels=True).channels()
    return {
        name: np.ascontiguousarray(each.pixels).view(f"u{each.pixels.itemsize}").astype(np.uint32)
        for name, each in channels.items()
    }


def outside(stored: bytes, edits) -> list[bytes]:
    """Return the bytes between edits (offset, length)."""
    pieces, position = [], 0
    for offset, length in edits:
        pieces.append(stored[position:offset])
        position = offset + length
    return [*pieces, stored[position:]]


def test_an_empty_patch_copies_the_file(made, tmp_path):
    target = tmp_path / "out" / made.path.name
    ledger = write_fixed(made.path, target, Patch.empty(1001, made.plate.channels), made.plate)
    assert target.read_bytes() == made.path.read_bytes()
    assert ledger.edits == ()
    assert prove_frame(target, ledger, made.path).is_proved


def test_bits_that_stay_change_no_byte(made, tmp_path):
    patch = made.random_patch()
    same = Patch(1001, patch.channels, patch.x, patch.y, patch.channel, patch.old, patch.old)
    assert plan_edits(made.path, same, made.plate).edits == ()


def test_old_bits_that_are_not_there_are_refused(made, tmp_path):
    patch = made.random_patch()
    wrong = Patch(1001, patch.channels, patch.x, patch.y, patch.channel, patch.old ^ 1, patch.new)
    with pytest.raises(ProofError, match="expects"):
        write_fixed(made.path, tmp_path / "out" / made.path.name, wrong, made.plate)
    assert not (tmp_path / "out").exists()


def test_the_same_input_gives_the_same_bytes(made, tmp_path):
    written = []
    for folder in ("one", "two"):
        target = tmp_path / folder / made.path.name
        write_fixed(made.path, target, made.random_patch(), made.plate)
        written.append((target.read_bytes(), ledger_path(target).read_bytes()))
    assert written[0] == written[1]


def test_a_file_that_is_cut_is_refused_at_any_length(made, tmp_path):
    whole = made.path.read_bytes()
    cut = tmp_path / f"cut{made.path.suffix}"
    for length in sorted({0, 3, 8, 100, len(whole) // 3, len(whole) // 2, len(whole) - 4}):
        cut.write_bytes(whole[:length])
        with pytest.raises(PixError):
            plan_edits(cut, made.random_patch(200), made.plate)


def test_the_channels_of_the_patch_may_be_fewer_and_in_another_order(tmp_path):
    made = make_exr(tmp_path / "a.exr", channels=LOADED)
    full = made.patch([(3, 4, "R", 5), (3, 4, "B", 6)])
    names = [each.name for each in made.plate.channels]
    few = (made.plate.channels[names.index("B")], made.plate.channels[names.index("R")])
    patch = Patch(1001, few, full.x, full.y, np.array([1, 0], np.int16), full.old, full.new)
    assert plan_edits(made.path, patch, made.plate).edits == plan_edits(made.path, full, made.plate).edits


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_special_values_keep_their_bits(tmp_path, compression, dtype):
    kind = np.dtype(dtype)
    special = (
        [0x7E01, 0xFE55, 0x7C01, 0x7C00, 0xFC00, 0x8000, 0x0001, 0x83FF]
        if kind.itemsize == 2
        else [0x7FC00001, 0xFFC12345, 0x7F800001, 0x7F800000, 0xFF800000, 0x80000000, 1, 0x807FFFFF]
    )
    made = make_exr(tmp_path / "a.exr", compression=compression, channels=dict.fromkeys(RGB, dtype))
    target = tmp_path / "b.exr"
    patch = made.patch([(x, 9, "G", bits) for x, bits in enumerate(special)])
    write_fixed(made.path, target, patch, made.plate)
    again = type(made)(target, made.plate, made.patched(patch))
    assert_holds(target, made, again.bits)
    # now the special values are neighbours of another repair, and one is mended
    patch = again.patch([(20, 9, "G", 7), (0, 9, "G", special[3])])
    write_fixed(target, tmp_path / "c.exr", patch, made.plate)
    assert_holds(tmp_path / "c.exr", made, again.patched(patch))
