# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest

from pixmend.containers import open_container
from pixmend.errors import ProofError
from pixmend.formats import ReadOptions
from pixmend.frames import open_shot
from pixmend.model import Patch
from pixmend.proof import prove_frame, undo_frame
from pixmend.splice import WriteSettings, ledger_path, open_bytes, read_ledger, write_fixed
from tests.make import exr_forms
from tests.make.plates import LOADED, make_dpx, make_exr, make_tiff

MAKERS = {"exr": make_exr, "dpx": make_dpx, "tif": make_tiff}


@pytest.fixture(params=MAKERS)
def mended(request, tmp_path):
    made = MAKERS[request.param](tmp_path / f"plate.{request.param}")
    target = tmp_path / "out" / made.path.name
    ledger = write_fixed(made.path, target, made.random_patch(), made.plate)
    return made, target, ledger


def change_byte(path, position):
    stored = bytearray(path.read_bytes())
    stored[position] ^= 0x10
    path.write_bytes(stored)


def test_a_sound_frame_is_proved_with_and_without_its_source(mended):
    made, target, ledger = mended
    with_source, without = prove_frame(target, ledger, made.path), prove_frame(target, ledger)
    assert with_source.is_proved
    assert without.is_proved
    assert with_source.samples_changed == without.samples_changed == len(ledger.patch)
    assert (with_source.samples_changed_elsewhere, without.samples_changed_elsewhere) == (0, None)
    assert (with_source.bytes_changed_elsewhere, without.bytes_changed_elsewhere) == (0, None)
    assert with_source.undo_identical
    assert without.undo_identical


def test_a_byte_that_changed_later_is_found(mended):
    made, _, _ = mended
    target = made.path.with_name("later")
    corner = (made.plate.raster.x, made.plate.raster.y, made.plate.colour[0])
    ledger = write_fixed(made.path, target, made.patch([(*corner, 77)]), made.plate)
    change_byte(target, target.stat().st_size - 4)
    proof = prove_frame(target, ledger, made.path)
    assert any("changed after it was mended" in each for each in proof.problems)
    assert proof.bytes_changed_elsewhere == 1
    assert not proof.undo_identical
    assert not prove_frame(target, ledger).is_proved


def test_a_header_that_changed_later_is_found(mended):
    made, target, ledger = mended
    stored = target.read_bytes()
    position = {"exr": stored.find(b"A012C003"), "dpx": 1700, "tif": len(stored) - 1}[target.suffix[1:]]
    change_byte(target, position)
    proof = prove_frame(target, ledger, made.path)
    assert not proof.is_proved
    assert proof.bytes_changed_elsewhere == 1


def test_a_mended_sample_that_changed_back_is_found(tmp_path):
    made = make_tiff(tmp_path / "a.tif")
    patch = made.random_patch()
    target = tmp_path / "out" / "a.tif"
    ledger = write_fixed(made.path, target, patch, made.plate)
    first = ledger.edits[0]
    stored = bytearray(target.read_bytes())
    here = slice(first.fixed_offset, first.fixed_offset + first.fixed_length)
    stored[here] = made.path.read_bytes()[here]
    target.write_bytes(stored)
    proof = prove_frame(target, ledger, made.path)
    assert proof.samples_wrong == 1
    assert any("1 samples do not hold" in each for each in proof.problems)


def test_a_ledger_that_hides_a_change_is_found_out_by_the_source(mended, tmp_path):
    """Someone changes a sample, then writes hash and edits to fit, but not the list of samples."""
    made, target, ledger = mended
    rows = slice(0, len(ledger.patch) - 1)
    patch = ledger.patch
    columns = (each[rows] for each in (patch.x, patch.y, patch.channel, patch.old, patch.new))
    hiding = replace(ledger, patch=Patch(patch.frame, patch.channels, *columns))
    proof = prove_frame(target, hiding, made.path)
    assert proof.samples_changed_elsewhere == 1
    assert any("not in the ledger" in each for each in proof.problems)


