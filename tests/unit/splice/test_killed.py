# SPDX-License-Identifier: Apache-2.0
"""Real kills at real moments, and a disk that is really full."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pixmend.errors import TemporaryError
from pixmend.splice import ledger_path, undo_in_place, write_fixed, write_in_place
from tests.make.plates import make_dpx

ROOT = Path(__file__).parents[3]
# Ours is not the only package of the name `tests` that may be installed.
PROGRAM = """
import sys, types
tests = sys.modules["tests"] = types.ModuleType("tests")
tests.__path__ = [sys.argv[1]]
from tests.make.killed import main
main(*sys.argv[2:])
"""


@pytest.mark.parametrize("rounds", [8, pytest.param(100, marks=pytest.mark.slow)])
def test_nothing_is_lost_whenever_a_run_is_killed(tmp_path, rounds):
    command = [sys.executable, "-c", PROGRAM, str(ROOT / "tests"), str(tmp_path), str(rounds), str(rounds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def small_disk(tmp_path):
    """A file system with room for one frame, and not for its ledger too."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=112k", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mounting, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("may not mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)  # noqa: S607 (found as `mount` was)


def fill(folder: Path, left: int) -> Path:
    """Fill a disk up to some bytes."""
    space = os.statvfs(folder)
    filler = folder / "filler"
    filler.write_bytes(bytes(max(space.f_bavail * space.f_frsize - left, 0)))
    return filler


def test_a_disk_that_is_full_gets_no_frame(small_disk, tmp_path):
    made = make_dpx(tmp_path / "a.dpx", size=(100, 60))  # 24 kB
    target = small_disk / "out" / "a.dpx"
    for left in (0, 8 << 10, 24 << 10):
        filler = fill(small_disk, left)
        with pytest.raises(TemporaryError, match="no space left"):
            write_fixed(made.path, target, made.random_patch(), made.plate)
        assert [each for each in small_disk.rglob("*") if each.is_file()] == [filler]
        filler.unlink()
    write_fixed(made.path, target, made.random_patch(), made.plate)
    undo_in_place(target)
    assert target.read_bytes() == made.path.read_bytes()


def test_a_disk_that_is_full_changes_no_archive(small_disk):
    made = make_dpx(small_disk / "a.dpx", size=(100, 60))
    before = made.path.read_bytes()
    filler = fill(small_disk, 0)
    with pytest.raises(TemporaryError, match="no space left"):
        write_in_place(made.path, made.random_patch(), made.plate)
    assert made.path.read_bytes() == before
    assert not ledger_path(made.path).exists()
    filler.unlink()
    write_in_place(made.path, made.random_patch(), made.plate)
    undo_in_place(made.path)
    assert made.path.read_bytes() == before
