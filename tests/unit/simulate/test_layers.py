# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from pixmend.model import FrameRange, Kind
from pixmend.simulate import Distractor, Motion, PlantedDefect, ShotSpec, SimulatedShot
from pixmend.simulate._camera import camera_path
from pixmend.simulate._layers import foreground, moving_objects

PLANES = np.full((3, 200, 300), 100, np.float32)


@pytest.mark.parametrize(("make", "least", "most"), [(foreground, 0.22, 0.28), (moving_objects, 0.01, 0.5)])
def test_a_layer_hides_some_of_the_picture_softly(make, least, most):
    layer = make(PLANES, camera_path(Motion.PAN, 3, seed=0), seed=4)
    assert least < layer.cover.mean() < most
    assert layer.cover.min() >= 0
    assert layer.cover.max() <= 1.0001
    assert ((layer.cover > 0.1) & (layer.cover < 0.9)).any()


def test_the_near_depth_moves_faster_than_the_far_one_and_objects_move_by_themselves():
    pan, locked = (camera_path(motion, 3, seed=0) for motion in (Motion.PAN, Motion.LOCKED))
    assert foreground(PLANES, pan, seed=0).path[2, 0] > 1.5 * pan[2, 0]
    assert (foreground(PLANES, locked, seed=0).path == locked).all()
    assert abs(moving_objects(PLANES, locked, seed=0).path[2, 0]) > 2


def test_objects_move_before_a_picture_that_stands_still():
    spec = ShotSpec(
        width=200,
        height=120,
        frames=FrameRange([1, 2, 3, 4]),
        motion=Motion.LOCKED,
        exposure=1.0,
        recipe=(),
        distractors=frozenset({Distractor.OBJECTS}),
    )
    shot = SimulatedShot(spec)
    rows, columns = (each.ravel() for each in np.mgrid[:120, :200])
    first, last = (shot._stage.electrons_at(index, rows, columns) for index in (0, 3))
    changed = (first != last).mean()
    assert 0.005 < changed < 0.7


def test_the_level_of_a_hidden_photosite_is_that_of_what_hides_it():
    spec = ShotSpec(
        width=200, height=120, frames=FrameRange([1]), recipe=(), distractors=frozenset({Distractor.PARALLAX})
    )
    shot = SimulatedShot(spec, planted=(PlantedDefect(sites=((9, 9),), kind=Kind.HOT),))
    rows, columns = (each.ravel() for each in np.mgrid[:120, :200])
    level = shot.mean_electrons(rows, columns)
    seen = shot._noisy(1).ravel()
    sigma = np.sqrt(level + 16)
    assert np.median(np.abs(seen - level) / sigma) < 1.0
