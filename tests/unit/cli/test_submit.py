# SPDX-License-Identifier: Apache-2.0
"""What `submit` writes before anything runs."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import OpenEXR
import pytest

from pixmend.cli import main
from pixmend.cli._farm_options import checked_options
from pixmend.errors import UsageError
from pixmend.farm import read_job, read_outline
from pixmend.model import FrameRange

pytest.importorskip("openjd.model")


@pytest.fixture
def reel(tmp_path, monkeypatch):
    """Stand in a folder with a reel of which only the first frame holds a picture."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reel").mkdir()
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    picture = np.zeros((24, 32, 3), np.float16)
    OpenEXR.File(header, {"RGB": picture}).write(str(tmp_path / "reel" / "reel.1001.exr"))
    for frame in [*range(1002, 1010), *range(1013, 1025)]:
        (tmp_path / "reel" / f"reel.{frame}.exr").touch()
    return tmp_path


@pytest.fixture
def say(capfd):
    def call(*words, code=0):
        capfd.readouterr()
        ended = main(["submit", *map(str, words), "--json", "-q"])
        out, err = capfd.readouterr()
        assert (ended, err) == (code, ""), out
        return json.loads(out)

    return call


def test_a_dry_run_writes_the_job_and_says_what_would_run(reel, say):
    said = say("reel", "-o", "mended/reel_A", "--chunk", 12, "--dry-run")
    assert (said["engine"], said["submitted"]) == ("local", False)
    assert said["job"] == str(reel / "mended" / "reel_A.job")
    assert [step["name"] for step in said["steps"]][:2] == ["Cuts", "Look"]
    assert f"farm look {said['job']} --frames 1001-1012" in said["commands"][1]
    folder = reel / "mended" / "reel_A.job"
    job = read_job(folder)
    assert (job.name, job.shot, job.output) == ("reel_A", str(reel / "reel"), str(reel / "mended" / "reel_A"))
    assert job.frames == FrameRange.parse("1001-1009,1013-1024")
    assert (job.cuts, job.only, job.is_one_shot) == ("auto", "", False)
    assert read_outline(folder)["Fix"] == ("1001-1012", "1013-1024")
    assert json.loads((folder / "template.json").read_text())["specificationVersion"] == "jobtemplate-2023-09"
    assert json.loads((folder / "parameter_values.json").read_text())["LookChunk"] == 12
    assert not (reel / "mended" / "reel_A").exists()


def test_the_same_may_be_submitted_again_and_another_not_there(reel, say):
    say("reel", "-o", "out", "--dry-run")
    say("reel", "-o", "out", "--dry-run", "--chunk", 3)
    said = say("reel", "-o", "out", "--dry-run", "--frames", "1001-1005", code=2)
    assert "of another job" in said["error"]["what"]
    say("reel", "-o", "out", "--dry-run", "--frames", "1001-1005", "--job", "other")


def test_options_of_the_commands_travel_with_the_job(reel, say):
    (reel / "mask.png").touch()
    (reel / "site.toml").write_text(f'[paths]\n"{reel}" = "/farm/show"\n')
    words = ["--layer", "beauty", "--encoding", "acescct", "--detect-options=--every 2 --exclude mask.png"]
    said = say(
        "reel", "-o", "out", "--dry-run", *words, "--fix-options=--exact", "--site", "site.toml", code=2
    )
    assert "beauty" in said["error"]["what"]
    say("reel", "-o", "out", "--dry-run", *words[2:], "--fix-options=--exact", "--site", "site.toml")
    job = read_job(reel / "out.job")
    assert job.encoding == "acescct"
    assert job.detect == ("--every", "2", "--exclude", "/farm/show/mask.png")
    assert job.fix == ("--exact",)
    assert (job.shot, job.output) == ("/farm/show/reel", "/farm/show/out")


@pytest.mark.parametrize(
    ("words", "where", "what"),
    [
        (["--only", "fix"], "--only fix", "must be known"),
        (["--detect-options=--every x"], "--detect-options: --every", "'x'"),
        (["--detect-options=-o there.json"], "--detect-options", "-o cannot be passed on"),
        (["--fix-options=--in-place"], "--fix-options", "--in-place cannot"),
        (["--fix-options=more"], "--fix-options", "more"),
        (["--detect-options=other_reel"], "--detect-options", "options only"),
        (["--detect-options='"], "--detect-options", "no closing quotation"),
        (["--one-shot", "--cuts", "cuts.edl"], "--one-shot", "no cuts"),
        (["--engine", "qube"], "--engine", "no engine 'qube'"),
        (["--engine", "openjd", "--scheduler", "tcp://a:1"], "--scheduler", "engine local"),
        (["--chunk", "0"], "--chunk", "'0' is not a number of frames"),
        (["--frames", "1-5"], "", "1-5"),
        (["--map", "none.json"], "none.json", ""),
        (["--site", "none.toml"], "none.toml", "cannot be read"),
        (["-o", "reel"], "reel", "the same folder"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_written(reel, capfd, words, where, what):
    assert main(["submit", "reel", "-o", "out", "--dry-run", "--json", "-q", *words])
    error = json.loads(capfd.readouterr().out)["error"]
    assert where in error["where"]
    assert what in error["what"]
    assert not (reel / "out.job").exists()


def test_options_that_are_paths_are_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = checked_options("detect", ["--prior=known.json", "--threshold", "9"], on_farm="/x".__add__)
    assert words == (f"--prior=/x{tmp_path}/known.json", "--threshold", "9")
    with pytest.raises(UsageError):
        checked_options("verify", ["--strict-audi"], on_farm=str)


MEASURED = """
import sys
from pathlib import Path
from pixmend.cli import main
code = main(sys.argv[1:])
peak = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
print(int(peak) // 1024, file=sys.stderr)
sys.exit(code)
"""  # what `resource` says begins with the peak of the process that started this one


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks at memory in /proc")
def test_a_reel_of_130_000_frames_is_planned_without_reading_them(reel):
    for frame in range(1025, 131_001):  # empty: whoever reads one fails
        (reel / "reel" / f"reel.{frame}.exr").touch()
    words = ["submit", "reel", "-o", "out", "--chunk", "24", "--dry-run", "-q"]
    ended = subprocess.run(
        [sys.executable, "-c", MEASURED, *words], check=True, capture_output=True, text=True
    )
    outline = read_outline(reel / "out.job")
    assert sum(len(FrameRange.parse(frames)) for frames in outline["Fix"]) == 130_000
    assert int(ended.stderr) < 400  # MB
    assert len(ended.stdout.splitlines()) < 60


def test_frames_that_are_not_there_are_named(reel, say):
    said = say("reel", "-o", "mended", "--frames", "1008-1013", "--dry-run", code=3)
    assert said["error"]["what"] == "frames 1010-1012 are missing"
    assert not (reel / "mended.job").exists()
