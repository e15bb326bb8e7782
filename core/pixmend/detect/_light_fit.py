# SPDX-License-Identifier: Apache-2.0
"""What a point of light explains of an excess, be it however sharp and wherever between photosites."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._point_shapes import Camera, light_grid, lights_at, lit_alone, point_shapes
from pixmend.detect._whitened_patches import Lights, WhitenedPatches, in_chunks

__all__ = ["explained_by_any_light"]

_STEPS_PX = (0.16, 0.08, 0.04, 0.02, 0.02)  # one after the other, from the best of a grid of 0.33 px
_SPREAD_STEP = 0.4  # of the step in place
_LEAST, _MOST = (0.35, -1.1, -1.1), (1.2, 1.1, 1.1)  # spread, y, x
_BESIDE = np.array(list(product((-1, 0, 1), repeat=3)), np.float64)


def explained_by_any_light(
    white: WhitenedPatches, camera: Camera, asked: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the energy of each patch that the best point of light explains, (N,); 0 where that is not asked.

    Parameters
    ----------
    white : WhitenedPatches
    camera : Camera
        It has a demosaic.
    asked : (N,) bool ndarray

    Notes
    -----
    On the grid of `PointShapes` a sharp lamp leaves a percent of its energy, more than one photosite, or
    four joined ones, of any strength may leave. So place and spread of the best of that grid are
    bettered step by step.
    """
    explained = np.zeros(len(asked))
    for y, x, members in white.by_parity():
        own = members[asked[members]]
        for chunk in in_chunks(len(own)):
            explained[own[chunk]] = _explained_about(white, camera, (y, x), white.patches[own[chunk]])
    return explained


def _explained_about(
    white: WhitenedPatches, camera: Camera, parity: tuple[int, int], patches: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the energy that the best light explains of each patch (N, D) about a pixel of one parity."""
    grid = light_grid()
    points = Lights(white.basis(point_shapes(camera, *parity).points))
    best = points.explained_by_each(patches).argmax(axis=1)
    explained = np.zeros(len(patches))
    alone, colour = lit_alone(camera, *parity)
    of_colour = colour.ravel() == np.arange(3)[:, None]
    for way, developed in enumerate(white.basis(alone)):
        so = best // len(grid) == way
        if so.any():
            photosites = developed.reshape(-1, patches.shape[1]) * of_colour[:, :, None]
            explained[so] = _bettered(grid[best[so] % len(grid)], patches[so], photosites)
    return explained


def _bettered(
    lights: NDArray[np.float64], patches: NDArray[np.float64], photosites: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the energy of each patch (N, D) that the best light near one (N, 3) explains.

    `photosites`, (3, P, D), are what each shows if lit alone, by colour; zero are those of other colours.
    """
    most = np.zeros(len(lights))
    each = np.arange(len(lights))
    for step in _STEPS_PX:
        moved = lights[:, None] + step * _BESIDE * np.array((_SPREAD_STEP, 1.0, 1.0))
        moved = np.clip(moved, _LEAST, _MOST)
        shed = lights_at(moved.reshape(-1, 3)).reshape(-1, photosites.shape[1])
        points = Lights(np.stack([shed @ own for own in photosites], axis=1))
        energy = points.explained_each_of_its_own(np.repeat(patches, len(_BESIDE), axis=0))
        energy = energy.reshape(len(each), -1)
        lights, most = moved[each, energy.argmax(axis=1)], np.maximum(most, energy.max(axis=1))
    return most
