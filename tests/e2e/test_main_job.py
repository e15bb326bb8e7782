# SPDX-License-Identifier: Apache-2.0
"""The main job on a shot whose truth is known: detect, map, fix, verify, undo, as people call them."""

import json
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from pixmend.cli import main
from pixmend.frames import open_shot
from tests.make.shots_on_disk import FORMS, encoding_of, planted_places, seen_in, write_form

FRAMES = 12
NEAR_PX = 2
SLOW = partial(pytest.param, marks=pytest.mark.slow)  # what differs in the format only


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A shot with its map and its mended frames, made once: every test works on a copy."""
    folder = tmp_path_factory.mktemp("job")
    plate, found, mended = folder / "plate", folder / "map.json", folder / "mended"
    write_form(plate, "exr")
    assert main(["detect", str(plate), "-o", str(found), "-q"]) == 0
    assert main(["fix", str(plate), "--map", str(found), "-o", str(mended), "-q"]) == 0
    return folder


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def job(prepared, here):
    shutil.copytree(prepared, here, dirs_exist_ok=True)
    return here


@pytest.fixture
def plate(prepared, here):
    """The shot and its map only."""
    shutil.copytree(prepared / "plate", here / "plate")
    shutil.copy(prepared / "map.json", here)
    return here


@pytest.fixture
def say(capfd):
    """Call the command; check that stdout is one object and that it says how the command ended."""

    def call(*argv, code=0):
        capfd.readouterr()
        ended = main([*map(str, argv), "--json", "-q"])
        out, err = capfd.readouterr()
        assert (ended, err) == (code, ""), out
        assert out.count("\n") == 1
        found = json.loads(out)
        assert found["ok"] is (code in {0, 1})
        assert found.get("exit_code", 0) == (code if code > 1 else 0)
        assert found["schema"].startswith(f"pixmend.{argv[0]}")
        return found

    return call


def defects(path="map.json"):
    return json.loads(Path(path).read_text())["defects"]


def is_near(place, places):
    return any(abs(place[0] - x) <= NEAR_PX and abs(place[1] - y) <= NEAR_PX for x, y in places)


def frames_of(folder):
    return {
        name: stored for name, stored in seen_in(Path(folder), hidden=False).items() if name != "truth.json"
    }


NOTHING_ELSE = (
    "samples_wrong",
    "samples_changed_elsewhere",
    "bytes_changed_elsewhere",
    "header_bytes_changed",
)


@pytest.mark.parametrize("form", ["exr", "dpx10", SLOW("dpx16"), "tiff16"])
def test_the_whole_way(form, say):
    write_form(Path("plate"), form)
    encoding = encoding_of(form)
    original = seen_in(Path("plate"))

    found = say("detect", "plate", "-o", "map.json", *encoding)
    planted = planted_places(Path("plate"))
    places = [(each["x"], each["y"]) for each in defects()]
    assert [place for place in planted if not is_near(place, places)] == []
    assert [place for place in places if not is_near(place, planted)] == []
    assert (found["count"], found["frames_looked_at"]) == (len(places), "1001-1012")
    assert say("map", "show", "map.json")["count"] == len(places)

    fixed = say("fix", "plate", "--map", "map.json", "-o", "mended", *encoding)
    assert (fixed["frames_written"], fixed["frames_changed"], fixed["samples_left"]) == (FRAMES, FRAMES, 0)

    proof = say("verify", "mended", "--source", "plate", "--map", "map.json", *encoding)
    assert proof["samples_changed"] == fixed["samples_changed"] > FRAMES * len(places)
    assert [proof[name] for name in NOTHING_ELSE] == [0, 0, 0, 0]
    assert (proof["frames_undo_restores"], proof["defects_left"], proof["problems"]) == (FRAMES, 0, [])

    assert say("undo", "mended", "-o", "restored")["frames"] == FRAMES
    assert frames_of("restored") == frames_of("plate")
    assert seen_in(Path("plate")) == original
    assert frames_of("mended").keys() == frames_of("plate").keys()
    assert not set(frames_of("mended").values()) & set(frames_of("plate").values())


@pytest.mark.parametrize("form", sorted(set(FORMS) - {"exr", "dpx10", "dpx16", "tiff16"}))
def test_every_compression_is_mended_proved_and_undone(form, prepared, say):
    write_form(Path("plate"), form)
    fixed = say("fix", "plate", "--map", prepared / "map.json", "-o", "mended")
    proof = say("verify", "mended", "--source", "plate")
    assert proof["samples_changed"] == fixed["samples_changed"] > 0
    assert [proof[name] for name in NOTHING_ELSE] == [0, 0, 0, 0]
    assert np.array_equal(open_shot("mended").read(1004), open_shot(prepared / "mended").read(1004))
    say("undo", "mended", "-o", "restored")
    assert frames_of("restored") == frames_of("plate")


def test_any_number_of_workers_gives_the_same_bits(plate, say):
    for workers in (1, 4):
        say("detect", "plate", "-o", f"{workers}.json", "--workers", workers)
        say("fix", "plate", "--map", "map.json", "-o", f"mended{workers}", "--workers", workers)
        say("verify", f"mended{workers}", "--source", "plate", "--workers", workers)
        say("undo", f"mended{workers}", "-o", f"restored{workers}", "--workers", workers)
        assert frames_of(f"restored{workers}") == frames_of("plate")
    assert Path("1.json").read_bytes() == Path("4.json").read_bytes()
    assert seen_in(Path("mended1")) == seen_in(Path("mended4"))  # ledgers too


def test_a_part_of_a_shot_is_mended_as_in_the_whole(job, say):
    say("fix", "plate", "--map", "map.json", "-o", "part", "--frames", "1004-1006")
    part = seen_in(Path("part"))
    assert len(part) == 6  # three frames, three ledgers
    assert part.items() <= seen_in(Path("mended")).items()


def test_statistics_measured_apart_give_the_map_of_one_go(plate, say):
    train = ["--train", "1001-1012"]
    say("detect", "plate", "-o", "whole.json", *train)
    for part in ("1001-1004", "1005-1012"):
        found = say("detect", "plate", "--frames", part, *train, "--stats-out", f"{part}.npz")
        assert found["frames_looked_at"] == part
    merged = say("detect", "plate", "--merge", "1005-1012.npz", "1001-1004.npz", "-o", "merged.json")
    say("detect", "plate", "--merge", "1001-1004.npz", "1005-1012.npz", "-o", "other_way.json")
    whole, joined = (json.loads(Path(name).read_text()) for name in ("whole.json", "merged.json"))
    assert merged["frames_looked_at"] == "1001-1012"
    assert joined["raster"] == whole["raster"]
    assert joined["defects"] == whole["defects"]
    assert Path("other_way.json").read_bytes() == Path("merged.json").read_bytes()

    unasked = say("detect", "--merge", "1001-1004.npz", "1005-1012.npz", "-o", "unasked.json")
    assert unasked["count"] > 0
    fewer = say(
        "detect", "--merge", "1001-1004.npz", "1005-1012.npz", "-o", "fewer.json", "--threshold", "40"
    )
    assert 0 < fewer["count"] < unasked["count"]

    again = say("detect", "--merge", "1001-1004.npz", "1001-1004.npz", "-o", "twice.json", code=2)
    assert "1001" in again["error"]["what"]
    assert not Path("twice.json").exists()


def test_check_says_by_its_exit_code_whether_there_is_work(job, say):
    assert say("detect", "plate", "--check", code=1)["count"] > 0
    assert say("fix", "plate", "--map", "map.json", "--check", "-o", "new", code=1)["written"] is False
    assert say("detect", "mended", "--check")["count"] == 0
    say("map", "edit", "map.json", "--reject", "all", "-o", "none.json")
    say("fix", "plate", "--map", "none.json", "--check", "-o", "new")
    assert not Path("new").exists()


def test_a_dry_run_writes_nothing(job, say):
    before = seen_in(job)
    dry = [
        ("detect", "plate", "-o", "new.json", "--stats-out", "new.npz"),
        ("detect", "--merge", "a.npz", "-o", "new.json"),
        ("fix", "plate", "--map", "map.json", "-o", "new"),
        ("fix", "plate", "--map", "map.json", "--in-place"),
        ("undo", "mended", "-o", "new"),
        ("undo", "mended"),
        ("demo", "new"),
    ]
    for argv in dry:
        assert say(*argv, "--dry-run")["written"] is False
    assert seen_in(job) == before
    assert not Path("new").exists()


def test_only_what_people_accepted_is_mended(plate, say):
    one = defects()[3]
    say("map", "edit", "map.json", "--accept", one["id"], "-o", "reviewed.json")
    say("fix", "plate", "--map", "reviewed.json", "-o", "one", "--only", "accepted", "--frames", "1005")
    before, after = open_shot("plate"), open_shot("one")
    ys, xs = np.nonzero((before.read(1005) != after.read(1005)).any(axis=2))
    assert {*zip(xs.tolist(), ys.tolist(), strict=True)} <= {
        (one["x"] + dx, one["y"] + dy) for dx, dy, _ in one["samples"]
    }
    assert len(xs)


def test_verify_asks_only_for_the_defects_that_were_to_be_mended(plate, say):
    say("map", "edit", "map.json", "--accept", defects()[3]["id"], "-o", "reviewed.json")
    say("fix", "plate", "--map", "reviewed.json", "-o", "one", "--only", "accepted")
    assert say("verify", "one", "--map", "reviewed.json")["defects_left"] == 0


def test_what_people_rejected_stays_as_it_is(plate, say):
    say("map", "edit", "map.json", "--reject", "all", "-o", "reviewed.json")
    assert say("fix", "plate", "--map", "reviewed.json", "-o", "mended")["samples_changed"] == 0
    assert frames_of("mended") == frames_of("plate")
    say("verify", "mended", "--source", "plate")


@pytest.mark.parametrize("form", [SLOW("exr-zips"), "dpx10", SLOW("tiff16")])
def test_in_place_and_back(form, prepared, say):
    encoding = encoding_of(form)
    write_form(Path("plate"), form)
    shutil.copy(prepared / "map.json", "map.json")
    original = frames_of("plate")
    say("fix", "plate", "--map", "map.json", "--in-place", *encoding)
    assert not set(frames_of("plate").values()) & set(original.values())
    mended = seen_in(Path("plate"))
    say("verify", "plate")
    again = say("fix", "plate", "--map", "map.json", "--in-place", *encoding)
    assert (again["frames_written"], again["frames_already_done"]) == (0, FRAMES)
    say("map", "edit", "map.json", "--reject", "d0001", "-o", "other.json")
    other = say("fix", "plate", "--map", "other.json", "--in-place", *encoding, code=2)
    assert "undo" in other["error"]["hint"]
    assert seen_in(Path("plate")) == mended
    assert say("undo", "plate")["frames"] == FRAMES
    assert frames_of("plate") == original


def test_mending_twice_is_mending_once(job, say):
    first = seen_in(Path("mended"))
    say("fix", "plate", "--map", "map.json", "-o", "mended", "--overwrite")
    assert seen_in(Path("mended")) == first


def test_undo_of_some_frames_leaves_the_others(job, say):
    mended = frames_of("mended")
    assert say("undo", "mended", "--frames", "1003-1004")["frames"] == 2
    back = {"plate.1003.exr", "plate.1004.exr"}
    assert {name for name, stored in frames_of("mended").items() if stored != mended[name]} == back
    assert all(frames_of("mended")[name] == frames_of("plate")[name] for name in back)


def run(*argv, **options):
    command = [sys.executable, "-m", "pixmend", *map(str, argv)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **options)


def test_the_installed_command_in_a_shell(plate):
    got = run("detect", "plate/plate.1001-1006#.exr", "-o", "half.json", "--json", "--progress", "json")
    assert got.returncode == 0, got.stderr
    assert json.loads(got.stdout)["frames"] == "1001-1006"
    lines = [json.loads(line) for line in got.stderr.splitlines()]
    assert lines[0] == {"event": "hello", "protocol": 1, "version": lines[0]["version"]}
    assert {line["event"] for line in lines[1:]} == {"note", "progress"}
    steps = [line for line in lines if line["event"] == "progress"]
    for stage in {line["stage"] for line in steps}:
        of_stage = [line for line in steps if line["stage"] == stage]
        assert [line["done"] for line in of_stage] == list(range(of_stage[-1]["total"] + 1))

    quiet = run("fix", "plate", "--map", "half.json", "-o", "mended", "-q")
    assert (quiet.returncode, quiet.stderr) == (0, "")
    assert quiet.stdout.startswith("12 frames written to mended, 6 of them changed")

    plain = run("verify", "mended", "--source", "plate")
    assert plain.returncode == 0
    assert "proving frames: 12/12" in plain.stderr
    assert plain.stdout.splitlines()[-1] == "verified"

    back = run("undo", "mended", "-o", "restored", "--progress", "none")
    assert (back.returncode, back.stderr) == (0, "")
    assert frames_of("restored") == frames_of("plate")


def test_text_on_stdout_is_the_result_and_nothing_else(plate, capfd):
    capfd.readouterr()
    assert main(["detect", "plate", "-o", "again.json"]) == 0
    out, err = capfd.readouterr()
    assert out.splitlines()[-1] == "again.json"
    assert len(out.splitlines()) == 2
    assert err.splitlines()[0] == "samples are read as linear, as EXR is"
