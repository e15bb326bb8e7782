# SPDX-License-Identifier: Apache-2.0
"""A batch that is run again: only what is missing is done, and what is sealed is true."""

import errno
import hashlib
import json
import os
import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest

from pixmend import publish
from pixmend.pipeline import _fix
from tests.make.shots_on_disk import seen_in, small_shot, write_form

FRAMES = 6
SLOW = partial(pytest.param, marks=pytest.mark.slow)  # what differs in the errno only
FIX = ("fix", "plate", "--map", "map.csv")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("batch")
    write_form(folder / "plate", "exr-zips", small_shot("1001-1006", 128, 96, planted=False))
    (folder / "map.csv").write_text("x,y\n30,40\n90,20\n64,80\n")
    return folder


def stamps(folder):
    """Return the bytes and the time of everything below a folder, folders too."""
    return seen_in(folder), {path: path.stat().st_mtime_ns for path in (folder, *folder.rglob("*"))}


def counts(found):
    return found["frames_written"], found["frames_already_done"]


@pytest.fixture
def learn_nothing(monkeypatch):
    """From the call on, a run that reads the shot to learn from it fails."""

    def fail(*_args, **_kwargs):
        raise AssertionError("the shot was read again")

    return lambda: monkeypatch.setattr(_fix, "train_mender", fail)


# Resume


@pytest.mark.parametrize("place", [["-o", "mended"], ["--in-place"]], ids=lambda each: each[0])
@pytest.mark.parametrize("seals", [[], ["--hash", "md5,xxh128", "--mhl"]], ids=["", "sealed"])
def test_a_finished_run_changes_nothing_and_says_so(place, seals, say, learn_nothing):
    say(*FIX, *place, *seals)
    before = stamps(Path())
    learn_nothing()
    found = say(*FIX, *place, *seals)
    assert (counts(found), found["written"], found["lists"], found["mhl"]) == ((0, FRAMES), False, [], None)
    assert stamps(Path()) == before


def test_a_second_run_does_only_what_is_missing(say):
    assert counts(say(*FIX, "-o", "mended")) == (FRAMES, 0)
    whole = seen_in(Path("mended"))
    for number in (1002, 1005):
        Path(f"mended/plate.{number}.exr").unlink()
    Path("mended/.pixmend/plate.1005.exr.ledger").unlink()
    kept = Path("mended/plate.1001.exr").stat()
    assert counts(say(*FIX, "-o", "mended")) == (2, FRAMES - 2)
    assert seen_in(Path("mended")) == whole
    assert Path("mended/plate.1001.exr").stat().st_ino == kept.st_ino


def test_frames_of_another_job_are_in_the_way(say):
    say(*FIX, "-o", "mended", "--frames", "1001-1003")
    before = stamps(Path("mended"))
    Path("map.csv").write_text("x,y\n30,40\n")
    refused = say(*FIX, "-o", "mended", code=2)
    assert "by another map" in refused["error"]["what"]
    assert "--overwrite" in refused["error"]["hint"]
    assert stamps(Path("mended")) == before
    assert counts(say(*FIX, "-o", "mended", "--overwrite")) == (FRAMES, 0)
    say("verify", "mended", "--source", "plate", "--map", "map.csv")


@pytest.mark.parametrize(
    "option", [["--encoding", "acescct"], ["--exact"], ["--part", "0"]], ids=lambda each: each[0]
)
def test_other_settings_are_another_job(option, say):
    say(*FIX, "-o", "mended", "--frames", "1001")
    say(*FIX, "-o", "mended", "--frames", "1001", *option, code=2)


def test_a_defect_that_is_added_to_one_frame_asks_for_that_frame_alone(say):
    say("map", "convert", "map.csv", "-o", "map.json", "--raster", "128x96")
    fix = ("fix", "plate", "--map", "map.json", "-o", "mended")
    say(*fix)
    document = json.loads(Path("map.json").read_text())
    document["defects"].append(document["defects"][0] | {"id": "more", "x": 100, "y": 50, "frames": "1004"})
    Path("map.json").write_text(json.dumps(document))
    assert counts(say(*fix, "--overwrite")) == (1, FRAMES - 1)
    say("verify", "mended", "--source", "plate", "--map", "map.json")


