# SPDX-License-Identifier: Apache-2.0
import json
import shutil
import subprocess
import sys

import pytest

from pixmend.errors import UsageError
from pixmend.farm import Site, open_engine
from pixmend.progress import Silent
from tests.make.awkward import awkward_plan, called_as, engine_folder

ENGINE = open_engine("tractor")
SITE = Site(
    retries=2,
    priority=60,
    sections={"tractor": {"service": "Linux64", "projects": ["show a", "nam"], "engine": "tractor:80"}},
)

# Tractor's operators, as far as a job of ours uses them; Tcl itself does the reading.
READER = r"""
fconfigure stdout -encoding utf-8
proc say {kind args} { puts [list $kind {*}$args] }
proc Job {args} {
  array set said $args
  set tasks $said(-subtasks); unset said(-subtasks)
  foreach key [lsort [array names said]] { say option $key $said($key) }
  uplevel #0 $tasks
}
proc Task {title args} {
  array set said $args
  if {[info exists said(-subtasks)]} { say step $title; uplevel #0 $said(-subtasks) }
  if {[info exists said(-cmds)]} { say task $title; uplevel #0 $said(-cmds) }
}
proc RemoteCmd {argv args} { say argv [llength $argv]; foreach word $argv { say word $word }; say how {*}$args }
source -encoding utf-8 [lindex $argv 0]
"""
LISTED = r"""
while {[gets stdin line] >= 0} { foreach word $line { puts -nonewline "$word\u0001" }; puts "" }
"""


@pytest.fixture
def folder(tmp_path):
    return engine_folder(tmp_path, "tractor")


@pytest.fixture
def said(folder, tmp_path):
    """Return what Tcl makes of the job, a list of words for each thing that is said."""
    tclsh = shutil.which("tclsh")
    if tclsh is None:
        pytest.skip("there is no tclsh")
    ENGINE.write(awkward_plan(), SITE, folder)
    reader, lister = tmp_path / "reader.tcl", tmp_path / "lister.tcl"
    reader.write_text(READER)
    lister.write_text(LISTED)
    lists = subprocess.run(
        [tclsh, reader, folder / "job.alf"], capture_output=True, text=True, check=True
    ).stdout
    words = subprocess.run([tclsh, lister], input=lists, capture_output=True, text=True, check=True).stdout
    return [line.split("\x01")[:-1] for line in words.splitlines()]


def test_tcl_reads_every_word_as_it_is(said):
    plan = awkward_plan()
    expected = []
    for step in plan.steps:
        for task in step.tasks:
            variables = [f"{name}={value}" for name, value in plan.environment.items()]
            call = called_as(plan, step, task, engine="tractor", retries=2)
            expected += [word.replace("%", "%%") for word in ("/usr/bin/env", *variables, *call)]
    assert [each[1] for each in said if each[0] == "word"] == expected


def test_steps_run_one_after_the_other(said):
    options = {each[1]: each[2] for each in said if each[0] == "option"}
    assert options["-serialsubtasks"] == "1"
    assert [each[1] for each in said if each[0] in {"step", "task"}] == [
        *("Cuts", "Cuts", "Look", "Look 1001-1003", "Look 1004-1006", "Look 1007-1007", "Map", "Map"),
    ]


def test_the_site_is_heard(said):
    options = {each[1]: each[2] for each in said if each[0] == "option"}
    assert options["-service"] == "Linux64"
    assert options["-priority"] == "60"
    assert options["-title"] == "reel A"
    assert options["-projects"] == r"show\ a nam"


def test_a_stuck_task_is_ended_and_tractor_itself_tries_none_again(said):
    assert {tuple(each) for each in said if each[0] == "how"} == {("how", "-maxrunsecs", "601")}


def test_spooling(folder, tmp_path):
    log = tmp_path / "words.json"
    code = f"import json, sys; json.dump(sys.argv[1:], open({str(log)!r}, 'w')); print('OK job submitted, jid: 1207')"
    own = {**SITE.section("tractor"), "command": [sys.executable, "-c", code]}
    site = Site(sections={"tractor": own})
    ENGINE.write(awkward_plan(), site, folder)
    assert dict(ENGINE.submit(awkward_plan(), site, folder, Silent()).ids) == {"job": "1207"}
    assert json.loads(log.read_text()) == ["--engine=tractor:80", str(folder / "job.alf")]


def test_a_refusal_and_a_missing_client_are_said(folder):
    ENGINE.write(awkward_plan(), SITE, folder)
    code = "import sys; sys.exit('no such project')"
    refusing = Site(sections={"tractor": {"command": [sys.executable, "-c", code]}})
    with pytest.raises(UsageError, match="no such project"):
        ENGINE.submit(awkward_plan(), refusing, folder, Silent())
    missing = Site(sections={"tractor": {"command": ["/nowhere/tractor-spool"]}})
    with pytest.raises(UsageError, match="there is no /nowhere"):
        ENGINE.submit(awkward_plan(), missing, folder, Silent())
