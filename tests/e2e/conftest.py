# SPDX-License-Identifier: Apache-2.0
"""What end-to-end tests of batches share."""

import json
import shutil

import pytest

from pixmend.cli import main


@pytest.fixture
def say(prepared, tmp_path, monkeypatch, capfd):
    """Stand in a copy of the module's `prepared` folder, and call commands there."""
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)

    def call(*argv, code=0):
        capfd.readouterr()
        ended = main([*map(str, argv), "--json", "-q"])
        out, err = capfd.readouterr()
        assert (ended, err) == (code, ""), out
        return json.loads(out)

    return call
