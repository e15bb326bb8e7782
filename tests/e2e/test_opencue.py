# SPDX-License-Identifier: Apache-2.0
"""OpenCue's own client hands the job to a stand-in for cuebot, which checks its XML and runs it."""

import sys
from importlib import import_module

import pytest

from pixmend.errors import TemporaryError
from pixmend.farm import Plan, Site, open_engine, read_outline
from pixmend.progress import Silent
from tests.make.awkward import AWKWARD, engine_folder
from tests.make.farm import command, step_of

pytestmark = pytest.mark.slow
pytest.importorskip("outline", reason="the client `opencue-pyoutline` is not installed")
serving = import_module("tests.fakes.cuebot").serving  # it needs the client too
NOTE = "import os, sys; open(sys.argv[1], 'a').write(sys.argv[2] + os.environ['SAID'] + '\\n')"
LATER = "import os, sys; new = not os.path.exists(sys.argv[1]); open(sys.argv[1], 'a'); sys.exit(75 * new)"
CHUNKS = ("1001-1002", "1003-1004", "1005-1005")


@pytest.fixture
def job(tmp_path, monkeypatch):
    """What is written of a job of four steps, the third of which fails; and where tasks note their frames."""
    monkeypatch.setenv("HOME", str(tmp_path))
    folder, said = engine_folder(tmp_path, "opencue"), tmp_path / "said"
    steps = (
        step_of("Cuts", command(LATER, "", tmp_path / "tried")),
        step_of("Look", *(command(NOTE, each, said, each) for each in CHUNKS), after=["Cuts"]),
        step_of("Map", command("raise SystemExit(3)"), after=["Look"]),
        step_of("Fix", command(NOTE, "", said, "never"), after=["Map"]),
    )
    plan = Plan(name="reel A", job_folder=folder.parent, environment={"SAID": AWKWARD}, steps=steps)
    return folder, plan, said


def submitted(job, address):
    folder, plan, _ = job
    sections = {"opencue": {"hosts": [address], "show": "testing", "shot": "reel", "user": "td"}}
    site = Site(command=(sys.executable,), retries=1, sections=sections)
    engine = open_engine("opencue")
    engine.write(plan, site, folder)
    return engine.submit(plan, site, folder, Silent())


def test_cuebot_takes_the_job_and_runs_its_chunks(job):
    folder, _, said = job
    with serving() as cuebot:
        assert dict(submitted(job, cuebot.address).ids) == {"job": "testing-reel-td_reel_a"}
    assert sorted(said.read_text().splitlines()) == [each + AWKWARD for each in CHUNKS]
    assert read_outline(folder.parent)["Look"] == CHUNKS
    ended = {(each.layer, each.attempt): each.exit_code for each in cuebot.frames}
    assert ended == {("Cuts", 0): 0, ("Look", 0): 0, ("Map", 0): 3}  # what may help is tried within the call
    assert (folder.parent / "tasks" / "Map.end").read_text().startswith("3 ")


def test_cuebot_is_asked_whether_anything_can_still_run(job):
    with serving() as cuebot:
        submission = submitted(job, cuebot.address)
        assert submission.is_queued()
        cuebot.wait()
        cuebot.waiting = 3
        assert submission.is_queued()
        cuebot.waiting = 0
        assert not submission.is_queued()
    assert submission.is_queued()  # it cannot be asked now


def test_where_no_cuebot_answers_it_is_said(job):
    with pytest.raises(TemporaryError, match="no cuebot answers"):
        submitted(job, "127.0.0.1:9")
