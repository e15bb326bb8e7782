# SPDX-License-Identifier: Apache-2.0
"""Scores of repairs on fields whose truth is known: sound ones are passed, those that show are named."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from pixmend.audit import LIMIT, look_at, plan_site, pooled, score_repair

SHAPE = (3, 60, 240)
FRAMES = 16


def block(side, channels=(0, 1, 2), at=(28, 118)):
    return np.array(
        [(c, at[0] + y, at[1] + x) for c in channels for y in range(side) for x in range(side)], np.intp
    )


def field(seed, *, blur=0.0, frames=FRAMES, shape=SHAPE) -> NDArray[np.float32]:
    """Return grain of standard deviation 1 about a slope, white or correlated."""
    grain = np.random.default_rng(seed).standard_normal((frames, *shape))
    if blur:
        grain = gaussian_filter(grain, (0, 0, blur, blur))
        grain /= grain.std()
    slope = np.linspace(0.0, 30.0, shape[2])
    return (grain + slope + 100.0).astype(np.float32)


def score(frames, mended, spoiled=None):
    site = plan_site(mended, mended if spoiled is None else spoiled, frames.shape[1:])
    assert site is not None
    looks = [
        look_at(site, [frame[:, piece.rows[:, None], piece.columns] for piece in site.pieces])
        for frame in frames
    ]
    return score_repair(site, pooled(looks))


def changed(frames, mended, change):
    """Return the frames with `change` of the mended samples (T, N) in their place."""
    index = (slice(None), *mended.T)
    other = frames.copy()
    other[index] = change(frames[index])
    return other


HOLES = pytest.mark.parametrize(
    "mended", [block(1), block(3), block(5), block(3, (0,))], ids=["1", "3x3", "5x5", "R 3x3"]
)
GRAIN = pytest.mark.parametrize("blur", [0.0, 0.7], ids=["white", "correlated"])


@HOLES
@GRAIN
def test_what_nobody_touched_does_not_show(mended, blur):
    scores = [score(field(seed, blur=blur), mended) for seed in range(8)]
    assert sum(each.shows for each in scores) == 0
    assert max(each.worst for each in scores) < LIMIT


@HOLES
@GRAIN
def test_a_box_shows_by_outline_and_colour(mended, blur):
    found = score(changed(field(1, blur=blur), mended, lambda old: old + 2.0), mended)
    assert found.outline > LIMIT
    assert found.colour > LIMIT


def test_a_faint_box_shows_once_frames_add_up():
    mended = block(3)
    many = changed(field(2), mended, lambda old: old + 1.5)
    assert score(many, mended).shows
    assert not score(many[:1], mended).shows


def test_one_channel_off_shows_by_colour():
    mended = block(3)
    red = mended[:, 0] == 0
    found = score(changed(field(3), mended, lambda old: old + 2.0 * red), mended)
    assert found.colour > LIMIT


@pytest.mark.parametrize("side", [3, 5])
def test_what_is_soft_shows_by_grain(side):
    mended = block(side)
    found = score(changed(field(4), mended, lambda old: np.full_like(old, old.mean())), mended)
    assert found.grain < -LIMIT


def test_frozen_grain_shows_though_each_frame_is_right():
    mended = block(3)
    frozen = changed(field(5), mended, lambda old: np.broadcast_to(old[0], old.shape))
    assert score(frozen, mended).shows
    assert not score(frozen[:1], mended).shows


def test_rough_grain_shows():
    mended = block(3)
    noise = np.random.default_rng(6).standard_normal((FRAMES, len(mended)))
    assert score(changed(field(6), mended, lambda old: old + 1.7 * noise), mended).grain > LIMIT


def test_a_score_names_its_worst():
    mended = block(3)
    found = score(changed(field(7), mended, lambda old: old + 5.0), mended)
    assert found.worst == max(found.outline, abs(found.grain), found.colour) > LIMIT
    assert found.frames == FRAMES
    assert found.places >= 12


def test_texture_that_stands_still_hides_what_lies_in_it():
    """What would show on a flat wall does not among leaves that do not move."""
    mended = block(3)
    leaves = gaussian_filter(np.random.default_rng(8).standard_normal(SHAPE), (0, 1, 1))
    frames = field(8) + (12.0 / leaves.std() * leaves).astype(np.float32)
    assert not score(frames, mended).shows
    assert not score(changed(frames, mended, lambda old: old + 1.0), mended).shows


def test_frames_whose_samples_say_nothing_do_not_count():
    mended = block(3)
    frames = field(9)
    frames[3:5, 0, 29, 119] = np.nan
    found = score(frames, mended)
    assert found.frames == FRAMES - 2
    assert not found.shows


def test_without_a_frame_that_says_something_there_is_no_score():
    frames = field(10)
    frames[:, :, 28:31, 118:121] = np.nan
    assert score(frames, block(3)) is None


@pytest.mark.parametrize("at", [(0, 0), (57, 237), (0, 120), (30, 0)])
def test_holes_at_the_border_are_scored(at):
    mended = block(3, at=at)
    assert not score(field(11), mended).shows
    assert score(changed(field(11), mended, lambda old: old + 3.0), mended).shows


def test_black_bars_and_flat_fields_do_not_show():
    flat = np.full((FRAMES, *SHAPE), 7.0, np.float32)
    assert not score(flat, block(3)).shows


def test_a_change_on_a_flat_field_shows():
    flat = np.full((FRAMES, *SHAPE), 7.0, np.float32)
    assert score(changed(flat, block(3), lambda old: old + 3.0), block(3)).shows


@pytest.mark.parametrize("axis", [1, 2])
def test_lines_are_looked_at_in_pieces(axis):
    shape = (3, 200, 220)
    mended = np.array([(c, 100, 100) for c in range(3) for _ in range(150)], np.intp)
    mended[:, axis] = np.tile(np.arange(20, 170), 3)
    frames = field(12, frames=6, shape=shape)
    site = plan_site(mended, mended, shape)
    assert 1 < len(site.pieces) <= 6
    assert not score(frames, mended).shows
    assert score(changed(frames, mended, lambda old: old + 1.0), mended).shows


def test_places_hold_no_other_defect():
    mended, other = block(3), block(9, at=(20, 150))
    site = plan_site(mended, np.concatenate([mended, other]), SHAPE)
    frames = field(13)
    frames[:, :, 20:29, 150:159] += 500.0
    piece = site.pieces[0]
    windows = piece.windows(frames[0][:, piece.rows[:, None], piece.columns])
    assert windows.max() < 200.0
    assert not score(frames, mended, np.concatenate([mended, other])).shows


def test_places_lie_on_photosites_of_the_same_colour():
    piece = plan_site(block(1), block(1), SHAPE).pieces[0]
    assert not ((piece.places[1:] - piece.places[0]) % 2).any()


def test_where_there_is_no_sound_place_nothing_is_planned():
    everywhere = np.argwhere(np.ones((3, 12, 12), bool))
    assert plan_site(block(1, at=(5, 5)), everywhere, (3, 12, 12)) is None
    assert plan_site(np.zeros((0, 3), np.intp), everywhere, (3, 12, 12)) is None


def test_looks_add_up():
    mended = block(1)
    frames = field(14, frames=4)
    site = plan_site(mended, mended, SHAPE)
    looks = [
        look_at(site, [each[:, piece.rows[:, None], piece.columns] for piece in site.pieces])
        for each in frames
    ]
    (total,) = pooled(looks)
    assert total.frames[0] == 4
    assert np.allclose(total.picture, sum(each[0].picture for each in looks))


@pytest.mark.parametrize("level", [-90.0, 400.0])
def test_how_bright_it_is_does_not_matter(level):
    frames, mended = field(15), block(3)
    here, there = score(frames, mended), score((frames + level).astype(np.float32), mended)
    for name in ("outline", "grain", "colour"):
        assert getattr(there, name) == pytest.approx(getattr(here, name), abs=0.05)


def test_mirrored_frames_score_the_same():
    frames, mended = changed(field(16), block(3), lambda old: old + 1.0), block(3)
    mirrored = mended * [1, 1, -1] + [0, 0, SHAPE[2] - 1]
    found, other = score(frames, mended), score(frames[..., ::-1], mirrored)
    assert found.colour == pytest.approx(other.colour, rel=0.25)
    assert found.shows == other.shows
