# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from pixmend.simulate import procedural_street
from pixmend.simulate._picture import expose


def test_a_street_is_a_picture_of_the_size_asked_for():
    picture = procedural_street(120, 200, seed=3)
    assert picture.shape == (120, 200, 3)
    assert picture.dtype == np.float32
    assert np.isfinite(picture).all()
    assert picture.min() > 0


def test_the_same_seed_paints_the_same_street():
    assert np.array_equal(procedural_street(64, 80, seed=1), procedural_street(64, 80, seed=1))
    assert not np.array_equal(procedural_street(64, 80, seed=1), procedural_street(64, 80, seed=2))


def test_a_street_has_lights_far_above_its_shadows():
    luminance = procedural_street(270, 480).mean(axis=-1)
    assert np.quantile(luminance, 0.999) > 20 * np.median(luminance)


@pytest.mark.parametrize("size", [(32, 32), (33, 70), (40, 400), (400, 40)])
def test_a_street_fits_any_shape(size):
    assert procedural_street(*size).shape == (*size, 3)


def test_a_street_smaller_than_32_px_is_refused():
    with pytest.raises(ValueError, match="32 px"):
        procedural_street(31, 64)


@pytest.mark.parametrize("exposure", [0.06, 1.0])
def test_exposure_sets_the_geometric_mean(exposure):
    exposed = expose(procedural_street(128, 160), exposure)
    grey = np.exp(np.log(np.maximum(exposed.mean(axis=-1), 1e-4)).mean())
    assert grey == pytest.approx(0.18 * exposure, rel=0.05)
    assert exposed.max() <= 25
