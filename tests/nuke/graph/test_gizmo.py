# SPDX-License-Identifier: Apache-2.0
"""The committed gizmo's stock nodes, computed: what it changes, and above all what it leaves as it was."""

import numpy as np
import pytest

from nuke_proof.graph import Box, picture_from_rows
from tests.make.gizmo_scene import (
    RGB,
    SIZE,
    Disk,
    Gizmo,
    Spot,
    bake_of,
    noisy_plate,
    same,
    where_it_differs,
)

SPOTS = [
    Spot(12, 9),
    Spot(13, 9, bits=2, value=(0.5, 0.75, 0.125)),
    Spot(30, 20, first=3, last=4, value=(2.0, -0.5, 0.0)),
]
PLATES = {
    "plain": {},
    "overscan": {"corner": (-3, -2), "shape": (36, 47)},
    "part of the format": {"corner": (5, 4), "shape": (22, 30)},
}
ENGINES = ("Patch", "Preview")


def passes(node, images):
    """Stand for a kernel that finds nothing: its source, over the union of all inputs."""
    box = images[0].box
    for image in images[1:]:
        box = box.union(image.box)
    return images[0].over(box)


@pytest.fixture(params=PLATES, ids=str)
def plate(request):
    return noisy_plate(**PLATES[request.param])


def at(image, x, y, channel):
    return image.read(channel, Box(x, SIZE[1] - 1 - y, x + 1, SIZE[1] - y)).item()


def with_samples(image, samples):
    """Return the image with samples of its plate set, {(x, y, channel): value}."""
    channels = {name: plane.copy() for name, plane in image.channels.items()}
    for (x, y, name), value in samples.items():
        channels[name][SIZE[1] - 1 - y - image.box.y, x - image.box.x] = value
    return image.with_channels(channels)


# What stays


@pytest.mark.parametrize("engine", ["Live", *ENGINES])
@pytest.mark.parametrize("view", ["Result", "Defects", "Difference", "Vivid"])
def test_in_proxy_the_plate_passes(plate, engine, view):
    gizmo = Gizmo(plate, bake_of(SPOTS))
    assert same(gizmo.render(proxy=True, engine=engine, view=view, close_up=1.0), plate)


@pytest.mark.parametrize("engine", ["Live", *ENGINES])
@pytest.mark.parametrize("view", ["Result", "Defects"])
def test_without_a_bake_the_plate_passes(plate, engine, view):
    assert same(Gizmo(plate).render(engine=engine, view=view, blink=passes), plate)
    assert same(Gizmo(plate).render(engine=engine, view=view, bake="", blink=passes), plate)


@pytest.mark.parametrize("engine", ["Live", *ENGINES])
def test_an_empty_bake_folder_passes_the_plate(plate, engine):
    disk = Disk({"/b": None, "/b/bake.json": None})
    assert same(Gizmo(plate, disk).render(engine=engine, blink=passes), plate)


def test_a_missing_patch_passes_its_frame(plate):
    disk = bake_of(SPOTS, frames=[1, 2])
    assert same(Gizmo(plate, disk).render(engine="Patch", frame=3), plate)
    assert not same(Gizmo(plate, disk).render(engine="Patch", frame=2), plate)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("frame", [-7, 0, 11, 100000])
def test_outside_its_frames_nothing_happens(plate, engine, frame):
    assert same(Gizmo(plate, bake_of(SPOTS)).render(engine=engine, frame=frame), plate)


def test_other_layers_box_and_format_stay_whatever_the_marks_cover(plate):
    disk = bake_of([Spot(-20, -15), Spot(70, 60)])
    for view in ("Result", "Defects", "Difference", "Vivid"):
        result = Gizmo(plate, disk).render(engine="Preview", view=view)
        assert (result.box, result.format, result.channels.keys()) == (
            plate.box,
            plate.format,
            plate.channels.keys(),
        )
        for name in ("rgba.alpha", "depth.Z"):
            assert np.array_equal(result.channels[name], plate.channels[name])


def test_a_plate_without_alpha_gets_none():
    image = noisy_plate()
    image.channels.pop("rgba.alpha")
    assert Gizmo(image, bake_of(SPOTS)).render(engine="Patch").channels.keys() == image.channels.keys()


# What changes


