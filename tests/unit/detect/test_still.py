# SPDX-License-Identifier: Apache-2.0
"""What a still shot's shapes decide, and what a known defect is worth against them."""

import numpy as np
import pytest

from pixmend.detect import Site
from pixmend.detect._optical import ShapeFit
from pixmend.detect._point_shapes import Camera
from pixmend.detect._still import photosites_only

BAYER = Camera("Malvar", 0, 0)


def site_of(score):
    return Site(
        x=5,
        y=5,
        score=score,
        samples=np.zeros((1, 3), np.intp),
        peak_channel=0,
        peak_y=5,
        peak_x=5,
        amplitude_sigma=float(np.copysign(9.0, score)),
        likeness=0.9,
        shape=np.zeros((3, 7, 7)),
    )


def is_kept(*, score=10.0, contest=1.0, surprise=2.0, camera=BAYER, known=False):
    fit = ShapeFit(
        photosite=np.array([0.5]),
        optical=np.array([0.5]),
        contest=np.array([contest]),
        surprise=np.array([surprise]),
        camera=camera,
    )
    return bool(photosites_only([site_of(score)], fit, is_spared=lambda _: known))


def test_what_fits_a_photosite_as_well_as_light_is_kept():
    assert is_kept()


def test_what_fits_a_light_better_is_not():
    assert not is_kept(contest=1.2)


def test_a_weak_score_needs_a_greater_surprise():
    assert not is_kept(score=8.0, surprise=0.6)
    assert is_kept(score=8.0, surprise=0.9)
    assert is_kept(score=16.0, surprise=0.6)


def test_what_is_dark_needs_less():
    assert is_kept(score=-8.0, surprise=0.6)
    assert not is_kept(score=-8.0, surprise=0.3)


@pytest.mark.parametrize("fields", [{"contest": 1.5}, {"surprise": 0.1}, {"score": 5.0, "surprise": 0.5}])
def test_a_known_one_is_kept_whatever_its_shape(fields):
    assert not is_kept(**fields)
    assert is_kept(**fields, known=True)


def test_but_a_lamp_that_stands_there_is_not_painted_over():
    assert not is_kept(contest=5.0, known=True)


def test_unless_the_camera_is_unclear_for_soft_defects_look_like_lamps():
    assert is_kept(contest=5.0, camera=None, known=True)
