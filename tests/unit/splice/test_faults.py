# SPDX-License-Identifier: Apache-2.0
"""Every system call of a frame fails once, and the process dies in every one of them once."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pixmend.errors import TemporaryError, UsageError
from pixmend.proof import prove_frame
from pixmend.splice import (
    FileState,
    Recovery,
    Undone,
    WriteSettings,
    file_state,
    ledger_path,
    open_bytes,
    read_ledger,
    recover,
    remove_stale_temporaries,
    undo_in_place,
    write_fixed,
    write_in_place,
)
from tests.make.faults import FAULTS, Died, Faults, injected
from tests.make.plates import Made, make_dpx, make_exr

FORMS: dict[str, Callable[[Path], Made]] = {  # bytes in place; chunks that move others
    "dpx": lambda folder: make_dpx(folder / "plate.1001.dpx"),
    "exr": lambda folder: make_exr(folder / "plate.1001.exr", size=(40, 40)),
}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """The order of the calls counts here; that the disk obeys is not for a test to find out."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture(params=FORMS)
def made(request, tmp_path):
    folder = tmp_path / "plate"
    folder.mkdir()
    return FORMS[request.param](folder)


@pytest.fixture(params=FAULTS)
def kind(request):
    return FAULTS[request.param]


def ends(action: Callable[[], object], faults: Faults) -> BaseException | None:
    """Run with faults; return how it ended, which is never by an exception of Python."""
    expected = UsageError if faults.code == errno.EROFS else TemporaryError
    try:
        with injected(faults):
            action()
    except (Died, expected) as exc:
        return exc
    return None


def calls_of(action: Callable[[], object]) -> int:
    with injected(Faults()) as counted:
        action()
    return len(counted.seen)


def parts(folder: Path) -> list[Path]:
    return list(folder.rglob("*.part"))


def is_proved(fixed: Path, source: Path) -> bool:
    return prove_frame(fixed, read_ledger(ledger_path(fixed)), source).is_proved


