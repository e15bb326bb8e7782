# SPDX-License-Identifier: Apache-2.0
"""`pixmend bake`: what the node makes of a plate is what `pixmend fix` writes."""

import hashlib
import json
import shutil
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from pixmend.bake import apply_control, check_manifest
from pixmend.cli import main
from pixmend.model import map_to_json
from pixmend.simulate import true_map
from tests.make.baked import (
    FORMS,
    all_kinds,
    compositor_frame,
    in_raster,
    manifest,
    read_layers,
    rounded,
    write_plate,
)
from tests.make.shots_on_disk import seen_in

FRAMES = list(all_kinds().frames)
EACH_FORM = pytest.mark.parametrize(
    "form", ["half", *(pytest.param(each, marks=pytest.mark.slow) for each in FORMS[1:])]
)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Return a folder with a plate of a form and its map, what `fix` made of it, and what was baked from it."""
    folder = tmp_path_factory.mktemp("bake")

    @cache
    def prepare(form):
        options = [*write_plate(folder, form), "--map", str(folder / f"{form}.json"), "-q"]
        assert main(["fix", str(folder / form), "-o", str(folder / f"{form}.fixed"), *options]) == 0
        assert (
            main(["bake", str(folder / form), "-o", str(folder / f"{form}.pixmend"), "--patch", *options])
            == 0
        )
        return folder

    return prepare


def frame_of(folder: Path, frame: int) -> Path:
    (path,) = (each for each in folder.glob(f"plate.{frame:04d}.*") if each.suffix in {".exr", ".dpx"})
    return path


def node_of(folder: Path):
    """Return what the node does: the index on a raster, and the control."""
    window, layers = read_layers(folder / "index.exr")
    control = np.stack([read_layers(folder / "control.exr")[1][each] for each in "RGBA"], axis=-1)
    return lambda raster, plate, frame: apply_control(
        plate, in_raster(raster, window, layers), control, frame
    )


@EACH_FORM
def test_the_node_gives_what_fix_writes(prepared, form):
    made = prepared(form)
    node = node_of(made / f"{form}.pixmend")
    for frame in FRAMES:
        raster, plate = compositor_frame(frame_of(made / form, frame))
        _, fixed = compositor_frame(frame_of(made / f"{form}.fixed", frame))
        mended = node(raster, plate, frame)
        assert np.array_equal(rounded(mended, form), rounded(fixed, form))
        same = (fixed == plate) & (mended == plate)
        assert (mended != plate).sum() > 100
        assert same.mean() > 0.95


@pytest.mark.slow
@pytest.mark.parametrize("method", ["recover", "spatial", "temporal"])
def test_the_node_gives_what_fix_writes_by_each_method(prepared, tmp_path, method):
    made = prepared("half")
    options = ["--map", str(made / "half.json"), "-q", "--method", method, "--frames", "1002-1004"]
    for command in ("fix", "bake"):
        assert main([command, str(made / "half"), "-o", str(tmp_path / command), *options]) == 0
    node = node_of(tmp_path / "bake")
    for frame in (1002, 1003, 1004):
        raster, plate = compositor_frame(frame_of(made / "half", frame))
        _, fixed = compositor_frame(frame_of(tmp_path / "fix", frame))
        assert np.array_equal(rounded(node(raster, plate, frame), "half"), rounded(fixed, "half"))
    counts = manifest(tmp_path / "bake")["counts"]
    told = {"recover": "subtracted", "spatial": "predicted", "temporal": "values"}[method]
    assert counts[told] > 0.3 * sum(counts[each] for each in ("subtracted", "predicted", "values"))


@EACH_FORM
def test_the_patch_over_the_plate_is_what_fix_writes(prepared, form):
    made = prepared(form)
    for frame in FRAMES:
        raster, plate = compositor_frame(frame_of(made / form, frame))
        _, fixed = compositor_frame(frame_of(made / f"{form}.fixed", frame))
        patch = in_raster(raster, *read_layers(made / f"{form}.pixmend" / f"patch.{frame:04d}.exr"))
        over = np.where(patch[..., 3:] == 1, patch[..., :3], plate)
        assert np.array_equal(
            rounded(over, form) if form == "dpx10" else over,
            rounded(fixed, form) if form == "dpx10" else fixed,
        )
        assert set(np.unique(patch[..., 3])) == {0, 1}
        assert not patch[patch[..., 3] == 0].any()


@EACH_FORM
def test_the_manifest_tells_what_there_is(prepared, form):
    made = prepared(form)
    folder = made / f"{form}.pixmend"
    found = manifest(folder)
    check_manifest(found)
    assert found["values"] == ("raw" if form == "dpx10" else "linear")
    assert found["map"]["sha256"] == hashlib.sha256((made / f"{form}.json").read_bytes()).hexdigest()
    assert found["files"] == {name: each for name, each in seen_in(folder).items() if name != "bake.json"}
    counts = found["counts"]
    assert counts["defects"] == len(all_kinds().planted)
    assert counts["predicted"] > 0
    assert sum(counts["values_because"].values()) == counts["values"]
    if form != "dpx10":
        assert counts["subtracted"] > counts["values"]
    assert found["tables"] == "shot"


@pytest.mark.slow
def test_any_number_of_workers_bakes_the_same(prepared, tmp_path):
    made = prepared("half")
    options = ["--map", str(made / "half.json"), "-q", "--patch", "-o", str(tmp_path / "again")]
    assert main(["bake", str(made / "half"), *options, "--workers", "3"]) == 0
    assert seen_in(tmp_path / "again") == seen_in(made / "half.pixmend")


@pytest.fixture
def say(prepared, tmp_path, monkeypatch, capfd):
    """Stand in a folder with the half plate, its map, and a map that begins at (0, 0), and call `bake`."""
    made = prepared("half")
    shutil.copytree(made / "half", tmp_path / "half")
    shutil.copy(made / "half.json", tmp_path)
    (tmp_path / "map.json").write_text(map_to_json(true_map(all_kinds())))
    monkeypatch.chdir(tmp_path)

    def call(*argv, code=0):
        capfd.readouterr()
        ended = main(["bake", *map(str, argv), "--json", "-q"])
        out, err = capfd.readouterr()
        assert (ended, err) == (code, ""), out
        return json.loads(out)

    return call


def test_some_frames_are_baked_as_they_are_in_the_whole(say, prepared, tmp_path):
    say("half", "--map", "half.json", "-o", "some", "--frames", "1003-1005")
    raster, plate = compositor_frame(frame_of(tmp_path / "half", 1004))
    some, whole = (
        node_of(each)(raster, plate, 1004) for each in (tmp_path / "some", prepared("half") / "half.pixmend")
    )
    assert np.array_equal(some, whole)
    outside = node_of(tmp_path / "some")(raster, plate, 1006)
    assert np.array_equal(outside, plate)


def test_a_dry_run_writes_nothing(say, tmp_path):
    before = seen_in(tmp_path)
    found = say("half", "--map", "half.json", "-o", "dry", "--dry-run")
    assert not found["written"]
    assert found["entries"] > 0
    assert seen_in(tmp_path) == before


def test_a_folder_that_exists_stays_but_by_overwrite(say, tmp_path):
    assert say("--map", "map.json", "-o", "out", "--frames", "1001")["written"]
    before = seen_in(tmp_path / "out")
    failed = say("--map", "map.json", "-o", "out", "--frames", "1002", code=2)
    assert "--overwrite" in failed["error"]["hint"]
    assert seen_in(tmp_path / "out") == before
    say("--map", "map.json", "-o", "out", "--frames", "1002", "--overwrite")
    assert manifest(tmp_path / "out")["frames"] == "1002"
    assert not list(tmp_path.glob(".out*"))


def test_overwrite_never_replaces_what_is_no_baked_folder(say, tmp_path):
    before = seen_in(tmp_path / "half")
    failed = say("half", "--map", "half.json", "-o", "half", "--overwrite", code=2)
    assert "bake.json" in failed["error"]["what"]
    assert seen_in(tmp_path / "half") == before


def test_a_map_of_another_raster_is_refused(say, tmp_path):
    failed = say("half", "--map", "map.json", "-o", "out", code=2)
    assert failed["error"]["kind"] == "MapError"
    assert not (tmp_path / "out").exists()


def test_missing_frames_are_named(say, tmp_path):
    failed = say("half", "--map", "half.json", "-o", "out", "--frames", "1001-1020", code=3)
    assert "1007-1020" in failed["error"]["what"]
    assert not (tmp_path / "out").exists()


def test_a_damaged_frame_leaves_nothing_behind(say, tmp_path):
    path = frame_of(tmp_path / "half", 1005)
    path.write_bytes(path.read_bytes()[:3000])
    before = seen_in(tmp_path)
    say("half", "--map", "half.json", "-o", "out", code=3)
    assert seen_in(tmp_path) == before


def test_a_map_without_a_defect_for_these_frames_is_said(say, tmp_path):
    assert main(["map", "edit", "half.json", "-o", "none.json", "--reject", "all", "-q"]) == 0
    failed = say("half", "--map", "none.json", "-o", "out", code=2)
    assert "no defect" in failed["error"]["what"]


@pytest.mark.slow
def test_frames_that_were_mended_in_place_are_refused(say, tmp_path):
    assert main(["fix", "half", "--map", "half.json", "--in-place", "-q"]) == 0
    failed = say("half", "--map", "half.json", "-o", "out", code=2)
    assert "in place" in failed["error"]["what"]
    assert not (tmp_path / "out").exists()


def test_a_patch_wants_a_shot(say):
    failed = say("--map", "half.json", "-o", "out", "--patch", code=2)
    assert failed["error"]["where"] == "--patch"


def test_a_map_alone_that_does_not_say_its_display_wants_the_shot(say, tmp_path):
    failed = say("--map", "half.json", "-o", "out", code=2)
    assert "SHOT" in failed["error"]["hint"]
    assert not (tmp_path / "out").exists()


def test_a_map_alone_mends_at_once(say, tmp_path):
    found = say("--map", "map.json", "-o", "alone")
    check_manifest(manifest(tmp_path / "alone"))
    assert (found["tables"], found["shot"], found["frames"]) == ("generic", None, None)
    shot, defects = all_kinds(), true_map(all_kinds()).to_mend(1003)
    spoiled, clean = (each.astype(np.float16).astype(np.float32) for each in shot.render_pair(1003))
    mended = node_of(tmp_path / "alone")(shot.raster, spoiled, 1003)
    touched = np.zeros(mended.shape, bool)
    for x, y, name in (place for each in defects for place in each.pixels("RGB")):
        touched[y, x, "RGB".index(name)] = True
    assert np.array_equal(mended[~touched], spoiled[~touched])
    assert (mended != spoiled)[touched].mean() > 0.9
    strong = touched & (np.abs(spoiled - clean) > 0.01)
    assert np.abs(mended - clean)[strong].mean() < 0.2 * np.abs(spoiled - clean)[strong].mean()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_leaves_what_was_there(say, tmp_path, number):
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("who runs the tests ignores this signal, and so does what they run")
    say("--map", "map.json", "-o", "out")
    before = seen_in(tmp_path)
    options = ["half", "--map", "half.json", "-o", "out", "--overwrite", "--progress", "json", "--json"]
    command = [sys.executable, "-m", "pixmend", "bake", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if json.loads(line).get("stage") == "baking frames":
                process.send_signal(number)
                break
        out, _ = process.communicate(timeout=60)
    assert process.returncode == json.loads(out)["exit_code"] == 130
    assert seen_in(tmp_path) == before
