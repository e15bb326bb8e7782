# SPDX-License-Identifier: Apache-2.0
"""What is tried again on engines that do not know what is worth another try."""

import os
import signal
import subprocess
import sys
import time

import pytest

from pixmend.farm import Plan, Site, Task, read_records
from pixmend.farm._again import tried_again, write_again
from tests.make.awkward import AWKWARD, engine_folder
from tests.make.farm import step_of

ENDS = "import os, sys; open(sys.argv[1], 'a').write(f'{sys.argv[3:]}\\n'); exec(sys.argv[2])"
STOPS = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
open(sys.argv[1], 'a').write('at work')
time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path):
    return engine_folder(tmp_path, "deadline10")


@pytest.fixture
def call(folder, tmp_path):
    """Return a function that gives the words of a task that runs some Python, which notes its tries."""

    def words_of(code, *, retries=2, frames="1001-1006", whole=ENDS):
        task = Task(frames, (sys.executable, "-I", "-S", "-c", whole, str(tmp_path / "said"), code, AWKWARD))
        step = step_of("Look", task)
        write_again(folder)
        plan = Plan(name="reel", job_folder=folder.parent, steps=(step,))
        return tried_again(plan, step, task, site=Site(retries=retries), folder=folder)

    return words_of


def tries(tmp_path):
    return (tmp_path / "said").read_text().splitlines()


def test_what_ends_well_runs_once_and_leaves_nothing(call, folder, tmp_path):
    assert subprocess.run(call("sys.exit(0)"), check=False).returncode == 0
    assert tries(tmp_path) == [str([AWKWARD])]
    assert not (folder.parent / "tasks").exists()


@pytest.mark.parametrize("code", [1, 2, 4, 5, 70, 130])
def test_what_another_try_does_not_help_is_final_at_once(call, folder, tmp_path, code):
    assert subprocess.run(call(f"sys.exit({code})"), check=False).returncode == code
    assert len(tries(tmp_path)) == 1
    ((key, record),) = read_records(folder.parent).items()
    assert (key, record.exit_code, record.state) == (("Look", "1001-1006"), code, "failed")


@pytest.mark.parametrize("code", ["sys.exit(75)", "os.kill(os.getpid(), 9)"], ids=["later", "killed"])
def test_what_another_try_may_help_is_tried_again(call, folder, tmp_path, code):
    once = f"sum(1 for _ in open(sys.argv[1])) > 1 or {code}"
    assert subprocess.run(call(once), check=False).returncode == 0
    assert len(tries(tmp_path)) == 2
    assert read_records(folder.parent) == {}


def test_what_asks_again_and_again_is_given_up(call, folder, tmp_path):
    assert subprocess.run(call("sys.exit(75)", retries=1), check=False).returncode == 75
    assert len(tries(tmp_path)) == 2
    (record,) = read_records(folder.parent).values()
    assert (record.exit_code, record.state) == (75, "failed")


def test_an_end_of_an_earlier_run_is_forgotten(call, folder):
    subprocess.run(call("sys.exit(3)", frames=""), check=False)
    assert (folder.parent / "tasks" / "Look.end").exists()
    subprocess.run(call("sys.exit(0)", frames=""), check=True)
    assert not (folder.parent / "tasks" / "Look.end").exists()


def test_who_ends_the_script_ends_the_task_and_no_other_is_begun(call, tmp_path):
    script = subprocess.Popen(call("", whole=STOPS))
    until = time.monotonic() + 30
    while not (tmp_path / "said").exists() or not tries(tmp_path):
        assert time.monotonic() < until
        time.sleep(0.01)
    os.kill(script.pid, signal.SIGTERM)
    assert script.wait(30) == 130
    assert tries(tmp_path) == ["at work"]


def test_who_ends_the_script_while_it_waits_is_heard(call, tmp_path):
    script = subprocess.Popen(call("sys.exit(75)", retries=9))
    until = time.monotonic() + 30
    while not (tmp_path / "said").exists() or len(tries(tmp_path)) < 2:
        assert time.monotonic() < until
        time.sleep(0.01)
    os.kill(script.pid, signal.SIGTERM)
    assert script.wait(30) != 0  # 75 where the signal comes between two tries, as it nearly always does
    assert len(tries(tmp_path)) <= 3
