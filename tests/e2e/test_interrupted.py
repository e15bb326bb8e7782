# SPDX-License-Identifier: Apache-2.0
"""A run that is stopped in the middle: every frame that can be seen is whole and has its ledger."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pixmend.cli import main
from tests.make.shots_on_disk import seen_in, small_shot, write_form

FRAMES = 240
FIX = ("fix", "plate", "--map", "map.csv", "-o", "mended")


@pytest.fixture(scope="module")
def long_shot(tmp_path_factory):
    """Enough frames to be stopped among them: two, and copies."""
    folder = tmp_path_factory.mktemp("long")
    write_form(folder / "plate", "exr-piz", small_shot("1001-1002", 256, 192, planted=False))
    for number in range(1003, 1001 + FRAMES):
        shutil.copy(folder / "plate" / "plate.1002.exr", folder / "plate" / f"plate.{number}.exr")
    (folder / "map.csv").write_text("x,y\n" + "".join(f"{20 * x + 9},{90}\n" for x in range(12)))
    return folder


@pytest.fixture
def job(long_shot, tmp_path, monkeypatch):
    shutil.copytree(long_shot, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)


def stopped_at(number, *argv, after="mending frames"):
    """Run the command, send it a signal when a sixteenth is done; return how it ended."""
    command = [sys.executable, "-m", "pixmend", *argv, "--progress", "json", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            said = json.loads(line)
            if said.get("stage") == after and said["done"] >= FRAMES // 16:
                process.send_signal(number)
                break
        out, err = process.communicate(timeout=60)
    assert all(json.loads(line) for line in err.splitlines())
    return process.returncode, out


@contextlib.contextmanager
def at_work(*argv):
    """Run the command beside us; yield it once its first frames are done."""
    command = [sys.executable, "-m", "pixmend", *argv, "--progress", "json", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            said = json.loads(line)
            if said.get("stage") == "mending frames" and said["done"] >= 2:
                break
        yield process
        process.communicate(timeout=60)


def published(folder):
    return {path.name for path in Path(folder).glob("*.exr")}


def check_whole(capfd):
    """Every frame that can be seen proves itself against its source."""
    done = published("mended")
    assert 0 < len(done) < FRAMES
    capfd.readouterr()
    assert main(["verify", "mended", "--source", "plate", "--json", "-q"]) == 0
    assert json.loads(capfd.readouterr().out)["frames_undo_restores"] == len(done)


@pytest.mark.parametrize("workers", ["1", "3"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda each: each.name)
def test_a_run_that_is_asked_to_stop_leaves_whole_frames_only(number, workers, job, capfd):
    before = seen_in(Path("plate"))
    code, out = stopped_at(number, *FIX, "--workers", workers)
    assert code == 130
    error = json.loads(out)
    assert (error["ok"], error["exit_code"], error["error"]["what"]) == (False, 130, "interrupted")
    assert not list(Path().rglob("*.part"))
    ledgers = {path.name.removesuffix(".ledger") for path in Path("mended").rglob("*.ledger")}
    assert ledgers == published("mended")
    check_whole(capfd)
    assert seen_in(Path("plate")) == before


def test_a_run_that_is_killed_leaves_whole_frames_and_the_next_one_goes_on(job, capfd):
    before = seen_in(Path("plate"))
    code, out = stopped_at(signal.SIGKILL, *FIX)
    assert (code, out) == (-signal.SIGKILL, "")
    check_whole(capfd)
    # What a kill may leave behind, wherever it struck.
    (Path("mended") / ".plate.1149.exr.0123456789ab.part").write_bytes(b"half a frame")
    (Path("mended") / ".pixmend" / ".plate.1149.exr.ledger.0123456789ab.part").write_bytes(b"half a ledger")
    (Path("mended") / ".pixmend" / "plate.1150.exr.ledger").write_bytes(b"a ledger without its frame")
    for name in sorted(published("mended"))[:1]:
        os.link(Path("mended") / name, Path("mended") / f".{name}.abcdef012345.part")
    assert main([*FIX, "-q"]) == 0
    assert not list(Path().rglob("*.part"))
    assert main(["verify", "mended", "--source", "plate", "-q"]) == 0
    assert len(published("mended")) == FRAMES
    assert seen_in(Path("plate")) == before


def test_in_place_work_that_is_stopped_can_be_undone(job, capfd):
    before = {name: stored for name, stored in seen_in(Path("plate")).items() if name.endswith(".exr")}
    code, _ = stopped_at(signal.SIGINT, "fix", "plate", "--map", "map.csv", "--in-place")
    assert code == 130
    touched = [path.name.removesuffix(".ledger") for path in Path("plate").rglob("*.ledger")]
    assert 0 < len(touched) < FRAMES
    frames = ",".join(name.split(".")[1] for name in touched)
    assert main(["undo", "plate", "--frames", frames, "-q"]) == 0
    after = {name: stored for name, stored in seen_in(Path("plate")).items() if name.endswith(".exr")}
    assert after == before


def test_a_second_signal_does_not_disturb_the_clearing_up(job, capfd):
    with at_work(*FIX, "--workers", "3") as process:
        for _ in range(5):
            process.send_signal(signal.SIGINT)
            time.sleep(0.01)
    assert process.returncode == 130
    assert not list(Path().rglob("*.part"))
    assert not (Path("mended") / ".pixmend" / "runs").exists()
    check_whole(capfd)


def test_a_run_on_frames_that_another_one_writes_is_sent_away(job, capfd):
    with at_work(*FIX, "--frames", "1001-1100") as first:
        capfd.readouterr()
        assert main([*FIX, "--frames", "1100-1101", "--json", "-q"]) == 75
        error = json.loads(capfd.readouterr().out)["error"]
        assert f"another run (pid {first.pid} of " in error["what"]
        assert "is writing frames 1001-1100 of this folder" in error["what"]
        assert main([*FIX, "--frames", "1101-1103", "-q"]) == 0
        assert first.poll() is None
    assert first.returncode == 0
    assert len(published("mended")) == 103
    assert main(["verify", "mended", "--source", "plate", "-q"]) == 0


def test_a_run_that_is_killed_holds_nobody_up(job):
    with at_work(*FIX, "--frames", "1001-1100") as first:
        first.kill()
    assert list(Path("mended/.pixmend/runs").iterdir())
    assert main([*FIX, "--frames", "1001-1100", "-q"]) == 0
    assert len(published("mended")) == 100
    assert not Path("mended/.pixmend/runs").exists()
    assert not list(Path().rglob("*.part"))
