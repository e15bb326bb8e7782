# SPDX-License-Identifier: Apache-2.0
"""The plug-in in the Pythons of all Nukes: 3.7 (Nuke 13) to 3.13, as far as they are at hand."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.make.nuke_sessions import ROOT, described_gizmo, stubs_folder
from tests.nuke.plugin.conftest import BAKES, MAP

FAILS = 'print(json.dumps({"ok": False, "error": {"what": "no frames: nothing to do", "hint": "copy the plate"}}))\nsys.exit(3)'


def interpreter(minor):
    """Return a Python 3.`minor` of this machine: on PATH, or kept by pyenv."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    found = [shutil.which(f"python3.{minor}"), *map(str, sorted(kept.glob(f"3.{minor}.*/bin/python")))]
    for each in found:
        if each and subprocess.run([each, "-c", ""], capture_output=True, check=False).returncode == 0:
            return each
    pytest.skip(f"there is no Python 3.{minor} here")


@pytest.mark.parametrize(
    "minor", [7, *(pytest.param(each, marks=pytest.mark.slow) for each in (9, 10, 11)), 13]
)
def test_a_session_runs_in_the_python_of_every_nuke(minor, tmp_path, stand_in):
    python = interpreter(minor)
    (tmp_path / "map.json").write_text(json.dumps(MAP))
    shutil.move(stand_in(BAKES + FAILS), tmp_path / "pixmend")
    (tmp_path / "gizmo.json").write_text(json.dumps(described_gizmo()))
    script = str(ROOT / "tests" / "fakes" / "nuke_scenario.py")
    argv = [
        python,
        "-SEBW",
        "error",
        script,
        str(ROOT),
        str(stubs_folder()),
        str(tmp_path / "gizmo.json"),
        str(tmp_path),
    ]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.stdout, done.stderr, done.returncode) == ("ok\n", "", 0)
