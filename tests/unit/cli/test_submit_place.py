# SPDX-License-Identifier: Apache-2.0
"""What stands in the way of a job is said before it is handed over, and nothing is written."""

import json
import os
import shutil

import pytest

from pixmend.cli import main
from tests.make.reels import write_reel

pytest.importorskip("openjd.model")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A reel of three frames, mended into `out` by `map.json`; `other.json` is another map."""
    folder = tmp_path_factory.mktemp("place")
    write_reel(folder / "reel", "A", length=3)
    for name, spot in {"map": "50,70", "other": "60,71"}.items():
        (folder / f"{name}.csv").write_text(f"x,y\n{spot}\n")
        words = [str(folder / f"{name}.csv"), "-o", str(folder / f"{name}.json"), "--raster", "160x120"]
        assert main(["map", "convert", *words, "--kind", "hot", "-q"]) == 0
    known = ["--map", str(folder / "map.json"), "-o", str(folder / "out"), "-q"]
    assert main(["fix", str(folder / "reel"), *known]) == 0
    return folder


@pytest.fixture
def house(prepared, tmp_path, monkeypatch):
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def submit(house, capfd):
    def call(*words, code=0):
        capfd.readouterr()
        ended = main(["submit", "reel", *map(str, words), "--dry-run", "--json", "-q"])
        out, err = capfd.readouterr()
        assert (ended, err) == (code, ""), out
        assert code == 0 or not (house / "new.job").exists()
        return json.loads(out)

    return call


KNOWN = ("--map", "map.json")


@pytest.mark.parametrize("known", [(), KNOWN], ids=["to be found", "known"])
def test_a_file_that_is_not_ours_is_in_the_way(house, submit, known):
    (house / "new").mkdir()
    (house / "new" / "reel.1002.exr").write_text("somebody's")
    error = submit("-o", "new", *known, code=2)["error"]
    assert (error["where"], error["what"]) == ("new/reel.1002.exr", "exists already")
    assert "--fix-options=--overwrite" in error["hint"]
    submit("-o", "new", *known, "--frames", "1001,1003")
    submit("-o", "new", *known, "--fix-options=--overwrite", "--job", "other.job")
    submit("-o", "new", *known[:0], "--only", "detect", "--job", "third.job")


@pytest.mark.parametrize("known", [(), KNOWN], ids=["to be found", "known"])
def test_what_the_job_has_mended_is_not_in_the_way_and_of_another_source_it_is(house, submit, known):
    submit("-o", "out", *known)
    os.utime(house / "reel" / "reel.1003.exr", (1, 1))
    shutil.rmtree(house / "out.job")
    error = submit("-o", "out", *known, code=2)["error"]
    assert "mended from another source" in error["what"]
    assert error["where"] == "out/reel.1003.exr"
    assert not (house / "out.job").exists()


def test_what_another_map_has_mended_is_in_the_way(house, submit):
    assert "by another map" in submit("-o", "out", "--map", "other.json", code=2)["error"]["what"]


def test_a_damaged_ledger_is_none(house, submit):
    (house / "out" / ".pixmend" / "reel.1001.exr.ledger").write_bytes(b"?")
    assert submit("-o", "out", code=2)["error"]["where"] == "out/reel.1001.exr"


@pytest.mark.parametrize(
    ("output", "where"), [("map.csv", "map.csv"), ("map.csv/new", "map.csv"), ("gone", "gone")]
)
def test_what_is_no_folder_is_said(house, submit, output, where):
    (house / "gone").symlink_to(house / "nowhere")
    error = submit("-o", output, code=2)["error"]
    assert (error["what"], error["where"]) == ("this is no folder", str(house / where))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(house, submit):
    (house / "locked").mkdir(mode=0o555)
    submit("-o", "locked/new", "--job", "new.job", code=2)
    submit("-o", "locked/new", "--job", "new.job", "--engine", "tractor")  # a farm may have rights of its own


def test_job_folders_hold_no_pictures(house, submit):
    for name in ("reel", "new"):
        assert "the job folder is that of" in submit("-o", "new", "--job", name, code=2)["error"]["what"]
    submit("-o", "reel/mended", "--job", "reel/mended.job")  # below the source nobody looks
