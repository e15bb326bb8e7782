# SPDX-License-Identifier: Apache-2.0
import errno
import os
from pathlib import Path

import pytest

from pixmend.errors import MissingFrameError, ProofError, TemporaryError, UnsupportedError, UsageError
from pixmend.model import Channel, Patch, PlateInfo, Raster, SampleType
from pixmend.proof import undo_frame
from pixmend.splice import (
    WriteSettings,
    _files,
    _write,
    check_patchable,
    ledger_path,
    read_ledger,
    restore,
    write_fixed,
)
from tests.make.plates import make_dpx, make_exr, make_tiff

OVERWRITE = WriteSettings(overwrite=True)


@pytest.fixture
def made(tmp_path):
    return make_exr(tmp_path / "plate.1001.exr")


@pytest.fixture
def target(tmp_path):
    return tmp_path / "out" / "plate.1001.exr"


def files_under(folder: Path) -> list[str]:
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())


def test_a_frame_and_its_ledger_are_all_that_is_written(made, target):
    write_fixed(made.path, target, made.random_patch(), made.plate)
    assert files_under(target.parent) == [".pixmend/plate.1001.exr.ledger", "plate.1001.exr"]


def test_an_existing_target_is_refused_and_kept(made, target):
    target.parent.mkdir()
    target.write_text("precious")
    with pytest.raises(UsageError, match="exists already"):
        write_fixed(made.path, target, made.random_patch(), made.plate)
    assert target.read_text() == "precious"
    assert files_under(target.parent) == ["plate.1001.exr"]


def test_overwrite_replaces_frame_and_ledger(made, target):
    write_fixed(made.path, target, made.random_patch(), made.plate)
    ledger = write_fixed(made.path, target, made.random_patch(3, seed=2), made.plate, settings=OVERWRITE)
    assert read_ledger(ledger_path(target)).fixed_hash == ledger.fixed_hash


def test_a_ledger_without_its_frame_is_no_obstacle(made, target):
    """It is what a machine that stops between the two leaves behind."""
    write_fixed(made.path, target, made.random_patch(), made.plate)
    target.unlink()
    write_fixed(made.path, target, made.random_patch(), made.plate)
    assert target.exists()


@pytest.mark.parametrize("step", ["write_edited", "_check_samples", "write_ledger", "open_bytes"])
def test_a_run_that_is_killed_leaves_nothing(made, target, monkeypatch, step):
    original = getattr(_write, step)
    calls = []

    def killed(*args, **kwargs):
        calls.append(step)
        if step == "open_bytes" and len(calls) == 1:  # the source; the second is what was written
            return original(*args, **kwargs)
        if step == "write_edited":
            args[1].write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(_write, step, killed)
    with pytest.raises(KeyboardInterrupt):
        write_fixed(made.path, target, made.random_patch(), made.plate)
    assert files_under(target.parent) == []


def test_a_frame_that_cannot_be_published_takes_its_ledger_along(made, target, monkeypatch):
    link = os.link

    def refuse(temporary, final):
        if final == target:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(final))
        link(temporary, final)

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(TemporaryError):
        write_fixed(made.path, target, made.random_patch(), made.plate)
    assert files_under(target.parent) == []


def test_the_ledger_is_there_before_the_frame(made, target, monkeypatch):
    seen = []
    original = _write.write_ledger

    def spy(ledger, path, **kwargs):
        original(ledger, path, **kwargs)
        seen.append((path.exists(), target.exists()))

    monkeypatch.setattr(_write, "write_ledger", spy)
    write_fixed(made.path, target, made.random_patch(), made.plate)
    assert seen == [(True, False)]


def test_a_disk_that_lies_is_noticed(made, target, monkeypatch):
    original = _write.write_edited

    def flip(source, temporary, edits):
        original(source, temporary, edits)
        stored = bytearray(temporary.read_bytes())
        stored[-1] ^= 1
        temporary.write_bytes(stored)

    monkeypatch.setattr(_write, "write_edited", flip)
    with pytest.raises(ProofError, match="not what was meant"):
        write_fixed(made.path, target, made.random_patch(), made.plate)
    assert files_under(target.parent) == []


@pytest.mark.parametrize("number", [errno.EXDEV, errno.ENOSYS, errno.EINVAL])
def test_what_the_kernel_cannot_copy_is_copied_by_hand(made, target, monkeypatch, number):
    def refuse(*_args, **_kwargs):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "copy_file_range", refuse, raising=False)
    monkeypatch.setattr(_files, "_BLOCK", 1000)
    ledger = write_fixed(made.path, target, made.random_patch(), made.plate)
    assert ledger.edits
    assert undone(target, target.with_name("back")) == made.path.read_bytes()


def undone(fixed: Path, back: Path) -> bytes:
    undo_frame(fixed, back)
    return back.read_bytes()


def test_a_full_disk_is_temporary(made, target, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "copy_file_range", refuse, raising=False)
    with pytest.raises(TemporaryError):
        write_fixed(made.path, target, made.random_patch(), made.plate)
    assert files_under(target.parent) == []


