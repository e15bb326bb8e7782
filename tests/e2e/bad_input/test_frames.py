# SPDX-License-Identifier: Apache-2.0
"""Frames that cannot be used: one sentence, its exit code, valid JSON, nothing half-written."""

import json
import shutil
from pathlib import Path

import numpy as np
import OpenEXR
import pytest

from pixmend.cli import main
from tests.make.bad_input import DAMAGES, DETECT, FIX, UNDO, VERIFY, cut_short, empty, other_magic
from tests.make.shots_on_disk import encoding_of, seen_in


@pytest.mark.parametrize("number", ["1001", "1003"])
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda each: each.__name__)
@pytest.mark.parametrize("form", ["exr-zips", "dpx10", "tiff16"])
def test_a_frame_that_cannot_be_read(form, damage, number, job, refused):
    (path,) = (job(form) / "plate").glob(f"plate.{number}.*")
    damage(path)
    how = encoding_of(form)
    assert refused(*DETECT, *how, code=3, where=path.name)["kind"] in {"BadFrameError", "MissingFrameError"}
    refused(*FIX, *how, code=3, where=path.name)


@pytest.mark.parametrize("damage", [cut_short, empty, other_magic], ids=lambda each: each.__name__)
@pytest.mark.parametrize("form", ["exr-zips", "dpx10", "tiff16"])
def test_what_is_damaged_after_the_mend_is_not_undone(form, damage, job, refused):
    (path,) = (job(form) / "mended").glob("plate.1003.*")
    damage(path)
    refused(*UNDO, "--frames", "1003", code=4, where=path.name)
    assert not Path("new").exists()


