# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from pixmend.simulate._burn_in import burn_in, burn_in_mask


@pytest.mark.parametrize("size", [(32, 32), (120, 160), (1080, 1920)])
def test_lettering_fits_the_frame(size):
    cover = burn_in_mask(size, seed=0)
    assert cover.shape == size
    assert 0 < cover.mean() < 0.3


def test_lettering_covers_the_plate_and_spares_the_rest():
    plate = np.full((120, 160, 3), 0.1, np.float32)
    lettered = burn_in(plate, seed=0)
    cover = burn_in_mask((120, 160), seed=0)
    assert (lettered[cover == 1] == np.float32(0.8)).all()
    assert (lettered[cover == 0] == np.float32(0.1)).all()
