# SPDX-License-Identifier: Apache-2.0
"""A point of light is explained wholly, however sharp and wherever between photosites; a photosite is not."""

import numpy as np
import pytest

from pixmend.detect._light_fit import explained_by_any_light
from pixmend.detect._point_shapes import (
    Camera,
    light_grid,
    lights_at,
    lit_alone,
    point_shapes,
)
from pixmend.detect._whitened_patches import Lights, WhitenedPatches

CAMERAS = [Camera("Malvar", 1, 0), Camera("bilinear", 0, 0), Camera("along edges", 0, 1)]
COLOURS = np.array([[1.0, 1.0, 1.0], [0.08, 0.08, 1.08], [1.6, 1.0, 0.35]])
PARITY = (1, 0)


def shown(camera, lights, colours):
    """What lights (N, 3) of some colours show about a pixel of `PARITY`, (N, 3, 7, 7)."""
    alone, colour = lit_alone(camera, *PARITY)
    shed = lights_at(lights)[:, None] * (colour == np.arange(3)[:, None, None])
    return np.einsum("nk,nkab,abcyx->ncyx", colours, shed, alone[0])


def white_of(shapes):
    patches = shapes.reshape(len(shapes), -1)
    count, size = patches.shape
    return WhitenedPatches(
        parity=np.tile(PARITY, (count, 1)),
        patches=patches,
        busy=np.zeros(count),
        whitener=np.eye(size),
        typical=np.ones(3),
    )


def share_of(camera, shapes):
    white = white_of(shapes)
    return explained_by_any_light(white, camera, np.ones(len(shapes), np.bool_)) / white.energy


@pytest.mark.parametrize("camera", CAMERAS, ids=str)
def test_lights_lie_as_on_the_grid(camera):
    grid = light_grid()
    some = [0, 60, 130, 244]
    points = point_shapes(camera, *PARITY).points[some].sum(axis=1)
    assert np.allclose(shown(camera, grid[some], np.ones((4, 3))), points)


@pytest.mark.parametrize("camera", CAMERAS, ids=str)
def test_a_sharp_light_between_the_grid_is_explained_wholly(camera):
    lights = np.array([[0.47, 0.41, -0.23], [0.55, 0.5, 0.5], [0.71, -0.09, 0.59]])
    shapes = shown(camera, lights, COLOURS)
    on_grid = Lights(point_shapes(camera, *PARITY).points.reshape(-1, 3, 147)).explain(
        white_of(shapes).patches
    )
    assert (on_grid / white_of(shapes).energy).min() < 0.995
    assert share_of(camera, shapes).min() > 0.9995


def test_what_is_not_asked_is_not_fitted():
    shapes = point_shapes(CAMERAS[0], *PARITY).photosites[:3]
    asked = np.array([False, True, False])
    explained = explained_by_any_light(white_of(shapes), CAMERAS[0], asked)
    assert ((explained > 0) == asked).all()


def test_each_is_fitted_alone():
    camera = CAMERAS[2]
    shapes = shown(camera, light_grid()[::17] + 0.05, COLOURS[np.arange(15) % 3])
    together = share_of(camera, shapes)
    alone = [share_of(camera, shape[None])[0] for shape in shapes]
    assert np.allclose(together, alone, rtol=1e-12)
