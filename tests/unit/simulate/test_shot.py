# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from pixmend.model import FrameRange, Kind
from pixmend.simulate import DEMO_RECIPE, Distractor, Motion, PlantedDefect, ShotSpec, SimulatedShot

FRAMES = FrameRange(range(11, 15))


def hot(x, y, **options):
    return PlantedDefect(sites=((x, y),), kind=Kind.HOT, amplitude_sigma=30.0, **options)


def spec(**changes):
    return ShotSpec(**{"width": 160, "height": 120, "frames": FRAMES, "recipe": (), **changes})


def test_frames_render_alone_and_in_any_order():
    first, second = SimulatedShot(spec(recipe=DEMO_RECIPE)), SimulatedShot(spec(recipe=DEMO_RECIPE))
    forward = [first.render(frame) for frame in FRAMES]
    backward = [second.render(frame) for frame in reversed(FRAMES.frames)]
    assert all(np.array_equal(a, b) for a, b in zip(forward, reversed(backward), strict=True))


def test_a_pair_is_the_frame_and_its_clean_twin():
    shot = SimulatedShot(spec(recipe=DEMO_RECIPE))
    spoiled, clean = shot.render_pair(12)
    assert np.array_equal(spoiled, shot.render(12))
    assert np.array_equal(clean, shot.render_clean(12))
    assert spoiled.dtype == clean.dtype == np.float32


def test_the_twin_differs_in_the_footprints_only():
    shot = SimulatedShot(spec(recipe=DEMO_RECIPE))
    spoiled, clean = shot.render_pair(11)
    differs = (spoiled != clean).any(axis=-1)
    for defect in shot.planted:
        ((x, y),) = defect.sites
        assert differs[y, x]
        differs[y - 2 : y + 3, x - 2 : x + 3] = False
    assert not differs.any()


def test_an_empty_recipe_leaves_a_clean_shot():
    assert np.array_equal(*SimulatedShot(spec()).render_pair(11))


def test_noise_changes_from_frame_to_frame_of_a_locked_camera():
    shot = SimulatedShot(spec(motion=Motion.LOCKED, exposure=1.0))
    first, second = shot.render(11), shot.render(12)
    assert not np.array_equal(first, second)
    assert np.median(np.abs(first - second)) < 0.1 * np.median(first)


def test_takes_of_a_frame_differ_in_noise_only():
    shot = SimulatedShot(spec(exposure=1.0))
    assert np.array_equal(shot.render_clean(12), shot.render_clean(12, take=0))
    takes = np.stack([shot.render_clean(12, take=take) for take in range(8)])
    assert (takes.std(axis=0) > 0).all()
    other_view = shot.render_clean(14)
    between = np.abs(takes[:4].mean(axis=0) - takes[4:].mean(axis=0)).mean()
    assert between < 0.5 * np.abs(takes.mean(axis=0) - other_view).mean()


def test_a_blinking_defect_shows_in_its_frames_only():
    shot = SimulatedShot(spec(), planted=(hot(50, 50, frames=FrameRange([12])),))
    assert np.array_equal(*shot.render_pair(11))
    assert not np.array_equal(*shot.render_pair(12))


@pytest.mark.parametrize("place", [(0, 0), (159, 0), (0, 119), (159, 119)])
def test_a_defect_in_a_corner_is_planted(place):
    spoiled, clean = SimulatedShot(spec(), planted=(hot(*place),)).render_pair(11)
    x, y = place
    assert (spoiled[y, x] != clean[y, x]).any()


def test_a_dead_photosite_is_darker_and_a_stuck_one_far_brighter():
    dead = PlantedDefect(sites=((40, 40),), kind=Kind.DEAD, gain=0.0)
    stuck = PlantedDefect(sites=((80, 81),), kind=Kind.STUCK, saturated=True)
    spoiled, clean = SimulatedShot(spec(exposure=1.0), planted=(dead, stuck)).render_pair(11)
    assert spoiled[40, 40].sum() < clean[40, 40].sum()
    assert spoiled[81, 80].max() > 10


def test_added_light_has_the_amplitude_asked_for():
    sites = tuple((x, y) for y in range(10, 110, 4) for x in range(10, 150, 4))
    planted = tuple(hot(x, y) for x, y in sites)
    shot = SimulatedShot(spec(motion=Motion.LOCKED), planted=planted)
    xs, ys = np.array(sites).T
    spoiled, clean = shot._lie(shot._noisy(11).copy(), 11), shot._noisy(11)
    sigma = np.sqrt(shot.mean_electrons(ys, xs) + 16)
    assert ((spoiled - clean)[ys, xs] / sigma).mean() == pytest.approx(30, rel=0.02)


def test_a_given_picture_is_looked_at():
    picture = np.full((200, 300, 3), 0.5, np.float32)
    frame = SimulatedShot(spec(exposure=1.0), picture=picture).render(11)
    assert frame.mean(axis=(0, 1)) == pytest.approx(0.18, rel=0.02)


def test_a_frame_outside_the_shot_is_refused():
    with pytest.raises(ValueError, match="frame 99"):
        SimulatedShot(spec()).render(99)


def test_a_defect_outside_the_raster_is_refused():
    with pytest.raises(ValueError, match="outside"):
        SimulatedShot(spec(), planted=(hot(160, 5),))


def test_seeds_give_other_shots():
    first, second = (SimulatedShot(spec(seed=seed)).render(11) for seed in (1, 2))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("distractor", Distractor)
def test_distractors_are_there_and_are_no_defect(distractor):
    plain = SimulatedShot(spec()).render(12)
    shot = SimulatedShot(spec(distractors=frozenset({distractor})))
    spoiled, clean = shot.render_pair(12)
    assert np.array_equal(spoiled, clean)
    assert not np.array_equal(clean, plain)


def test_burnt_in_lettering_stands_still_while_the_camera_moves():
    shot = SimulatedShot(spec(motion=Motion.PAN, distractors=frozenset({Distractor.BURN_IN})))
    first, last = shot.render(11), shot.render(14)
    white = (first == np.float32(0.8)).all(axis=-1)
    assert white.sum() > 200
    assert np.array_equal(white, (last == np.float32(0.8)).all(axis=-1))
