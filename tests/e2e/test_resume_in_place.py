# SPDX-License-Identifier: Apache-2.0
"""Work in place that is done in parts, or is killed and goes on, gives the bytes of one run."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pixmend.cli import main
from tests.make.shots_on_disk import encoding_of, planted_places, small_shot, write_form

FRAMES = 16


@pytest.fixture(params=["exr-zips"])
def job(request, tmp_path, monkeypatch):
    """Write a shot with defects and its map; return the command that mends it in place."""
    monkeypatch.chdir(tmp_path)
    write_form(Path("whole"), request.param, small_shot(f"1001-{1000 + FRAMES}", 128, 96))
    places = "".join(f"{x},{y}\n" for x, y in planted_places(Path("whole")))
    Path("map.csv").write_text("x,y\n" + places)
    shutil.copytree("whole", "parts")
    return lambda folder: ["fix", folder, "--map", "map.csv", "--in-place", *encoding_of(request.param)]


def pictures(folder):
    return {path.name: path.read_bytes() for path in Path(folder).glob("plate.*")}


@pytest.mark.parametrize("job", ["exr-none", "exr-zips", "dpx10"], indirect=True)
def test_work_in_parts_gives_the_bytes_of_one_run(job):
    before = pictures("whole")
    assert main([*job("whole"), "-q"]) == 0
    for frames in ("1001-1006", "1011-1012", f"1001-{1000 + FRAMES}"):
        assert main([*job("parts"), "--frames", frames, "-q"]) == 0
    mended = pictures("whole")
    assert all(mended[name] != before[name] for name in before)
    assert pictures("parts") == mended


def test_work_that_is_killed_and_goes_on_gives_the_bytes_of_one_run(job):
    assert main([*job("whole"), "-q"]) == 0
    command = [sys.executable, "-m", "pixmend", *job("parts"), "--workers", "1", "--progress", "json"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            said = json.loads(line)
            if said.get("stage") == "mending frames" and said["done"] >= FRAMES // 4:
                process.send_signal(signal.SIGKILL)
                break
        process.communicate(timeout=60)
    assert main([*job("parts"), "-q"]) == 0
    assert pictures("parts") == pictures("whole")
