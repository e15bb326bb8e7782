# SPDX-License-Identifier: Apache-2.0
"""The kernel of the committed gizmo, compiled in every way, gives what `pixmend fix` writes."""

import json
from pathlib import Path

import numpy as np
import pytest

from nuke_proof.shim import BUILDS
from pixmend.cli import main
from tests.make.baked import (
    all_kinds,
    compositor_frame,
    in_raster,
    manifest,
    read_layers,
    rounded,
    write_plate,
)
from tests.make.blink import SOURCE, mend, only_here, same_bits, ulps

DATA = Path(__file__).parents[3] / "../shared/data/exr"
FRAMES = list(all_kinds().frames)
BEFORE_ROUNDING = {"half": 0.002, "float": 1e-5, "dpx10": 0.501 / 1023}  # a file's own step, or arithmetic's
JOBS = [
    ("half", "auto"),
    ("half", "spatial"),
    ("half", "recover"),
    *(pytest.param(job, marks=pytest.mark.slow) for job in (("float", "auto"), ("dpx10", "auto"))),
]


def fix_and_bake(folder, plate, options):
    """Mend and bake a plate with the commands."""
    for command, out in (("fix", "fixed"), ("bake", "made.pixmend")):
        assert main([command, str(plate), "-o", str(folder / out), "-q", *options]) == 0


@pytest.fixture(scope="module", params=JOBS, ids=" ".join)
def job(request, tmp_path_factory):
    """A shot with defects of every kind, what fix writes, and its bake."""
    form, method = request.param
    folder = tmp_path_factory.mktemp(form)
    options = [*write_plate(folder, form), "--map", str(folder / f"{form}.json"), "--method", method]
    fix_and_bake(folder, folder / form, options)
    return folder, form, method


def frame_of(folder, frame):
    (path,) = (each for each in folder.glob(f"plate.{frame:04d}.*") if each.suffix in {".exr", ".dpx"})
    return compositor_frame(path)


def bake_of(folder, raster):
    """Return the index on a plate's raster, and the control."""
    index = in_raster(raster, *read_layers(folder / "made.pixmend" / "index.exr"))
    layers = read_layers(folder / "made.pixmend" / "control.exr")[1]
    return index, np.stack([layers[name] for name in "RGBA"], axis=-1)


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: build.name)
def test_live_is_fix_after_rounding_and_the_plate_elsewhere(workshop, job, build):
    only_here(build)
    folder, form, method = job
    program = workshop.program(SOURCE, build)
    counts = manifest(folder / "made.pixmend")["counts"]
    assert counts["predicted"] > 0
    assert (counts["subtracted"] > 0) == (form != "dpx10" and method != "spatial")
    for frame in FRAMES[:: 2 if "strict" in build.name else 4]:
        raster, plate = frame_of(folder / form, frame)
        _, fixed = frame_of(folder / "fixed", frame)
        index, control = bake_of(folder, raster)
        made = mend(program, plate, index, control, frame, x=raster.x, y=-raster.y)
        assert np.array_equal(rounded(made, form), rounded(fixed, form))
        assert np.abs(made - fixed).max() <= BEFORE_ROUNDING[form]
        assert (made != plate).sum() > 100
        assert same_bits(made[index[..., 0] == 0], plate[index[..., 0] == 0])
        untouched = (index[..., 1:2] // np.array([1, 2, 4])) % 2 == 0
        assert same_bits(made[untouched], plate[untouched])


@pytest.mark.parametrize("build", BUILDS[1:], ids=lambda build: build.name)
def test_builds_are_a_few_units_from_each_other_before_rounding(workshop, job, build):
    only_here(build)
    folder, form, _ = job
    raster, plate = frame_of(folder / form, FRAMES[3])
    index, control = bake_of(folder, raster)
    made, strict = (
        mend(workshop.program(SOURCE, each), plate, index, control, FRAMES[3]) for each in (build, BUILDS[0])
    )
    floor = np.abs(plate).mean()  # what is darker than the picture is a difference of larger numbers
    apart = ulps(np.maximum(made, floor), np.maximum(strict, floor)).max()
    assert apart <= (0 if build.flags[0] != "-O3" else 8)


@pytest.mark.real
@pytest.mark.parametrize("name", ["Desk.exr", "CandleGlass.exr", "Carrots.exr"])
def test_a_real_frame_is_mended_as_fix_mends_it(workshop, tmp_path, name):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not there")
    raster, plate = compositor_frame(path)
    random = np.random.default_rng(5)
    shape = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]
    places = random.integers([9, 9], [raster.width - 9, raster.height - 9], (60, 2))
    defects = [
        {
            "id": f"d{number:04d}",
            "x": raster.x + int(x),
            "y": raster.y + int(y),
            "kind": "hot",
            "frames": "1",
            "samples": [[dx, dy, channel] for dx, dy in shape for channel in "RGB"[number % 3 :]],
        }
        for number, (x, y) in enumerate(places)
    ]
    window = {"x": raster.x, "y": raster.y, "width": raster.width, "height": raster.height}
    (tmp_path / "map.json").write_text(
        json.dumps({"schema": "pixmend.map/1", "raster": window, "defects": defects})
    )
    fix_and_bake(tmp_path, path, ["--map", str(tmp_path / "map.json")])
    _, fixed = compositor_frame(next((tmp_path / "fixed").glob("*.exr")))
    index, control = bake_of(tmp_path, raster)
    for build in BUILDS:
        if "strict" in build.name or "fast" in build.name:
            only_here(build)
            made = mend(workshop.program(SOURCE, build), plate, index, control, 1)
            assert same_bits(made.astype(np.float16), fixed.astype(np.float16))
            assert (made != plate).sum() > 400
