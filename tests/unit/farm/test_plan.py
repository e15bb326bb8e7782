# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixmend.errors import UsageError
from pixmend.farm import (
    FrameCost,
    Site,
    chunk_size,
    frames_to_lay,
    make_template,
    read_outline,
    resolve_plan,
    write_outline,
)
from pixmend.model import FrameRange
from tests.make.farm import job_of, planned

GOLDEN = Path(__file__).parents[2] / "golden" / "farm"
SITE = Site(command=("pixmend",), cores=4, memory_mb=8000, environment={"OCIO": "/config.ocio"})
WHOLE = ["Cuts", "Look", "Group", "Again", "Map", "Fix", "Verify", "Report"]


def names(plan):
    return [step.name for step in plan.steps]


@pytest.mark.parametrize("name", ["reel", "one-shot"])
def test_the_template_is_the_golden_one(name):
    template = make_template(job_of(is_one_shot=name == "one-shot"), SITE)
    assert template == json.loads((GOLDEN / f"{name}.json").read_text())


@pytest.mark.parametrize(
    ("fields", "steps"),
    [
        ({}, WHOLE),
        ({"only": "detect"}, WHOLE[:5]),
        ({"only": "fix", "map": "/a.json"}, WHOLE[5:]),
        ({"is_one_shot": True}, ["Measure", *WHOLE[4:]]),
        ({"is_one_shot": True, "only": "detect"}, ["Measure", "Map"]),
    ],
)
def test_a_job_has_the_steps_it_needs_one_after_the_other(fields, steps):
    plan = planned(**fields)
    assert names(plan) == steps
    assert [step.depends_on for step in plan.steps] == [(), *((name,) for name in steps[:-1])]


def test_a_task_is_one_command_over_its_frames():
    look = planned().steps[1]
    assert look.tasks[0].argv == (
        *("pixmend", "farm", "look", "/jobs/reel 'A'.job", "--frames", "1001-1006", "--workers", "2"),
    )
    assert [task.frames for task in look.tasks] == ["1001-1006", "1007-1012", "1013-1018", "1019-1024"]
    assert planned().steps[0].tasks[0].argv == (
        "pixmend",
        "farm",
        "cuts",
        "/jobs/reel 'A'.job",
        "--workers",
        "2",
    )


def test_what_the_site_says_reaches_the_plan():
    plan = planned(site=SITE)
    assert plan.environment == {"PIXMEND_PROGRESS": "openjd", "OCIO": "/config.ocio"}
    assert {(step.cores, step.memory_mb) for step in plan.steps} == {(4, 8000)}
    assert plan.name == "reel 'A'"
    assert plan.task_count == 4 * 4 + 4


def test_chunks_are_even():
    assert [task.frames for task in planned(frames="1001-1020").steps[1].tasks] == [
        *("1001-1005", "1006-1010", "1011-1015", "1016-1020"),
    ]


def test_a_single_frame_is_a_job_too():
    assert [task.frames for task in planned(frames="-5", size=1).steps[1].tasks] == ["-5--5"]


def test_a_cut_in_braces_is_refused():
    with pytest.raises(UsageError, match=r"\{\{"):
        make_template(job_of(), Site(command=("{{x}}",)))


def test_a_template_that_breaks_the_specification_is_one_sentence():
    template = make_template(job_of(), SITE) | {"steps": []}
    with pytest.raises(UsageError, match="cannot be resolved") as caught:
        resolve_plan(template, {}, folder=Path("/"))
    assert "\n" not in str(caught.value)


frame_sets = st.sets(st.integers(-300, 5000), min_size=1, max_size=60)


@given(frame_sets, st.integers(1, 400))
def test_each_frame_is_in_exactly_one_task(numbers, size):
    plan = planned(frames=str(FrameRange(numbers)), size=size, only="fix", map="/m")
    tasks = [FrameRange.parse(task.frames) for task in plan.steps[0].tasks]
    assert sum(len(task & FrameRange(numbers)) for task in tasks) == len(numbers)
    assert all(len(task) <= size for task in tasks)
    assert sum(map(len, tasks)) == len(FrameRange(frame for task in tasks for frame in task))


def test_small_holes_are_bridged_and_large_ones_are_not():
    assert frames_to_lay(FrameRange.parse("1-3,7,90-99"), 10) == "1-7,90-99"
    assert frames_to_lay(FrameRange.parse("1-100x10"), 10) == "1-91"
    assert frames_to_lay(FrameRange.parse("5"), 3) == "5"


@given(frame_sets, st.floats(0, 1e4), st.integers(1, 8), st.integers(1, 100))
def test_a_chunk_is_never_less_than_one_frame_nor_more_than_all(numbers, seconds, cores, at_least):
    frames = FrameRange(numbers)
    size = chunk_size(frames, seconds, cores=cores, at_least=at_least)
    assert 1 <= size <= frames.frames[-1] - frames.frames[0] + 1


def test_dear_frames_make_small_chunks():
    frames = FrameRange(range(100_000))
    small = FrameCost(samples=1920 * 1080 * 3, stored_bytes=8_000_000, extension=".dpx")
    large = FrameCost(samples=6560 * 3100 * 4, stored_bytes=120_000_000, extension=".EXR")
    assert chunk_size(frames, small.seconds_to_look) > 5 * chunk_size(frames, large.seconds_to_look)
    assert large.seconds_to_mend < large.seconds_to_look
    assert chunk_size(frames, 1e9, at_least=48) == 50
    every_tenth = FrameRange(range(0, 100_000, 10))
    assert chunk_size(every_tenth, 3.0) == pytest.approx(
        10 * chunk_size(FrameRange(range(10_000)), 3.0), rel=0.01
    )


def test_on_one_machine_each_core_gets_a_few_tasks():
    frames = FrameRange(range(1001, 1241))
    assert chunk_size(frames, 0.1, shared_by=2, at_least=24) == 40
    assert chunk_size(frames, 0.1, shared_by=64, at_least=24) == 24
    assert chunk_size(frames, 100.0, cores=2, shared_by=2) == 6
    assert chunk_size(frames, 0.1) == 240


def test_the_outline_goes_to_disk_and_back(tmp_path):
    plan = planned()
    write_outline(tmp_path, plan)
    write_outline(tmp_path, plan)
    assert read_outline(tmp_path) == {
        step.name: tuple(task.frames for task in step.tasks) for step in plan.steps
    }


@pytest.mark.parametrize("text", [None, "", "[]", '{"steps": 3}'])
def test_a_folder_without_an_outline_is_no_job(tmp_path, text):
    if text is not None:
        (tmp_path / "plan.json").write_text(text)
    with pytest.raises(UsageError, match="plan"):
        read_outline(tmp_path)
