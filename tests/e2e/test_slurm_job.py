# SPDX-License-Identifier: Apache-2.0
"""Whole jobs on a real Slurm: tasks are killed and put back, and the frames are those of one machine."""

import json
import os
import shutil
import signal
import threading
import time

import pytest

from pixmend.farm import TaskState, read_records
from tests.make.reels import mend_reel, mended_in, write_reel
from tests.make.slurm import MISSING, one_node

pytest.importorskip("openjd.model")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"Slurm is not here: {', '.join(MISSING)}"),
]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A reel of two shots, and what one machine makes of it."""
    folder = tmp_path_factory.mktemp("slurm-job")
    write_reel(folder / "reel", "AB", length=6)
    mend_reel(folder)
    return folder


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    with one_node(tmp_path_factory.mktemp("slurm")) as slurm:
        yield slurm


@pytest.fixture
def slurm(node, monkeypatch):
    for name, value in node.environment.items():
        monkeypatch.setenv(name, value)
    return node


def task_at_work(job_folder, step):
    """Return the record of a task of a step, once one is at work."""
    until = time.monotonic() + 300
    while time.monotonic() < until:
        for each in read_records(job_folder).values():
            if each.step == step and each.state is TaskState.RUNNING:
                return each
        time.sleep(0.01)
    raise AssertionError(f"no task of {step} was seen at work")


def disturb(slurm, job_folder, done):
    """Kill a task that looks, then have one that mends put back into the queue."""
    os.kill(task_at_work(job_folder, "Look").pid, signal.SIGKILL)
    done.append("killed")
    task_at_work(job_folder, "Fix")
    named = (line.split() for line in slurm.say("squeue", "-h", "-r", "-t", "R", "-o", "%i %j").splitlines())
    slurm.say("scontrol", "requeue", next(number for number, name in named if name.endswith(":Fix")))
    done.append("put back")


def test_tasks_killed_and_put_back_change_nothing(prepared, slurm, say, tmp_path):
    done = []
    thread = threading.Thread(target=disturb, args=[slurm, tmp_path / "out.job", done])
    thread.start()
    said = say("submit", "reel", "-o", "out", "--chunk", 6, "--engine", "slurm", "--wait")
    thread.join()
    assert done == ["killed", "put back"]
    assert (said["is_over"], said["failures"]) == (True, [])
    ours, one = (
        json.loads(path.read_text()) for path in (tmp_path / "out.job/map.json", prepared / "map.json")
    )
    assert ours["defects"] == one["defects"]
    assert mended_in(tmp_path / "out") == mended_in(prepared / "mended")
    assert len(mended_in(tmp_path / "out")) == 24
    assert say("farm", "status", "out.job")["state"] == "done"
    restarts = slurm.say("scontrol", "show", "job", said["ids"]["Fix"])
    assert "Restarts=1" in restarts


def test_what_fails_stops_what_depends_on_it_and_a_second_submission_mends(prepared, slurm, say, tmp_path):
    frame = tmp_path / "reel" / "reel.1008.exr"
    kept = shutil.copy2(frame, tmp_path / "kept.exr")
    frame.write_bytes(kept.read_bytes()[:-900])
    asked = ("submit", "reel", "-o", "out", "--chunk", 6, "--map", "map.json", "--engine", "slurm", "--wait")
    said = say(*asked, code=3)
    assert any(each.startswith("Fix 1007-1012: ") and "1008" in each for each in said["failures"])
    status = say("farm", "status", "out.job", code=5)
    assert status["state"] == "failed"
    steps = {step["name"]: step for step in status["steps"]}
    assert (steps["Verify"]["waiting"], steps["Report"]["waiting"]) == (2, 1)
    after = ",".join(said["ids"][name] for name in ("Verify", "Report"))
    assert set(slurm.wait_for(after, seconds=60).values()) == {"CANCELLED"}
    kept.replace(frame)
    assert say(*asked)["failures"] == []
    assert mended_in(tmp_path / "out") == mended_in(prepared / "mended")


def cancel_all(slurm, last):
    """Cancel all that waits, once a job has been handed over to its last step."""
    until = time.monotonic() + 120
    while last not in slurm.say("squeue", "-h", "-o", "%j"):
        assert time.monotonic() < until
        time.sleep(0.1)
    slurm.say("scancel", "--state=PENDING")


def test_a_job_that_somebody_cancels_is_over(prepared, slurm, say, tmp_path, monkeypatch):
    for name in ("LOOKS", "QUESTIONS"):
        monkeypatch.setattr(f"pixmend.cli._submit_wait._SECONDS_BETWEEN_{name}", 1.0)
    slurm.say("scontrol", "update", "PartitionName=farm", "State=DOWN")
    cancel = threading.Thread(target=cancel_all, args=[slurm, ":Map"])
    cancel.start()
    try:
        said = say("submit", "reel", "-o", "out", "--only", "detect", "--engine", "slurm", "--wait", code=75)
    finally:
        cancel.join()
        slurm.say("scontrol", "update", "PartitionName=farm", "State=UP")
    assert said["failures"] == ["5 tasks were cancelled"]
