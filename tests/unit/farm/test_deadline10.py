# SPDX-License-Identifier: Apache-2.0
import re
import sys
from pathlib import Path

import pytest

from pixmend.errors import TemporaryError, UsageError
from pixmend.farm import Plan, Site, Step, Task, open_engine
from pixmend.progress import Silent
from tests.make.awkward import awkward_plan, called_as, engine_folder
from tests.make.farm import planned

GOLDEN = Path(__file__).parents[2] / "golden" / "farm" / "deadline10"
SITE = Site(
    command=("pixmend",),
    retries=2,
    priority=60,
    environment={"OCIO": "/show/a b/config.ocio"},
    sections={"deadline10": {"pool": "plates", "group": "linux", "machine_limit": 20}},
)
ENGINE = open_engine("deadline10")


@pytest.fixture
def folder(tmp_path):
    return engine_folder(tmp_path, "deadline10")


@pytest.fixture
def deadlinecommand(tmp_path):
    """Return the words that start a stand-in which notes its words, and takes two jobs."""
    script, log = tmp_path / "stand_in.py", tmp_path / "calls"
    script.write_text(
        "import pathlib, sys\n"
        f"log = pathlib.Path({str(log)!r})\n"
        "calls = log.read_text().splitlines() if log.exists() else []\n"
        "said = [pathlib.Path(word).name for word in sys.argv[1:]]\n"
        "log.write_text('\\n'.join([*calls, ' '.join(said)]) + '\\n')\n"
        "if len(calls) == 2: sys.exit('the pool is not known')\n"
        "print('Deadline Command 10.3', 'Result=Success', f'JobID={len(calls):024x}', sep='\\n')\n"
    )
    return (sys.executable, "-I", "-S", str(script)), log


def test_files_are_as_they_were(folder):
    ENGINE.write(planned(site=SITE), SITE, folder)
    assert {path.name: path.read_text() for path in folder.iterdir() if path.name != "again.sh"} == {
        path.name: path.read_text() for path in GOLDEN.iterdir()
    }


def test_words_are_kept_together_without_a_shell(folder):
    plan = awkward_plan()
    ENGINE.write(plan, Site(), folder)
    lines = (folder / "Look.commands").read_text().splitlines()
    look = plan.steps[1]
    expected = [called_as(plan, look, task, engine="deadline10", retries=3) for task in look.tasks]
    assert [_split(line) for line in lines] == expected


def _split(line):
    """Split a line as programs that know double quotes only do."""
    words = re.findall(r'"((?:\\.|[^"\\])*)"|(\S+)', line)
    return [quoted.replace('\\"', '"') if quoted else plain for quoted, plain in words]


def test_ids_of_what_is_waited_for_are_filled_in_and_a_part_of_a_job_is_taken_back(folder, deadlinecommand):
    command, log = deadlinecommand
    site = Site(sections={"deadline10": {"command": command}})
    plan = awkward_plan()
    ENGINE.write(plan, site, folder)
    with pytest.raises(UsageError, match="the pool is not known"):
        ENGINE.submit(plan, site, folder, Silent())
    assert f"JobDependencies={0:024x}\n" in (folder / "Look.job").read_text()
    calls = log.read_text().splitlines()
    assert calls[:2] == ["Cuts.job Cuts.plugin Cuts.commands", "Look.job Look.plugin Look.commands"]
    assert calls[3:] == [f"-FailJob {1:024x}", f"-FailJob {0:024x}"]


def test_ids_are_told(folder, deadlinecommand):
    site = Site(sections={"deadline10": {"command": deadlinecommand[0]}})
    plan = Plan(name="a", job_folder=folder, steps=awkward_plan().steps[:2])
    ENGINE.write(plan, site, folder)
    assert dict(ENGINE.submit(plan, site, folder, Silent()).ids) == {
        "Cuts": f"{0:024x}",
        "Look": f"{1:024x}",
    }


def test_a_missing_client_is_said(folder):
    site = Site(sections={"deadline10": {"command": ["/nowhere/deadlinecommand"]}})
    ENGINE.write(awkward_plan(), site, folder)
    with pytest.raises(UsageError, match="there is no /nowhere/deadlinecommand"):
        ENGINE.submit(awkward_plan(), site, folder, Silent())


def test_no_connection_is_worth_another_try(folder):
    code = "import sys; sys.exit('could not connect to the repository')"
    site = Site(sections={"deadline10": {"command": [sys.executable, "-c", code]}})
    ENGINE.write(awkward_plan(), site, folder)
    with pytest.raises(TemporaryError, match="could not connect"):
        ENGINE.submit(awkward_plan(), site, folder, Silent())


@pytest.mark.parametrize("name", ["deadline10", "slurm", "tractor"])
def test_a_line_break_is_refused(tmp_path, name):
    step = Step(name="Cuts", depends_on=(), tasks=(Task("", ("a\nb",)),), cores=1, memory_mb=256, timeout=60)
    plan = Plan(name="a", job_folder=tmp_path, steps=(step,))
    with pytest.raises(UsageError, match="line break"):
        open_engine(name).write(plan, Site(), tmp_path)
