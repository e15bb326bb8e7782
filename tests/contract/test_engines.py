# SPDX-License-Identifier: Apache-2.0
"""What every engine must do, whoever it hands a job to."""

import json
from pathlib import Path

import pytest

from pixmend.errors import UsageError
from pixmend.farm import ENGINES, Laid, Site, make_template, open_engine, parameter_values, resolve_plan
from tests.make.farm import job_of

NAMES = "a 'plate' & $HOME;b"
FRAMES = ["1001-1006", "1007-1012", "1013-1018", "1019-1024"]


@pytest.fixture(params=ENGINES)
def engine(request):
    try:
        return request.param, open_engine(request.param)
    except UsageError as exc:
        pytest.skip(str(exc))


@pytest.fixture
def job_folder(tmp_path):
    folder = tmp_path / f"{NAMES}.job"
    folder.mkdir()
    return folder


def written(engine, job_folder, *, environment=None):
    """Write the plan of a job as `submit` does; return the engine's folder, the plan and the commands."""
    name, writer = engine
    job = job_of(name=NAMES)
    site = Site(
        command=("/opt/pix mend/pixmend",), environment=environment or {}, retries=3, sections=_sections(name)
    )
    values = parameter_values(job, job_folder=str(job_folder), laid=Laid(frames="1001-1024", look=6, mend=6))
    template = make_template(job, site)
    for stem, document in (("template", template), ("parameter_values", values)):
        (job_folder / f"{stem}.json").write_text(json.dumps(document))
    plan = resolve_plan(template, values, folder=job_folder)
    own = job_folder / name
    own.mkdir(exist_ok=True)
    try:
        return own, plan, writer.write(plan, site, own)
    except UsageError as exc:
        if "there is no command" not in str(exc):
            raise
        pytest.skip(str(exc))


def _sections(name):
    """Return what a site must say to some engines."""
    ids = {"farm": f"farm-{'0' * 32}", "queue": f"queue-{'0' * 32}"}
    return {"deadline-cloud": ids} if name == "deadline-cloud" else {}


def texts(folder):
    return {
        path.relative_to(folder): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_commands_are_words(engine, job_folder):
    _, _, commands = written(engine, job_folder)
    assert all(isinstance(command, tuple) and command for command in commands)
    assert all(isinstance(word, str) for command in commands for word in command)


def test_the_same_plan_is_written_the_same_twice(engine, job_folder):
    own, _, commands = written(engine, job_folder)
    before = texts(own)
    _, _, again = written(engine, job_folder)
    assert again == commands
    assert texts(own) == before


def test_nothing_is_written_elsewhere(engine, job_folder):
    own, _, _ = written(engine, job_folder)
    # cuebot cuts chunks of its own, so that engine also says which tasks there will be
    outline = {"plan.json"} if own.name == "opencue" else set()
    assert {path.name for path in job_folder.iterdir()} == {
        "template.json",
        "parameter_values.json",
        own.name,
        *outline,
    }
    assert [path.name for path in job_folder.parent.iterdir()] == [job_folder.name]
    assert not list(Path(own).rglob("*.part"))


def test_every_step_and_the_variables_of_the_site_are_in_what_is_handed_over(engine, job_folder):
    own, plan, commands = written(engine, job_folder, environment={"OCIO": "/a b/config.ocio"})
    words = [word for command in commands for word in command]
    said = "\n".join([*texts(own).values(), *words, (job_folder / "template.json").read_text()])
    for step in plan.steps:
        assert step.name.lower() in said.lower()
    if engine[0] != "local":  # its tasks get them from the plan itself
        assert "/a b/config.ocio" in said.replace("\\", "")
