# SPDX-License-Identifier: Apache-2.0
"""What the gizmo shows is what `pixmend fix` writes: a shot baked by the command, the group computed on its frames."""

import json

import numpy as np
import OpenEXR
import pytest

from nuke_proof.graph import FilesOnDisk, blink_by
from nuke_proof.shim import STRICT, works_here
from pixmend.cli import main
from pixmend.model import map_to_json
from pixmend.simulate import true_map
from tests.make.gizmo_scene import RGB, Gizmo, same, where_it_differs
from tests.make.shots_on_disk import encoding_of, small_shot, write_form

FRAMES = range(1001, 1005)
DISK = FilesOnDisk()
LEFT, TOP = 24, -3  # of the data window; the display window is narrower than it at the top, wider elsewhere
DISPLAY = ((0, 0), (239, 159))


def moved(folder):
    """Write the frames again, with a data window that is neither at the origin nor inside the display window."""
    for path in sorted(folder.glob("*.exr")):
        with OpenEXR.File(str(path), separate_channels=True) as file:
            header, channels = (
                dict(file.header()),
                {name: each.pixels.copy() for name, each in file.channels().items()},
            )
        height, width = channels["R"].shape
        corners = (LEFT, TOP), (LEFT + width - 1, TOP + height - 1)
        header |= {"dataWindow": corners, "displayWindow": DISPLAY}
        channels["mask.inside"] = np.full((height, width), 0.5, np.float16)
        OpenEXR.File(header, channels).write(str(path))


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """A plate, its map, what fix writes, and its bake; made once."""
    folder = tmp_path_factory.mktemp("job")
    shot = small_shot(f"{FRAMES[0]}-{FRAMES[-1]}", 192, 144)
    moved(write_form(folder / "plate", "exr", shot))
    written = json.loads(map_to_json(true_map(shot)))
    written["raster"] |= {"x": LEFT, "y": TOP}
    for defect in written["defects"]:
        defect["x"] += LEFT
        defect["y"] += TOP
    (folder / "map.json").write_text(json.dumps(written))
    common = [str(folder / "plate"), "--map", str(folder / "map.json"), "-q", "-o"]
    assert main(["fix", *common, str(folder / "fixed")]) == 0
    assert main(["bake", *common, str(folder / "my shot.pixmend"), "--patch"]) == 0
    return folder


def frames_of(job, frame):
    return (DISK.read(str(job / name / f"plate.{frame:04d}.exr")) for name in ("plate", "fixed"))


def rendered(job, plate, **how):
    return Gizmo(plate, DISK).render(bake=str(job / "my shot.pixmend"), **how)


def halves(image):
    return image.with_channels(
        {name: image.channels[name].astype(np.float16).astype(np.float32) for name in image.channels}
    )


@pytest.mark.parametrize("frame", FRAMES)
def test_patch_is_fix_to_the_bit(job, frame):
    plate, fixed = frames_of(job, frame)
    assert plate.box.x == LEFT
    assert len(where_it_differs(plate, fixed)) > 100
    assert same(rendered(job, plate, engine="Patch", frame=frame), fixed)


@pytest.mark.parametrize("frame", FRAMES)
def test_live_is_fix_to_the_bit_at_half(job, frame, workshop):
    if not works_here(STRICT):
        pytest.skip("there is no g++")
    plate, fixed = frames_of(job, frame)
    live = rendered(job, plate, engine="Live", frame=frame, blink=blink_by(workshop))
    assert same(halves(live), fixed)
    assert where_it_differs(live, plate) <= {
        (x, y, name) for x, y, _ in where_it_differs(plate, fixed) for name in RGB
    }


@pytest.mark.parametrize("engine", ["Patch", "Preview"])
@pytest.mark.parametrize("frame", [FRAMES[0] - 1, FRAMES[-1] + 1])
def test_beyond_the_bake_the_plate_passes(job, engine, frame):
    plate, _ = frames_of(job, FRAMES[0])
    assert same(rendered(job, plate, engine=engine, frame=frame), plate)


