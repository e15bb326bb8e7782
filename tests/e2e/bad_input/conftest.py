# SPDX-License-Identifier: Apache-2.0
"""What tests of bad input share: a job that nothing is wrong with, and the form of a refusal."""

import json
import shutil
from pathlib import Path

import pytest

from pixmend.cli import main
from tests.make.bad_input import FRAMES, MAP
from tests.make.shots_on_disk import encoding_of, seen_in, small_shot, write_form


@pytest.fixture(scope="session")
def healthy(tmp_path_factory):
    """For each form a shot, a map, mended frames and statistics that nothing is wrong with."""

    def make(form):
        folder = tmp_path_factory.mktemp(form)
        write_form(folder / "plate", form, small_shot(FRAMES, 96, 80, planted=False))
        (folder / "map.json").write_text(json.dumps(MAP))
        how = ["-q", *encoding_of(form)]
        target = ["--map", str(folder / "map.json"), "-o", str(folder / "mended")]
        assert main(["fix", str(folder / "plate"), *target, *how]) == 0
        assert main(["detect", str(folder / "plate"), "--stats-out", str(folder / "s.npz"), *how]) == 0
        return folder

    made = {}
    return lambda form: made.setdefault(form, None) or made.update({form: make(form)}) or made[form]


@pytest.fixture
def job(healthy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def copy(form="exr-zips"):
        shutil.copytree(healthy(form), tmp_path, dirs_exist_ok=True)
        return tmp_path

    return copy


@pytest.fixture
def refused(capfd):
    """Call a command both ways; check the form of its refusal, and that it wrote nothing."""

    def call(*argv, code, where="", what="", writes=None):
        before = seen_in(Path())
        capfd.readouterr()
        assert main([*argv, "-q"]) == code, capfd.readouterr()
        out, err = capfd.readouterr()
        assert out == ""
        first, *more = err.splitlines()
        assert first.startswith("error: ")
        assert len(more) <= 1
        assert all(line.startswith("hint: ") for line in more)
        assert where in first
        assert what in first
        assert "Traceback" not in err
        if writes is not None:
            shutil.rmtree(writes, ignore_errors=True)
        assert seen_in(Path()) == before

        assert main([*argv, "-q", "--json"]) == code
        out, err = capfd.readouterr()
        assert err == ""
        found = json.loads(out)
        assert out.count("\n") == 1
        assert (found["schema"], found["ok"], found["exit_code"]) == (f"pixmend.{argv[0]}/1", False, code)
        error = found["error"]
        said = f"error: {error['where']}: {error['what']}" if error["where"] else f"error: {error['what']}"
        assert said == first
        assert error["what"][-1] not in ".!\n"
        return error

    return call