def test_patch_lays_its_pixels_and_nothing_else(plate):
    disk = bake_of(SPOTS)
    for frame, active in ((2, SPOTS[:2]), (3, SPOTS), (5, SPOTS[:2])):
        result = Gizmo(plate, disk).render(engine="Patch", frame=frame)
        assert {(x, y) for x, y, _ in where_it_differs(result, plate)} == {
            (spot.x, spot.y) for spot in active
        }
        for spot in active:
            assert tuple(at(result, spot.x, spot.y, name) for name in RGB) == spot.value


@pytest.mark.parametrize("lie", [50.0, -3.0, np.nan, np.inf, -np.inf, 65504.0])
def test_preview_replaces_the_samples_that_the_index_names(plate, lie):
    samples = {(12, 9, name): lie for name in RGB} | {(13, 9, "rgba.green"): lie}
    ill = with_samples(plate, samples)
    result = Gizmo(ill, bake_of(SPOTS)).render(engine="Preview")
    assert where_it_differs(result, ill) == set(samples)
    for x, y, name in samples:
        assert abs(at(result, x, y, name) - at(plate, x, y, name)) < 0.06


def test_a_nan_that_is_no_defect_stays_where_it_is():
    holes = {(14, 10, name): np.nan for name in RGB} | {(20, 20, "rgba.red"): np.inf}
    ill = with_samples(noisy_plate(), holes)
    for engine in ENGINES:
        result = Gizmo(ill, bake_of(SPOTS)).render(engine=engine)
        changed = where_it_differs(result, ill)
        assert {(x, y) for x, y, _ in changed} == {(12, 9), (13, 9)}
        assert changed >= {*((12, 9, name) for name in RGB), (13, 9, "rgba.green")}
        assert all(np.isfinite(at(result, *place)) for place in changed)


def test_preview_with_nothing_sound_around_leaves_the_sample():
    spots = [Spot(x, y) for x in range(12) for y in range(12)]
    result = Gizmo(noisy_plate(), bake_of(spots)).render(engine="Preview")
    changed = {(x, y) for x, y, _ in where_it_differs(result, noisy_plate())}
    assert (3, 3) not in changed
    assert (11, 11) in changed


def test_a_defect_in_each_corner_stays_there(plate):
    left, top = plate.box.x, SIZE[1] - plate.box.top
    right, bottom = plate.box.right - 1, SIZE[1] - 1 - plate.box.y
    spots = [Spot(x, y) for x in (left, right) for y in (top, bottom)]
    for engine in ENGINES:
        result = Gizmo(plate, bake_of(spots)).render(engine=engine)
        assert {(x, y) for x, y, _ in where_it_differs(result, plate)} == {(spot.x, spot.y) for spot in spots}


# Mask, invert, mix


def mask_of(plate, value=1.0, *, half=None):
    rows = np.full((SIZE[1], SIZE[0]), value)
    if half == "left":
        rows[:, SIZE[0] // 2 :] = 0
    return picture_from_rows({"rgba.alpha": rows}, size=SIZE)


@pytest.mark.parametrize("engine", ENGINES)
def test_mix_0_is_the_plate_and_mix_1_the_repair_to_the_bit(plate, engine):
    gizmo = Gizmo(plate, bake_of(SPOTS))
    full = gizmo.render(engine=engine)
    assert same(gizmo.render(engine=engine, mix=0.0), plate)
    assert same(gizmo.render(engine=engine, mix=1.0), full)
    half = gizmo.render(engine=engine, mix=0.5)
    assert where_it_differs(half, plate) <= where_it_differs(full, plate)
    for name in RGB:
        expected = (at(plate, 12, 9, name) + at(full, 12, 9, name)) / 2
        assert at(half, 12, 9, name) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("value", "invert"), [(1.0, 0.0), (0.0, 1.0)])
def test_a_full_mask_is_no_mask(plate, value, invert):
    disk = bake_of(SPOTS)
    full = Gizmo(plate, disk).render(engine="Patch")
    masked = Gizmo(plate, disk, mask_of(plate, value)).render(engine="Patch", invert_mask=invert)
    assert same(masked, full)


