# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from pixmend.errors import MapError
from pixmend.model import Defect, DefectMap, Kind, Raster, Sample, Status, map_from_mask, mask_from_map

RASTER = Raster(-4, 10, 60, 40)


def mask_with(*pixels):
    mask = np.zeros((RASTER.height, RASTER.width), np.bool_)
    for x, y in pixels:
        mask[y - RASTER.y, x - RASTER.x] = True
    return mask


def test_pixels_that_touch_are_one_cluster():
    read = map_from_mask(RASTER, mask_with((0, 10), (20, 20), (21, 21), (22, 20), (-4, 49)), kind=Kind.DEAD)
    assert [(each.id, each.x, each.y, each.kind) for each in read.defects] == [
        ("d0001", 0, 10, Kind.DEAD),
        ("d0002", 21, 21, Kind.CLUSTER),
        ("d0003", -4, 49, Kind.DEAD),
    ]
    assert read.defects[1].samples == (Sample(-1, -1, "*"), Sample(1, -1, "*"), Sample(0, 0, "*"))
    assert read.raster == RASTER


def test_an_empty_mask_is_an_empty_map():
    assert map_from_mask(RASTER, mask_with()).defects == ()


def test_an_inverted_mask_is_refused():
    with pytest.raises(MapError, match="100%") as caught:
        map_from_mask(RASTER, ~mask_with((3, 20)))
    assert "invert" in caught.value.hint


def test_a_mask_of_another_size_is_our_bug():
    with pytest.raises(ValueError, match="is not of the raster"):
        map_from_mask(RASTER, np.zeros((3, 3), np.bool_))


def test_a_mask_shows_all_but_the_rejected():
    hot = Defect(id="a", x=0, y=12, kind=Kind.HOT, samples=(Sample(0, 0, "R"), Sample(1, 0, "G")))
    no = Defect(id="b", x=9, y=12, kind=Kind.HOT, samples=(Sample(0, 0, "R"),), status=Status.REJECTED)
    raster, mask = mask_from_map(DefectMap(raster=RASTER, defects=(hot, no)))
    assert raster == RASTER
    assert np.array_equal(mask, mask_with((0, 12), (1, 12)))


def test_a_mask_needs_a_raster_that_holds_the_defects():
    hot = Defect(id="a", x=0, y=0, kind=Kind.HOT, samples=(Sample(0, 0, "R"),))
    with pytest.raises(MapError, match="which raster"):
        mask_from_map(DefectMap(raster=None, defects=(hot,)))
    with pytest.raises(MapError, match="outside the raster"):
        mask_from_map(DefectMap(raster=RASTER, defects=(hot,)))