def test_the_ledger_of_another_frame_is_named(mended, tmp_path):
    made, target, _ = mended
    other = tmp_path / "out" / f"other{made.path.suffix}"
    ledger = write_fixed(made.path, other, made.random_patch(seed=9), made.plate)
    proof = prove_frame(target, ledger, made.path)
    assert any("the ledger is of another frame" in each for each in proof.problems)


def test_another_source_is_found(mended, tmp_path):
    made, target, ledger = mended
    other = tmp_path / f"other{made.path.suffix}"
    other.write_bytes(made.path.read_bytes())
    change_byte(other, other.stat().st_size - 3)
    proof = prove_frame(target, ledger, other)
    assert any("bytes changed that no edit names" in each for each in proof.problems)


def test_a_frame_that_was_never_mended_is_named(mended):
    made, _, ledger = mended
    proof = prove_frame(made.path, ledger, made.path)
    assert any("this is the original" in each for each in proof.problems)


def test_a_frame_that_is_cut_or_gone_is_a_problem_and_no_exception(mended):
    made, target, ledger = mended
    whole = target.read_bytes()
    for length in (0, 2, 50, len(whole) // 2, len(whole) - 1):
        target.write_bytes(whole[:length])
        assert not prove_frame(target, ledger, made.path).is_proved
    target.unlink()
    assert any("not there" in each for each in prove_frame(target, ledger).problems)


def test_a_frame_of_another_format_is_a_problem(mended, tmp_path):
    _, _, ledger = mended
    other = make_exr(tmp_path / "b.exr", channels={"Y": "float16"}).path
    assert not prove_frame(other, ledger, other).is_proved


def test_a_ledger_of_samples_outside_of_the_frame_is_a_problem(mended):
    made, target, ledger = mended
    patch = ledger.patch
    far = Patch(1, patch.channels, patch.x - 100, patch.y, patch.channel, patch.old, patch.new)
    proof = prove_frame(target, replace(ledger, patch=far), made.path)
    assert any("outside of the frame" in each for each in proof.problems)


def test_edits_in_the_header_are_counted(mended):
    made, target, ledger = mended
    stored = target.read_bytes()
    edit = type(ledger.edits[0])(0, 4, 0, 4)
    touching = replace(ledger, edits=(edit, *ledger.edits), old_bytes=stored[:4] + ledger.old_bytes)
    proof = prove_frame(target, touching, made.path)
    assert proof.header_bytes_changed == 4
    assert any("4 bytes of the header changed" in each for each in proof.problems)


def test_mixed_types_and_overscan_are_compared_sample_by_sample(tmp_path):
    made = make_exr(tmp_path / "a.exr", channels=LOADED, origin=(-9, 33), size=(50, 300))
    target = tmp_path / "out.exr"
    patch = made.random_patch(200)
    ledger = write_fixed(made.path, target, patch, made.plate)
    assert prove_frame(target, ledger, made.path).samples_changed == len(patch)
    nothing = replace(ledger, patch=Patch.empty(1001, ledger.patch.channels))
    assert prove_frame(target, nothing, made.path).samples_changed_elsewhere == len(patch)


def test_nan_in_the_plate_equals_itself(tmp_path):
    made = make_exr(tmp_path / "a.exr", noise=True)
    assert any(np.isnan(plane.astype("u2").view("f2")).any() for plane in made.bits.values())
    target = tmp_path / "out.exr"
    ledger = write_fixed(made.path, target, made.random_patch(), made.plate)
    assert prove_frame(target, ledger, made.path).samples_changed_elsewhere == 0


def test_undo_needs_the_ledger(mended):
    _, target, _ = mended
    ledger_path(target).unlink()
    with pytest.raises(ProofError, match="there is no ledger"):
        undo_frame(target)


def test_undo_of_a_changed_frame_writes_nothing(mended):
    _, target, _ = mended
    change_byte(target, target.stat().st_size - 3)
    changed = target.read_bytes()
    with pytest.raises(ProofError, match="changed after it was mended"):
        undo_frame(target)
    assert target.read_bytes() == changed
    assert read_ledger(ledger_path(target)).source_hash


def test_undo_into_another_folder_keeps_frame_and_ledger(mended, tmp_path):
    made, target, _ = mended
    undo_frame(target, tmp_path / "back" / target.name)
    assert (tmp_path / "back" / target.name).read_bytes() == made.path.read_bytes()
    assert ledger_path(target).exists()
    assert prove_frame(target, read_ledger(ledger_path(target)), made.path).is_proved


LAYOUTS = [
    (exr_forms.tiles, "ZIP"),
    (exr_forms.levels, "PIZ"),
    (exr_forms.parts, "ZIPS"),
    (exr_forms.chroma, "ZIP"),
    (exr_forms.negative_window, "RLE"),
    (exr_forms.views, "ZIP"),
    (exr_forms.tiles, "B44"),
    (exr_forms.lines, "B44"),
    (exr_forms.lines, "DWAA"),
    (exr_forms.mixed_types, "DWAB"),
    (exr_forms.lines, "PXR24"),
]


def mended_layout(form, codec, folder, **read_as):
    """Mend a few samples of a layout; return source, target and ledger."""
    path = folder / "plate.1001.exr"
    form(path, codec)
    options = ReadOptions(**read_as)
    with open_bytes(path) as opened:
        container = open_container(opened, options=options)
        raster, channels = container.raster, container.channels
        x = np.array([raster.x + 3, raster.x + raster.width // 2, raster.x + raster.width - 1], np.int32)
        y = np.array([raster.y, raster.y + raster.height // 2, raster.y + raster.height - 1], np.int32)
        full = [number for number, each in enumerate(channels) if each.sampling == (1, 1)]
        channel = np.array([full[0], full[-1], full[0]], np.int16)
        nothing = np.zeros(3, np.uint32)
        old = container.read_bits(Patch(1001, channels, x, y, channel, nothing, nothing))
    plate = open_shot(str(path), options).plate
    patch = Patch(1001, channels, x, y, channel, old, old ^ 0x40)
    target = folder / "out" / path.name
    return path, target, write_fixed(path, target, patch, plate, settings=WriteSettings(options=options))


@pytest.mark.parametrize(("form", "codec"), LAYOUTS, ids=lambda each: getattr(each, "__name__", each))
def test_every_layout_is_proved(form, codec, tmp_path):
    path, target, ledger = mended_layout(form, codec, tmp_path)
    proof = prove_frame(target, read_ledger(ledger_path(target)), path)
    assert proof.problems == ()
    assert proof.samples_changed_elsewhere == 0
    assert proof.samples_moved_by_codec == len(ledger.collateral)
    assert prove_frame(target, ledger).samples_moved_by_codec == len(ledger.collateral)


def test_a_later_part_is_proved_as_the_part_that_it_is(tmp_path):
    path, target, ledger = mended_layout(exr_forms.parts, "ZIP", tmp_path, part="1")
    assert prove_frame(target, ledger, path).problems == ()
    other = replace(ledger, options=ReadOptions())
    assert not prove_frame(target, other, path).is_proved


def test_what_a_codec_moved_is_counted_apart_only_near_the_patch(tmp_path):
    made = make_tiff(tmp_path / "a.tif", size=(40, 30))
    far, near = (30, 20, "G", 7), (6, 9, "G", 7)
    target = tmp_path / "out" / "a.tif"
    ledger = write_fixed(made.path, target, made.patch([(3, 4, "R", 9), near, far]), made.plate)
    asked, both = made.patch([(3, 4, "R", 9)]), made.patch([near, far])
    told = replace(ledger, patch=asked, collateral=both)
    proof = prove_frame(target, told, made.path)
    assert (proof.samples_changed, proof.samples_moved_by_codec, proof.samples_changed_elsewhere) == (1, 1, 1)
    assert not proof.is_proved
    told = replace(ledger, patch=asked, collateral=made.patch([(6, 9, "G", 8)]))
    assert prove_frame(target, told, made.path).samples_wrong == 1
