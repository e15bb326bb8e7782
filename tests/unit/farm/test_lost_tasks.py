# SPDX-License-Identifier: Apache-2.0
"""Tasks that could not say how they ended: killed, lost with their machine, given up by a script."""

import json
import os
import subprocess
import sys
import time

import pytest

from pixmend.errors import TemporaryError
from pixmend.farm import TaskState, forget_records, job_status, read_records, recorded_task

AT_WORK = """
import sys, time
from pathlib import Path
from pixmend.farm import recorded_task
with recorded_task(Path(sys.argv[1]), step="Look", frames="1001-1006"):
    print("at work", flush=True)
    time.sleep(60)
"""
OUTLINE = {"Look": ("1001-1006",), "Map": ("",)}


def the_record(folder):
    (record,) = read_records(folder).values()
    return record


def change(folder, *, age=0.0, **fields):
    """Change what the record's file says, and when it was touched."""
    (path,) = (folder / "tasks").glob("*.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))
    os.utime(path, (time.time() - age,) * 2)


def running(folder, **fields):
    """Leave the record of a task that runs in this process, then change it."""
    with recorded_task(folder, step="Look", frames="1001-1006"):
        pass
    change(folder, **{"state": "running", "ended": 0.0, **fields})


def test_a_task_that_was_killed_is_lost_and_not_running(tmp_path):
    with subprocess.Popen([sys.executable, "-c", AT_WORK, tmp_path], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        assert the_record(tmp_path).state is TaskState.RUNNING
        process.kill()
        process.wait()
    assert the_record(tmp_path).state is TaskState.LOST
    status = job_status(OUTLINE, read_records(tmp_path), now=time.time())
    assert (status.steps[0].lost, status.steps[0].running, status.steps[0].waiting) == (1, 0, 0)
    assert not status.is_over  # an engine may start it again
    late = job_status(OUTLINE, read_records(tmp_path), now=time.time() + 700)
    assert late.is_over
    assert not late.is_done


def test_a_process_of_the_same_number_is_not_the_task(tmp_path):
    running(tmp_path)
    assert the_record(tmp_path).state is TaskState.RUNNING
    change(tmp_path, begun="1")
    assert the_record(tmp_path).state is TaskState.LOST


@pytest.mark.parametrize(("age", "state"), [(60.0, TaskState.RUNNING), (300.0, TaskState.LOST)])
def test_on_another_machine_the_time_of_the_record_tells(tmp_path, age, state):
    running(tmp_path, machine="another", age=age)
    assert the_record(tmp_path).state is state


def test_a_task_at_work_touches_its_record(tmp_path, monkeypatch):
    monkeypatch.setattr("pixmend.farm._tasks._BEAT_S", 0.01)
    with recorded_task(tmp_path, step="Map"):
        change(tmp_path, age=1000.0)
        path = tmp_path / "tasks" / "Map.json"
        until = time.monotonic() + 30
        while time.time() - path.stat().st_mtime > 500:
            assert time.monotonic() < until
            time.sleep(0.01)


def test_a_task_that_was_stopped_may_be_put_back_into_the_queue(tmp_path):
    with pytest.raises(KeyboardInterrupt), recorded_task(tmp_path, step="Map"):
        raise KeyboardInterrupt
    records = read_records(tmp_path)
    status = job_status(OUTLINE, records, now=time.time())
    assert status.is_over
    assert not status.is_settled
    assert job_status(OUTLINE, records, now=time.time() + 700).is_settled


def end(folder, code, *, after=0.0, name="Look.1001-1006"):
    (folder / "tasks").mkdir(exist_ok=True)
    (folder / "tasks" / f"{name}.end").write_text(f"{code} {int(time.time() + after)} node7\n")


def test_what_a_script_says_of_a_killed_task_counts(tmp_path):
    running(tmp_path)
    end(tmp_path, 137)
    record = the_record(tmp_path)
    assert (record.state, record.exit_code, record.reason) == (TaskState.FAILED, 137, "ended by signal 9")
    assert job_status(OUTLINE, read_records(tmp_path), now=time.time()).is_over


def test_a_task_that_asked_for_another_try_in_vain_has_failed(tmp_path):
    with pytest.raises(TemporaryError), recorded_task(tmp_path, step="Look", frames="1001-1006"):
        raise TemporaryError("the disk is full")
    end(tmp_path, 75)
    record = the_record(tmp_path)
    assert (record.state, record.exit_code) == (TaskState.FAILED, 75)
    assert record.reason.startswith("given up: the disk is full")


def test_a_task_that_never_began_has_failed_where_its_script_did(tmp_path):
    end(tmp_path, 127, name="Map")
    record = the_record(tmp_path)
    assert (record.step, record.frames, record.host, record.state) == ("Map", "", "node7", TaskState.FAILED)


def test_an_end_from_before_the_task_began_says_nothing(tmp_path):
    running(tmp_path)
    end(tmp_path, 137, after=-60.0)
    assert the_record(tmp_path).state is TaskState.RUNNING


def test_what_a_task_says_of_its_own_end_stays(tmp_path):
    with recorded_task(tmp_path, step="Look", frames="1001-1006"):
        pass
    done = the_record(tmp_path)
    end(tmp_path, 137, after=5.0)
    assert the_record(tmp_path) == done


def test_an_end_that_cannot_be_read_is_none(tmp_path):
    end(tmp_path, "")
    assert read_records(tmp_path) == {}


def test_records_of_an_earlier_submission_are_forgotten(tmp_path):
    running(tmp_path)
    end(tmp_path, 1, name="Map")
    forget_records(tmp_path)
    assert read_records(tmp_path) == {}
    forget_records(tmp_path / "not there")
