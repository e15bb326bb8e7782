# SPDX-License-Identifier: Apache-2.0
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pixmend.farm import Task, _run
from pixmend.farm._run import Running, run_command
from tests.make.farm import command

AGAIN = """
import pathlib, sys
tries = pathlib.Path(sys.argv[1])
tries.write_text(tries.read_text() + "x" if tries.exists() else "x")
print("error: the disk is full", file=sys.stderr)
sys.exit(0 if len(tries.read_text()) > int(sys.argv[2]) else 75)
"""
SLEEPS = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch):
    monkeypatch.setattr(_run, "_LONGEST_WAIT", 0.01)


def ran(task, *, running=None, retries=3, timeout=60, environment=None, told=None):
    return run_command(
        task.argv,
        environment or {},
        job="job",
        running=running or Running(),
        retries=retries,
        timeout=timeout,
        tell=(told if told is not None else []).append,
    )


def wait_for(path):
    for _ in range(1000):
        if path.exists():
            return
        time.sleep(0.01)
    raise AssertionError(path)


def test_a_task_that_ends_well_says_nothing():
    outcome = ran(command("print('all is well')"))
    assert (outcome.exit_code, outcome.reason, outcome.tries) == (0, "", 1)


def test_its_progress_is_passed_on():
    told = []
    ran(
        command("print('openjd_progress: 12.5'); print('openjd_status: x'); print('openjd_progress: 100')"),
        told=told,
    )
    assert told == [12.5, 100.0]


def test_it_gets_the_variables_of_the_plan(monkeypatch):
    monkeypatch.setenv("OTHERS", "stay")
    outcome = ran(
        command("import os, sys; sys.exit(os.environ['A'] + os.environ['OTHERS'])"), environment={"A": "b c"}
    )
    assert outcome.reason == "ended with 1: b cstay"


@pytest.mark.parametrize(("passes_after", "code", "tries"), [(2, 0, 3), (9, 75, 4)])
def test_75_is_tried_again_so_often(tmp_path, passes_after, code, tries):
    outcome = ran(command(AGAIN, "", tmp_path / "tries", passes_after))
    assert (outcome.exit_code, outcome.tries) == (code, tries)
    assert outcome.reason == ("the disk is full" if code else "")


def test_another_code_is_not_tried_again_and_its_error_is_kept():
    code = (
        "import sys; print('error: plate: frame 7 is damaged\\nhint: mend it', file=sys.stderr); sys.exit(3)"
    )
    outcome = ran(command(code))
    assert (outcome.exit_code, outcome.tries) == (3, 1)
    assert outcome.reason == "plate: frame 7 is damaged; hint: mend it"


def test_a_command_that_is_not_there_fails():
    outcome = ran(Task("", ("/no/such/command", "farm")))
    assert outcome.exit_code
    assert "/no/such/command cannot be started" in outcome.reason


def test_a_task_that_takes_too_long_is_ended(tmp_path):
    assert ran(command(SLEEPS, "", tmp_path / "x"), timeout=0.2).reason == "ended by signal 15"


def test_a_job_that_is_stopped_ends_its_tasks_and_begins_no_more(tmp_path):
    running, outcomes = Running(), []
    thread = threading.Thread(
        target=lambda: outcomes.append(ran(command(SLEEPS, "", tmp_path / "x"), running=running))
    )
    thread.start()
    wait_for(tmp_path / "x")
    assert running.stop("other") == 0
    assert running.stop("job") == 1
    thread.join(20)
    assert outcomes[0].exit_code == -signal.SIGTERM
    assert running.stop("job") == 0
    assert ran(command(SLEEPS, "", tmp_path / "y"), running=running).exit_code == -signal.SIGTERM


