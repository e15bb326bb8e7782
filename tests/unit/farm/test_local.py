# SPDX-License-Identifier: Apache-2.0
import sys

import pytest

from pixmend.errors import TemporaryError, UsageError
from pixmend.farm import ENGINES, Plan, Site, open_engine
from tests.make.farm import Heard, command, step_of

pytest.importorskip("distributed")

TOUCH = "import pathlib, sys; print('openjd_progress: 50', flush=True); pathlib.Path(sys.argv[1]).touch()"
FAIL = "import sys; print('error: frame 7 is damaged', file=sys.stderr); sys.exit(3)"


def ran(tmp_path, *steps, workers=2, cores=1, **said):
    plan = Plan(name="job", job_folder=tmp_path, environment={}, steps=steps)
    site = Site(command=("pixmend",), cores=cores, sections={"local": {"workers": workers} | said})
    heard = Heard()
    return open_engine("local").submit(plan, site, tmp_path, heard), heard


def test_steps_run_one_after_the_other_and_progress_is_joined(tmp_path):
    needs = "import pathlib, sys; sys.exit(not pathlib.Path(sys.argv[1]).exists())"
    submission, heard = ran(
        tmp_path,
        step_of(
            "Look", command(TOUCH, "1001-1006", tmp_path / "a"), command(TOUCH, "1007-1010", tmp_path / "b")
        ),
        step_of("Map", command(needs, "", tmp_path / "a"), after=["Look"]),
    )
    assert submission.is_over
    assert submission.failures == ()
    assert heard.stages == {"look": [10, 10], "map": [100, 100]}


def test_what_depends_on_a_failed_task_is_not_begun_and_the_rest_is(tmp_path):
    submission, heard = ran(
        tmp_path,
        step_of("Look", command(FAIL, "1-6"), command(TOUCH, "7-9", tmp_path / "others")),
        step_of("Map", command(TOUCH, "", tmp_path / "map"), after=["Look"]),
        step_of("Report", command(TOUCH, "", tmp_path / "report"), after=["Map"]),
        step_of("Else", command(TOUCH, "", tmp_path / "else")),
    )
    assert submission.failures == ("Look 1-6: frame 7 is damaged",)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["else", "others"]
    assert list(heard.stages) == ["look", "else"]


def test_the_cores_are_shared_out(tmp_path):
    says = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.argv[-1])"
    ran(
        tmp_path,
        step_of("Look", *(command(says, f"{n}", tmp_path / f"{n}") for n in range(4))),
        step_of("Map", command(says, "", tmp_path / "one")),
        workers=2,
    )
    assert (tmp_path / "one").read_text() == "2"
    assert {(tmp_path / f"{n}").read_text() for n in range(4)} == {"1"}


def test_one_task_more_runs_than_there_are_cores_for_and_none_more_than_cores(tmp_path):
    waits = (
        "import pathlib, sys, time; me = pathlib.Path(sys.argv[1]); me.touch(); time.sleep(0.5); "
        "me.write_text(str(len(list(me.parent.glob('[0-9]'))))); me.rename(me.with_suffix('.done'))"
    )
    for cores, workers, together in ((2, 2, 2), (2, 4, 3), (1, 2, 2)):
        folder = tmp_path / f"{cores}-{workers}"
        folder.mkdir()
        tasks = (command(waits, f"{n}", folder / f"{n}") for n in range(5))
        ran(tmp_path, step_of("Look", *tasks), workers=workers, cores=cores)
        assert max(int(each.read_text()) for each in folder.glob("*.done")) == together


def test_a_scheduler_that_does_not_answer_may_be_tried_again(tmp_path, monkeypatch):
    monkeypatch.setattr("pixmend.farm._local._SECONDS_TO_CONNECT", 0.2)
    with pytest.raises(TemporaryError, match="no Dask scheduler answers"):
        ran(tmp_path, step_of("Look", command(TOUCH)), scheduler="tcp://127.0.0.1:9")


def test_an_engine_that_is_not_there_is_said():
    with pytest.raises(UsageError, match="no engine 'qube'") as caught:
        open_engine("qube")
    assert all(name in caught.value.hint for name in ENGINES)


def test_a_package_that_is_missing_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "pixmend.farm._local", raising=False)
    with pytest.raises(UsageError, match="'distributed', which is not installed") as caught:
        open_engine("local")
    assert "pixmend[farm]" in caught.value.hint


def test_a_package_of_one_engine_is_said_by_the_name_it_is_installed_by(monkeypatch):
    monkeypatch.setitem(sys.modules, "opencue", None)
    monkeypatch.setitem(sys.modules, "outline", None)
    monkeypatch.delitem(sys.modules, "pixmend.farm._opencue", raising=False)
    with pytest.raises(UsageError, match="which is not installed") as caught:
        open_engine("opencue")
    assert caught.value.hint == "pip install opencue-pyoutline"
