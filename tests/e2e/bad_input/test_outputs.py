# SPDX-License-Identifier: Apache-2.0
"""Statistics, outputs and arguments that cannot be used: the source stays as it was."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pixmend.cli import main
from pixmend.simulate import SimulatedShot
from tests.make.bad_input import (
    DETECT,
    FIX,
    FRAMES,
    be_a_folder,
    cut_short,
    empty,
    only_text,
    other_magic,
)
from tests.make.shots_on_disk import seen_in, small_shot, write_form


def not_there(path):
    path.unlink()


STATISTICS = [cut_short, empty, other_magic, only_text, be_a_folder, not_there]


@pytest.mark.parametrize("damage", STATISTICS, ids=lambda each: each.__name__)
def test_statistics_that_are_none(damage, job, refused):
    damage(job() / "s.npz")
    refused("detect", "--merge", "s.npz", "-o", "new.json", code=2, where="s.npz")


def test_arrays_that_are_no_statistics(job, refused):
    np.savez(job() / "s.npz", schema=np.array("pixmend.statistics/1"), frames=np.array("rm -rf"))
    refused("detect", "--merge", "s.npz", "-o", "new.json", code=2, where="s.npz")
    np.savez(Path("s.npz"), schema=np.array([{"a": 1}], dtype=object))  # a pickle
    refused("detect", "--merge", "s.npz", "-o", "new.json", code=2, where="s.npz")


def test_statistics_of_other_shots(job, healthy, refused):
    job()
    shutil.copy(healthy("dpx10") / "s.npz", "other.npz")
    refused("detect", "--merge", "s.npz", "other.npz", "-o", "new.json", code=2, what="different shot models")


def test_statistics_of_another_shot_than_the_one_that_is_asked(job, healthy, refused):
    job()
    merge = ("--merge", "s.npz", "-o", "new.json")
    shot = small_shot(FRAMES, 96, 80, planted=False)
    write_form(Path("other"), "exr-zips", SimulatedShot(replace(shot.spec, seed=8)))
    refused("detect", "other", *merge, code=2, where="plate.1001-1004#", what="of another shot")
    write_form(Path("larger"), "exr-zips", small_shot(FRAMES, 98, 80, planted=False))
    refused("detect", "larger", *merge, code=2, where="plate.1001-1004#", what="of another shot")
    shutil.copytree(healthy("dpx10") / "plate", "dpx")
    refused("detect", "dpx", *merge, code=2, where="plate.1001-1004#")
    Path("plate/plate.1002.exr").unlink()
    refused(
        "detect", "plate", *merge, code=3, where="plate.", what="frames 1002 of the statistics are missing"
    )


@pytest.mark.parametrize(
    "option",
    [
        ["--frames", "1001-1002"],
        ["--every", "2"],
        ["--train", "1001"],
        ["--encoding", "linear"],
        ["--no-flashes"],
    ],
    ids=lambda option: option[0],
)
def test_what_statistics_have_decided_is_not_asked_again(option, job, refused):
    job()
    error = refused("detect", "plate", "--merge", "s.npz", "-o", "new.json", *option, code=2)
    assert error["what"] == f"{option[0]} does not go with --merge"


def test_statistics_of_the_shot_before_it_was_mended(job):
    job()
    assert main(["detect", "mended", "--merge", "s.npz", "-o", "new.json", "-q"]) == 0


def test_an_output_below_a_file(job, refused):
    (job() / "file").write_text("in the way")
    refused("detect", "plate", "-o", "file/new.json", code=2, where="file")
    refused("detect", "plate", "--stats-out", "file/new.npz", code=2, where="file")
    refused("fix", "plate", "--map", "map.json", "-o", "file/new", code=2, where="file")
    refused("undo", "mended", "-o", "file/new", code=2, where="file")
    refused("fix", "plate", "--map", "map.json", "-o", "file", code=2, where="file")
    refused("demo", "file", code=2, where="file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(job, refused):
    (job() / "locked").mkdir(mode=0o555)
    refused("detect", "plate", "-o", "locked/new.json", code=2, where="locked")
    refused("fix", "plate", "--map", "map.json", "-o", "locked", code=2, where="locked")
    refused("undo", "mended", "-o", "locked", code=2, where="locked")


def test_an_output_that_exists(job, refused):
    job()
    assert main(["map", "edit", "map.json", "--reject", "d0001", "-o", "other.json", "-q"]) == 0
    Path("else").mkdir()
    Path("else/plate.1001.exr").write_bytes(b"mine")
    for argv in (
        ("detect", "plate", "-o", "map.json"),
        ("detect", "plate", "--stats-out", "s.npz"),
        ("detect", "--merge", "s.npz", "-o", "map.json"),
        ("fix", "plate", "--map", "other.json", "-o", "mended"),
        ("undo", "mended", "-o", "else"),
    ):
        assert "--overwrite" in refused(*argv, code=2, what="exists already")["hint"]
    refused("demo", "plate", code=2, where="plate", what="not empty")
    refused("demo", "plate", "--overwrite", code=2, where="plate")
    refused("detect", "plate", "-o", "mended", code=2, where="mended")


@pytest.mark.parametrize("more", [[], ["--overwrite"]], ids=["", "overwrite"])
@pytest.mark.parametrize("out", ["plate", "mended/../plate", "link"])
def test_source_and_output_are_the_same_folder(out, more, job, refused):
    (job() / "link").symlink_to("plate")
    argv = ("fix", "plate", "--map", "map.json", "-o", out, *more)
    assert "--in-place" in refused(*argv, code=2, where=out, what="same folder")["hint"]


def test_a_frame_that_is_a_link_to_the_source(job, refused):
    """Writing through the link would be writing on the master."""
    folder = job()
    (folder / "new").mkdir()
    (folder / "new" / "plate.1003.exr").symlink_to("../plate/plate.1003.exr")
    refused(*FIX, code=2, where="plate.1003.exr", what="exists already")
    before = seen_in(folder / "plate")
    assert main([*FIX, "--overwrite", "-q"]) == 0
    assert seen_in(folder / "plate") == before
    assert not (folder / "new" / "plate.1003.exr").is_symlink()


def test_what_is_not_mended_cannot_be_undone(job, refused):
    job()
    refused("undo", "plate", "-o", "new", code=4, what="no ledger")
    assert not Path("new").exists()


WRONG: dict[str, Callable[[], tuple[str, ...]]] = {
    "neither shot nor statistics": lambda: ("detect", "-o", "new.json"),
    "nowhere to write": lambda: ("detect", "plate"),
    "a suffix that says nothing": lambda: ("detect", "plate", "-o", "new.txt"),
    "no output": lambda: ("fix", "plate", "--map", "map.json"),
    "no map": lambda: ("fix", "plate", "-o", "new"),
    "two places": lambda: ("fix", "plate", "--map", "map.json", "-o", "new", "--in-place"),
    "half an option": lambda: ("fix", "plate", "--map", "map.json", "-o", "new", "--over"),
    "an option that is none": lambda: (*DETECT, "--sensitivity", "3"),
    "a threshold that is none": lambda: (*DETECT, "--threshold", "-3"),
    "a step that is none": lambda: (*DETECT, "--every", "0"),
    "training frames that are none": lambda: (*DETECT, "--train", "x"),
    "a status that is none": lambda: (*FIX, "--only", "rejected"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_arguments(name, job, refused):
    job()
    refused(*WRONG[name](), code=2)


def test_training_frames_that_are_missing(job, refused):
    job()
    refused(*DETECT, "--train", "1-5", code=3)
