# SPDX-License-Identifier: Apache-2.0
import errno
import os
from pathlib import Path

import pytest

from pixmend import publish
from pixmend.errors import PixError, TemporaryError, UsageError
from pixmend.publish import (
    check_free,
    publish_text,
    publishing,
    publishing_folder,
    remove_stale,
    stale_temporaries,
    write_error,
)


def names(folder):
    return sorted(each.name for each in folder.iterdir())


def test_a_file_comes_into_being_whole(tmp_path):
    target = tmp_path / "new folder" / "map ü.json"
    with publishing(target) as temporary:
        temporary.write_bytes(b"abc")
        assert temporary.parent == target.parent
        assert not target.exists()
    assert target.read_bytes() == b"abc"
    assert names(target.parent) == ["map ü.json"]


def test_a_failed_block_leaves_nothing(tmp_path):
    def fail():
        with publishing(tmp_path / "a") as temporary:
            temporary.write_bytes(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert names(tmp_path) == []


def test_an_interrupt_leaves_what_was_there(tmp_path):
    target = tmp_path / "a"
    target.write_bytes(b"old")

    def interrupt():
        with publishing(target, overwrite=True) as temporary:
            temporary.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert (names(tmp_path), target.read_bytes()) == (["a"], b"old")


def test_what_exists_is_not_overwritten(tmp_path):
    target = tmp_path / "a"
    publish_text(target, "old")
    with pytest.raises(UsageError, match="exists already") as caught:
        publish_text(target, "new")
    assert "--overwrite" in caught.value.hint
    assert target.read_text() == "old"
    publish_text(target, "new", overwrite=True)
    assert (target.read_text(), names(tmp_path)) == ("new", ["a"])


def test_a_file_that_came_into_being_meanwhile_is_not_overwritten(tmp_path):
    target = tmp_path / "a"

    def race():
        with publishing(target) as temporary:
            temporary.write_text("ours")
            target.write_text("theirs")

    with pytest.raises(UsageError, match="exists already"):
        race()
    assert (target.read_text(), names(tmp_path)) == ("theirs", ["a"])


def test_file_systems_without_hard_links(tmp_path, monkeypatch):
    def no_links(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    publish_text(tmp_path / "a", "x")
    with pytest.raises(UsageError, match="exists already"):
        publish_text(tmp_path / "a", "y")
    assert (tmp_path / "a").read_text() == "x"


def test_a_dangling_link_counts_as_taken(tmp_path):
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(UsageError, match="exists already"):
        check_free(tmp_path / "link", overwrite=False)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_is_never_replaced(tmp_path, overwrite):
    with pytest.raises(UsageError, match="this is a folder"):
        publish_text(tmp_path, "x", overwrite=overwrite)


@pytest.mark.parametrize(
    "name",
    ["file/a", "file/b/a", "n" * 250, "n" * 300, "n" * 300 + "/a"],
    ids=["under a file", "deep under a file", "long", "too long", "long folder"],
)
def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path, name):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="cannot be written"):
        publish_text(tmp_path / name, "x")
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_may_work_later(tmp_path, monkeypatch, code):
    def full(_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(publish, "_sync", full)
    with pytest.raises(TemporaryError, match="cannot be written") as caught:
        publish_text(tmp_path / "a", "x")
    assert caught.value.where == str(tmp_path / "a")
    assert names(tmp_path) == []


def test_an_error_about_another_file_is_not_said_of_the_target(tmp_path):
    def read_another():
        with publishing(tmp_path / "a"):
            (tmp_path / "source").read_bytes()

    with pytest.raises(FileNotFoundError):
        read_another()
    assert names(tmp_path) == []


def test_text_that_utf8_cannot_hold_is_escaped(tmp_path):
    publish_text(tmp_path / "a", "ü \udcff\r\n")
    assert (tmp_path / "a").read_bytes() == "ü \\udcff\r\n".encode()


def test_a_read_only_folder_is_one_sentence(tmp_path):
    if os.geteuid() == 0:
        locked = Path("/proc/pixmend")  # the root user may write everywhere but here
    else:
        locked = tmp_path / "locked"
        locked.mkdir(mode=0o500)
    with pytest.raises(PixError, match="cannot be written"):
        publish_text(locked / "deeper" / "a", "x")


@pytest.mark.parametrize("code", [errno.EIO, errno.ESTALE, errno.ETIMEDOUT])
def test_a_server_that_stumbles_may_work_later(code, tmp_path):
    assert isinstance(write_error(OSError(code, os.strerror(code)), tmp_path), TemporaryError)
    assert isinstance(write_error(OSError(errno.EROFS, "Read-only"), tmp_path), UsageError)


def test_temporaries_of_dead_runs_are_found_by_their_target(tmp_path):
    for name in (".a.1.exr.0123456789ab.part", ".b.exr.0123456789ab.part", ".a.1.exr.part", "a.1.exr"):
        (tmp_path / name).write_text("x")
    found = stale_temporaries(tmp_path)
    assert set(found.values()) == {"a.1.exr", "b.exr"}
    assert remove_stale(tmp_path, {"a.1.exr"}) == 1
    assert names(tmp_path) == [".a.1.exr.part", ".b.exr.0123456789ab.part", "a.1.exr"]
    assert stale_temporaries(tmp_path / "none") == {}


def test_the_temporary_of_a_run_is_one_that_is_found(tmp_path):
    with publishing(tmp_path / "a ü.exr") as temporary:
        temporary.write_text("x")
        assert stale_temporaries(tmp_path) == {temporary: "a ü.exr"}


def test_a_link_whose_answer_was_lost_is_seen_to_be_made(tmp_path, monkeypatch):
    link = os.link

    def lost(temporary, target):
        link(temporary, target)
        raise FileExistsError(errno.EEXIST, "File exists", str(target))

    monkeypatch.setattr(os, "link", lost)
    publish_text(tmp_path / "a", "x")
    assert names(tmp_path) == ["a"]


def test_what_must_not_be_seen_together_is_not(tmp_path, monkeypatch):
    (tmp_path / "frame").write_text("of the first run")
    (tmp_path / "ledger").write_text("of the first run")
    rename = publish._rename
    seen = []

    def spy(temporary, target, **kwargs):
        seen.append((tmp_path / "frame").exists())
        rename(temporary, target, **kwargs)

    monkeypatch.setattr(publish, "_rename", spy)
    with publishing(tmp_path / "ledger", overwrite=True, durable=True, unpublish=tmp_path / "frame") as path:
        path.write_text("of the second run")
    assert seen == [False]


# A folder that comes into being whole


def test_a_folder_comes_into_being_whole(tmp_path):
    target = tmp_path / "new" / "out"
    with publishing_folder(target, mark="mark") as temporary:
        (temporary / "mark").write_text("new")
        assert not target.exists()
    assert [each.name for each in target.iterdir()] == ["mark"]
    assert [each.name for each in target.parent.iterdir()] == ["out"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, OSError(28, "No space left on device")])