@pytest.mark.parametrize(("value", "invert"), [(0.0, 0.0), (1.0, 1.0), (np.nan, 0.0), (np.nan, 1.0)])
def test_an_empty_mask_is_the_plate(plate, value, invert):
    masked = Gizmo(plate, bake_of(SPOTS), mask_of(plate, value)).render(engine="Patch", invert_mask=invert)
    assert same(masked, plate)


def test_a_mask_keeps_the_repair_inside_it(plate):
    masked = Gizmo(plate, bake_of(SPOTS), mask_of(plate, half="left")).render(engine="Patch", frame=3)
    assert {(x, y) for x, y, _ in where_it_differs(masked, plate)} == {(12, 9), (13, 9)}


def test_a_mask_without_alpha_masks_all(plate):
    mask = picture_from_rows({"rgba.red": np.ones((SIZE[1], SIZE[0]))}, size=SIZE)
    assert same(Gizmo(plate, bake_of(SPOTS), mask).render(engine="Patch"), plate)


# Views


def test_a_render_in_the_terminal_is_always_the_result(plate):
    gizmo = Gizmo(plate, bake_of(SPOTS))
    result = gizmo.render(engine="Patch")
    for view in ("Defects", "Difference", "Vivid"):
        assert same(gizmo.render(engine="Patch", view=view, gui=False, close_up=1.0), result)


@pytest.mark.parametrize("mark_size", ["Small", "Medium", "Large"])
def test_defects_lie_over_the_plate_and_are_dim_when_not_active(plate, mark_size):
    gizmo = Gizmo(plate, bake_of([Spot(12, 9, first=4, last=6)]))
    for frame, light in ((4, 1.0), (6, 1.0), (7, 0.25), (-3, 0.25)):
        shown = gizmo.render(engine="Patch", view="Defects", frame=frame, mark_size=mark_size)
        assert {(x, y) for x, y, _ in where_it_differs(shown, plate)} == {(12, 9)}
        red = at(plate, 12, 9, "rgba.red") * (1 - 0.5 * light) + 0.5 * light
        assert at(shown, 12, 9, "rgba.red") == pytest.approx(red, rel=1e-6)


def test_difference_is_black_where_nothing_was_touched(plate):
    ill = with_samples(
        plate, {(12, 9, "rgba.red"): np.nan, (20, 12, "rgba.red"): np.nan, (21, 12, "rgba.red"): np.inf}
    )
    shown = Gizmo(ill, bake_of(SPOTS)).render(engine="Patch", view="Difference", gain=16.0)
    lit = {
        (x, y, name) for name in RGB for x in range(6, 30) for y in range(5, 20) if at(shown, x, y, name) != 0
    }
    assert {(x, y) for x, y, _ in lit} == {(12, 9), (13, 9)}
    assert at(shown, 12, 9, "rgba.red") == 16
    assert at(shown, 12, 9, "rgba.green") == pytest.approx(
        16 * abs(0.25 - at(plate, 12, 9, "rgba.green")), rel=1e-6
    )


def test_vivid_keeps_grey_and_spreads_colours(plate):
    grey = plate.with_channels({name: np.full(plate.box.shape, 0.18, np.float32) for name in RGB})
    shown = Gizmo(grey).render(engine="Patch", view="Vivid")
    assert all(np.allclose(shown.channels[name], 0.18, rtol=1e-5) for name in RGB)
    warm = with_samples(grey, {(20, 15, "rgba.red"): 0.3, (21, 15, "rgba.red"): np.nan})
    shown = Gizmo(warm).render(engine="Patch", view="Vivid")
    assert at(shown, 20, 15, "rgba.red") > 0.5
    assert at(shown, 20, 15, "rgba.blue") < 0.17
    assert at(shown, 22, 15, "rgba.red") == pytest.approx(0.18, rel=1e-5)


def test_the_close_up_shows_the_picked_pixel_16_times_larger():
    plate = noisy_plate()
    shown = Gizmo(plate).render(engine="Patch", close_up=1.0)
    assert np.unique(shown.channels["rgba.red"][15:30, 20:36]).tolist() == [plate.channels["rgba.red"][0, 0]]
    assert shown.channels["rgba.red"][14, 20] == plate.channels["rgba.red"][0, 0]
    assert shown.channels["rgba.red"][29, 36] == plate.channels["rgba.red"][0, 1]
