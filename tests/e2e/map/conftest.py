# SPDX-License-Identifier: Apache-2.0
"""Where tests of `pixmend map` stand, and how they call it."""

import json

import pytest

from pixmend.cli import main
from tests.make.map_commands import DEFECTS, HEAD


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "map.json").write_text(json.dumps(HEAD | {"defects": DEFECTS, "later": 1}))
    return tmp_path


@pytest.fixture
def say(capsys):
    """Call the command with --json; return its exit code and its one object."""

    def call(*argv):
        code = main([*map(str, argv), "--json"])
        out, err = capsys.readouterr()
        assert (out.count("\n"), err) == (1, "")
        found = json.loads(out)
        assert found["ok"] is (code == 0)
        assert code == 0 or found["exit_code"] == code
        return code, found

    return call
