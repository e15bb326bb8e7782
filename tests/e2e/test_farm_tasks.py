# SPDX-License-Identifier: Apache-2.0
"""A job's tasks, in any order, twice, killed or lost: what comes of them is what one machine gives."""

import errno
import json
import os
import shutil

import pytest

import pixmend
from pixmend import publish
from pixmend.cli import main
from pixmend.farm import Job, read_records, write_job
from pixmend.frames import open_shot
from pixmend.model import FrameRange
from pixmend.pipeline._run_lock import run_alone
from tests.make.reels import mend_reel, mended_in, write_reel

CHUNKS = ("1001-1005", "1006-1012", "1013-1024")
REEL = ("reel", "ABA", 8)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A reel, and what one machine makes of it."""
    folder = tmp_path_factory.mktemp("farm")
    name, cameras, length = REEL
    write_reel(folder / name, cameras, length=length)
    mend_reel(folder)
    assert main(["detect", str(folder / name), "--cuts", "none", "-o", str(folder / "one.json"), "-q"]) == 0
    return folder


@pytest.fixture
def task(prepared, tmp_path, monkeypatch, capfd):
    """Stand in a copy of the prepared folder, and run tasks of a job there."""
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return Tasks(tmp_path, capfd)


class Tasks:
    """A job and its tasks."""

    def __init__(self, folder, capfd):
        self.folder, self.job, self._capfd = folder, folder / "out.job", capfd

    def make(self, **fields):
        reel = str(self.folder / "reel")
        said = {
            "name": "out",
            "pixmend": pixmend.__version__,
            "shot": reel,
            "output": str(self.folder / "out"),
            "frames": open_shot(reel).frames,
        }
        write_job(self.job, Job(**(said | fields)))

    def __call__(self, action, frames=None, *, code=0):
        self._capfd.readouterr()
        given = () if frames is None else ("--frames", frames)
        ended = main(["farm", action, str(self.job), *given, "--json", "-q", "--workers", "1"])
        out, err = self._capfd.readouterr()
        assert (ended, err) == (code, ""), out
        return json.loads(out)

    def each(self, action, chunks=CHUNKS):
        return [self(action, chunk) for chunk in chunks]

    def map_bytes(self):
        return (self.job / "map.json").read_bytes()

    def finds(self):
        self("cuts")
        self.each("look")
        self("group")
        self.each("again")
        self("map")


def test_a_reel_s_tasks_give_the_map_and_frames_of_one_machine(task):
    task.make()
    task.finds()
    assert task.map_bytes() == (task.folder / "map.json").read_bytes()
    task.each("fix")
    assert mended_in(task.folder / "out") == mended_in(task.folder / "mended")
    task.each("verify")
    ended = task("report")
    assert (ended["not_mended"], ended["not_verified"], ended["problems"]) == ([], "", [])
    assert json.loads((task.job / "report.json").read_text())["frame_count"] == 24
    states = {(each.step, each.frames): each.state for each in read_records(task.job).values()}
    assert set(states.values()) == {"done"}
    assert len(states) == 4 + 4 * len(CHUNKS)


def test_tasks_out_of_order_twice_and_cut_another_way_change_nothing(task):
    task.make()
    task("cuts")
    task.each("look", reversed(CHUNKS))
    task.each("look", ("1001-1012", "1013-1024", "2000-2010"))
    task("group")
    task("group")
    task.each("again")
    task("map")
    task("map")
    assert task.map_bytes() == (task.folder / "map.json").read_bytes()


def test_a_lost_look_is_named_and_what_is_half_done_is_done_again(task):
    task.make()
    task("cuts")
    task.each("look", CHUNKS[:2])
    said = task("group", code=2)["error"]
    assert "1017-1024" in said["what"]
    (task.job / "looks" / "1017.json").write_text('{"schema": "pixm')  # no task of ours would leave this
    task.each("look")
    task("group")
    task("map")
    assert task.map_bytes() == (task.folder / "map.json").read_bytes()


@pytest.mark.slow
def test_the_looks_of_another_job_and_of_other_frames_are_not_taken(task):
    task.make(detect=("--threshold", "60"))
    task("cuts")
    task.each("look")
    shutil.rmtree(task.job / "tasks")
    (task.job / "job.json").unlink()
    task.make()
    assert "cuts" in task("look", CHUNKS[0], code=2)["error"]["what"]
    task.finds()
    assert task.map_bytes() == (task.folder / "map.json").read_bytes()
    before = (task.job / "looks" / "1001.json").read_bytes()
    (task.folder / "reel" / "reel.1003.exr").touch()
    task("look", CHUNKS[0])
    assert (task.job / "looks" / "1001.json").read_bytes() != before


@pytest.mark.slow
def test_a_shot_that_cannot_be_read_is_told_and_the_others_are_mended(task):
    damaged = task.folder / "reel" / "reel.1012.exr"
    whole = damaged.read_bytes()
    damaged.write_bytes(b"not this one")
    (task.folder / "cuts.csv").write_text("1001,1008\n1009,1016\n1017,1024\n")
    list_ = str(task.folder / "cuts.csv")
    assert main(["detect", "reel", "--cuts", list_, "-o", "other.json", "-q"]) == 5
    task.make(cuts=list_)
    task.finds()
    assert task.map_bytes() == (task.folder / "other.json").read_bytes()
    damaged.write_bytes(whole)
    task.each("fix")
    task.each("verify")
    assert [each["frames"] for each in task("report", code=5)["skipped_shots"]] == ["1009-1016"]


@pytest.mark.slow
def test_the_report_names_what_is_missing_not_mended_and_not_verified(task):
    task.make(map=str(task.folder / "map.json"))
    task("report", code=4)
    task.each("fix")
    task.each("verify", CHUNKS[:2])
    (task.folder / "out" / "reel.1002.exr").unlink()
    changed = task.folder / "out" / "reel.1007.exr"
    changed.write_bytes(changed.read_bytes()[:-1] + b"\x00")
    said = task("report", code=4)
    assert [each["frame"] for each in said["not_mended"]] == [1002, 1007]
    assert said["not_verified"] == "1013-1024"
    changed.unlink()
    for record in (task.folder / "out").rglob("*1007*"):
        record.unlink()
    task.each("fix")
    task.each("verify")
    task("report")
    assert mended_in(task.folder / "out") == mended_in(task.folder / "mended")


@pytest.mark.parametrize(
    "chunks", [CHUNKS, ("1001-1024",), tuple(f"{each}-{each + 3}" for each in range(1001, 1025, 4))]
)
def test_one_long_shot_is_measured_in_parts(task, chunks):
    task.make(is_one_shot=True)
    task.each("measure", reversed(chunks))
    task("measure", chunks[0])
    task("map")
    assert task.map_bytes() == (task.folder / "one.json").read_bytes()


def test_a_lost_part_of_one_long_shot_is_named(task):
    task.make(is_one_shot=True)
    task.each("measure", CHUNKS[1:])
    assert "1001-1005" in task("map", code=2)["error"]["what"]


def test_another_version_does_not_take_part(task):
    task.make(pixmend="0.0.1")
    assert "0.0.1" in task("cuts", code=2)["error"]["what"]


def test_two_at_once_on_the_same_frames_one_tries_again(task):
    task.make(map=str(task.folder / "map.json"))
    frames = FrameRange.parse(CHUNKS[0])
    with run_alone(task.folder / "out", frames, frozenset(f"reel.{each}.exr" for each in frames)):
        assert "another run" in task("fix", CHUNKS[0], code=75)["error"]["what"]
        assert [each.state for each in read_records(task.job).values()] == ["again"]
        assert not list((task.folder / "out").glob("*.exr"))
    task("fix", CHUNKS[0])
    assert len(mended_in(task.folder / "out")) == 2 * len(frames)


@pytest.mark.slow
def test_a_disk_that_is_full_in_any_task_costs_another_try_and_leaves_nothing_half(task, monkeypatch):
    sync = publish._sync

    def is_full(path):
        if path.parent.name != "tasks":  # that the record cannot be written is a case of its own
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        sync(path)

    def twice(action, frames=None):
        monkeypatch.setattr(publish, "_sync", is_full)
        said = task(action, frames, code=75)["error"]
        assert "no space left" in said["what"]
        assert "free space" in said["hint"]
        monkeypatch.setattr(publish, "_sync", sync)
        task(action, frames)

    task.make()
    for action, frames in [("cuts", None), ("look", CHUNKS[0]), ("look", CHUNKS[1]), ("look", CHUNKS[2])]:
        twice(action, frames)
    task("group")
    task.each("again")
    twice("map")
    twice("fix", "1001-1024")
    twice("verify", "1001-1024")
    twice("report")
    assert task.map_bytes() == (task.folder / "map.json").read_bytes()
    assert mended_in(task.folder / "out") == mended_in(task.folder / "mended")
    assert not list(task.job.rglob("*.part"))


def test_a_record_that_cannot_be_written_stops_the_task_before_it_begins(task, monkeypatch):
    task.make()

    def is_full(path):
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT), str(path))

    with monkeypatch.context() as patched:
        patched.setattr(publish, "_sync", is_full)
        assert "quota" in task("cuts", code=75)["error"]["what"]
    assert sorted(path.name for path in task.job.rglob("*") if path.is_file()) == ["job.json"]
    task("cuts")


@pytest.mark.slow
@pytest.mark.parametrize("after", ["cuts", "map", "fix"])
def test_a_frame_that_vanishes_is_named_and_all_is_well_once_it_is_back(task, after):
    frame, kept = task.folder / "reel" / "reel.1010.exr", task.folder / "kept.exr"
    steps = dict.fromkeys(("cuts", "look", "group", "again", "map", "fix", "verify"), ())
    steps |= dict.fromkeys(("look", "again", "fix", "verify"), ("--frames", "1001-1024"))
    before = list(steps).index(after) + 1
    task.make()
    for name in list(steps)[:before]:
        task(name, *steps[name][1:])
    shutil.move(frame, kept)
    for name in list(steps)[before:]:
        main(["farm", name, str(task.job), *steps[name], "-q"])
    assert 1010 in [each["frame"] for each in task("report", code=4)["not_mended"]]
    shutil.move(kept, frame)
    for name, frames in steps.items():
        task(name, *frames[1:])
    task("report")
    assert task.map_bytes() == (task.folder / "map.json").read_bytes()
    assert mended_in(task.folder / "out") == mended_in(task.folder / "mended")