def spoil_the_middle(path):
    stored = bytearray(path.read_bytes())
    stored[len(stored) // 2 : len(stored) // 2 + 400] = bytes([0xA5]) * 400
    path.write_bytes(stored)


@pytest.mark.parametrize("form", ["exr", "exr-zips"])
def test_a_damaged_chunk_gives_one_sentence_and_no_chatter(form, job, refused):
    """OpenEXR prints by itself what it also raises."""
    path = job(form) / "plate" / "plate.1003.exr"
    spoil_the_middle(path)
    refused(*DETECT, code=3, where=path.name)
    refused(*FIX, code=3, where=path.name)


@pytest.mark.parametrize("form", ["exr-none", "exr-rle", "exr-piz", "dpx10"])
def test_damage_that_no_checksum_tells_is_read_as_it_stands_without_chatter(form, job, capfd):
    (path,) = (job(form) / "plate").glob("plate.1003.*")
    spoil_the_middle(path)
    before = seen_in(Path("plate"))
    capfd.readouterr()
    for argv in (DETECT, FIX):
        code = main([*argv, "-q", "--json"])
        out, err = capfd.readouterr()
        assert (code in {0, 3}, err, out.count("\n")) == (True, "", 1)
    assert seen_in(Path("plate")) == before


def test_a_bad_frame_that_would_teach_the_fill_can_be_skipped(job, capfd):
    empty(job() / "plate" / "plate.1003.exr")
    assert main([*FIX, "--skip-bad-frames", "--json", "-q"]) == 5
    assert [each["frame"] for each in json.loads(capfd.readouterr().out)["skipped"]] == [1003]
    assert sorted(seen_in(Path("new"), hidden=False)) == [
        f"plate.{number}.exr" for number in (1001, 1002, 1004)
    ]


def test_frames_before_a_bad_one_are_whole_and_the_bad_one_can_be_skipped(job, refused, capfd):
    """More frames than teach the fill, so that the bad one is met when some are published."""
    folder = job() / "plate"
    for number in range(1005, 1041):
        shutil.copy(folder / "plate.1002.exr", folder / f"plate.{number}.exr")
    empty(folder / "plate.1020.exr")
    error = refused(*FIX, "--workers", "1", code=3, where="plate.1020.exr", writes="new")
    assert "--skip-bad-frames" in error["hint"]
    assert not list(Path("new").rglob("*.part"))
    assert main(["verify", "new", "--source", "plate", "-q"]) == 0
    shutil.rmtree("new")
    capfd.readouterr()

    assert main([*FIX, "--skip-bad-frames", "--json", "-q"]) == 5
    out, err = capfd.readouterr()
    found = json.loads(out)
    assert (err, found["ok"], found["exit_code"], found["frames_written"]) == ("", False, 5, 39)
    assert [each["frame"] for each in found["skipped"]] == [1020]
    assert main(["verify", "new", "--source", "plate", "-q"]) == 0


@pytest.mark.parametrize("argv", [DETECT, FIX, VERIFY, UNDO], ids=lambda argv: argv[0])
class TestAnyCommand:
    def test_a_frame_that_is_not_there(self, argv, job, refused):
        job()
        error = refused(*argv, "--frames", "1003-1006", code=3, what="frames 1005-1006 are missing")
        assert error["kind"] == "MissingFrameError"

    def test_no_such_shot(self, argv, job, refused):
        job()
        refused(argv[0], "nowhere", *argv[2:], code=3, where="nowhere")
        refused(argv[0], "plate/other.#.exr", *argv[2:], code=3, where="other.#.exr")

    def test_an_empty_folder(self, argv, job, refused):
        (job() / "empty").mkdir()
        refused(argv[0], "empty", *argv[2:], code=3, where="empty")

    def test_a_folder_with_two_sequences(self, argv, job, refused):
        job()
        shutil.copy(f"{argv[1]}/plate.1001.exr", f"{argv[1]}/other.1001.exr")
        refused(*argv, code=2, where=argv[1], what="several sequences")

    def test_formats_mixed_in_one_folder(self, argv, job, refused):
        job()
        shutil.copy(f"{argv[1]}/plate.1003.exr", f"{argv[1]}/plate.1003.dpx")
        refused(*argv, code=2, where=argv[1], what="several sequences")

    @pytest.mark.parametrize("text", ["", "abc", "10-", "1-5x0", "1001-1004;rm", "1-99999999"])
    def test_a_range_that_is_none(self, argv, text, job, refused):
        job()
        refused(*argv, "--frames", text, code=2, where="--frames")

    def test_a_format_that_is_not_handled(self, argv, job, refused):
        (job() / "clip.mov").write_bytes(b"mov")
        refused(argv[0], "clip.mov", *argv[2:], code=3, where="clip.mov", what=".mov is not handled")

    def test_workers_that_are_none(self, argv, job, refused):
        job()
        refused(*argv, "--workers", "0", code=2, where="--workers")


def write_exr(path, dtype, size=(80, 96)):
    planes = {name: np.full(size, 0.1, dtype) for name in "RGB"}
    with OpenEXR.File(
        {"compression": OpenEXR.ZIPS_COMPRESSION, "type": OpenEXR.scanlineimage}, planes
    ) as image:
        image.write(str(path))


@pytest.mark.parametrize("argv", [DETECT, FIX], ids=lambda argv: argv[0])
def test_mixed_sizes_and_sample_types(argv, job, refused):
    path = job() / "plate" / "plate.1003.exr"
    write_exr(path, np.float16, (80, 97))
    refused(*argv, code=3, where="plate.1003.exr", what="mixed sizes")
    write_exr(path, np.float32)
    refused(*argv, code=3, where="plate.1003.exr", what="mixed channels")


@pytest.mark.parametrize("argv", [DETECT, FIX], ids=lambda argv: argv[0])
def test_one_format_under_the_name_of_another(argv, job, healthy, refused):
    path = job() / "plate" / "plate.1003.exr"
    shutil.copy(healthy("dpx10") / "plate" / "plate.1003.dpx", path)
    refused(*argv, code=3, where="plate.1003.exr")


def test_a_gap_is_said_and_no_error(job, capfd):
    (job() / "plate" / "plate.1002.exr").unlink()
    assert main([*DETECT, "--progress", "plain"]) == 0
    assert "frames 1002 are missing" in capfd.readouterr().err
    assert main([*FIX, "--progress", "plain"]) == 0
    assert "frames 1002 are missing" in capfd.readouterr().err


def test_verify_against_a_source_that_lacks_a_frame(job, capfd):
    (job() / "plate" / "plate.1002.exr").unlink()
    assert main([*VERIFY, "--source", "plate", "--json", "-q"]) == 4
    found = json.loads(capfd.readouterr().out)
    assert "1002" in found["problems"][0]


def test_encodings_that_do_not_exist(job, refused):
    job()
    for argv in (DETECT, FIX, (*VERIFY, "--map", "map.json")):
        error = refused(*argv, "--encoding", "no such curve", code=2, what="no such curve")
        assert error["hint"]
