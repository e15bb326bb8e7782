# SPDX-License-Identifier: Apache-2.0
"""Bad input: one sentence, its exit code, valid JSON, nothing half-written, the source as it was."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import OpenEXR
import pytest

from pixmend.cli import main
from tests.make.shots_on_disk import encoding_of, seen_in, small_shot, write_form

FRAMES = "1001-1004"
MAP = {
    "schema": "pixmend.map/1",
    "raster": {"x": 0, "y": 0, "width": 96, "height": 80},
    "defects": [
        {"id": "d0001", "x": 40, "y": 50, "kind": "hot", "samples": [[0, 0, "R"], [1, 0, "G"]]},
        {"id": "d0002", "x": 0, "y": 0, "kind": "dead", "samples": [[0, 0, "*"]]},
    ],
}


@pytest.fixture(scope="module")
def healthy(tmp_path_factory):
    """For each form a shot, a map, mended frames and statistics that nothing is wrong with."""

    def make(form):
        folder = tmp_path_factory.mktemp(form)
        write_form(folder / "plate", form, small_shot(FRAMES, 96, 80, planted=False))
        (folder / "map.json").write_text(json.dumps(MAP))
        how = ["-q", *encoding_of(form)]
        target = ["--map", str(folder / "map.json"), "-o", str(folder / "mended")]
        assert main(["fix", str(folder / "plate"), *target, *how]) == 0
        assert main(["detect", str(folder / "plate"), "--stats-out", str(folder / "s.npz"), *how]) == 0
        return folder

    made = {}
    return lambda form: made.setdefault(form, None) or made.update({form: make(form)}) or made[form]


@pytest.fixture
def job(healthy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def copy(form="exr-zips"):
        shutil.copytree(healthy(form), tmp_path, dirs_exist_ok=True)
        return tmp_path

    return copy


@pytest.fixture
def refused(capfd):
    """Call a command both ways; check the form of its refusal, and that it wrote nothing."""

    def call(*argv, code, where="", what="", writes=None):
        before = seen_in(Path())
        capfd.readouterr()
        assert main([*argv, "-q"]) == code, capfd.readouterr()
        out, err = capfd.readouterr()
        assert out == ""
        first, *more = err.splitlines()
        assert first.startswith("error: ")
        assert len(more) <= 1
        assert all(line.startswith("hint: ") for line in more)
        assert where in first
        assert what in first
        assert "Traceback" not in err
        if writes is not None:
            shutil.rmtree(writes, ignore_errors=True)
        assert seen_in(Path()) == before

        assert main([*argv, "-q", "--json"]) == code
        out, err = capfd.readouterr()
        assert err == ""
        found = json.loads(out)
        assert out.count("\n") == 1
        assert (found["schema"], found["ok"], found["exit_code"]) == (f"pixmend.{argv[0]}/1", False, code)
        error = found["error"]
        said = f"error: {error['where']}: {error['what']}" if error["where"] else f"error: {error['what']}"
        assert said == first
        assert error["what"][-1] not in ".!\n"
        return error

    return call


DETECT = ("detect", "plate", "-o", "new.json")
FIX = ("fix", "plate", "--map", "map.json", "-o", "new")
VERIFY = ("verify", "mended")
UNDO = ("undo", "mended", "-o", "new")


# Frames


def cut_short(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def cut_in_the_header(path):
    path.write_bytes(path.read_bytes()[:40])


def empty(path):
    path.write_bytes(b"")


def other_magic(path):
    path.write_bytes(b"GIF8" + path.read_bytes()[4:])


def only_text(path):
    path.write_text("this is no picture\n" * 2000)


def be_a_folder(path):
    path.unlink()
    path.mkdir()


def point_nowhere(path):
    path.unlink()
    path.symlink_to("nowhere")


DAMAGES = [cut_short, cut_in_the_header, empty, other_magic, only_text, be_a_folder, point_nowhere]


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


# Maps


def changed(**fields):
    return json.dumps(MAP | fields)


def with_defect(**fields):
    return changed(defects=[MAP["defects"][0] | fields])


MAPS = {
    "of another raster": (changed(raster={"x": 0, "y": 0, "width": 128, "height": 80}), "128x80"),
    "of another origin": (changed(raster={"x": -1, "y": 0, "width": 96, "height": 80}), "96x80-1+0"),
    "a defect outside": (with_defect(x=96), "outside the raster"),
    "a sample outside": (with_defect(samples=[[0, 0, "R"], [-41, 0, "R"]]), "outside the raster"),
    "a channel that is not there": (with_defect(samples=[[0, 0, "Z"]]), "'Z'"),
    "no JSON": ("{", ""),
    "nothing": ("", ""),
    "a list": ("[]", ""),
    "another schema": (changed(schema="pixmend.map/99"), "pixmend.map/99"),
    "no kind": (with_defect(kind="__import__('os').mkdir('pwned')"), "kind"),
    "a range that is none": (with_defect(frames="$(mkdir pwned)"), "mkdir"),
    "an id with blanks": (with_defect(id="d1; mkdir pwned"), ""),
    "a number that is text": (with_defect(x="40"), ""),
    "a fraction": (with_defect(x=1.5), ""),
    "no number": (with_defect(amplitude_sigma=float("nan")), ""),
    "deep": ("[" * 100_000, ""),
}


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("argv", [FIX, (*VERIFY, "--map", "map.json")], ids=lambda argv: argv[0])
def test_a_map_that_cannot_be_used(argv, name, job, refused):
    text, what = MAPS[name]
    (job() / "map.json").write_text(text)
    error = refused(*argv, code=2, what=what)
    assert error["kind"] in {"MapError", "RangeError"}
    assert "map.json" in error["where"]


@pytest.mark.parametrize("name", ["of another raster", "a defect outside", "no JSON"])
def test_a_prior_that_cannot_be_used(name, job, refused):
    (job() / "prior.json").write_text(MAPS[name][0])
    for argv in (DETECT, ("detect", "--merge", "s.npz", "-o", "new.json")):
        error = refused(*argv, "--prior", "prior.json", code=2)
        assert (error["kind"], error["where"]) == ("MapError", "prior.json")


def test_a_table_with_a_pixel_outside(job, refused):
    (job() / "map.csv").write_text("x,y\n5,5\n5,80\n")
    refused("fix", "plate", "--map", "map.csv", "-o", "new", code=2, where="map.csv", what="(5, 80)")


def test_a_map_that_is_not_there(job, refused):
    job()
    refused("fix", "plate", "--map", "none.json", "-o", "new", code=2, where="none.json")
    refused("fix", "plate", "--map", "plate", "-o", "new", code=2, where="plate")
    refused("verify", "mended", "--map", "none.json", code=2, where="none.json")


def test_nothing_in_a_map_is_run_followed_or_written_to(job, capfd):
    evil = ["$(mkdir${IFS}pwned)", "`mkdir_pwned`", "../../pwned", "/etc/passwd", "<script>alert(1)</script>"]
    defects = [
        MAP["defects"][0] | {"id": text, "x": 10 * index + 10, "note": f"{text}\x1b[31m", "label": text}
        for index, text in enumerate(evil)
    ]
    source = {"sequence": "../pwned/#.exr", "camera": "$(mkdir pwned)", "path": "/etc/passwd"}
    text = changed(defects=defects, source=source, output="../pwned", include="/etc/passwd")
    folder = job()
    (folder / "map.json").write_text(text)
    before = seen_in(folder)
    assert main([*FIX, "-q"]) == 0
    assert main(["verify", "new", "--source", "plate", "--map", "map.json", "-q"]) == 0
    assert main(["map", "show", "map.json"]) == 0
    assert "\x1b" not in capfd.readouterr().out
    assert main(["detect", "plate", "--prior", "map.json", "-o", "found.json", "-q"]) == 0
    written = set(seen_in(folder)) - set(before)
    assert {Path(name).parts[0] for name in written} == {"new", "found.json"}
    assert not list(folder.parent.rglob("*pwned*"))
    assert {name: seen_in(folder)[name] for name in before} == before


# Statistics


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


# Outputs


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


# Arguments


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
