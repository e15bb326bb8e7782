# SPDX-License-Identifier: Apache-2.0
import os
import time
from pathlib import Path

import pytest

from pixmend.errors import MissingFrameError, ProofError, UsageError
from pixmend.model import Patch
from pixmend.proof import prove_frame
from pixmend.splice import (
    FileState,
    Recovery,
    Undone,
    WriteSettings,
    _copy,
    _write_in_place,
    file_state,
    ledger_path,
    open_bytes,
    read_ledger,
    recover,
    undo_in_place,
    write_fixed,
    write_in_place,
)
from tests.make.plates import make_dpx, make_exr

MAKERS = {"dpx": make_dpx, "exr": make_exr}


@pytest.fixture(params=MAKERS)
def made(request, tmp_path):
    made = MAKERS[request.param](tmp_path / f"plate.1001.{request.param}")
    os.utime(made.path, ns=(1_000, 1_234_567_891_000))
    return made


def test_the_ledger_says_what_the_archive_was_and_is(made):
    before = made.path.read_bytes()
    settings = WriteSettings(job="a job", hashes=("sha256",))
    ledger = write_in_place(made.path, made.random_patch(), made.plate, settings=settings)
    found = read_ledger(ledger_path(made.path))
    assert (found.in_place, found.job, found.source_mtime_ns) == (True, "a job", 1_234_567_891_000)
    assert found.fixed_digests == ledger.fixed_digests != found.source_digests
    with open_bytes(made.path) as opened:
        assert file_state(opened, found) is file_state(opened, found, trust_times=True) is FileState.FIXED
    assert prove_frame(made.path, found).is_proved
    assert undo_in_place(made.path)[1] is Undone.RESTORED
    assert made.path.read_bytes() == before
    assert made.path.stat().st_mtime_ns == 1_234_567_891_000


def test_backups_see_that_the_archive_changed(made):
    started = time.time_ns()
    write_in_place(made.path, made.random_patch(), made.plate)
    assert made.path.stat().st_mtime_ns >= started - 1_000_000_000


def test_bytes_in_place_keep_the_inode_and_others_replace_the_name(made, tmp_path):
    before = made.path.read_bytes()
    other = tmp_path / "other name"
    os.link(made.path, other)
    write_in_place(made.path, made.random_patch(), made.plate)
    keeps = made.path.suffix == ".dpx"
    assert made.path.samefile(other) == keeps
    assert (other.read_bytes() == before) == (not keeps)
    undo_in_place(made.path)
    assert made.path.read_bytes() == other.read_bytes() == before


def test_a_link_stands_for_what_it_leads_to(made, tmp_path):
    before = made.path.read_bytes()
    link = tmp_path / "shot" / made.path.name
    link.parent.mkdir()
    link.symlink_to(made.path)
    write_in_place(link, made.random_patch(), made.plate)
    assert link.is_symlink()
    assert made.path.read_bytes() != before
    assert ledger_path(link).exists()
    undo_in_place(link)
    assert link.is_symlink()
    assert made.path.read_bytes() == before


def test_a_frame_in_which_nothing_changes_is_not_touched(made):
    facts = made.path.stat()
    write_in_place(made.path, Patch.empty(1001, made.plate.channels), made.plate)
    assert made.path.stat().st_mtime_ns == facts.st_mtime_ns
    assert made.path.stat().st_ino == facts.st_ino
    assert recover(made.path) is Recovery.MENDED
    undo_in_place(made.path)
    assert not ledger_path(made.path).exists()


def test_what_is_write_protected_stays(made, monkeypatch):
    before = made.path.read_bytes()
    made.path.chmod(0o440)
    if os.geteuid() == 0:  # who may write everything
        original = os.open

        def refuse(path, flags, *args):
            if Path(path) == made.path and flags & os.O_RDWR:
                raise PermissionError(13, "Permission denied", str(path))
            return original(path, flags, *args)

        monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(UsageError, match="permission denied"):
        write_in_place(made.path, made.random_patch(), made.plate)
    assert made.path.read_bytes() == before
    assert not ledger_path(made.path).exists()


def test_an_archive_that_another_program_changes_meanwhile_is_put_back(tmp_path, monkeypatch):
    made = make_dpx(tmp_path / "a.dpx")
    before = made.path.read_bytes()
    original = _write_in_place.change_bytes

    def meddled(path, edits):
        original(path, edits)
        stored = bytearray(path.read_bytes())
        stored[edits[0].offset] ^= 0xFF
        path.write_bytes(stored)
        return _copy.hash_file(path)

    monkeypatch.setattr(_write_in_place, "change_bytes", meddled)
    with pytest.raises(ProofError, match="the original was put back"):
        write_in_place(made.path, made.random_patch(), made.plate)
    assert made.path.read_bytes() == before
    assert not ledger_path(made.path).exists()


def test_samples_that_decode_to_something_else_are_put_back(made, monkeypatch):
    before = made.path.read_bytes()

    def refuse(*_):
        raise ProofError("the written samples are not the patch's")

    monkeypatch.setattr(_write_in_place, "check_samples", refuse)
    with pytest.raises(ProofError):
        write_in_place(made.path, made.random_patch(), made.plate)
    assert made.path.read_bytes() == before
    assert not ledger_path(made.path).exists()


def test_a_new_render_over_a_mended_frame_is_a_stranger_to_its_ledger(tmp_path):
    made = make_dpx(tmp_path / "a.dpx")
    write_in_place(made.path, made.random_patch(), made.plate)
    make_dpx(made.path, size=(30, 10))
    assert recover(made.path) is Recovery.STRANGER
    with pytest.raises(ProofError, match="changed after it was mended"):
        undo_in_place(made.path)


def test_the_ledger_of_a_frame_that_something_changed_since_is_set_aside_not_lost(tmp_path):
    made = make_dpx(tmp_path / "a.dpx")
    first = write_in_place(made.path, made.random_patch(), made.plate)
    anew = make_dpx(made.path, size=(30, 10))
    write_in_place(made.path, anew.random_patch(), anew.plate)
    aside = [each for each in made.path.parent.glob(".pixmend/*") if each != ledger_path(made.path)]
    assert [read_ledger(each).old_bytes for each in aside] == [first.old_bytes]


def test_recover_does_nothing_where_there_is_nothing_to_do(made, tmp_path):
    assert recover(made.path) is Recovery.NOTHING
    assert recover(tmp_path / "none.exr") is Recovery.NOTHING
    target = tmp_path / "out" / made.path.name
    write_fixed(made.path, target, made.random_patch(), made.plate)
    assert recover(target) is Recovery.MENDED
    target.unlink()
    assert recover(target) is Recovery.NOTHING
    with pytest.raises(MissingFrameError):
        undo_in_place(target)


def test_a_damaged_ledger_stops_all_work_in_place(made):
    before = made.path.read_bytes()
    record = ledger_path(made.path)
    record.parent.mkdir()
    record.write_bytes(b"no ledger")
    for work in (recover, undo_in_place, lambda path: write_in_place(path, made.random_patch(), made.plate)):
        with pytest.raises(ProofError, match="damaged"):
            work(made.path)
    assert made.path.read_bytes() == before
    assert record.exists()
