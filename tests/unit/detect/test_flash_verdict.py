# SPDX-License-Identifier: Apache-2.0
"""The second look: a flash is what the frames beside cannot explain and one photosite can."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from pixmend.detect import (
    FLASH_MATCH_PX,
    FLASH_WINDOW_PX,
    FlashCandidate,
    fit_flash,
    flash_footprints,
    judge_flash,
    resized_footprints,
)
from pixmend.detect._flash_scene import unrest_beside
from pixmend.detect._flash_verdict import caution_of, least_score
from pixmend.detect._resized_points import resized_photosites
from pixmend.detect._site_or_light import SiteOrLight
from pixmend.footprints import CAMERA_MATRIX, DEMOSAICS, Footprint, prior_footprints
from pixmend.model import Kind, Raster, Sample, SampleType
from pixmend.stats import NoiseModel, SigmaScale
from tests.make.shots import LINEAR

_R = FLASH_WINDOW_PX
_FOOTPRINTS = flash_footprints(3)
_CURVE = SigmaScale(LINEAR, SampleType.HALF, NoiseModel(np.array([[1e-4, 0.0, 0.0]] * 3))).curve
_SIZE = 3 * FLASH_MATCH_PX**2
_WHITE = np.eye(_SIZE)
_RASTER = Raster(100, 200, 400, 300)


def _scene(*, texture: float, shifts: tuple[int, ...] = (0, -3, 3), seed: int = 4) -> np.ndarray:
    """Windows (3, 3, 41, 41) in sigma, of a texture of so many sigma that moves sideways."""
    rng = np.random.default_rng(seed)
    picture = gaussian_filter(rng.standard_normal((3, 90, 90)), (0, 1.2, 1.2))
    picture *= texture / picture.std()
    cut = [picture[:, 20 : 20 + 2 * _R + 1, 20 + s : 21 + s + 2 * _R] for s in shifts]
    return (20 + np.stack(cut) + rng.standard_normal((len(shifts), 3, 2 * _R + 1, 2 * _R + 1))).astype(
        np.float32
    )


def _add(window: np.ndarray, shape: np.ndarray, *, dx: int = 0) -> None:
    reach = shape.shape[-1] // 2
    middle = slice(_R - reach, _R + reach + 1)
    window[:, middle, _R + dx - reach : _R + dx + reach + 1] += shape.astype(np.float32)


def _judge(
    windows: np.ndarray,
    y: int = 50,
    x: int = 60,
    *,
    red: tuple[int, int] | None = None,
    footprints: tuple[Footprint, ...] = _FOOTPRINTS,
    resized: tuple[Footprint, ...] = (),
    covariance: np.ndarray = _WHITE,
):
    candidate = FlashCandidate(1003, y, x, 20.0, red)
    return judge_flash(
        candidate,
        windows,
        _CURVE,
        footprints=footprints,
        covariance=covariance,
        resized=resized,
        raster=_RASTER,
        channels=("R", "G", "B"),
    )


def _point(sigma_px: float) -> np.ndarray:
    reach = np.arange(-4, 5)
    blob = np.exp(-0.5 * (reach / sigma_px) ** 2)
    return np.stack([np.outer(blob, blob)] * 3)


@pytest.mark.parametrize("footprint", _FOOTPRINTS, ids=lambda each: each.name)
@pytest.mark.parametrize("texture", [0.0, 15.0])
def test_one_photosite_in_one_frame_is_a_flash(footprint, texture):
    windows = _scene(texture=texture)
    _add(windows[0], 30 * footprint.shape)

    defect = _judge(windows)

    assert defect is not None
    assert (defect.kind, str(defect.frames), defect.x, defect.y) == (Kind.FLASH, "1003", 160, 250)
    assert abs(defect.amplitude_sigma) == pytest.approx(30, abs=4)
    strongest = np.unravel_index(np.abs(footprint.shape).argmax(), footprint.shape.shape)
    assert Sample(int(strongest[2]) - 2, int(strongest[1]) - 2, "RGB"[strongest[0]]) in defect.samples
    assert defect.evidence is not None
    assert defect.evidence.photosite_fit > 0.8


def test_what_is_hit_in_other_frames_too_blinks():
    windows = _scene(texture=5.0)
    _add(windows[0], 30 * _FOOTPRINTS[0].shape)
    candidate = FlashCandidate(1003, 50, 60, 20.0, None, (1001, 1007))

    defect = judge_flash(
        candidate,
        windows,
        _CURVE,
        footprints=_FOOTPRINTS,
        covariance=_WHITE,
        raster=_RASTER,
        channels=("R", "G", "B"),
    )

    assert (defect.kind, str(defect.frames)) == (Kind.BLINKING, "1001,1003,1007")
    assert defect.evidence.frames_seen == 3


def test_flash_footprints_are_the_priors_and_two_of_edges():
    assert [each.name for each in _FOOTPRINTS[:-2]] == [each.name for each in prior_footprints(3)]
    assert all(np.abs(each.shape).max() == 1.0 for each in _FOOTPRINTS)
    assert len(flash_footprints(1)) == len(prior_footprints(1))


def test_a_dark_flash_is_one_too():
    windows = _scene(texture=5.0)
    _add(windows[0], -28 * _FOOTPRINTS[0].shape)

    defect = _judge(windows)

    assert defect is not None
    assert defect.amplitude_sigma < -12
    assert defect.evidence.score < 0


def test_what_hardly_stands_out_is_none_however_well_it_looks_like_a_photosite():
    """Where noise is less than expected the score is high, and debayered noise looks like photosites."""

    def quiet(sigma: float) -> np.ndarray:
        windows = 20 + 0.4 * (_scene(texture=0.0) - 20)
        _add(windows[0], sigma * _FOOTPRINTS[-3].shape / np.sqrt(3))
        return windows

    assert _judge(quiet(11.5)) is None
    assert _judge(quiet(24.0)) is not None


def test_what_the_shot_itself_is_full_of_is_no_photosite():
    windows = _scene(texture=3.0)
    _add(windows[0], 30 * _FOOTPRINTS[0].shape)
    shapes = np.stack([each.shape.ravel() for each in _FOOTPRINTS])
    full_of_it = _WHITE + 30.0 * shapes.T @ shapes

    assert _judge(windows) is not None
    assert _judge(windows, covariance=full_of_it) is None


def test_what_moves_with_its_surroundings_is_scene():
    windows = _scene(texture=10.0)
    for window, dx in zip(windows, (0, 3, -3), strict=True):
        _add(window, 40 * _FOOTPRINTS[0].shape, dx=dx)

    assert _judge(windows) is None


def test_a_light_that_moves_through_the_dark_is_scene():
    windows = _scene(texture=0.0)
    for window, dx in zip(windows, (0, 7, -7), strict=True):
        _add(window, 40 * _FOOTPRINTS[0].shape, dx=dx)

    assert _judge(windows) is None


def test_unless_its_shape_alone_makes_sure_that_it_is_a_photosite():
    windows = _scene(texture=0.0)
    for window, dx in zip(windows, (0, 7, -7), strict=True):
        _add(window, 60 * _FOOTPRINTS[0].shape, dx=dx)

    assert _judge(windows) is None
    assert _judge(windows, red=(0, 0)) is not None


def test_where_the_prediction_is_poor_or_hits_are_many_the_score_must_be_higher():
    windows = _scene(texture=0.0)
    _add(windows[0], 30 * _FOOTPRINTS[0].shape)
    fit = fit_flash(windows, _CURVE, _FOOTPRINTS, covariance=_WHITE, inside=np.ones((5, 5), bool))
    assert fit is not None
    lone = FlashCandidate(1003, 50, 60, 20.0, (0, 0))
    crowd = replace(lone, neighbours=50)
    poor = replace(fit, scatter=np.array([1.0, 3.5, 1.0]))

    of = partial(caution_of, is_known=True, inside=np.ones((5, 5), bool))
    assert of(fit, lone) == pytest.approx(1.0)
    assert of(fit, crowd) == pytest.approx(1.472, abs=1e-3)
    assert of(fit, crowd, is_resized=True) == pytest.approx(1.118, abs=1e-3)
    assert of(poor, lone) == pytest.approx(1.345)


def test_what_lasting_defects_taught_finds_the_flashes_of_a_soft_plate():
    soft = np.zeros((3, 9, 9))
    soft[0, 4, 4] = 1.0
    soft = gaussian_filter(soft, (0, 1.1, 0.8))
    soft = np.stack([soft[0], 0.6 * np.roll(soft[0], 1, axis=1), -0.2 * soft[0]]) / soft.max()
    windows = _scene(texture=3.0)
    _add(windows[0], 45 * soft)

    assert _judge(windows) is None
    assert _judge(windows, footprints=flash_footprints(3, [Footprint("learned", soft)])) is not None


def _resized(scale: float, number: int) -> np.ndarray:
    """One of the shapes (3, 7, 7) that photosites have in a plate so many times as large, near the middle."""
    shapes = resized_photosites(scale, alone=True)
    central = shapes[np.abs(shapes).max(axis=(1, 2, 3)) == np.abs(shapes[:, :, 3, 3]).max(axis=1)]
    return central[number] / np.abs(central[number]).max()


@pytest.mark.parametrize("scale", [0.75, 1.33])
def test_where_a_plate_was_resized_lasting_defects_tell_what_a_flash_looks_like(scale):
    learned = [Footprint("learned", np.pad(_resized(scale, k), ((0, 0), (1, 1), (1, 1)))) for k in (1, 40)]
    resized = resized_footprints(learned)
    windows = _scene(texture=3.0)
    _add(windows[0], 40 * _resized(scale, 70))

    assert _judge(windows) is None
    assert _judge(windows, resized=resized) is not None
    assert _judge(windows, y=0, x=0, resized=resized) is None


def test_a_point_of_light_is_no_photosite_that_was_resized():
    learned = [Footprint("learned", np.pad(_resized(1.33, 1), ((0, 0), (1, 1), (1, 1))))]
    windows = _scene(texture=3.0)
    _add(windows[0], 60 * _point(0.8))

    assert _judge(windows, resized=resized_footprints(learned)) is None


def test_a_blob_is_no_photosite():
    windows = _scene(texture=3.0)
    _add(windows[0], 60 * _point(1.3))

    assert _judge(windows) is None


def test_a_sharp_lamp_of_one_frame_is_no_photosite():
    """On no photosite alone, however small it is: the demosaic shows that it lit its neighbours too."""
    light = np.zeros((24, 24))
    light[12, 12] = 8.0
    lamp = np.tensordot(CAMERA_MATRIX, DEMOSAICS["Malvar"](gaussian_filter(light, 0.55)), axes=1)
    windows = _scene(texture=3.0)
    _add(windows[0], 40 * lamp[:, 8:17, 8:17] / np.abs(lamp).max())

    assert _judge(windows, red=(0, 0)) is None


@pytest.mark.parametrize(
    ("contest", "expected"), [(0.9, 11.5), (1.1, 11.5), (1.2, 12.5), (1.5, 15.5), (1.8, np.inf)]
)
def test_the_better_a_light_explains_it_the_stronger_it_must_be(contest, expected):
    light = 0.9
    shapes = SiteOrLight(1.03 - contest * (1.03 - light), light)
    assert shapes.contest == pytest.approx(contest)
    assert least_score(shapes) == pytest.approx(expected)


def test_where_colours_are_unknown_it_must_be_stronger():
    assert least_score(None) > least_score(SiteOrLight(0.9, 0.9))


def _twinkling(middle: float, before: float, after: float) -> np.ndarray:
    """Windows of a specular that moves with the scene, and is so strong in each frame."""
    windows = _scene(texture=8.0)
    for window, dx, strength in zip(windows, (0, 3, -3), (middle, before, after), strict=True):
        _add(window, strength * _FOOTPRINTS[0].shape, dx=dx)
    return windows


def test_a_specular_that_twinkles_is_no_flash_for_the_frames_beside_do_not_agree_on_it():
    assert _judge(_twinkling(40, 0, 0)) is not None
    assert _judge(_twinkling(40, 0, 25)) is None


def test_frames_beside_are_at_rest_whatever_the_candidate_is():
    quiet, flash, twinkling = (
        unrest_beside(_twinkling(*each), _CURVE, _WHITE) for each in ((0, 0, 0), (60, 0, 0), (60, 0, 25))
    )

    assert quiet == pytest.approx(1.2, abs=0.2)
    assert flash == pytest.approx(quiet, rel=0.1)
    assert twinkling > 3.0
    assert unrest_beside(_twinkling(0, 0, 25)[:2], _CURVE, _WHITE) == 1.0


def test_a_streak_is_no_photosite():
    windows = _scene(texture=3.0)
    windows[0, :, _R - 6 : _R + 7, _R] += 30

    assert _judge(windows) is None


def test_noise_and_texture_alone_are_nothing():
    assert all(_judge(_scene(texture=12.0, seed=seed)) is None for seed in range(12))


def test_one_frame_beside_is_enough_for_a_flash():
    windows = _scene(texture=5.0)[:2]
    _add(windows[0], 40 * _FOOTPRINTS[1].shape)

    assert _judge(windows) is not None


def test_where_a_sample_is_no_number_nothing_is_said():
    windows = _scene(texture=5.0)
    _add(windows[0], 40 * _FOOTPRINTS[1].shape)
    windows[1, 0, 3, 3] = np.nan

    assert fit_flash(windows, _CURVE, _FOOTPRINTS, covariance=_WHITE, inside=np.ones((5, 5), bool)) is None
    assert _judge(windows) is None


def test_samples_stay_inside_the_raster():
    windows = _scene(texture=0.0)
    _add(windows[0], 60 * _FOOTPRINTS[0].shape)

    defect = _judge(windows, y=0, x=399)

    assert defect is not None
    assert all(sample.dy >= 0 and sample.dx <= 0 for sample in defect.samples)
