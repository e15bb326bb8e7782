# SPDX-License-Identifier: Apache-2.0
"""OpenJD's own command line, where it is installed."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pixmend.errors import UsageError
from pixmend.farm import Laid, Site, make_template, open_engine, parameter_values, resolve_plan, write_outline
from pixmend.farm._openjd import _command
from tests.make.farm import Heard, job_of

OPENJD = shutil.which("openjd", path=str(Path(sys.executable).parent)) or shutil.which("openjd")
needs_openjd = pytest.mark.skipif(OPENJD is None, reason="openjd-cli is not installed")

# Stands for pixmend: keeps which steps ran, and a record as each task does.
STANDS_IN = """
import json, os, pathlib, sys
verb, job = sys.argv[3:5]
folder = pathlib.Path(job)
frames = sys.argv[6] if sys.argv[5] == "--frames" else ""
with open(folder / "ran", "a") as ran:
    print(verb, frames, os.environ["PIXMEND_PROGRESS"], file=ran)
tries = (folder / "ran").read_text().count("map")
code = int(os.environ["ENDS_WITH"]) if verb == "map" and tries < 3 else 0
states = {0: "done", 75: "again"}
record = dict(step=verb.title(), frames=frames, host="h", pid=1, started=1.0, ended=2.0,
              state=states.get(code, "failed"), exit_code=code, reason="out of reach" if code else "")
(folder / "tasks").mkdir(exist_ok=True)
(folder / "tasks" / (verb.title() + "." + frames + ".json")).write_text(json.dumps(record))
sys.exit(code)
"""


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    """Return a function that writes a job as `submit` does: its plan, site and folder."""
    monkeypatch.setattr("pixmend.farm._openjd._LONGEST_WAIT", 0.0)

    def prepare(ends_with, retries=2):
        folder = tmp_path / "a 'reel'.job"
        (folder / "openjd").mkdir(parents=True)
        site = Site(
            command=(sys.executable, "-I", "-c", STANDS_IN, "pixmend"),
            retries=retries,
            environment={"ENDS_WITH": str(ends_with)},
        )
        template = make_template(job_of(only="detect"), site)
        values = parameter_values(
            job_of(), job_folder=str(folder), laid=Laid(frames="1001-1024", look=12, mend=12)
        )
        (folder / "template.json").write_text(json.dumps(template))
        (folder / "parameter_values.json").write_text(json.dumps(values))
        plan = resolve_plan(template, values, folder=folder)
        write_outline(folder, plan)
        return plan, site, folder / "openjd"

    return prepare


def submitted(plan, site, own):
    heard = Heard()
    return open_engine("openjd").submit(plan, site, own, heard), heard


def steps_run(own):
    return [line.split()[0] for line in (own.parent / "ran").read_text().splitlines()]


@needs_openjd
def test_it_checks_and_sums_up_what_we_wrote(prepared):
    check, summary, _ = open_engine("openjd").write(*prepared(0))
    assert not subprocess.run(check, check=False).returncode
    said = subprocess.run(summary, check=True, capture_output=True, text=True).stdout
    assert "Total steps: 5" in said


@needs_openjd
def test_it_runs_the_steps_in_order(prepared):
    plan, site, own = prepared(0)
    submission, heard = submitted(plan, site, own)
    assert (submission.is_over, submission.failures) == (True, ())
    assert steps_run(own) == ["cuts", "look", "look", "group", "again", "again", "map"]
    assert heard.stages == {"openjd run": [7, 7]}
    assert "look 1001-1012 openjd" in (own.parent / "ran").read_text()


@needs_openjd
def test_a_task_that_ends_with_75_is_run_again(prepared):
    plan, site, own = prepared(75)
    submission, heard = submitted(plan, site, own)
    assert submission.failures == ()
    assert steps_run(own).count("map") == 3
    assert len(heard.notes) == 2


@needs_openjd
@pytest.mark.parametrize(("ends_with", "retries", "tries"), [(3, 2, 1), (75, 1, 2)])
def test_a_task_that_fails_ends_the_job(prepared, ends_with, retries, tries):
    plan, site, own = prepared(ends_with, retries)
    submission, _ = submitted(plan, site, own)
    assert submission.failures == ("Map: out of reach",)
    assert steps_run(own).count("map") == tries


@needs_openjd
def test_a_template_that_it_refuses_is_said(prepared):
    plan, site, own = prepared(0)
    (own.parent / "template.json").write_text("{}")
    with pytest.raises(UsageError, match="openjd refuses the job"):
        submitted(plan, site, own)


def test_the_site_s_command_counts():
    assert _command(Site(sections={"openjd": {"command": ["rez", "env", "openjd"]}})) == (
        "rez",
        "env",
        "openjd",
    )


def test_a_command_that_is_nowhere_is_said(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(UsageError, match="no command 'openjd'"):
        _command(Site())
