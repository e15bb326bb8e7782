# SPDX-License-Identifier: Apache-2.0
"""Alpha, depth and ids: only values that stand there already, only where the map says so."""

import numpy as np
import pytest

from pixmend.fill import Band, data_samples, mend_data_channel, rows_of_data
from pixmend.model import ANY_CHANNEL, Channel, Defect, Kind, PlateInfo, Raster, Sample, SampleType

DEPTH = Channel("depth.Z", SampleType.FLOAT)
PLATE = PlateInfo(
    Raster(-3, 7, 20, 30),
    (20, 30),
    (*(Channel(name, SampleType.HALF) for name in "RGBA"), DEPTH),
    tuple("RGB"),
    "exr",
)


def defect(x, y, *samples):
    return Defect(id="d", x=x, y=y, kind=Kind.HOT, samples=tuple(Sample(*each) for each in samples))


def mended(depth, places):
    places = np.array(sorted(places), np.intp)
    first, stop = rows_of_data(places, len(depth))
    band = Band(first, np.float32(depth)[first:stop, :, None])
    patch = mend_data_channel(1001, band, places, DEPTH, PLATE)
    assert patch.channels == (DEPTH,)
    after = np.float32(depth).copy()
    after[patch.y - 7, patch.x + 3] = DEPTH.sample.from_bits(patch.new)
    return after


def test_only_channels_without_picture_that_are_named_are_touched():
    both = defect(0, 8, (0, 0, ANY_CHANNEL), (1, 0, "A"), (0, 1, "depth.Z"))
    found = data_samples([both, defect(2, 8, (0, 0, "A"))], PLATE)
    assert {name: each.tolist() for name, each in found.items()} == {
        "A": [[1, 4], [1, 5]],
        "depth.Z": [[2, 3]],
    }
    assert data_samples([defect(0, 8, (0, 0, ANY_CHANNEL))], PLATE) == {}


def test_an_edge_of_depth_stays_an_edge():
    depth = np.where(np.arange(20) < 10, 5.0, 900.0) * np.ones((30, 1))
    spoiled = depth.copy()
    spoiled[12, 8:12] = np.inf
    after = mended(spoiled, [(12, x) for x in range(8, 12)])
    assert set(np.unique(after)) == {5.0, 900.0}
    assert (after == depth).mean() > 0.995


def test_a_value_is_taken_from_beside_it_with_its_bits():
    depth = np.random.default_rng(1).random((30, 20), np.float32)
    after = mended(depth, [(0, 0), (29, 19)])
    assert after[0, 0] in depth[:2, :2].ravel()[1:]
    assert after[29, 19] in depth[28:, 18:].ravel()[:3]
    assert (after != depth).sum() == 2


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_where_nothing_is_sound_nothing_changes(value):
    depth = np.full((30, 20), value)
    assert np.array_equal(mended(depth, [(12, 8)]), depth, equal_nan=True)
