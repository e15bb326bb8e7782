# SPDX-License-Identifier: Apache-2.0
import json

import pytest

from pixmend.errors import ExitCode, MissingFrameError, TemporaryError, UsageError
from pixmend.farm import TaskRecord, TaskState, job_status, read_job, read_records, recorded_task, write_job
from tests.make.farm import job_of


def test_a_job_goes_to_disk_and_back(tmp_path):
    job = job_of("1001-1100x3,-5", cuts="/cuts.edl", detect=("--every", "2"), is_one_shot=True, only="detect")
    write_job(tmp_path, job)
    assert read_job(tmp_path) == job


def test_the_same_job_may_be_written_again_by_another_version_too(tmp_path):
    write_job(tmp_path, job_of())
    write_job(tmp_path, job_of(pixmend="0.2.0"))
    assert read_job(tmp_path).pixmend == "0.2.0"


def test_the_folder_of_another_job_is_not_taken(tmp_path):
    write_job(tmp_path, job_of())
    with pytest.raises(UsageError, match="of another job"):
        write_job(tmp_path, job_of("1-5"))
    assert read_job(tmp_path) == job_of()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (None, "no job.json"),
        ("text", "not the file of a job"),
        ({"frames": "a-b"}, "not the file of a job"),
        ({"more": 1}, "not the file of a job"),
        ({"schema": "pixmend.farm-job/9"}, "pixmend.farm-job/9"),
    ],
)
def test_what_is_no_job_is_said(tmp_path, change, said):
    if change is not None:
        write_job(tmp_path, job_of())
        path = tmp_path / "job.json"
        path.write_text("text" if change == "text" else json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(UsageError, match=said):
        read_job(tmp_path)


def one(tmp_path, step="Look", frames="1001-1006"):
    return read_records(tmp_path)[step, frames]


def test_a_task_says_that_it_runs_and_then_that_it_is_done(tmp_path):
    with recorded_task(tmp_path, step="Look", frames="1001-1006"):
        assert one(tmp_path).state is TaskState.RUNNING
    assert one(tmp_path).state is TaskState.DONE
    assert one(tmp_path).ended >= one(tmp_path).started > 0


@pytest.mark.parametrize(
    ("raised", "state", "code"),
    [
        (MissingFrameError("it is not there"), TaskState.FAILED, ExitCode.FRAMES),
        (TemporaryError("the disk is full"), TaskState.AGAIN, ExitCode.TEMPORARY),
        (KeyboardInterrupt(), TaskState.FAILED, ExitCode.INTERRUPTED),
        (RuntimeError("a bug"), TaskState.FAILED, ExitCode.BUG),
    ],
)
def test_a_task_that_raises_says_why(tmp_path, raised, state, code):
    with pytest.raises(type(raised)), recorded_task(tmp_path, step="Map"):
        raise raised
    record = one(tmp_path, "Map", "")
    assert (record.state, record.exit_code) == (state, code)
    assert record.reason


def test_a_task_may_end_badly_without_an_error(tmp_path):
    with recorded_task(tmp_path, step="Report") as record:
        record.exit_code = 5
    assert one(tmp_path, "Report", "").state is TaskState.FAILED


def test_what_cannot_be_read_is_no_record(tmp_path):
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "Look.json").write_text("{")
    (tmp_path / "tasks" / "Fix.json").write_text('{"state": "lost"}')
    assert read_records(tmp_path) == {}


def record(frames, state, *, step="Look", started=0.0, ended=0.0):
    return TaskRecord(step=step, frames=frames, host="h", pid=1, started=started, ended=ended, state=state)


def status_of(*records, outline=None, now=1000.0):
    outline = outline or {"Look": ("1", "2", "3", "4", "5"), "Map": ("",)}
    return job_status(outline, {(each.step, each.frames): each for each in records}, now=now)


def test_tasks_are_counted_by_step():
    states = [TaskState.DONE, TaskState.RUNNING, TaskState.FAILED, TaskState.AGAIN]
    look, last = status_of(*(record(str(n), state) for n, state in enumerate(states, 1))).steps
    assert (look.total, look.done, look.running, look.failed, look.again, look.waiting) == (5, 1, 1, 1, 1, 1)
    assert (last.total, last.waiting) == (1, 1)


def test_records_of_another_plan_say_nothing():
    status = status_of(record("1-9", TaskState.FAILED), record("", TaskState.FAILED, step="Cuts"))
    assert not status.failed
    assert status.steps[0].waiting == 5


def test_a_task_that_takes_three_times_as_long_as_others_is_a_straggler():
    done = [record(str(n), TaskState.DONE, started=0, ended=100.0) for n in (1, 2, 3)]
    slow, quick = record("4", TaskState.RUNNING, started=690.0), record("5", TaskState.RUNNING, started=710.0)
    assert status_of(*done, slow, quick).stragglers == (slow,)
    assert status_of(*done[:2], slow, quick).stragglers == ()


def test_a_job_is_over_when_all_is_done_or_nothing_goes_on():
    outline = {"Look": ("1", "2")}
    done, failed = record("1", TaskState.DONE), record("2", TaskState.FAILED)
    runs = record("1", TaskState.RUNNING)
    assert not status_of(outline=outline).is_over
    assert status_of(done, record("2", TaskState.DONE), outline=outline).is_done
    assert status_of(done, failed, outline=outline).is_over
    assert not status_of(done, failed, outline=outline).is_done
    assert not status_of(runs, failed, outline=outline).is_over


def test_others_of_a_step_begin_though_one_has_failed():
    failed = record("2", TaskState.FAILED)
    assert not status_of(failed, outline={"Look": ("1", "2"), "Map": ("",)}).is_settled
    assert status_of(failed, outline={"Look": ("2",), "Map": ("",)}).is_settled
    assert not status_of(outline={"Look": ("2",)}).is_settled
