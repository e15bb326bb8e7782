# SPDX-License-Identifier: Apache-2.0
"""Checksum lists: true for the files that were touched, untouched for all others."""

import hashlib
import os
import shutil
import subprocess

import pytest
import xxhash

from pixmend.errors import MissingFrameError, UsageError
from pixmend.seal import ALGORITHMS, HashedFile, refresh_lists

MAKERS = {"md5": hashlib.md5, "sha256": hashlib.sha256, "xxh64": xxhash.xxh64, "xxh128": xxhash.xxh3_128}
OTHER = "0123456789abcdef" * 4


def written(folder, name, data=b"frame"):
    (folder / name).write_bytes(data)
    return HashedFile(folder / name, {})


@pytest.fixture
def frames(tmp_path):
    return [written(tmp_path, f"plate.{number}.exr", bytes([number])) for number in (1, 2, 3)]


def texts(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith("plate")}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_new_list_names_every_file_with_its_hash(algorithm, frames, tmp_path):
    assert refresh_lists(tmp_path, frames, algorithm) == [tmp_path / f"checksums.{algorithm}"]
    expected = "".join(
        f"{MAKERS[algorithm](bytes([number])).hexdigest()}  plate.{number}.exr\n" for number in (1, 2, 3)
    )
    assert texts(tmp_path) == {f"checksums.{algorithm}": expected.encode()}


@pytest.mark.parametrize(("tool", "algorithm"), [("md5sum", "md5"), ("sha256sum", "sha256")])
def test_the_tools_of_the_field_check_it(tool, algorithm, tmp_path):
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not there")
    names = [
        "plain.exr",
        "with space.exr",
        "back\\slash.exr",
        "line\nbreak\r.exr",
        "ü.exr",
        os.fsdecode(b"\xff.exr"),
    ]
    files = [written(tmp_path, name, os.fsencode(name)) for name in names]
    refresh_lists(tmp_path, files, algorithm)
    done = subprocess.run(
        [tool, "--check", "--strict", f"checksums.{algorithm}"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    before = texts(tmp_path)
    assert refresh_lists(tmp_path, files, algorithm) == []
    assert texts(tmp_path) == before


def test_known_hashes_are_taken_without_reading(tmp_path):
    refresh_lists(tmp_path, [HashedFile(tmp_path / "gone.exr", {"md5": "0" * 32})], "md5")
    assert texts(tmp_path) == {"checksums.md5": b"0" * 32 + b"  gone.exr\n"}


def test_a_file_whose_hash_is_not_known_must_be_there(tmp_path):
    with pytest.raises(MissingFrameError):
        refresh_lists(tmp_path, [HashedFile(tmp_path / "gone.exr", {})], "md5")
    assert texts(tmp_path) == {}


def test_lines_of_other_files_stay_as_they_are_to_the_byte(frames, tmp_path):
    lines = [
        b"# made by hand",
        b"D41D8CD98F00B204E9800998ECF8427E *other.exr\r",
        b"\xff\xfe no text at all",
        OTHER[:32].encode() + b"  ./plate.2.exr",
        b"MD5 (plate.3.exr) = " + OTHER[:32].encode(),
        OTHER[:31].encode() + b"  plate.2.exr",  # too short: no hash
        OTHER[:32].encode() + b"  plate.2.exr.bak",
        b"",
        b"no end of line",
    ]
    (tmp_path / "shot.md5").write_bytes(b"\n".join(lines))
    assert refresh_lists(tmp_path, frames, "md5") == [tmp_path / "shot.md5", tmp_path / "checksums.md5"]
    after = (tmp_path / "shot.md5").read_bytes().split(b"\n")
    two, three = (MAKERS["md5"](bytes([number])).hexdigest().encode() for number in (2, 3))
    lines[3], lines[4] = two + b"  ./plate.2.exr", b"MD5 (plate.3.exr) = " + three
    assert after == lines
    one = MAKERS["md5"](b"\x01").hexdigest()
    assert (tmp_path / "checksums.md5").read_text() == f"{one}  plate.1.exr\n"


def test_a_list_that_is_true_is_not_written_again(frames, tmp_path):
    upper = "".join(f"{each.digest('md5').upper()} *{each.path.name}\r\n" for each in frames)
    (tmp_path / "MD5SUMS").write_text(upper, newline="")
    assert refresh_lists(tmp_path, frames, "md5") == []
    assert texts(tmp_path) == {"MD5SUMS": upper.encode()}


def test_new_files_come_after_what_is_there(frames, tmp_path):
    refresh_lists(tmp_path, frames[1:], "sha256")
    refresh_lists(tmp_path, frames, "sha256")
    names = [line.split("  ")[1] for line in (tmp_path / "checksums.sha256").read_text().splitlines()]
    assert names == ["plate.2.exr", "plate.3.exr", "plate.1.exr"]


def test_each_list_that_names_a_file_is_refreshed(frames, tmp_path):
    for each in frames:
        (tmp_path / f"{each.path.name}.md5").write_text(f"{OTHER[:32]}  {each.path.name}\n")
    refresh_lists(tmp_path, frames[:2], "md5")
    for index, each in enumerate(frames):
        digest = OTHER[:32] if index == 2 else each.digest("md5")
        assert (tmp_path / f"{each.path.name}.md5").read_text() == f"{digest}  {each.path.name}\n"
    assert not (tmp_path / "checksums.md5").exists()


def test_lists_of_other_algorithms_and_hidden_ones_stay(frames, tmp_path):
    (tmp_path / "a.sha1").write_text(f"{OTHER[:40]}  plate.1.exr\n")
    (tmp_path / ".hidden.md5").write_text(f"{OTHER[:32]}  plate.1.exr\n")
    before = texts(tmp_path)
    refresh_lists(tmp_path, frames, "md5")
    assert before.items() <= texts(tmp_path).items()


def test_a_list_that_cannot_be_read_is_named(frames, tmp_path):
    target = tmp_path / "locked.md5"
    target.write_text("x")
    target.chmod(0)
    if os.access(target, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(UsageError, match="cannot be read"):
        refresh_lists(tmp_path, frames, "md5")
