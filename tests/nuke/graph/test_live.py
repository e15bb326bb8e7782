# SPDX-License-Identifier: Apache-2.0
"""The engine Live as it sits in the gizmo: its kernel fed through the group's own Reads and Switches."""

import numpy as np
import pytest

from nuke_proof.graph import blink_by, picture_from_rows
from nuke_proof.shim import STRICT, works_here
from pixmend.bake import apply_control, pack_control
from tests.make.controls import FRAMES, SIZE, index_of, plate, synthetic_control
from tests.make.gizmo_scene import RGB, Disk, Gizmo, same

CONTROL = synthetic_control()
FORMAT = (SIZE[1], SIZE[0])
RGBA = (*RGB, "rgba.alpha")


@pytest.fixture(scope="module")
def blink(workshop):
    if not works_here(STRICT):
        pytest.skip("there is no g++")
    return blink_by(workshop)


def image_of(rows, size, names=RGBA, corner=(0, 0)):
    return picture_from_rows(
        dict(zip(names, np.moveaxis(rows, -1, 0), strict=True)), size=size, corner=corner
    )


def baked(index=None, control=None, *, cut=False):
    index = index_of(CONTROL) if index is None else index
    control = pack_control(CONTROL) if control is None else control
    corner = (4, 0) if cut else (0, 0)
    return Disk(
        {
            "/b/index.exr": image_of(index[:, corner[0] :], FORMAT, corner=corner),
            "/b/control.exr": image_of(control, (control.shape[1], control.shape[0])),
            "/b/bake.json": None,
        }
    )


@pytest.mark.parametrize("frame", [FRAMES[0] - 1, FRAMES[0], FRAMES[0] + 2, FRAMES[1], FRAMES[1] + 1])
def test_live_is_what_the_bake_says(blink, frame):
    rows = plate(3)
    told = apply_control(rows, index_of(CONTROL), pack_control(CONTROL), frame)
    for cut in (False, True):
        gizmo = Gizmo(image_of(rows, FORMAT, RGB), baked(cut=cut))
        result = gizmo.render(engine="Live", frame=frame, blink=blink)
        assert same(result, image_of(told, FORMAT, RGB))
    changed = np.any(told != rows, axis=-1)
    assert changed.any() == (FRAMES[0] <= frame <= FRAMES[1])


def test_a_plate_of_any_box_keeps_it(blink):
    rows = plate(3)
    whole = image_of(rows, FORMAT, RGB)
    frame = FRAMES[0]
    told = Gizmo(whole, baked()).render(engine="Live", frame=frame, blink=blink)
    for border in (9, 3):
        larger = whole.over(whole.box.grown(border))
        result = Gizmo(larger, baked()).render(engine="Live", frame=frame, blink=blink)
        assert result.box == larger.box
        inside = result.over(whole.box)
        assert same(inside, told)


@pytest.mark.parametrize(
    "break_it", [lambda cells: cells * 0, lambda cells: cells * 0.5, lambda cells: cells[:1, :8]]
)
def test_a_control_that_is_none_passes_the_plate(blink, break_it):
    image = image_of(plate(3), FORMAT, RGB)
    disk = baked(control=break_it(pack_control(CONTROL)))
    assert same(Gizmo(image, disk).render(engine="Live", frame=FRAMES[0], blink=blink), image)


@pytest.mark.parametrize("missing", ["index.exr", "control.exr"])
def test_half_a_bake_passes_the_plate(blink, missing):
    image = image_of(plate(3), FORMAT, RGB)
    disk = baked()
    disk.pop(f"/b/{missing}")
    assert same(Gizmo(image, disk).render(engine="Live", frame=FRAMES[0], blink=blink), image)


def test_nan_and_inf_never_spread(blink):
    rows = plate(3)
    rows[::7, ::5, 1] = np.nan
    rows[3, 8] = np.inf, -np.inf, 1e30
    told = Gizmo(image_of(rows, FORMAT, RGB), baked()).render(engine="Live", frame=FRAMES[0], blink=blink)
    for number, name in enumerate(RGB):
        shown = told.channels[name][::-1]
        assert not (~np.isfinite(shown) & np.isfinite(rows[..., number])).any()
