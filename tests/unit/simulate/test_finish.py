# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from pixmend.model import FrameRange, Kind
from pixmend.simulate import (
    Fade,
    Finish,
    Motion,
    PlantedDefect,
    Sensor,
    ShotSpec,
    SimulatedShot,
    spoiled_samples,
    truth_json,
)
from pixmend.simulate._finish import fade_gain, finish_plate, resized_place

SENSOR = Sensor()


def finished(plate, **finish):
    return finish_plate(plate, Finish(**finish), SENSOR, gain=1.0, rng=np.random.default_rng(0))


def noisy(level=0.18, size=(160, 200)):
    electrons = np.random.default_rng(1).normal(level * 2000, np.sqrt(level * 2000 + 16), (*size, 3))
    return (electrons / 2000).astype(np.float32)


def locked(*planted, **finish):
    spec = ShotSpec(
        width=160,
        height=120,
        frames=FrameRange(range(1, 11)),
        motion=Motion.LOCKED,
        exposure=1.0,
        recipe=(),
        finish=Finish(**finish),
    )
    return SimulatedShot(spec, picture=np.full((140, 180, 3), 0.5, np.float32), planted=planted)


def hot(x, y):
    return PlantedDefect(sites=((x, y),), kind=Kind.HOT, amplitude_sigma=200.0, fluctuation=0.0)


def test_no_finish_changes_nothing():
    plate = noisy()
    assert finished(plate) is plate


def test_denoising_takes_noise_and_leaves_edges_and_strong_points():
    plate = noisy()
    plate[:, 100:] += 2.0
    plate[50, 50] += 1.0
    calm = finished(plate, denoise=0.7)
    assert calm[10:40, 10:90].std() < 0.65 * plate[10:40, 10:90].std()
    assert calm[50, 50].mean() > 0.8 * plate[50, 50].mean()
    assert (calm[:, 100].mean() - calm[:, 99].mean()) > 1.8


def test_grain_has_its_strength_in_stops_and_a_width():
    plate = np.full((300, 300, 3), 0.2, np.float32)
    stops = np.log2(finished(plate, grain_stops=0.05) / 0.2)
    assert stops.std() == pytest.approx(0.05, rel=0.05)
    beside = np.corrcoef(stops[:, 1:, 0].ravel(), stops[:, :-1, 0].ravel())[0, 1]
    assert 0.5 < beside < 0.9


@pytest.mark.parametrize("scale", [1.33, 0.75])
def test_a_resized_plate_keeps_flat_fields_and_places(scale):
    flat = finished(np.full((60, 80, 3), 0.4, np.float32), scale=scale)
    assert flat.shape == (round(60 * scale), round(80 * scale), 3)
    assert flat == pytest.approx(np.full_like(flat, 0.4), rel=1e-5)
    for place in (0, 7, 33, 79):
        points = np.zeros((60, 80, 3), np.float32)
        points[20, place] = 1.0
        found = np.unravel_index(finished(points, scale=scale)[..., 0].argmax(), flat.shape[:2])
        assert abs(found[0] - resized_place(20, 60, flat.shape[0])) <= 1
        assert abs(found[1] - resized_place(place, 80, flat.shape[1])) <= 1


def test_fades_begin_or_end_in_black_and_are_mirrored():
    rising = [fade_gain(Fade.FROM_BLACK, index, 20) for index in range(20)]
    assert rising[:3] == [0, 0, 0]
    assert rising[-1] == 1
    assert rising == sorted(rising)
    assert [fade_gain(Fade.TO_BLACK, index, 20) for index in reversed(range(20))] == rising
    assert fade_gain(Fade.NONE, 0, 20) == 1


def test_a_faded_shot_is_black_first_and_as_it_was_last():
    shot, plain = locked(fade=Fade.FROM_BLACK), locked()
    assert not shot.render(1).any()
    assert np.array_equal(shot.render(10), plain.render(10))


@pytest.mark.parametrize("scale", [1.33, 0.75])
def test_truth_follows_a_resized_plate(scale):
    shot = locked(hot(41, 30), hot(120, 97), scale=scale)
    spoiled, clean = shot.render_pair(3)
    assert spoiled.shape == (shot.raster.height, shot.raster.width, 3)
    difference = np.abs(spoiled - clean).sum(axis=-1)
    assert len(shot.planted) == 2
    for planted in shot.planted:
        x, y = planted.centre
        window = np.s_[y - 7 : y + 8, x - 7 : x + 8]
        peak = np.unravel_index(difference[window].argmax(), (15, 15))
        assert max(abs(peak[0] - 7), abs(peak[1] - 7)) <= 1
        difference[window] = 0
    assert not difference.any()


def test_footprints_of_a_resized_plate_are_not_made_up():
    shot = locked(hot(41, 30), scale=0.75)
    with pytest.raises(ValueError, match="resized"):
        spoiled_samples(shot, shot.planted[0])
    assert '"samples": null' in truth_json(shot)


def test_the_clean_twin_has_the_same_grain():
    spoiled, clean = locked(hot(41, 30), grain_stops=0.1).render_pair(2)
    assert np.array_equal(spoiled[60:], clean[60:])
