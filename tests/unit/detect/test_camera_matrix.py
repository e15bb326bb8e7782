# SPDX-License-Identifier: Apache-2.0
"""The clearest lying photosites tell the camera's matrix; then lamps in a corner are no clusters."""

import numpy as np
import pytest

from pixmend.detect._optical import fit_shapes
from pixmend.detect._point_shapes import CAMERA_MATRIX, Camera
from pixmend.detect._whitened_patches import StillPicture
from pixmend.simulate import Demosaic, Sensor, develop
from pixmend.stats import train_covariance

HEIGHT, WIDTH = 192, 224
SENSOR = Sensor()
GRID = [(y, x) for y in range(20, HEIGHT - 16, 24) for x in range(21, WIDTH - 16, 23)]
BLOCK = ((0, 0), (0, 1), (1, 0), (1, 1))


def night(seed=0):
    """Mean electrons of a dark sky."""
    return 80.0 + 2.0 * np.random.default_rng(seed).normal(size=(HEIGHT, WIDTH))


def add_photosites(electrons, places, strength):
    for y, x in places:
        electrons[y, x] += strength


def add_lights(electrons, places, colour, *, spread=0.5, at=(0.0, 0.0)):
    """Add points of light of a white-balanced colour to photosites, through the balance of the sensor."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    of_colour = (np.array(colour) * SENSOR.gains() / SENSOR.gains()[1])[rows % 2 + columns % 2]
    for y, x in places:
        squared = (rows - y - at[0]) ** 2 + (columns - x - at[1]) ** 2
        electrons += 600.0 * of_colour * np.exp(-squared / (2 * spread**2))


def fit_of(electrons, places):
    light = np.moveaxis(develop(electrons.astype(np.float32), SENSOR), -1, 0)
    sigma = np.broadcast_to(np.float32(0.012), light.shape)
    picture = StillPicture(light=light, sigma=sigma, covariance=train_covariance([light / sigma]))
    return fit_shapes(picture, np.array(places, np.intp), telling=np.full(len(places), 20.0), closely=True)


def is_balanced(matrix):
    return matrix / matrix.sum(axis=1, keepdims=True)


def test_photosites_among_stars_tell_the_matrix():
    electrons = night()
    add_photosites(electrons, GRID[::2], 300.0)
    add_lights(electrons, GRID[1::2], (1.0, 1.0, 1.0), at=(0.3, 0.2))
    camera = fit_of(electrons, GRID).camera
    true = is_balanced(develop_matrix())
    assert is_balanced(camera.to_plate) == pytest.approx(true, abs=0.06)
    assert np.abs(is_balanced(CAMERA_MATRIX) - true).max() > 0.09


def develop_matrix():
    """Return what the simulated camera makes of each of its colours alone."""
    colours = []
    for colour in range(3):
        rows, columns = np.mgrid[:16, :16]
        electrons = SENSOR.gains()[colour] * (rows % 2 + columns % 2 == colour)
        colours.append(develop(electrons.astype(np.float32), SENSOR, Demosaic.BILINEAR)[8, 8])
    return np.array(colours).T


def test_lamps_alone_tell_no_matrix():
    electrons = night()
    add_lights(electrons, GRID, (1.0, 0.9, 0.8), spread=0.6, at=(0.3, 0.4))
    camera = fit_of(electrons, GRID).camera
    assert camera is None or not camera.matrix


def test_few_photosites_tell_no_matrix():
    electrons = night()
    add_photosites(electrons, GRID[:5], 300.0)
    camera = fit_of(electrons, GRID[:5]).camera
    assert camera in (None, Camera(camera.demosaic, camera.row, camera.column, camera.saturation))


def test_a_sharp_lamp_in_the_corner_of_four_photosites_is_no_cluster():
    electrons = night()
    add_photosites(electrons, GRID[::3], 300.0)
    clusters, lamps = GRID[1::3], GRID[2::3]
    for dy, dx in BLOCK:
        add_photosites(electrons, [(y + dy, x + dx) for y, x in clusters], 250.0)
    add_lights(electrons, lamps, (1.0, 1.0, 0.9), at=(0.5, 0.45))
    fit = fit_of(electrons, GRID)
    assert (fit.joined_contest[1::3] <= 1.04).all()
    assert (fit.joined_green[1::3] < 0.7).all()
    told_apart = (fit.joined_contest[2::3] > 1.0) | (fit.joined_green[2::3] > 0.95)
    assert told_apart.mean() > 0.9
