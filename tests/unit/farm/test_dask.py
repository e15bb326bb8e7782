# SPDX-License-Identifier: Apache-2.0
"""A scheduler and workers that are processes of their own."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from pixmend.farm import Plan, Site, open_engine
from tests.make.farm import Heard, command, step_of
from tests.make.schedulers import dask_scheduler

pytest.importorskip("distributed")

# The first task keeps its number and its worker's, and waits to be lost.
WAITS = """
import os, pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
(folder / f"try-{os.getpid()}").write_text(str(os.getppid()))
print("openjd_progress: 50", flush=True)
while not (folder / "go").exists():
    time.sleep(0.01)
(folder / "done").touch()
"""
TOUCH = "import pathlib, sys; pathlib.Path(sys.argv[1]).touch()"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with dask_scheduler(tmp_path_factory.mktemp("dask")) as address:
        yield address


def submitted(folder, address, *steps):
    plan = Plan(name="job", job_folder=folder, environment={}, steps=steps)
    heard = Heard()
    site = Site(command=("pixmend",), sections={"local": {"scheduler": address}})
    return open_engine("local").submit(plan, site, folder, heard), heard


def tries(folder):
    return {int(path.name.partition("-")[2]): int(path.read_text() or 0) for path in folder.glob("try-*")}


def is_alive(number):
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(is_so):
    for _ in range(3000):
        if is_so():
            return
        time.sleep(0.01)
    raise AssertionError("never")


def test_ctrl_c_ends_what_runs_on_the_workers(tmp_path, address):
    def interrupt():
        until(lambda: tries(tmp_path))
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        submitted(tmp_path, address, step_of("Look", command(WAITS, "1-6", tmp_path)))
    thread.join()
    (task,) = tries(tmp_path)
    assert not is_alive(task)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc")
def test_a_worker_that_is_killed_loses_nothing(tmp_path, address):
    lost = []

    def kill_the_worker():
        until(lambda: any(tries(tmp_path).values()))
        ((task, worker),) = tries(tmp_path).items()
        os.kill(worker, signal.SIGKILL)
        until(lambda: not is_alive(task))
        lost.append(task)
        (tmp_path / "go").touch()

    thread = threading.Thread(target=kill_the_worker)
    thread.start()
    submission, heard = submitted(
        tmp_path,
        address,
        step_of("Look", command(WAITS, "1-6", tmp_path), command(TOUCH, "7-9", tmp_path / "other")),
        step_of("Map", command(TOUCH, "", tmp_path / "map"), after=["Look"]),
    )
    thread.join()
    assert submission.failures == ()
    assert len(tries(tmp_path)) == 2
    assert len(lost) == 1
    assert all((tmp_path / name).exists() for name in ("done", "other", "map"))
    assert heard.stages == {"look": [9, 9], "map": [100, 100]}