def test_mode_and_time_of_the_source_are_kept(made, target):
    made.path.chmod(0o440)
    os.utime(made.path, ns=(1_000_000_007, 1_234_567_891_000))
    write_fixed(made.path, target, made.random_patch(), made.plate)
    assert target.stat().st_mode & 0o777 == 0o440
    assert target.stat().st_mtime_ns == 1_234_567_891_000


def test_a_frame_is_mended_and_undone_in_place(made):
    before = made.path.read_bytes()
    write_fixed(made.path, made.path, made.random_patch(), made.plate, settings=OVERWRITE)
    assert made.path.read_bytes() != before
    undo_frame(made.path)
    assert made.path.read_bytes() == before
    assert files_under(made.path.parent) == ["plate.1001.exr"]
    assert not ledger_path(made.path).parent.exists()


def test_mending_twice_in_place_is_refused_since_the_original_would_be_lost(made):
    patch = made.random_patch()
    write_fixed(made.path, made.path, patch, made.plate, settings=OVERWRITE)
    mended = made.path.read_bytes()
    for again in (patch.inverse(), Patch.empty(1001, made.plate.channels)):
        with pytest.raises(UsageError, match="in place before"):
            write_fixed(made.path, made.path, again, made.plate, settings=OVERWRITE)
    assert made.path.read_bytes() == mended
    undo_frame(made.path)


def test_a_new_render_in_the_place_of_a_mended_frame_can_be_mended(tmp_path):
    made = make_exr(tmp_path / "a.exr")
    write_fixed(made.path, made.path, made.random_patch(), made.plate, settings=OVERWRITE)
    anew = make_exr(tmp_path / "a.exr", compression="PIZ")
    write_fixed(anew.path, anew.path, anew.random_patch(), anew.plate, settings=OVERWRITE)
    undo_frame(anew.path)


def test_restore_refuses_a_file_that_changed(made, target):
    ledger = write_fixed(made.path, target, made.random_patch(), made.plate)
    stored = bytearray(target.read_bytes())
    stored[-1] ^= 1
    target.write_bytes(stored)
    with pytest.raises(ProofError, match="changed after it was mended"):
        restore(target, ledger, target.with_name("back"))
    assert not target.with_name("back").exists()


def test_restore_says_when_there_is_nothing_to_undo(made, target):
    ledger = write_fixed(made.path, target, made.random_patch(), made.plate)
    with pytest.raises(ProofError, match="this is the original"):
        restore(made.path, ledger, target.with_name("back"))


def test_a_missing_source_is_said(made, target):
    with pytest.raises(MissingFrameError):
        write_fixed(made.path.with_name("none.exr"), target, made.random_patch(), made.plate)


def test_a_patch_of_another_plate_is_our_mistake(made, target):
    patch = made.random_patch()
    outside = Patch(1, patch.channels, patch.x + 1000, patch.y, patch.channel, patch.old, patch.new)
    wide = Patch(1, patch.channels, patch.x, patch.y, patch.channel, patch.old, patch.new | 1 << 20)
    twice = made.patch([(1, 1, "R", 5), (1, 1, "R", 6)])
    for wrong in (outside, wide, twice):
        with pytest.raises(ValueError, match="sample"):
            write_fixed(made.path, target, wrong, made.plate)
    assert not target.parent.exists()


def test_two_readers_that_see_different_windows_stop_the_work(made):
    plate = made.plate
    shifted = Raster(plate.raster.x + 1, plate.raster.y, plate.raster.width, plate.raster.height)
    other = PlateInfo(shifted, plate.display, plate.channels, plate.colour, plate.file_format)
    with pytest.raises(ProofError, match="two readers disagree"):
        check_patchable(made.path, other)


def test_run_length_dpx_and_tiff_of_other_forms_are_refused(tmp_path):
    dpx = make_dpx(tmp_path / "a.dpx", bits=16)
    stored = bytearray(dpx.path.read_bytes())
    stored[780 + 27] = 1
    dpx.path.write_bytes(stored)
    with pytest.raises(UnsupportedError, match="run-length"):
        check_patchable(dpx.path, dpx.plate)
    tiff = make_tiff(tmp_path / "a.tif")
    stored = bytearray(tiff.path.read_bytes())
    at = stored.index(b"\x03\x01\x03\x00\x01\x00\x00\x00\x01\x00")  # compression 1
    stored[at + 8] = 5
    tiff.path.write_bytes(stored)
    with pytest.raises(UnsupportedError, match="compressed"):
        check_patchable(tiff.path, tiff.plate)


def test_a_plate_whose_channels_the_file_does_not_have_is_refused(made):
    channels = (*made.plate.channels, Channel("X", SampleType.HALF))
    plate = PlateInfo(made.plate.raster, made.plate.display, channels, ("R", "G", "B"), "exr")
    with pytest.raises(ProofError, match="half channel 'X'"):
        check_patchable(made.path, plate)
