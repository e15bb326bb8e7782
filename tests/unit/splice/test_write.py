# SPDX-License-Identifier: Apache-2.0
import ctypes
import errno
import os
from pathlib import Path

import pytest

from pixmend.errors import MissingFrameError, ProofError, TemporaryError, UnsupportedError, UsageError
from pixmend.model import Channel, Patch, PlateInfo, Raster, SampleType
from pixmend.proof import prove_frame, undo_frame
from pixmend.splice import (
    WriteSettings,
    _copy,
    _files,
    _write,
    check_patchable,
    ledger_path,
    read_ledger,
    restore,
    write_fixed,
    write_in_place,
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


@pytest.mark.parametrize("step", ["write_edited", "check_samples", "write_ledger"])
def test_a_run_that_is_killed_leaves_nothing(made, target, monkeypatch, step):
    def killed(*args, **kwargs):
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


def flip_the_end(out):
    at = os.fstat(out).st_size - 1
    os.pwrite(out, bytes([os.pread(out, 1, at)[0] ^ 1]), at)


@pytest.mark.parametrize(
    "lie",
    [
        flip_the_end,
        lambda out: os.ftruncate(out, os.fstat(out).st_size - 1),
        lambda out: os.ftruncate(out, 0),
        lambda out: os.write(out, b"x"),
    ],
    ids=["flips", "loses a byte", "loses all", "invents"],
)
def test_a_disk_that_lies_is_noticed(made, target, monkeypatch, lie):
    original = _copy.write_pieces

    def write_and_lie(out, pieces):
        original(out, pieces)
        lie(out)

    monkeypatch.setattr(_copy, "write_pieces", write_and_lie)
    with pytest.raises(ProofError, match="not what was meant"):
        write_fixed(made.path, target, made.random_patch(), made.plate)
    assert files_under(target.parent) == []


def test_a_disk_that_is_too_small_is_noticed_before_a_byte_is_written(made, target, monkeypatch):
    def full(*_args):
        ctypes.set_errno(errno.ENOSPC)
        return -1

    monkeypatch.setattr(_files, "_reserve", full)
    monkeypatch.setattr(_copy, "write_pieces", lambda *_: pytest.fail("a byte was written"))
    with pytest.raises(TemporaryError, match="space"):
        write_fixed(made.path, target, made.random_patch(), made.plate)
    assert files_under(target.parent) == []


def test_a_file_system_that_cannot_reserve_does_not_matter(made, target, monkeypatch):
    def cannot(*_args):
        ctypes.set_errno(errno.EOPNOTSUPP)
        return -1

    monkeypatch.setattr(_files, "_reserve", cannot)
    write_fixed(made.path, target, made.random_patch(), made.plate)
    assert undone(target, target.with_name("back")) == made.path.read_bytes()


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_the_size_of_blocks_does_not_matter(made, target, monkeypatch, block):
    whole = write_fixed(made.path, target, made.random_patch(), made.plate)
    monkeypatch.setattr(_files, "BLOCK_BYTES", block)
    again = target.with_name("again.exr")
    assert write_fixed(made.path, again, made.random_patch(), made.plate).fixed_hash == whole.fixed_hash
    assert again.read_bytes() == target.read_bytes()
    assert undone(again, target.with_name("back")) == made.path.read_bytes()


def test_short_writes_are_continued(made, target, monkeypatch):
    writev = os.writev
    monkeypatch.setattr(os, "writev", lambda out, pieces: writev(out, [pieces[0][:100]]))
    write_fixed(made.path, target, made.random_patch(), made.plate)
    assert prove_frame(target, read_ledger(ledger_path(target)), made.path).is_proved


def test_blocks_are_shared_where_nothing_moves_and_the_file_system_can(tmp_path, target, monkeypatch):
    made = make_dpx(tmp_path / "a.dpx")
    target = target.with_suffix(".dpx")
    asked = []

    def clone(out, request, source):
        asked.append(request)
        os.pwrite(out, os.pread(source, 1 << 20, 0), 0)

    monkeypatch.setattr(_copy.fcntl, "ioctl", clone)
    monkeypatch.setattr(os, "writev", no_call)
    monkeypatch.setattr(_write, "write_ledger", lambda *_, **__: None)
    ledger = write_fixed(made.path, target, made.random_patch(), made.plate)
    assert asked == [0x40049409]
    assert prove_frame(target, ledger, made.path).is_proved


def no_call(*_args):
    pytest.fail("only the edits were to be written")


def undone(fixed: Path, back: Path) -> bytes:
    undo_frame(fixed, back)
    return back.read_bytes()


def test_a_full_disk_is_temporary(made, target, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "writev", refuse)
    with pytest.raises(TemporaryError):
        write_fixed(made.path, target, made.random_patch(), made.plate)
    assert files_under(target.parent) == []


def test_mode_times_and_attributes_of_the_source_are_kept(made, target):
    set_attribute(made.path, "user.reel", b"A012")
    made.path.chmod(0o440)
    os.utime(made.path, ns=(9_000_000_007, 1_234_567_891_000))
    ledger = write_fixed(made.path, target, made.random_patch(), made.plate)
    assert target.stat().st_mode & 0o777 == 0o440
    assert target.stat().st_mtime_ns == 1_234_567_891_000
    assert (
        target.stat().st_atime_ns == 9_000_000_007 or target.stat().st_atime > 1e9
    )  # reading it sets it anew
    assert os.getxattr(target, "user.reel") == b"A012"
    assert (ledger.notices, ledger.source_mtime_ns) == ((), 1_234_567_891_000)


def set_attribute(path, name, value):
    try:
        os.setxattr(path, name, value)
    except (OSError, AttributeError):
        pytest.skip("no extended attributes here")


def test_an_attribute_that_is_lost_is_a_notice(made, target, monkeypatch):
    set_attribute(made.path, "user.reel", b"A012")

    def refuse(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "setxattr", refuse)
    ledger = write_fixed(made.path, target, made.random_patch(), made.plate)
    assert any("'user.reel' could not be carried over" in each for each in ledger.notices)


def test_source_and_target_are_two_files(made, tmp_path):
    before = made.path.read_bytes()
    (tmp_path / "link.exr").symlink_to(made.path)
    for source, target in ((made.path, made.path), (tmp_path / "link.exr", made.path)):
        with pytest.raises(UsageError, match="the same file"):
            write_fixed(source, target, made.random_patch(), made.plate, settings=OVERWRITE)
    assert made.path.read_bytes() == before


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_link_to_the_source_at_the_target_is_replaced_not_followed(made, target, link):
    before = made.path.read_bytes()
    target.parent.mkdir()
    link(made.path, target)
    write_fixed(made.path, target, made.random_patch(), made.plate, settings=OVERWRITE)
    assert made.path.read_bytes() == before != target.read_bytes()
    assert not target.is_symlink()


def test_a_frame_is_mended_and_undone_in_place(made):
    before = made.path.read_bytes()
    write_in_place(made.path, made.random_patch(), made.plate, settings=OVERWRITE)
    assert made.path.read_bytes() != before
    undo_frame(made.path)
    assert made.path.read_bytes() == before
    assert files_under(made.path.parent) == ["plate.1001.exr"]
    assert not ledger_path(made.path).parent.exists()


def test_mending_twice_in_place_is_refused_since_the_original_would_be_lost(made):
    patch = made.random_patch()
    write_in_place(made.path, patch, made.plate, settings=OVERWRITE)
    mended = made.path.read_bytes()
    for again in (patch.inverse(), Patch.empty(1001, made.plate.channels)):
        with pytest.raises(UsageError, match="in place before"):
            write_in_place(made.path, again, made.plate, settings=OVERWRITE)
    assert made.path.read_bytes() == mended
    undo_frame(made.path)


def test_a_new_render_in_the_place_of_a_mended_frame_can_be_mended(tmp_path):
    made = make_exr(tmp_path / "a.exr")
    write_in_place(made.path, made.random_patch(), made.plate, settings=OVERWRITE)
    anew = make_exr(tmp_path / "a.exr", compression="PIZ")
    write_in_place(anew.path, anew.random_patch(), anew.plate, settings=OVERWRITE)
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
    stored[at + 8] = 7
    tiff.path.write_bytes(stored)
    with pytest.raises(UnsupportedError, match="left as it was"):
        check_patchable(tiff.path, tiff.plate)


def test_a_plate_whose_channels_the_file_does_not_have_is_refused(made):
    channels = (*made.plate.channels, Channel("X", SampleType.HALF))
    plate = PlateInfo(made.plate.raster, made.plate.display, channels, ("R", "G", "B"), "exr")
    with pytest.raises(ProofError, match="half channel 'X'"):
        check_patchable(made.path, plate)
