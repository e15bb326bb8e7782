# SPDX-License-Identifier: Apache-2.0
"""Two runs never write the same file: tried with real processes."""

import json
import multiprocessing
import os
import signal
import time

import pytest

from pixmend.errors import TemporaryError
from pixmend.model import FrameRange
from pixmend.owner import Owner, this_owner
from pixmend.pipeline import _run_lock
from pixmend.pipeline._run_lock import run_alone

FORK = multiprocessing.get_context("fork")


def names(text):
    return frozenset(f"plate.{frame}.exr" for frame in FrameRange.parse(text))


def alone(folder, text):
    return run_alone(folder, FrameRange.parse(text), names(text))


def hold(folder, text, begun):
    with alone(folder, text):
        begun.set()
        time.sleep(60)


def compete(folder, text, start, at_work, most):
    start.wait(10)
    try:
        with alone(folder, text):
            with at_work.get_lock():
                at_work.value += 1
                most.value = max(most.value, at_work.value)
            time.sleep(0.3)
            with at_work.get_lock():
                at_work.value -= 1
    except TemporaryError:
        pass


@pytest.fixture
def other(tmp_path):
    """Another process that writes frames 1001-1050 until it is killed."""
    begun = FORK.Event()
    process = FORK.Process(target=hold, args=(tmp_path, "1001-1050", begun))
    process.start()
    assert begun.wait(20)
    yield process
    process.kill()
    process.join()


def said_by(folder):
    (path,) = (folder / ".pixmend" / "runs").glob("*.json")
    return path, json.loads(path.read_text())


def test_a_run_leaves_nothing_behind(tmp_path):
    with alone(tmp_path / "new", "1001-1002"):
        _, said = said_by(tmp_path / "new")
        assert (said["pid"], said["frames"]) == (os.getpid(), "1001-1002")
        assert Owner.from_json(said) == this_owner()
    assert not (tmp_path / "new").exists()


def test_what_else_is_there_stays(tmp_path):
    (tmp_path / ".pixmend").mkdir()
    (tmp_path / ".pixmend" / "a.ledger").write_bytes(b"")
    with alone(tmp_path, "1"):
        pass
    assert [path.name for path in (tmp_path / ".pixmend").iterdir()] == ["a.ledger"]


def test_the_second_run_on_the_same_frames_is_refused_and_told_who_is_first(other, tmp_path):
    path, said = said_by(tmp_path)
    with pytest.raises(TemporaryError) as caught, alone(tmp_path, "1050-1060"):
        pass
    assert f"another run (pid {other.pid} of {said['user']} on {said['host']}, since " in caught.value.what
    assert "is writing frames 1001-1050 of this folder" in caught.value.what
    assert str(path) in caught.value.hint
    assert said_by(tmp_path)[0] == path


def test_runs_on_other_frames_of_the_folder_do_not_disturb(other, tmp_path):
    with alone(tmp_path, "1051-1100"):
        assert len(list((tmp_path / ".pixmend" / "runs").glob("*.json"))) == 2
    assert said_by(tmp_path)[1]["pid"] == other.pid


def test_a_run_that_was_killed_holds_nobody_up(other, tmp_path):
    os.kill(other.pid, signal.SIGKILL)
    other.join()
    assert said_by(tmp_path)
    with alone(tmp_path, "1001-1050"):
        assert said_by(tmp_path)[1]["pid"] == os.getpid()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("count", [2, 5])
def test_of_runs_that_start_together_one_works(count, tmp_path):
    for _ in range(3):
        start, at_work, most = FORK.Event(), FORK.Value("i", 0), FORK.Value("i", 0)
        runs = [
            FORK.Process(target=compete, args=(tmp_path, "1-9", start, at_work, most)) for _ in range(count)
        ]
        for run in runs:
            run.start()
        start.set()
        for run in runs:
            run.join()
        assert [run.exitcode for run in runs] == [0] * count
        assert most.value == 1
    assert list(tmp_path.iterdir()) == []


def leave(folder, *, aged_s=0.0, begun=True, **said):
    """Write what a run of another machine says, touched so long ago."""
    runs = folder / ".pixmend" / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    path = runs / "farm07-123-0a.json"
    who = {"host": "farm07", "machine": "elsewhere", "pid": 123, "begun": "5", "user": "anna"}
    when = {"started": "2026-01-31 12:04", "frames": "1-9", "files": sorted(names("1-9"))}
    path.write_text(json.dumps(who | when | said))
    made = [path]
    if begun:
        path.with_suffix(".alive").touch()
        made.append(path.with_suffix(".alive"))
    for each in made:
        os.utime(each, (time.time() - aged_s,) * 2)
    return path


def test_a_run_on_another_machine_is_alive_while_it_touches_its_file(tmp_path):
    path = leave(tmp_path, aged_s=300)
    with (
        pytest.raises(TemporaryError, match="pid 123 of anna on farm07, since 2026-01-31 12:04"),
        alone(tmp_path, "9"),
    ):
        pass
    assert path.exists()


def test_a_run_on_another_machine_that_went_silent_is_gone(tmp_path):
    path = leave(tmp_path, aged_s=700)
    with alone(tmp_path, "9"):
        assert not path.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_process_number_that_was_used_again_is_not_the_run(tmp_path):
    own = this_owner()
    path = leave(tmp_path, host=own.host, machine=own.machine, pid=os.getpid(), begun="5")
    with alone(tmp_path, "9"):
        assert not path.exists()


def test_a_run_that_cannot_be_understood_may_write_any_frame(tmp_path):
    path = leave(tmp_path)
    path.write_text("no JSON")
    with pytest.raises(TemporaryError, match="another run"), alone(tmp_path, "500"):
        pass
    os.utime(path, (1, 1))
    os.utime(path.with_suffix(".alive"), (1, 1))
    with alone(tmp_path, "500"):
        assert not path.exists()


def test_a_run_at_work_comes_first_however_young_its_file_is(tmp_path):
    path = leave(tmp_path)
    os.utime(path, (time.time() + 100,) * 2)
    with pytest.raises(TemporaryError), alone(tmp_path, "1"):
        pass


def test_one_that_started_later_and_does_not_give_way_stops_both(tmp_path, monkeypatch):
    monkeypatch.setattr(_run_lock, "_START_TOGETHER_S", 0.2)
    path = leave(tmp_path, begun=False)
    os.utime(path, (time.time() + 100,) * 2)
    with pytest.raises(TemporaryError), alone(tmp_path, "1"):
        pass


def test_a_run_says_that_it_is_alive_and_stops_where_it_was_taken_for_dead(tmp_path, monkeypatch):
    monkeypatch.setattr(_run_lock, "_BEAT_S", 0.0)
    with alone(tmp_path, "1") as lock:
        path, _ = said_by(tmp_path)
        os.utime(path.with_suffix(".alive"), (1, 1))
        lock.beat()
        assert path.with_suffix(".alive").stat().st_mtime > time.time() - 60
        path.with_suffix(".alive").unlink()
        with pytest.raises(TemporaryError, match="lost its right"):
            lock.beat()


def test_processes_that_cannot_be_seen_are_told_by_their_files():
    own = this_owner()
    assert own.is_running() is True
    assert Owner("farm07", "elsewhere", own.pid, own.begun).is_running() is None
    assert Owner.from_json({}).is_running() is None
    assert Owner(own.host, own.machine, 2**22 + 5, "").is_running() is False
