# SPDX-License-Identifier: Apache-2.0
"""When a job that runs elsewhere is over: records and engines, in agreement and not."""

import os
import time

import pytest

from pixmend.cli import _submit_wait
from pixmend.cli._submit_wait import wait_for_job
from pixmend.farm import Plan, Submission, recorded_task, write_outline
from pixmend.progress import Silent
from tests.make.farm import command, step_of


@pytest.fixture
def job(tmp_path, monkeypatch):
    """A job of two tasks in two steps; looks and questions without waiting."""
    steps = (step_of("Map", command("")), step_of("Fix", command("", "1001-1002"), after=["Map"]))
    write_outline(tmp_path, Plan(name="reel", job_folder=tmp_path, steps=steps))
    monkeypatch.setattr(_submit_wait, "_SECONDS_BETWEEN_LOOKS", 0.0)
    monkeypatch.setattr(_submit_wait, "_SECONDS_BETWEEN_QUESTIONS", -1.0)
    return tmp_path


def ended(folder, step, frames="", *, code=0):
    with recorded_task(folder, step=step, frames=frames) as record:
        record.exit_code = code


class Engine:
    """Says what it was told to say, one answer after the other; the last may be asked for again."""

    def __init__(self, *answers, then=lambda: None):
        self.answers, self.then, self.asked = list(answers), then, 0

    def __call__(self):
        self.asked += 1
        if len(self.answers) > 1:
            return self.answers.pop(0)
        self.then()
        return self.answers[0]


def waited(folder, engine=None):
    return wait_for_job(folder, Submission(is_queued=engine), Silent())


def test_a_job_whose_tasks_are_done_is_over_whatever_the_engine_says(job):
    ended(job, "Map")
    ended(job, "Fix", "1001-1002")
    said = waited(job, Engine(True))
    assert (said.is_over, said.failures) == (True, ())


def test_what_failed_is_over_once_the_engine_has_nothing_left(job):
    ended(job, "Map", code=3)
    engine = Engine(True, True, False)
    said = waited(job, engine)
    assert (said.is_over, said.failures, engine.asked) == (True, ("Map: ",), 3)


def test_what_failed_is_over_at_once_where_nobody_can_be_asked(job):
    ended(job, "Map", code=3)
    assert waited(job).failures == ("Map: ",)


def test_a_task_that_is_lost_and_in_the_queue_again_is_waited_for(job):
    path = job / "tasks" / "Map.json"
    with recorded_task(job, step="Map"):
        running = path.read_text()
    path.write_text(running.replace('"begun": "', '"begun": "another '))
    long_ago = time.time() - 3600
    os.utime(path, (long_ago, long_ago))

    def comes_back():
        ended(job, "Map")
        ended(job, "Fix", "1001-1002")

    engine = Engine(True, True, True, True, then=comes_back)
    said = waited(job, engine)
    assert (said.failures, engine.asked) == ((), 4)


def test_a_job_that_was_cancelled_before_it_began_is_over(job):
    engine = Engine(True, False, True, False)
    said = waited(job, engine)
    assert said.failures == ("2 tasks were cancelled",)
    assert engine.asked == 6  # three times in a row nothing: records may come late