def test_a_failed_block_leaves_the_folder_that_was_there(tmp_path, error):
    target = tmp_path / "out"
    target.mkdir()
    (target / "mark").write_text("old")

    def fail():
        with publishing_folder(target, mark="mark", overwrite=True) as temporary:
            (temporary / "mark").write_text("new")
            raise error

    with pytest.raises(TemporaryError if isinstance(error, OSError) else error):
        fail()
    assert (target / "mark").read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def test_a_folder_of_the_sort_is_replaced_when_asked(tmp_path):
    target = tmp_path / "out"
    target.mkdir()
    for name in ("mark", "gone"):
        (target / name).write_text("old")
    with pytest.raises(UsageError, match="exists already"), publishing_folder(target, mark="mark"):
        pass
    with publishing_folder(target, mark="mark", overwrite=True) as temporary:
        (temporary / "mark").write_text("new")
    assert {each.name: each.read_text() for each in target.iterdir()} == {"mark": "new"}
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch, lambda path: path.symlink_to(path.parent / "real")])
def test_nothing_else_is_ever_replaced_by_a_folder(tmp_path, make):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "mark").touch()
    target = tmp_path / "out"
    make(target)
    replaced = publishing_folder(target, mark="mark", overwrite=True)
    with pytest.raises(UsageError, match="no folder with a mark"), replaced:
        pass
    assert target.is_symlink() or not list(target.glob("*"))
    assert (tmp_path / "real" / "mark").exists()


def test_when_the_new_folder_does_not_get_its_name_the_old_one_keeps_it(tmp_path, monkeypatch):
    target = tmp_path / "out"
    target.mkdir()
    (target / "mark").write_text("old")
    real = Path.rename

    def stumble(path, to):
        if path.suffix == ".part" and to == target:
            raise OSError(errno.EIO, "Input/output error", str(path))
        return real(path, to)

    monkeypatch.setattr(Path, "rename", stumble)
    with pytest.raises(TemporaryError), publishing_folder(target, mark="mark", overwrite=True) as temporary:
        (temporary / "mark").write_text("new")
    assert (target / "mark").read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["out"]
