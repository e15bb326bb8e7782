# SPDX-License-Identifier: Apache-2.0
"""Copies, links, mounts and lost files around a batch: no run may take one thing for another."""

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from pixmend.splice import _recover
from tests.make.shots_on_disk import seen_in, small_shot, write_form

FRAMES = 4
FIX = ("fix", "plate", "--map", "map.csv", "--encoding", "acescct")
MENDED = (*FIX, "-o", "mended")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Return a folder with a DPX plate, whose mended frames have the sizes and times of their sources."""
    folder = tmp_path_factory.mktemp("mix-ups")
    write_form(folder / "plate", "dpx10", small_shot("1001-1004", 128, 96, planted=False))
    (folder / "map.csv").write_text("x,y\n30,40\n90,20\n64,80\n")
    return folder


def frames_in(folder):
    return {name: digits for name, digits in seen_in(Path(folder), hidden=False).items() if "plate" in name}


def counts(found):
    return found["frames_written"], found["frames_already_done"]


def replace_keeping_time(path, stored):
    facts = path.stat()
    path.write_bytes(stored)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


# What is done already


def test_an_original_copied_over_a_mended_frame_is_not_taken_for_it(say):
    """It has the same size and, by `cp -p`, the same time."""
    say(*MENDED)
    shutil.copy2("plate/plate.1002.dpx", "mended/plate.1002.dpx")
    assert "exists already" in say(*MENDED, code=2)["error"]["what"]
    assert counts(say(*MENDED, "--overwrite")) == (1, FRAMES - 1)
    say("verify", "mended", "--source", "plate")


def test_an_undo_that_was_killed_before_it_dropped_the_ledger_is_seen(say, monkeypatch):
    say(*MENDED)
    with monkeypatch.context() as killed:
        killed.setattr(_recover, "drop_ledger", lambda _record: None)
        say("undo", "mended", "--frames", "1003")
    assert Path("mended/.pixmend/plate.1003.dpx.ledger").exists()
    assert counts(say(*MENDED, "--overwrite")) == (1, FRAMES - 1)


def test_another_picture_under_the_name_size_and_time_of_a_source_is_noticed(say):
    say(*MENDED)
    replace_keeping_time(Path("plate/plate.1002.dpx"), Path("plate/plate.1004.dpx").read_bytes())
    assert "another source" in say(*MENDED, code=2)["error"]["what"]


def test_a_source_that_changed_far_from_the_defects_is_noticed_where_doubted(say):
    say(*MENDED)
    path = Path("plate/plate.1002.dpx")
    stored = bytearray(path.read_bytes())
    stored[-4] ^= 0x10
    replace_keeping_time(path, bytes(stored))
    assert counts(say(*MENDED, "--overwrite")) == (1, FRAMES - 1)
    say("verify", "mended", "--source", "plate")


def test_renumbered_sources_of_one_time_are_not_taken_for_each_other(say):
    for path in Path("plate").glob("*.dpx"):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    say(*MENDED)
    for number in range(1004, 1000, -1):
        Path(f"plate/plate.{number}.dpx").rename(f"plate/plate.{number + 1}.dpx")
    say(*MENDED, "--frames", "1002-1004", code=2)


# Links


@pytest.mark.parametrize(
    "link", [os.link, lambda old, new: new.symlink_to(old.resolve())], ids=["hard", "soft"]
)
def test_undo_replaces_a_link_to_a_mended_frame_and_leaves_the_frame(link, say):
    original = frames_in("plate")
    say(*MENDED)
    before = seen_in(Path("mended"))
    Path("back").mkdir()
    for path in Path("mended").glob("*.dpx"):
        link(path, Path("back", path.name))
    assert say("undo", "mended", "-o", "back", "--overwrite")["frames"] == FRAMES
    assert frames_in("back") == original
    assert seen_in(Path("mended")) == before


@pytest.mark.parametrize("link", [os.link, lambda old, new: new.symlink_to(old.name)], ids=["hard", "soft"])
def test_a_file_that_is_two_frames_is_not_mended_in_place_twice(link, say):
    Path("plate/plate.1003.dpx").unlink()
    link(Path("plate/plate.1002.dpx"), Path("plate/plate.1003.dpx"))
    before = seen_in(Path("plate"))
    assert "1002 and 1003 are one file" in say(*FIX, "--in-place", code=2)["error"]["what"]
    assert seen_in(Path("plate")) == before
    say(*FIX, "--in-place", "--frames", "1001-1002,1004")
    say("undo", "plate")
    assert seen_in(Path("plate")) == before


def test_a_folder_that_is_the_source_by_another_path_is_refused(say, monkeypatch):
    """As one that is mounted twice, which has no link that could be followed."""
    before = seen_in(Path("plate"))
    Path("door").symlink_to("plate")
    monkeypatch.setattr(Path, "resolve", lambda self, strict=False: self.absolute())  # noqa: ARG005
    say(*FIX, "-o", "door", "--overwrite", code=2)
    assert seen_in(Path("plate")) == before


# What is lost


def test_verify_names_frames_that_are_not_there(say):
    say(*MENDED)
    Path("mended/plate.1002.dpx").unlink()
    Path("mended/plate.1004.dpx").unlink()
    assert say("verify", "mended")["frames_missing"] == "1002"
    assert say("verify", "mended", "--source", "plate")["frames_missing"] == "1002,1004"
    assert say("verify", "mended", "--source", "plate", "--frames", "1001")["frames_missing"] == ""


def test_undo_does_not_call_a_frame_without_ledger_an_original(say):
    assert say("undo", "plate", "--dry-run")["frames"] == 0
    say(*MENDED)
    Path("mended/.pixmend/plate.1002.dpx.ledger").unlink()
    assert say("undo", "mended", "--dry-run")["frames"] == FRAMES - 1
    found = say("undo", "mended")
    assert (found["frames"], found["frames_already_original"], found["frames_without_ledger"]) == (
        FRAMES - 1,
        0,
        1,
    )


def test_a_list_of_absolute_paths_is_refreshed_or_named(say):
    frame = Path("plate/plate.1001.dpx").resolve()
    Path("plate/all.md5").write_text(f"{hashlib.md5(frame.read_bytes()).hexdigest()}  {frame}\n")  # noqa: S324
    assert any("all.md5" in each for each in say(*FIX, "--in-place")["notices"])


def test_a_name_that_is_no_utf_8_is_refused_in_one_sentence(say):
    for path in Path("plate").glob("*.dpx"):
        path.rename(path.with_name(path.name.replace("plate", "pl\udcffte")))
    say("fix", "plate", "--map", "map.csv", "-o", "mended", code=3)


def test_frames_mended_by_patterns_of_a_part_are_not_taken_for_those_of_the_whole(say):
    say(*MENDED)
    whole = frames_in("mended")
    say("fix", "plate/plate.1001-1002#.dpx", *FIX[2:], "-o", "parts")
    say("fix", "plate/plate.1003-1004#.dpx", *FIX[2:], "-o", "parts")
    assert frames_in("parts") == whole or say(*FIX, "-o", "parts", code=2)


def test_what_a_killed_run_left_beside_linked_frames_goes(say):
    Path("links").mkdir()
    for path in Path("plate").glob("*.dpx"):
        Path("links", path.name).symlink_to(path.resolve())
    left = Path("plate/.plate.1002.dpx.0123456789ab.part")
    left.write_bytes(b"half")
    say("fix", "links", *FIX[2:], "--in-place")
    assert not left.exists()