def test_a_source_that_is_newer_is_mended_again_where_allowed(say):
    say(*FIX, "-o", "mended")
    os.utime("plate/plate.1003.exr")
    assert "another source" in say(*FIX, "-o", "mended", code=2)["error"]["what"]
    assert counts(say(*FIX, "-o", "mended", "--overwrite")) == (1, FRAMES - 1)


def test_whoever_doubts_an_output_gets_it_anew(say):
    """A flipped bit with an old time: verify finds it, and --overwrite looks at every byte."""
    say(*FIX, "-o", "mended")
    whole = seen_in(Path("mended"))
    path = Path("mended/plate.1002.exr")
    stored, facts = bytearray(path.read_bytes()), path.stat()
    stored[-9] ^= 1
    path.write_bytes(stored)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    say("verify", "mended", code=4)
    assert counts(say(*FIX, "-o", "mended", "--overwrite")) == (1, FRAMES - 1)
    assert seen_in(Path("mended")) == whole


def test_a_copy_that_lost_its_times_is_known_by_its_bytes(say):
    say(*FIX, "-o", "mended")
    for path in Path("mended").glob("*.exr"):
        os.utime(path)
    assert counts(say(*FIX, "-o", "mended")) == (0, FRAMES)


def test_check_and_dry_run_know_what_is_done(say):
    say(*FIX, "-o", "mended", "--frames", "1001-1004")
    found = say(*FIX, "-o", "mended", "--check", code=1)
    assert (found["frames_that_would_change"], found["frames_already_done"]) == (2, 4)
    say(*FIX, "-o", "mended")
    assert say(*FIX, "-o", "mended", "--check")["frames_that_would_change"] == 0


def test_what_a_killed_run_left_half_written_goes(say):
    say(*FIX, "-o", "mended", "--frames", "1001")
    left = [
        Path("mended/.plate.1002.exr.0123456789ab.part"),
        Path("mended/.pixmend/.plate.1002.exr.ledger.0123456789ab.part"),
        Path("mended/.pixmend/plate.1003.exr.ledger"),
    ]
    for path in left:
        path.write_bytes(b"half")
    foreign = Path("mended/.other.exr.0123456789ab.part")
    foreign.write_bytes(b"of a run that may be alive")
    assert counts(say(*FIX, "-o", "mended")) == (FRAMES - 1, 1)
    assert [path for path in left if path.exists() and path.read_bytes() == b"half"] == []
    assert foreign.exists()
    say("verify", "mended", "--source", "plate")


def test_undo_may_be_repeated(say):
    original = seen_in(Path("plate"))
    say(*FIX, "--in-place")
    assert say("undo", "plate", "--frames", "1001-1002")["frames"] == 2
    again = say("undo", "plate")
    assert (again["frames"], again["frames_without_ledger"]) == (FRAMES - 2, 2)
    assert say("undo", "plate")["frames"] == 0
    assert seen_in(Path("plate")) == original

    say(*FIX, "-o", "mended")
    say("undo", "mended", "-o", "back", "--frames", "1001")
    assert say("undo", "mended", "-o", "back")["frames"] == FRAMES - 1
    assert seen_in(Path("back"), hidden=True).items() <= original.items()


# Disks


@pytest.mark.parametrize(
    ("number", "code", "workers"),
    [
        (errno.ENOSPC, 75, 1),
        (errno.EROFS, 2, 3),
        SLOW(errno.ENOSPC, 75, 3),
        SLOW(errno.EDQUOT, 75, 1),
        SLOW(errno.EACCES, 2, 1),
    ],
)
def test_a_disk_that_fails_leaves_what_is_finished_and_the_next_run_goes_on(
    number, code, workers, say, monkeypatch
):
    sync, calls = publish._sync, []

    def fail_late(path):
        calls.append(path)
        if len(calls) > 7:
            raise OSError(number, os.strerror(number), str(path))
        sync(path)

    monkeypatch.setattr(publish, "_sync", fail_late)
    refused = say(*FIX, "-o", "mended", "--workers", workers, code=code)
    assert os.strerror(number).lower() in refused["error"]["what"]
    monkeypatch.setattr(publish, "_sync", sync)
    done = sorted(path.name for path in Path("mended").glob("*.exr"))
    assert 0 < len(done) < FRAMES
    assert not list(Path("mended").rglob("*.part"))
    assert not (Path("mended") / ".pixmend" / "runs").exists()
    say("verify", "mended", "--source", "plate")
    assert counts(say(*FIX, "-o", "mended")) == (FRAMES - len(done), len(done))


