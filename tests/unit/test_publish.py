# SPDX-License-Identifier: Apache-2.0
import errno
import os
from pathlib import Path

import pytest

from pixmend import publish
from pixmend.errors import PixError, TemporaryError, UsageError
from pixmend.publish import check_free, publish_text, publishing


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
