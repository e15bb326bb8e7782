# SPDX-License-Identifier: Apache-2.0
import itertools

import numpy as np
import pytest

from pixmend.simulate import Motion, Sensor
from pixmend.simulate._camera import camera_path, views_of_shutter
from pixmend.simulate._lights import Lights, glints_of_frame, scatter_lights

SENSOR = Sensor()


def shine_one(motion, index, sigma=0.7, colour=(1.0, 1.0, 1.0)):
    light = Lights(
        np.array([40.3]), np.array([50.6]), np.array([sigma]), np.array([colour], dtype=np.float32)
    )
    electrons = np.zeros((80, 96), np.float32)
    views = views_of_shutter(camera_path(motion, 4, seed=0), index, size=(80, 96), offset=(0.0, 0.0))
    light.shine(electrons, views, SENSOR)
    return electrons


def centroid(electrons):
    green = np.where(np.indices(electrons.shape).sum(axis=0) % 2 == 1, electrons, 0)
    y, x = np.indices(electrons.shape)
    return (green * y).sum() / green.sum(), (green * x).sum() / green.sum()


def test_a_light_stands_where_it_was_put():
    assert centroid(shine_one(Motion.LOCKED, 0)) == pytest.approx((40.3, 50.6), abs=0.1)


def test_a_light_moves_with_the_picture():
    (y0, x0), (y1, x1) = (centroid(shine_one(Motion.PAN, index)) for index in (0, 2))
    assert x0 - x1 == pytest.approx(2 * 3.37, abs=0.1)
    assert y0 - y1 == pytest.approx(2 * 0.41, abs=0.1)


def test_a_white_light_gives_half_of_its_light_to_green():
    electrons = shine_one(Motion.LOCKED, 0)
    assert electrons[0::2, 1::2].sum() + electrons[1::2, 0::2].sum() == pytest.approx(1000, rel=0.05)


def test_a_light_out_of_view_changes_nothing():
    light = Lights(np.array([-50.0]), np.array([500.0]), np.array([0.7]), np.ones((1, 3), np.float32))
    electrons = np.zeros((80, 96), np.float32)
    views = views_of_shutter(camera_path(Motion.LOCKED, 1, seed=0), 0, size=(80, 96), offset=(0.0, 0.0))
    light.shine(electrons, views, SENSOR)
    assert not electrons.any()


def test_scattered_lights_lie_in_the_view_of_the_resting_camera():
    lights = scatter_lights((1080, 1920), (30.0, 60.0), seed=1)
    assert len(lights.y) == 90
    assert ((lights.y >= 30) & (lights.y < 1110)).all()
    assert ((lights.x >= 60) & (lights.x < 1980)).all()


def test_glints_last_one_frame_or_two():
    frames = [glints_of_frame((540, 960), (0.0, 0.0), index, seed=3) for index in range(4)]
    places = [set(zip(each.y.tolist(), each.x.tolist(), strict=True)) for each in frames]
    assert all(first & second for first, second in itertools.pairwise(places))
    assert not places[0] & places[2]
    assert all(len(each) == len(places[0]) for each in places)


def test_glints_lie_on_the_water_and_are_the_same_each_time():
    first, again = (glints_of_frame((540, 960), (10.0, 20.0), 5, seed=3) for _ in range(2))
    assert np.array_equal(first.y, again.y)
    assert np.array_equal(first.colour, again.colour)
    assert (first.y > 10 + 0.5 * 540).all()