STARTS = """
import sys
from pixmend.farm._run import Running, run_command
run_command(sys.argv[1:], {}, job="j", running=Running(), retries=0, timeout=60, tell=print)
"""
SAYS_ITS_NUMBER = """
import os, pathlib, sys, time
pathlib.Path(sys.argv[1] + "~").write_text(str(os.getpid()))
pathlib.Path(sys.argv[1] + "~").rename(sys.argv[1])
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_a_task_ends_with_whoever_started_it(tmp_path):
    task = command(SAYS_ITS_NUMBER, "", tmp_path / "number")
    starter = subprocess.Popen([sys.executable, "-c", STARTS, *task.argv])
    wait_for(tmp_path / "number")
    starter.kill()
    starter.wait()
    number = int((tmp_path / "number").read_text())
    for _ in range(1000):
        if not is_alive(number):
            return
        time.sleep(0.01)
    raise AssertionError("the task goes on")


def is_alive(number):
    try:
        os.kill(number, 0)
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


SUBMITTED = (sys.executable, "-m", "pixmend")
"""As a task of a job begins where the site says nothing else."""


def stayed(running, *words, told=None):
    return run_command(
        (*SUBMITTED, *words),
        {},
        job="job",
        running=running,
        retries=1,
        timeout=60,
        tell=(told if told is not None else []).append,
        stays=True,
    )


@pytest.fixture
def running():
    running = Running()
    yield running
    running.release("job")


def number_of_idle(running):
    with running.lent("job", {}) as process:
        return process.pid


def test_tasks_that_follow_each_other_share_a_process(running):
    running.warm_up("job", {})
    number = number_of_idle(running)
    good, bad = stayed(running, "demo", "--help"), stayed(running, "farm", "status", "/no/such/job")
    assert (good.exit_code, good.reason) == (0, "")
    assert (bad.exit_code, bad.tries) == (2, 1)
    assert "this is no job folder" in bad.reason
    assert number_of_idle(running) == number


def test_several_processes_get_ready_side_by_side(running):
    running.warm_up("job", {}, count=2)
    with running.lent("job", {}) as one, running.lent("job", {}) as other:
        assert one.pid != other.pid
        assert running.stop("job") == 2


def test_a_task_whose_process_is_killed_fails_alone(running, monkeypatch):
    killed = "import os, sys; sys.stdin.readline(); os.kill(os.getpid(), 9)"
    with monkeypatch.context() as patched:
        patched.setattr(_run, "_STAYS", (sys.executable, "-I", "-S", "-c", killed))
        outcome = stayed(running, "demo", "--help")
    assert (outcome.exit_code, outcome.reason) == (-signal.SIGKILL, "ended by signal 9")
    assert stayed(running, "demo", "--help").exit_code == 0


def test_a_process_that_died_between_tasks_is_replaced(running):
    running.warm_up("job", {})
    number = number_of_idle(running)
    os.kill(number, signal.SIGKILL)
    for _ in range(1000):
        if not is_alive(number):
            break
        time.sleep(0.01)
    assert stayed(running, "demo", "--help").exit_code == 0
    assert number_of_idle(running) != number


def test_75_of_a_task_that_shares_a_process_is_tried_again(running, monkeypatch):
    again = "import sys; sys.stdin.readline(); print('pixmend_task_ended: 75', flush=True); sys.stdin.readline(); print('pixmend_task_ended: 0', flush=True); sys.stdin.readline()"
    monkeypatch.setattr(_run, "_STAYS", (sys.executable, "-I", "-S", "-c", again))
    outcome = stayed(running, "demo", "--help")
    assert (outcome.exit_code, outcome.tries) == (0, 2)


def test_a_job_that_is_stopped_ends_idle_processes_and_lends_none(running):
    running.warm_up("job", {})
    assert running.stop("job") == 1
    assert stayed(running, "demo", "--help").exit_code == -signal.SIGTERM


def test_processes_that_stayed_end_when_they_are_released():
    running = Running()
    running.warm_up("job", {})
    number = number_of_idle(running)
    running.release("job")
    assert not is_alive(number)


def test_what_another_program_runs_has_a_process_of_its_own(running):
    outcome = run_command(
        command("print('all is well')").argv,
        {},
        job="job",
        running=running,
        retries=0,
        timeout=60,
        tell=print,
        stays=True,
    )
    assert outcome.exit_code == 0
