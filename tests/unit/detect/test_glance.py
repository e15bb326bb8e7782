# SPDX-License-Identifier: Apache-2.0
"""What single frames show at a suspect."""

import numpy as np
import pytest
from scipy import ndimage

from pixmend.detect._glance import MATCH_PX, WINDOW_PX, glance, queries_of, trace_of
from pixmend.stats import train_covariance

RNG = np.random.default_rng(6)
MIDDLE = WINDOW_PX // 2


def noise(count=1):
    """Return frames of debayer-like noise, (count, 3, 25, 25), about 1 strong."""
    white = RNG.normal(0, 1, (count, 3, WINDOW_PX + 8, WINDOW_PX + 8))
    soft = ndimage.gaussian_filter(white, (0, 0.4, 0.6, 0.6))[:, :, 4:-4, 4:-4]
    return (soft / soft.std() + 30).astype(np.float32)


COVARIANCE = train_covariance([np.concatenate(list(noise(40)), axis=2)])


def shapes():
    cross, dot = np.zeros((2, 3, MATCH_PX, MATCH_PX))
    dot[1, 3, 3] = 1.0
    cross[0, 3, 3] = 1.0
    cross[0, [2, 4, 3, 3], [3, 3, 2, 4]] = 0.5
    return np.stack([dot, cross])


def traced(frames, *, amplitude, shape=1, on=None):
    (query,) = queries_of([(50, 60)], [shapes()], COVARIANCE)
    glances = {}
    for frame, window in enumerate(frames):
        if on is None or frame in on:
            reach = slice(MIDDLE - 3, MIDDLE + 4)
            window[:, reach, reach] += amplitude * query.shapes[shape]
        glances[frame] = glance(window, query)
    return trace_of(query, glances)


def test_weights_give_the_amplitude_of_their_shape_whatever_the_level():
    (query,) = queries_of([(50, 60)], [shapes()], COVARIANCE)
    for weights, shape in zip(query.weights, query.shapes, strict=True):
        assert float((weights * shape).sum()) == pytest.approx(1, abs=1e-4)
        for channel in weights:
            assert float(channel.sum()) == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("amplitude", [2.0, 6.0, -5.0, 40.0])
def test_the_shape_the_amplitude_and_the_certainty_are_found(amplitude):
    trace = traced(noise(40), amplitude=amplitude)
    assert np.unravel_index(trace.profile.argmax(), trace.profile.shape) == (0, 3, 3)
    assert trace.amplitude.mean() == pytest.approx(amplitude, abs=0.35)
    assert np.sign(trace.score) == np.sign(amplitude)
    assert abs(trace.score) > 7


def test_noise_shows_nothing():
    scores = [traced(noise(24), amplitude=0.0).score for _ in range(30)]
    assert max(map(abs, scores)) < 6
    assert traced(noise(24), amplitude=0.0).unrest < 1.8


def test_the_error_is_the_scatter_of_the_amplitude():
    trace = traced(noise(60), amplitude=3.0)
    assert float(np.median(trace.error)) == pytest.approx(float(trace.amplitude.std()), rel=0.35)


def test_a_scene_that_stays_is_unrest():
    texture = 4 * ndimage.gaussian_filter(RNG.normal(0, 1, (1, 3, WINDOW_PX, WINDOW_PX)), (0, 0, 0.7, 0.7))
    trace = traced(noise(40) + texture.astype(np.float32) * 3, amplitude=0.0)
    assert trace.unrest > 1.8


def test_a_few_strong_frames_tell_the_shape_too():
    trace = traced(noise(40), amplitude=12.0, on=(3, 4, 30))
    assert np.unravel_index(trace.profile.argmax(), trace.profile.shape) == (0, 3, 3)
    assert (np.flatnonzero(trace.amplitude > 6) == [3, 4, 30]).all()


@pytest.mark.parametrize(("sign", "chosen"), [(0, 0), (1, 1), (-1, 0)])
def test_where_the_sign_is_known_no_shape_of_the_other_counts(sign, chosen):
    """What shows is a strong dark dot and a weaker bright cross beside it, of another colour."""
    (query,) = queries_of([(50, 60)], [shapes()], COVARIANCE, signs=[sign])
    reach = slice(MIDDLE - 3, MIDDLE + 4)
    glances = {}
    for frame, window in enumerate(noise(24)):
        window[:, reach, reach] += 3 * query.shapes[1] - 12 * query.shapes[0]
        glances[frame] = glance(window, query)
    trace = trace_of(query, glances)
    assert (trace.profile == query.shapes[chosen]).all()
    assert np.sign(trace.score) == (1 if chosen else -1)


def seen_under_speculars(query):
    """Return the trace of a cross in every frame, and of a dazzling dot in a quarter of them."""
    reach = slice(MIDDLE - 3, MIDDLE + 4)
    glances = {}
    for frame, window in enumerate(noise(24)):
        window[:, reach, reach] += 4 * query.shapes[1] + (60 * query.shapes[0] if frame % 4 == 0 else 0)
        glances[frame] = glance(window, query)
    return trace_of(query, glances)


def test_the_shape_is_what_most_frames_show():
    (query,) = queries_of([(50, 60)], [shapes()], COVARIANCE)
    trace = seen_under_speculars(query)
    assert (trace.profile == query.shapes[1]).all()
    assert trace.typical_fit > 0.5


def test_of_noise_hardly_any_is_a_photosite():
    assert abs(traced(noise(48), amplitude=0.0).typical_fit) < 0.2


def test_what_is_dark_fits_as_such():
    assert traced(noise(24), amplitude=-5.0).typical_fit < -0.5


def test_a_shape_of_its_own_that_is_not_trusted_is_not_taken():
    """A soft spot is most like itself, and next like the cross."""
    soft = ndimage.gaussian_filter(shapes()[1], (0, 0.6, 0.6))
    offered = np.stack([soft, shapes()[1]])
    for trust, chosen in ((0.8, 0), (0.0, 1)):
        (query,) = queries_of([(50, 60)], [offered], COVARIANCE, trusts=[trust])
        reach = slice(MIDDLE - 3, MIDDLE + 4)
        windows = noise(24)
        windows[:, :, reach, reach] += 8 * query.shapes[0]
        trace = trace_of(query, {frame: glance(window, query) for frame, window in enumerate(windows)})
        assert (trace.profile == query.shapes[chosen]).all()


def test_frames_may_come_in_any_order():
    frames = noise(12)
    (query,) = queries_of([(50, 60)], [shapes()], COVARIANCE)
    seen = {number: glance(window, query) for number, window in enumerate(frames)}
    first = trace_of(query, seen)
    again = trace_of(query, dict(reversed(seen.items())))
    assert first.score == again.score
    assert np.array_equal(first.amplitude, again.amplitude)
    assert first.frames.tolist() == list(range(12))


def test_samples_that_are_no_numbers_do_not_spread():
    window = noise(1)[0]
    window[1, 2, 2] = np.nan
    window[0, 24, 24] = np.inf
    (query,) = queries_of([(50, 60)], [shapes()], COVARIANCE)
    found = glance(window, query)
    assert np.isfinite(found.amplitude).all()
    assert np.isfinite(found.match).all()
