# SPDX-License-Identifier: Apache-2.0
"""docs/farm.md is run as it stands, engine by engine, on a small reel; and it names every key there is."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import OpenEXR
import pytest

import pixmend
from pixmend.farm import ENGINES, read_site
from tests.make.reels import mended_in, reel_frames
from tests.make.slurm import MISSING, one_node

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "farm.md").read_text(encoding="utf-8")
SCHEMA = json.loads((ROOT / "core" / "pixmend" / "farm" / "schema" / "site.schema.json").read_text())
BIN = Path(sys.executable).parent


def blocks(heading, language):
    section = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert section, heading
    return re.findall(rf"^```{language}\n(.*?)^```$", section[1], re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    (folder / "NAM").mkdir()
    for frame, samples in reel_frames("AB", length=6).items():
        header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
        pixels = {"RGB": np.ascontiguousarray(samples)}
        OpenEXR.File(header, pixels).write(str(folder / "NAM" / f"reel.{frame}.exr"))
    return folder


@pytest.fixture
def house(prepared, tmp_path):
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture(scope="module")
def one_machine(prepared):
    """What the same reel becomes with three commands of one machine."""
    typed = """
    pixmend detect 'NAM/reel.#.exr' -o map.json
    pixmend fix 'NAM/reel.#.exr' --map map.json -o ONE
    pixmend verify ONE
    """
    run(typed, prepared)
    return mended_in(prepared / "ONE")


def run(block, folder, **environment):
    """Type a block into a shell; what it leaves running in the background ends with it."""
    with (folder / "typed.log").open("w+") as log:
        shell = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", block],  # noqa: S607 - as people type it
            cwd=folder,
            env=os.environ | environment | {"PATH": f"{BIN}:{os.environ['PATH']}"},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = shell.wait(400)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGTERM)
        log.seek(0)
        told = log.read()
    assert code == 0, told
    return told


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize(
    ("engine", "written"),
    [
        ("deadline-cloud", "bundle/template.json"),
        ("opencue", "job.xml"),
        ("deadline10", "Report.job"),
        ("tractor", "job.alf"),
    ],
)
def test_an_engine_without_a_server_writes_its_files(house, engine, written):
    if engine == "opencue":
        pytest.importorskip("outline", reason="needs opencue-pyoutline")
    (block,) = blocks(engine, "sh")
    lines = block.splitlines()
    assert "--dry-run" in lines[0]
    run("\n".join(line for line in lines if "submit" not in line or "--dry-run" in line), house)
    assert (house / "MENDED.job" / engine / written).stat().st_size
    assert not (house / "MENDED").exists()


@pytest.mark.slow
def test_what_is_asked_can_be_asked(house, one_machine):
    (block,) = blocks("What is asked", "sh")
    run(block, house)
    assert mended_in(house / "MENDED") == one_machine


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 1], ids=["this machine", "a Dask scheduler"])
def test_local_gives_what_one_machine_gives(house, one_machine, number):
    block = blocks("local", "sh")[number]
    run(block.replace("8786", str(free_port())), house)
    assert mended_in(house / "MENDED") == one_machine


@pytest.mark.slow
def test_openjd_gives_what_one_machine_gives(house, one_machine):
    if shutil.which("openjd", path=f"{BIN}:{os.environ['PATH']}") is None:
        pytest.skip("needs openjd-cli")
    (block,) = blocks("openjd", "sh")
    run(block, house)
    assert mended_in(house / "MENDED") == one_machine


@pytest.mark.slow
@pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")
def test_slurm_gives_what_one_machine_gives(house, one_machine, tmp_path_factory):
    (block,) = blocks("slurm", "sh")
    with one_node(tmp_path_factory.mktemp("slurm")) as slurm:
        assert "the job is done" in run(block, house, **slurm.environment)
    assert mended_in(house / "MENDED") == one_machine


@pytest.mark.slow
def test_opencue_gives_what_one_machine_gives(house, one_machine):
    pytest.importorskip("outline", reason="needs opencue-pyoutline")
    cuebots = import_module("tests.fakes.cuebot")  # it needs the client too
    (block,) = blocks("opencue", "sh")
    with cuebots.serving() as cuebot:
        said = run(block.replace("cuebot:8443", cuebot.address), house, HOME=str(house))
    assert "tasks done" in said
    assert {each.exit_code for each in cuebot.frames} == {0}
    assert mended_in(house / "MENDED") == one_machine


@pytest.mark.slow
def test_deadline_cloud_is_sent_what_gives_what_one_machine_gives(house, one_machine):
    pytest.importorskip("deadline", reason="needs the client `deadline`")
    if shutil.which("openjd", path=f"{BIN}:{os.environ['PATH']}") is None:
        pytest.skip("needs openjd-cli")
    (block,) = blocks("deadline-cloud", "sh")
    double = import_module("tests.fakes.deadline_cloud")  # it needs OpenJD's model
    ids = {"farm_id": double.FARM, "queue_id": double.QUEUE}
    chosen = "".join(f"deadline config set defaults.{name} {one}\n" for name, one in ids.items())
    with double.serving() as service:
        assert double.JOB in run(chosen + block, house, HOME=str(house), **service.environment)
    (sent,) = service.jobs
    (house / "sent.json").write_text(sent["template"])
    values = {name: next(iter(of.values())) for name, of in sent["parameters"].items()}
    (house / "values.json").write_text(json.dumps(values))
    run("openjd run sent.json -p file://values.json --step Report --run-dependencies", house)
    assert mended_in(house / "MENDED") == one_machine


def test_every_engine_has_a_section_and_a_row():
    assert re.findall(r"^\| `([\w-]+)` \|", PAGE.partition("\n## ")[0], re.MULTILINE) == list(ENGINES)
    for engine in ENGINES:
        assert blocks(engine, "sh")


def test_every_key_of_a_site_file_is_told_of():
    for key, of in SCHEMA["properties"].items():
        assert f"`{key}`" in PAGE, key
        told = PAGE.partition(f"| key of `[{key}]`")[2].partition("\n\n")[0]
        assert all(f"`{each}`" in told for each in of.get("properties", ())), key


def test_the_site_files_that_are_shown_can_be_read(tmp_path):
    (block,) = blocks("Site file", "toml")
    (tmp_path / "site.toml").write_text(block)
    for path in (tmp_path / "site.toml", ROOT / "examples" / "site.toml"):
        site = read_site(path)
        assert site.on_farm("/Volumes/show/NAM/reel.#.exr") == "/srv/show/NAM/reel.#.exr"


def test_the_rez_package_is_of_this_version():
    found = {}
    exec((ROOT / "examples" / "rez" / "package.py").read_text(), found)  # noqa: S102 - it is our own
    said = {"PYTHONPATH": [], "PATH": []}
    found["env"] = SimpleNamespace(
        **{name: SimpleNamespace(prepend=words.append) for name, words in said.items()}
    )
    found["commands"]()
    assert (found["name"], found["version"], found["tools"]) == ("pixmend", pixmend.__version__, ["pixmend"])
    assert said == {"PYTHONPATH": ["{root}/python"], "PATH": ["{root}/python/bin"]}


def test_the_lock_pins_all_that_a_worker_needs():
    locked = (ROOT / "examples" / "worker.lock").read_text().lower()
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    for each in wanted:
        name = re.split(r"[<>=~! ]", each)[0].lower()
        assert re.search(rf"^{re.escape(name)}==\S+.*\\$", locked, re.MULTILINE), name
    assert "distributed" not in locked