def test_preview_stays_inside_what_the_map_names_and_comes_near(job):
    plate, fixed = frames_of(job, FRAMES[0])
    shown = rendered(job, plate, engine="Preview", frame=FRAMES[0])
    changed = where_it_differs(shown, plate)
    named = {(x, y) for x, y, _ in where_it_differs(fixed, plate)}
    assert len({(x, y) for x, y, _ in changed} & named) > 0.9 * len(named)
    before, after = (
        np.sum([np.abs(image.channels[name] - fixed.channels[name]).sum() for name in RGB])
        for image in (plate, shown)
    )
    assert after < 0.5 * before


@pytest.mark.parametrize("mark_size", ["Small", "Medium", "Large"])
def test_every_defect_has_its_ring(job, mark_size):
    plate, fixed = frames_of(job, FRAMES[0])
    shown = rendered(job, plate, view="Defects", mark_size=mark_size, frame=FRAMES[0])
    marked = {(x, y) for x, y, _ in where_it_differs(shown, plate)}
    for x, y in {(x, y) for x, y, _ in where_it_differs(fixed, plate)}:
        if 0 <= y < DISPLAY[1][1]:
            assert any((x + dx, y + dy) in marked for dx in range(-30, 31) for dy in range(-30, 31))
    assert (shown.box, shown.format) == (plate.box, plate.format)


def raw(image, most):
    """Return what a raw Read gives, code / largest code; the library that reads here scales a little differently."""
    return image.with_channels(
        {name: (np.rint(plane * most) / most).astype(np.float32) for name, plane in image.channels.items()}
    )


@pytest.mark.slow
@pytest.mark.parametrize("form", ["tiff16", "dpx10"])
def test_codes_are_those_of_fix_when_the_read_is_raw(tmp_path, form, workshop):
    if not works_here(STRICT):
        pytest.skip("there is no g++")
    shot = small_shot("1-3", 192, 144)
    plate = write_form(tmp_path / "plate", form, shot)
    (tmp_path / "map.json").write_text(map_to_json(true_map(shot)))
    common = [str(plate), "--map", str(tmp_path / "map.json"), "-q", *encoding_of(form), "-o"]
    assert main(["fix", *common, str(tmp_path / "fixed")]) == 0
    assert main(["bake", *common, str(tmp_path / "b.pixmend"), "--patch"]) == 0
    most = 65535 if form == "tiff16" else 1023
    for frame in (1, 3):
        (name,) = (path.name for path in plate.glob(f"*{frame:04d}.*"))
        before, after = (raw(DISK.read(str(tmp_path / folder / name)), most) for folder in ("plate", "fixed"))
        assert len(where_it_differs(before, after)) > 100
        for engine in ("Patch", "Live"):
            how = {"engine": engine, "frame": frame, "blink": blink_by(workshop)}
            shown = Gizmo(before, DISK).render(bake=str(tmp_path / "b.pixmend"), **how)
            for channel in RGB:
                codes, fixed = (np.rint(image.channels[channel] * most) for image in (shown, after))
                assert np.array_equal(codes, fixed)


def test_a_bake_of_the_map_alone_mends_at_once(tmp_path, workshop):
    if not works_here(STRICT):
        pytest.skip("there is no g++")
    shot = small_shot("1-3", 192, 144)
    write_form(tmp_path / "plate", "exr", shot)
    (tmp_path / "map.json").write_text(map_to_json(true_map(shot)))
    assert main(["bake", "--map", str(tmp_path / "map.json"), "-q", "-o", str(tmp_path / "b.pixmend")]) == 0
    plate = DISK.read(str(tmp_path / "plate" / "plate.0002.exr"))
    mended = Gizmo(plate, DISK).render(
        bake=str(tmp_path / "b.pixmend"), engine="Live", frame=2, blink=blink_by(workshop)
    )
    named = {
        (defect.x + sample.dx, defect.y + sample.dy)
        for defect in true_map(shot).defects
        for sample in defect.samples
    }
    assert {(x, y) for x, y, _ in where_it_differs(mended, plate)} <= named
    clean = shot.render_clean(2)[::-1]
    before, after = (
        sum(np.abs(image.channels[name] - clean[..., number]).sum() for number, name in enumerate(RGB))
        for image in (plate, mended)
    )
    assert after < 0.5 * before
