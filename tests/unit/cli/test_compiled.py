# SPDX-License-Identifier: Apache-2.0
"""Compiled kernels find a place on any machine, and never one that others can write."""

import os
from pathlib import Path

import pytest

from pixmend.cli import _compiled
from pixmend.cli._compiled import find_a_place_for_compiled_code


@pytest.fixture(autouse=True)
def locked_down(monkeypatch, tmp_path):
    """Nothing but the temporary folder can be written."""
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "none" / "cache"))
    monkeypatch.setattr(_compiled.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(_compiled.tempfile, "mkdtemp", lambda prefix: str(tmp_path / f"{prefix}x"))
    monkeypatch.setattr(_compiled, "_can_be_written", lambda _folder: False)


def chosen():
    find_a_place_for_compiled_code()
    return os.environ.get("NUMBA_CACHE_DIR")


def own(tmp_path):
    return tmp_path / f"pixmend-compiled-{os.getuid()}"


def test_a_locked_down_machine_gets_a_folder_of_the_users_own(tmp_path):
    assert chosen() == str(own(tmp_path))
    assert own(tmp_path).stat().st_mode & 0o077 == 0


def test_the_next_run_finds_it_again(tmp_path, monkeypatch):
    first = chosen()
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    assert chosen() == first == str(own(tmp_path))


@pytest.mark.parametrize("trap", ["link", "open", "file"])
def test_a_folder_that_others_could_write_is_not_trusted(tmp_path, trap):
    if trap == "link":
        (tmp_path / "elsewhere").mkdir()
        own(tmp_path).symlink_to(tmp_path / "elsewhere")
    elif trap == "open":
        own(tmp_path).mkdir()
        own(tmp_path).chmod(0o777)
    else:
        own(tmp_path).write_bytes(b"")
    assert chosen() == str(tmp_path / "pixmend-compiled-x")


def test_what_the_user_has_set_stands(monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/mine")
    assert chosen() == "/mine"


def test_where_a_usual_place_serves_nothing_is_set(monkeypatch):
    monkeypatch.setattr(
        _compiled, "_can_be_written", lambda folder: folder == Path(_compiled.__file__).parents[1]
    )
    assert chosen() is None
