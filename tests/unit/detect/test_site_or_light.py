# SPDX-License-Identifier: Apache-2.0
"""One excess: the photosite that it is, or the light."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from pixmend.detect._site_or_light import site_or_light
from pixmend.footprints import CAMERA_MATRIX, DEMOSAICS

_UNIT = np.array([0.01, 0.008, 0.02])
_SIDE = 24


def _developed(light: np.ndarray, demosaic: str, *, reach: int, at: tuple[int, int]) -> np.ndarray:
    """Return the excess about a photosite of an RGGB mosaic lit by `light`, in units, with noise."""
    plate = np.tensordot(CAMERA_MATRIX, DEMOSAICS[demosaic](light), axes=1)
    y, x = at
    window = plate[:, y - reach : y + reach + 1, x - reach : x + reach + 1] / _UNIT[:, None, None]
    return window + np.random.default_rng(3).normal(0, 1, window.shape)


def _site(at: tuple[int, int]) -> np.ndarray:
    light = np.zeros((_SIDE, _SIDE))
    light[at] = 0.4
    return light


def _lamp(at: tuple[int, int], *, spread: float = 0.7) -> np.ndarray:
    light = np.zeros((_SIDE, _SIDE))
    light[at] = 4.0
    return gaussian_filter(light, spread)


@pytest.mark.parametrize("at", [(12, 12), (12, 13), (13, 12), (13, 13)])
@pytest.mark.parametrize("demosaic", sorted(DEMOSAICS))
@pytest.mark.parametrize("reach", [2, 3])
def test_a_photosite_is_told_from_a_lamp(at, demosaic, reach):
    site, lamp = (
        site_or_light(_developed(light, demosaic, reach=reach, at=at), _UNIT, at, red=(0, 0))
        for light in (_site(at), _lamp(at))
    )

    assert site.site > 0.9
    assert site.contest < 1.4 < lamp.contest
    assert lamp.light > 0.9 > lamp.site


def test_without_an_order_of_colours_each_is_tried():
    at = (12, 13)
    known, unknown = (
        site_or_light(_developed(_site(at), "Malvar", reach=2, at=at), _UNIT, at, red=red)
        for red in ((0, 0), None)
    )
    wrong = site_or_light(_developed(_site(at), "Malvar", reach=2, at=at), _UNIT, at, red=(0, 1))

    assert unknown.site >= known.site > wrong.site


def test_a_dark_one_is_judged_as_its_negative():
    at = (12, 12)
    bright = _developed(_site(at), "Malvar", reach=2, at=at)

    assert site_or_light(-bright, _UNIT, at, red=(0, 0)) == site_or_light(bright, _UNIT, at, red=(0, 0))


def test_one_channel_is_judged_too():
    point = np.zeros((1, 5, 5))
    point[0, 2, 2] = 30.0
    lamp = gaussian_filter(np.pad(point[0], 4), 0.8)[None, 4:-4, 4:-4] * 5

    assert site_or_light(point, np.ones(1), (3, 4), red=None).contest < 1.4
    assert site_or_light(lamp, np.ones(1), (3, 4), red=None).contest > 1.4


def test_nothing_is_explained_by_nothing():
    nothing = site_or_light(np.zeros((3, 5, 5)), _UNIT, (0, 0), red=(0, 0))

    assert (nothing.site, nothing.light, nothing.contest) == (0.0, 0.0, 1.0)