# Seals


def md5sum(folder):
    """Let the tool of the field check the list."""
    tool = shutil.which("md5sum")
    if tool is None:
        pytest.skip("md5sum is not there")
    return subprocess.run([tool, "--check", "--quiet", "checksums.md5"], cwd=folder, check=False).returncode


def test_checksum_lists_are_true_after_fix_and_after_undo(say):
    found = say(*FIX, "-o", "mended", "--frames", "1001-1003", "--hash", "md5,sha256")
    assert found["lists"] == ["mended/checksums.md5", "mended/checksums.sha256"]
    assert md5sum("mended") == 0
    found = say(*FIX, "-o", "mended", "--hash", "md5")
    assert (counts(found), found["lists"]) == ((3, 3), ["mended/checksums.md5"])
    assert md5sum("mended") == 0
    assert len(Path("mended/checksums.md5").read_text().splitlines()) == FRAMES
    assert say("undo", "mended", "--hash", "md5")["lists"] == ["mended/checksums.md5"]
    assert md5sum("mended") == 0


def test_in_place_only_the_lines_of_changed_frames_change(say):
    names = sorted(path.name for path in Path("plate").glob("*.exr"))
    lines = (f"{hashlib.md5(Path('plate', name).read_bytes()).hexdigest()}  {name}\n" for name in names)  # noqa: S324
    Path("plate/checksums.md5").write_text("".join(lines))
    before = Path("plate/checksums.md5").read_bytes().splitlines()
    say(*FIX, "--in-place", "--frames", "1002", "--hash", "md5")
    after = Path("plate/checksums.md5").read_bytes().splitlines()
    assert [index for index in range(FRAMES) if before[index] != after[index]] == [1]
    assert md5sum("plate") == 0


def test_seals_that_a_killed_run_did_not_come_to_are_written_by_the_next(say, learn_nothing):
    say(*FIX, "-o", "mended")
    frames = seen_in(Path("mended"))
    learn_nothing()
    found = say(*FIX, "-o", "mended", "--hash", "md5", "--mhl")
    assert (counts(found), found["lists"]) == ((0, FRAMES), ["mended/checksums.md5"])
    assert Path(found["mhl"]).exists()
    assert md5sum("mended") == 0
    assert frames.items() <= seen_in(Path("mended")).items()


def test_an_asc_mhl_history_goes_on_from_fix_to_undo(say):
    first = say(*FIX, "-o", "mended", "--mhl")
    assert Path(first["mhl"]).parent == Path("mended").resolve() / "ascmhl"
    assert Path(first["mhl"]).read_text().count('action="original"') == FRAMES
    back = say("undo", "mended", "--mhl")
    assert Path(back["mhl"]).name.startswith("0002_")
    assert back["mhl_differing"] == [f"plate.{number}.exr" for number in range(1001, 1001 + FRAMES)]


def test_seals_that_a_run_breaks_are_named(say):
    say(*FIX, "-o", "mended", "--frames", "1001-1003", "--hash", "md5,sha256", "--mhl")
    assert say(*FIX, "-o", "mended", "--hash", "md5,sha256", "--mhl")["notices"] == []
    lists, history = say("undo", "mended", "--hash", "md5")["notices"]
    assert lists == "checksums.sha256 still has the hashes from before: --hash sha256 refreshes it"
    assert "--mhl adds a generation" in history


def test_an_unknown_hash_is_refused(say):
    assert (
        "'crc32' is not one of" in say(*FIX, "-o", "mended", "--hash", "md5,crc32", code=2)["error"]["what"]
    )
