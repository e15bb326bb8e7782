# SPDX-License-Identifier: Apache-2.0
"""Whole jobs, handed over: what comes of them is what one machine gives, byte for byte."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pixmend.farm import read_records
from tests.make.reels import mend_reel, mended_in, write_reel
from tests.make.schedulers import dask_scheduler

pytest.importorskip("openjd.model")
pytestmark = pytest.mark.slow

OPENJD = shutil.which("openjd", path=str(Path(sys.executable).parent)) or shutil.which("openjd")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A reel of two shots, and what one machine makes of it."""
    folder = tmp_path_factory.mktemp("submit")
    write_reel(folder / "reel", "AB", length=6)
    mend_reel(folder)
    return folder


def check_same(prepared, job_folder, out):
    """Check that a job gave what one machine gives."""
    ours, one = (json.loads(path.read_text()) for path in (job_folder / "map.json", prepared / "map.json"))
    assert ours["defects"] == one["defects"]
    assert mended_in(out) == mended_in(prepared / "mended")
    assert len(mended_in(out)) == 24


def test_a_job_on_this_machine_is_the_same_and_can_be_repeated(prepared, say, tmp_path):
    said = say("submit", "reel", "-o", "out", "--chunk", 6)
    assert (said["submitted"], said["is_over"], said["failures"]) == (True, True, [])
    check_same(prepared, tmp_path / "out.job", tmp_path / "out")
    assert say("farm", "status", "out.job")["state"] == "done"
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.exr")}
    say("submit", "reel", "-o", "out", "--only", "fix", "--map", "map.json", "--job", "again")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.exr")} == before


def test_tasks_that_fail_stop_the_job_and_are_named(prepared, say, tmp_path):
    frame = tmp_path / "reel" / "reel.1008.exr"
    frame.write_bytes(frame.read_bytes()[:-900])
    said = say("submit", "reel", "-o", "out", "--chunk", 6, "--only", "fix", "--map", "map.json", code=3)
    assert any(each.startswith("Fix 1007-1012: ") for each in said["failures"])
    assert all("1008" in each for each in said["failures"])  # others may learn from that frame
    status = say("farm", "status", "out.job", code=5)
    assert status["state"] == "failed"
    assert "1007-1012" in [each["frames"] for each in status["failed"]]
    steps = {step["name"]: step for step in status["steps"]}
    assert steps["Fix"]["done"] + steps["Fix"]["failed"] == 2
    assert (steps["Verify"]["waiting"], steps["Report"]["waiting"]) == (2, 1)


def kill_a_worker(job_folder):
    """Kill the worker of a task of mending, once there is one at work."""
    for _ in range(12_000):
        runs = [each for each in read_records(job_folder).values() if each.step == "Fix" and not each.ended]
        if runs:
            stat = Path(f"/proc/{runs[0].pid}/stat").read_text()
            os.kill(int(stat.rpartition(")")[2].split()[1]), signal.SIGKILL)
            return
        time.sleep(0.01)
    raise AssertionError("no task of mending was seen at work")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc")
def test_a_worker_killed_in_the_middle_changes_nothing(prepared, say, tmp_path):
    pytest.importorskip("distributed")
    (tmp_path / "dask").mkdir()
    with dask_scheduler(tmp_path / "dask") as address:
        killer = threading.Thread(target=kill_a_worker, args=[tmp_path / "out.job"])
        killer.start()
        said = say("submit", "reel", "-o", "out", "--chunk", 6, "--scheduler", address)
        killer.join()
    assert said["failures"] == []
    check_same(prepared, tmp_path / "out.job", tmp_path / "out")
    assert not [path for path in (tmp_path / "out").rglob("*") if path.suffix == ".part"]


@pytest.mark.skipif(OPENJD is None, reason="openjd-cli is not installed")
def test_openjd_runs_the_job_as_it_is(prepared, say, tmp_path):
    said = say("submit", "reel", "-o", "out", "--chunk", 6, "--engine", "openjd")
    assert said["failures"] == []
    check_same(prepared, tmp_path / "out.job", tmp_path / "out")


@pytest.mark.skipif(OPENJD is None, reason="openjd-cli is not installed")
def test_a_job_made_at_a_workstation_runs_where_the_farm_sees_the_folders(prepared, say, tmp_path):
    workstation, farm = tmp_path / "workstation", tmp_path / "farm"
    workstation.mkdir()
    (tmp_path / "reel").rename(workstation / "reel")
    (tmp_path / "site.toml").write_text(f'[paths]\n"{workstation}" = "{farm}"\n')
    how = ("--chunk", 6, "--engine", "openjd", "--site", "site.toml", "--dry-run")
    say("submit", "workstation/reel", "-o", "workstation/out", *how)
    workstation.rename(farm)  # what the workstation calls it is nowhere to be found now
    job = farm / "out.job"
    told = ("-p", f"file://{job}/parameter_values.json", "--step", "Report", "--run-dependencies")
    subprocess.run(
        [OPENJD, "run", job / "template.json", *told], check=True, capture_output=True, timeout=600
    )
    check_same(prepared, job, farm / "out")
