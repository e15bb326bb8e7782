# SPDX-License-Identifier: Apache-2.0
"""Jobs of four hundred chunks: the same map, bounded memory, and tasks lost, doubled and out of order."""

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import OpenEXR
import pytest

from pixmend.cli import main

pytest.importorskip("openjd.model")
pytestmark = pytest.mark.slow

COUNT, FIRST, SIZE = 400, 1001, (48, 64)
WHOLE = f"{FIRST}-{FIRST + COUNT - 1}"
OPENJD = shutil.which("openjd", path=str(Path(sys.executable).parent)) or shutil.which("openjd")
SLACK_MB = 40
MEASURED = """
import sys
from pathlib import Path
from pixmend.cli import main
code = main(sys.argv[1:])
print(int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) // 1024, file=sys.stderr)
sys.exit(code)
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """One long shot of tiny frames with a stuck photosite, and the map that one machine makes."""
    folder = tmp_path_factory.mktemp("scale")
    (folder / "reel").mkdir()
    rng = np.random.default_rng(1)
    scene = rng.random((*SIZE, 3), np.float32) * 0.2 + 0.1
    for number in range(COUNT):
        frame = np.roll(scene, number, 1) + rng.normal(0, 0.004, scene.shape)
        frame[20, 30] = 5
        header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
        path = folder / "reel" / f"reel.{FIRST + number}.exr"
        OpenEXR.File(header, {"RGB": np.ascontiguousarray(frame.astype(np.float16))}).write(str(path))
    words = ["--cuts", "none", "-o", str(folder / "one.json"), "-q"]
    assert main(["detect", str(folder / "reel"), *words]) == 0
    assert json.loads((folder / "one.json").read_text())["defects"]
    return folder


def check_map(folder):
    assert (folder / "out.job" / "map.json").read_bytes() == (folder / "one.json").read_bytes()


def task(folder, action, frames=None):
    words = () if frames is None else ("--frames", frames)
    assert main(["farm", action, str(folder / "out.job"), *words, "-q", "--workers", "1"]) == 0


def peak_mb(folder, action):
    """Return the most memory that a task takes in a process of its own."""
    words = ["farm", action, str(folder / "out.job"), "-q", "--workers", "1"]
    ended = subprocess.run(
        [sys.executable, "-c", MEASURED, *words], check=True, capture_output=True, text=True
    )
    return int(ended.stderr)


def parts():
    return [f"{each}-{each}" for each in range(FIRST, FIRST + COUNT)]


ONE_SHOT = ("submit", "reel", "-o", "out", "--one-shot", "--only", "detect", "--chunk", 1)


def test_four_hundred_parts_on_this_machine(say, tmp_path):
    said = say(*ONE_SHOT)
    assert said["failures"] == []
    assert [step["tasks"] for step in said["steps"]] == [COUNT, 1]
    check_map(tmp_path)
    assert say("farm", "status", "out.job")["state"] == "done"


@pytest.mark.skipif(OPENJD is None, reason="openjd-cli is not installed")
def test_four_hundred_parts_through_openjd(say, tmp_path):
    assert say(*ONE_SHOT, "--engine", "openjd")["failures"] == []
    check_map(tmp_path)


def test_lost_doubled_and_out_of_order_parts_change_nothing_and_memory_is_bounded(say, tmp_path):
    say(*ONE_SHOT, "--dry-run")
    rng = random.Random(7)  # noqa: S311 - an order, no secret
    shuffled = rng.sample(parts(), COUNT)
    for frames in [*shuffled, *shuffled[:20]]:
        task(tmp_path, "measure", frames)
    lost = rng.sample(sorted((tmp_path / "out.job" / "stats").glob("*.npz")), 9)
    for path in lost:
        path.unlink()
    assert main(["farm", "map", str(tmp_path / "out.job"), "-q"]) == 2
    for path in lost:
        number = path.stem.partition("-")[0]
        task(tmp_path, "measure", f"{number}-{number}")
    of_many = peak_mb(tmp_path, "map")
    check_map(tmp_path)
    shutil.rmtree(tmp_path / "out.job" / "stats")
    task(tmp_path, "measure", WHOLE)
    assert of_many < peak_mb(tmp_path, "map") + SLACK_MB
    check_map(tmp_path)


def test_the_report_of_four_hundred_parts_takes_no_more_memory_than_that_of_one(say, tmp_path):
    say("submit", "reel", "-o", "out", "--map", "one.json", "--dry-run")
    task(tmp_path, "fix", WHOLE)
    task(tmp_path, "verify", WHOLE)
    of_one = peak_mb(tmp_path, "report")
    shutil.rmtree(tmp_path / "out.job" / "verified")
    for frames in reversed(parts()):
        task(tmp_path, "verify", frames)
    assert peak_mb(tmp_path, "report") < of_one + SLACK_MB
    assert json.loads((tmp_path / "out.job" / "report.json").read_text())["frame_count"] == COUNT
