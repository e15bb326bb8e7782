# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from pixmend.simulate import Motion
from pixmend.simulate._camera import camera_path, reach_of, views_of_shutter
from pixmend.simulate._kernels import draw_strokes, light_of_plane, light_of_sites

SIZE = (20, 24)


def ramp_planes(height=40, width=50):
    """Three planes of the ramp 1 + 2 y + 3 x, which cubic convolution reproduces exactly."""
    y, x = np.mgrid[:height, :width]
    return np.repeat((1 + 2 * y + 3 * x)[None], 3, axis=0).astype(np.float32)


@pytest.mark.parametrize("motion", Motion)
def test_a_path_has_one_state_more_than_frames_and_starts_at_rest(motion):
    path = camera_path(motion, 6, seed=4)
    assert path.shape == (7, 4)
    assert path[0].tolist() == [0, 0, 1, 0]


def test_every_camera_but_a_locked_one_moves():
    for motion in Motion:
        path = camera_path(motion, 6, seed=4)
        assert (path[0] == path[-1]).all() == (motion is Motion.LOCKED)


def test_a_locked_camera_sees_the_picture_as_it_is():
    planes = np.random.default_rng(0).uniform(1, 9, (3, 40, 50)).astype(np.float32)
    views = views_of_shutter(camera_path(Motion.LOCKED, 3, seed=0), 2, size=SIZE, offset=(5.0, 7.0))
    light = light_of_plane(planes, views, *SIZE)
    rows, columns = np.mgrid[:20, :24]
    seen = planes[rows % 2 + columns % 2, rows + 5, columns + 7]
    assert np.allclose(light, seen, rtol=1e-6)


@pytest.mark.parametrize("motion", [Motion.PAN, Motion.SLOWPAN, Motion.HANDHELD])
def test_light_falls_where_the_middle_of_the_shutter_points(motion):
    path = camera_path(motion, 3, seed=1)
    path[:, 3] = 0  # a ramp seen without roll is a ramp moved by the mean shift
    views = views_of_shutter(path, 1, size=SIZE, offset=(8.0, 8.0))
    light = light_of_plane(ramp_planes(), views, *SIZE)
    shift = 0.75 * path[1] + 0.25 * path[2]
    assert light[6, 5] == pytest.approx(1 + 2 * (14 + shift[1]) + 3 * (13 + shift[0]), rel=1e-5)


def test_a_zooming_camera_turns_about_the_middle_of_the_raster():
    path = np.array([[0, 0, 0.5, 0]] * 2, dtype=float)
    views = views_of_shutter(path, 0, size=SIZE, offset=(0.0, 0.0))
    light = light_of_plane(ramp_planes(), views, *SIZE)
    assert light[10, 12] == pytest.approx(1 + 2 * 10 + 3 * 12)
    assert light[14, 12] == pytest.approx(1 + 2 * 12 + 3 * 12)


def test_single_photosites_see_what_the_whole_plane_sees():
    planes = np.random.default_rng(0).uniform(1, 9, (3, 40, 50)).astype(np.float32)
    views = views_of_shutter(camera_path(Motion.HANDHELD, 2, seed=3), 1, size=SIZE, offset=(-1.0, 2.0))
    ys, xs = np.array([0, 19, 7, 8]), np.array([0, 23, 7, 9])
    plane = light_of_plane(planes, views, *SIZE)
    assert np.array_equal(light_of_sites(planes, views, ys, xs), plane[ys, xs])


def test_the_picture_is_mirrored_where_the_camera_leaves_it():
    planes = np.zeros((3, 30, 30), np.float32) + np.arange(30, dtype=np.float32)
    views = views_of_shutter(camera_path(Motion.LOCKED, 1, seed=0), 0, size=(4, 8), offset=(0.0, -4.0))
    assert light_of_plane(planes, views, 4, 8)[2].tolist() == [4, 3, 2, 1, 0, 1, 2, 3]


@pytest.mark.parametrize("motion", Motion)
def test_the_reach_holds_every_view(motion):
    path = camera_path(motion, 5, seed=2)
    top, left, bottom, right = reach_of(path, size=SIZE)
    assert top <= 0.1
    assert left <= 1.0
    for index in range(5):
        for xx, xy, x_off, yx, yy, y_off in views_of_shutter(path, index, size=SIZE, offset=(0, 0)):
            for x, y in ((0, 0), (24, 0), (0, 20), (24, 20)):
                assert left - 1e-9 <= xx * x + xy * y + x_off <= right + 1e-9
                assert top - 1e-9 <= yx * x + yy * y + y_off <= bottom + 1e-9


def test_strokes_cover_a_line_and_nothing_far_from_it():
    plane = np.zeros((12, 12), np.float32)
    draw_strokes(plane, np.array([[2.0, 5.0, 9.0, 5.0, 1.0, 0.5]]))
    assert (plane[5, 2:10] == 0.5).all()
    assert plane[:4].sum() == plane[7:].sum() == 0


def test_strokes_outside_the_plane_draw_nothing():
    plane = np.zeros((6, 6), np.float32)
    draw_strokes(plane, np.array([[-9.0, -9.0, -4.0, -3.0, 2.0, 1.0], [20.0, 2.0, 30.0, 2.0, 2.0, 1.0]]))
    assert not plane.any()
