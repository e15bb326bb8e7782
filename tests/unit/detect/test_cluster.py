# SPDX-License-Identifier: Apache-2.0
"""One photosite, or several joined ones."""

import numpy as np
import pytest

from pixmend.detect._cluster import photosites_at
from pixmend.detect._sites import MeanPicture
from pixmend.simulate import Demosaic, Sensor, develop

GREY_ELECTRONS = 400.0
SINGLES = [(20, 20), (20, 21), (21, 20), (21, 21)]
CLUSTERS = [
    [(20, 20), (20, 21), (21, 20), (21, 21)],
    [(20, 20), (20, 21), (20, 22)],
    [(20, 21), (21, 21), (22, 21), (23, 21)],
    [(20, 20), (21, 20), (21, 21)],
    [(20, 21), (20, 22)],
]


def mean_picture(sites, *, times=3.0, demosaic=Demosaic.MALVAR):
    raw = np.full((40, 44), GREY_ELECTRONS, np.float32)
    for site in sites:
        raw[site] *= times
    light = np.moveaxis(develop(raw, Sensor(), demosaic), -1, 0)
    noise = np.random.default_rng(5).normal(0.0, 0.0005, light.shape)
    return MeanPicture(light + noise, np.full(light.shape, 0.01))


@pytest.mark.parametrize("site", SINGLES)
@pytest.mark.parametrize("demosaic", Demosaic)
@pytest.mark.parametrize("times", [0.0, 1.5, 8.0])
def test_one_photosite_is_alone_wherever_it_is_in_the_mosaic(site, demosaic, times):
    picture = mean_picture([site], demosaic=demosaic, times=times)
    assert photosites_at(picture, *site) == ((0, 0),)


@pytest.mark.parametrize("sites", CLUSTERS)
@pytest.mark.parametrize("times", [0.0, 3.0])
def test_joined_photosites_are_told(sites, times):
    found = photosites_at(mean_picture(sites, times=times), *sites[len(sites) // 2])
    assert len(found) > 1


def test_at_the_corner_of_the_picture_one_is_one():
    assert len(photosites_at(mean_picture([(0, 0)]), 0, 0)) == 1


def test_where_nothing_stands_out_there_is_none():
    flat = np.full((3, 20, 20), 0.2)
    assert photosites_at(MeanPicture(flat, flat), 10, 10) == ()