def whole_tree(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


@pytest.mark.parametrize("replaces", [False, True])
def test_a_frame_is_written_whole_or_not_at_all(made, kind, tmp_path, replaces):
    before = made.path.read_bytes()
    patch, settings = made.random_patch(6), WriteSettings(overwrite=replaces, job="second")

    def start(folder: Path) -> Path:
        target = folder / made.path.name
        if replaces:
            write_fixed(made.path, target, made.random_patch(6, seed=5), made.plate)
        return target

    def write(target: Path) -> None:
        write_fixed(made.path, target, patch, made.plate, settings=settings)

    ideal = start(tmp_path / "ideal")
    count = calls_of(lambda: write(ideal))
    assert count > 10
    for at in range(count):
        folder = tmp_path / str(at)
        target = start(folder)
        code, stays = kind
        end = ends(lambda target=target: write(target), Faults(at, code, stays=stays))
        assert made.path.read_bytes() == before
        if target.exists():
            assert is_proved(target, made.path)
            assert end is None or read_ledger(ledger_path(target)).job in {"", "second"}
        if code and not stays:
            assert len(parts(folder)) <= 1  # the one that could not be taken away
        remove_stale_temporaries([target])
        assert not parts(folder)
        if end is not None:
            again = WriteSettings(overwrite=True, job="second")
            write_fixed(made.path, target, patch, made.plate, settings=again)
        assert whole_tree(folder) == whole_tree(tmp_path / "ideal")
        undo_in_place(target)
        assert target.read_bytes() == before
        shutil.rmtree(folder)


def state(path: Path) -> FileState:
    if not ledger_path(path).exists():
        return FileState.SOURCE
    with open_bytes(path) as opened:
        return file_state(opened, read_ledger(ledger_path(path)))


def test_a_frame_is_mended_in_place_or_can_be_rolled_back(made, kind, tmp_path):
    before, patch = made.path.read_bytes(), made.random_patch(6)

    def fresh(name: str) -> Path:
        (tmp_path / name).mkdir()
        return shutil.copy2(made.path, tmp_path / name / made.path.name)

    def mend(path: Path) -> None:
        write_in_place(path, patch, made.plate)

    ideal = fresh("ideal")
    count = calls_of(lambda: mend(ideal))
    mended = ideal.read_bytes()
    assert mended != before
    seen = set()
    for at in range(count):
        path = fresh(str(at))
        code, stays = kind
        end = ends(lambda path=path: mend(path), Faults(at, code, stays=stays))
        found = state(path)
        seen.add(found)
        assert found is not FileState.OTHER
        assert (path.read_bytes() == before) == (found is FileState.SOURCE)
        assert end is not None or found is FileState.FIXED
        remove_stale_temporaries([path])
        recovered = recover(path)
        if found is FileState.FIXED:
            assert recovered is Recovery.MENDED
            assert path.read_bytes() == mended
        else:
            assert recovered in {Recovery.NOTHING, Recovery.DROPPED, Recovery.ROLLED_BACK}
            assert whole_tree(path.parent) == {path.name: before}
            mend(path)
        assert path.read_bytes() == mended
        undo_in_place(path)
        assert whole_tree(path.parent) == {path.name: before}
        assert path.stat().st_mtime_ns == made.path.stat().st_mtime_ns
        shutil.rmtree(path.parent)
    if kind == FAULTS["death"]:
        assert FileState.SOURCE in seen
        assert (FileState.HALFWAY in seen) == (made.path.suffix == ".dpx")


@pytest.mark.parametrize("in_place", [True, False])
def test_undo_can_be_stopped_anywhere_and_repeated(made, kind, tmp_path, in_place):
    before, patch = made.path.read_bytes(), made.random_patch(6)
    modified = made.path.stat().st_mtime_ns

    def mended(name: str) -> Path:
        path = tmp_path / name / made.path.name
        if in_place:
            path.parent.mkdir()
            shutil.copy2(made.path, path)
            write_in_place(path, patch, made.plate)
        else:
            write_fixed(made.path, path, patch, made.plate)
        return path

    ideal = mended("ideal")
    count = calls_of(lambda: undo_in_place(ideal))
    for at in range(count):
        path = mended(str(at))
        code, stays = kind
        ends(lambda path=path: undo_in_place(path), Faults(at, code, stays=stays))
        if ledger_path(path).exists():
            remove_stale_temporaries([path])
            found = state(path)
            assert found is not FileState.OTHER
            _, undone = undo_in_place(path)
            assert (undone is Undone.WAS_ORIGINAL) == (found is FileState.SOURCE)
        assert path.read_bytes() == before
        assert not ledger_path(path).exists()
        assert not parts(path.parent)
        assert path.stat().st_mtime_ns == modified or code  # a time that could not be set is no failure
        shutil.rmtree(path.parent)


def test_rolling_back_can_be_stopped_anywhere_and_repeated(tmp_path):
    made = FORMS["dpx"](tmp_path)
    before, patch = made.path.read_bytes(), made.random_patch(6)

    def half_mended(name: str) -> Path:
        path = tmp_path / name / made.path.name
        path.parent.mkdir()
        shutil.copy2(made.path, path)
        write_in_place(path, patch, made.plate)
        stored = bytearray(path.read_bytes())
        ledger = read_ledger(ledger_path(path))
        for number, edit in enumerate(ledger.edits):  # one old, one new, one torn
            here = slice(edit.offset, edit.offset + edit.old_length)
            stored[here] = [before[here], stored[here], bytes(edit.old_length)][number % 3]
        path.write_bytes(stored)
        return path

    ideal = half_mended("ideal")
    assert state(ideal) is FileState.HALFWAY
    assert "half mended" in prove_frame(ideal, read_ledger(ledger_path(ideal))).problems[0]
    count = calls_of(lambda: recover(ideal))
    assert ideal.read_bytes() == before
    for at in range(count):
        path = half_mended(str(at))
        ends(lambda path=path: recover(path), Faults(at))
        recover(path)
        assert whole_tree(path.parent) == {path.name: before}
