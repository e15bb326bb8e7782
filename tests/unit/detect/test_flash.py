# SPDX-License-Identifier: Apache-2.0
"""Which hits of a shot are worth a second look."""

import numpy as np
import pytest

from pixmend.detect import flash_candidates, recurring_places
from pixmend.stats import HIT, Hits

_SHAPE = (200, 300)


def _hits(*rows: tuple[int, int, int, float], likeness: int = 200) -> Hits:
    """Hits of (frame, y, x, score)."""
    table = [(frame, y, x, 0, likeness, round(score * 16)) for frame, y, x, score in rows]
    return Hits.joined([Hits(np.array(table, HIT))])


def _places(candidates):
    return [(each.frame, each.y, each.x) for each in candidates]


def test_lone_hits_are_candidates_strongest_first():
    hits = _hits((1, 20, 30, 12.0), (2, 100, 200, -30.0), (3, 180, 10, 20.0))

    candidates = flash_candidates(hits, [], _SHAPE)

    assert _places(candidates) == [(2, 100, 200), (3, 180, 10), (1, 20, 30)]
    assert candidates[0].score == -30.0


@pytest.mark.parametrize(
    ("is_resized", "expected"), [(False, [(2, 100, 200)]), (True, [(2, 100, 200), (1, 20, 30)])]
)
def test_weak_hits_are_none_unless_the_plate_was_resized(is_resized, expected):
    hits = _hits((1, 20, 30, 9.5), (2, 100, 200, -10.0))

    assert _places(flash_candidates(hits, [], _SHAPE, is_resized=is_resized)) == expected


def test_no_hits_no_candidates():
    assert flash_candidates(Hits.none(), [(3, 4)], _SHAPE) == []
    assert recurring_places(Hits.none(), _SHAPE) == []


def test_what_a_known_defect_explains_is_left_out():
    hits = _hits((1, 20, 30, 12.0), (2, 100, 200, 30.0))

    assert _places(flash_candidates(hits, [(22, 33)], _SHAPE)) == [(2, 100, 200)]


def test_of_a_place_that_is_hit_again_the_strongest_hit_stands_for_all():
    hits = _hits((1, 20, 30, 12.0), (4, 21, 30, -14.0), (7, 20, 31, 13.0), (2, 100, 200, 30.0))

    hits = Hits.joined([hits, _hits(*((frame, 5 * frame, 7 * frame, 9.0) for frame in range(8, 14)))])

    candidates = {(each.frame, each.y, each.x): each.also for each in flash_candidates(hits, [], _SHAPE)}
    assert candidates[4, 21, 30] == (1, 7)
    assert candidates[2, 100, 200] == ()
    assert not {(1, 20, 30), (7, 20, 31)} & candidates.keys()
    (place,) = recurring_places(hits, _SHAPE)
    assert (place.y, place.x, place.frames, place.score) == (21, 30, (1, 4, 7), -14.0)


def test_hits_that_meet_by_chance_do_not_recur():
    rng = np.random.default_rng(1)
    places = rng.integers(0, 32, (120, 2))
    rows = [(frame, int(y), int(x), 9.0) for frame, (y, x) in enumerate(places)]

    assert len(recurring_places(_hits(*rows), _SHAPE)) <= 2


def test_a_neighbourhood_full_of_hits_leaves_its_strongest_only():
    rng = np.random.default_rng(2)
    glints = [
        (f, int(y), int(x), float(s))
        for f, y, x, s in zip(
            range(150),
            rng.integers(0, 60, 150),
            rng.integers(0, 60, 150),
            rng.uniform(8, 40, 150),
            strict=True,
        )
    ]
    lone = (3, 150, 250, 10.0)

    places = _places(flash_candidates(_hits(*glints, lone), [], _SHAPE))

    assert lone[:3] in places
    assert len(places) < 12


def test_a_candidate_knows_how_many_of_its_neighbourhood_are_nearly_as_strong():
    strong, near, weak = (1, 20, 30, 20.0), (2, 50, 55, 13.0), (3, 40, 10, 11.0)
    far, known = (4, 100, 200, 20.0), (5, 20, 50, 20.0)

    candidates = flash_candidates(_hits(strong, near, weak, far, known), [(20, 50)], _SHAPE)

    assert {each.frame: each.neighbours for each in candidates} == {1: 1, 2: 2, 3: 2, 4: 0}


@pytest.mark.parametrize(("is_resized", "expected"), [(False, {11.8, 12.0}), (True, {11.0, 11.8, 12.0})])
def test_a_weak_hit_among_many_of_its_like_is_none_unless_the_plate_was_resized(is_resized, expected):
    crowd = [(frame, 20, 6 * (frame % 9) + 2, 11.0 if frame < 30 else 11.8) for frame in range(31)]
    lone = (31, 100, 200, 12.0)

    candidates = flash_candidates(_hits(*crowd, lone), [], _SHAPE, is_resized=is_resized)

    assert {round(each.score, 1) for each in candidates} == expected


def test_of_a_shot_that_was_resized_more_are_looked_at():
    rows = [(1, 64 * y + 8, 64 * x + 8, 12.0 + 0.1 * x) for y in range(4) for x in range(6)]
    hits = _hits(*rows)

    assert len(flash_candidates(hits, [], (300, 400))) == 12
    assert len(flash_candidates(hits, [], (300, 400), is_resized=True)) == 24


def test_candidates_are_the_same_whatever_the_order_of_the_parts():
    rng = np.random.default_rng(3)
    rows = [(int(f), int(y), int(x), 20.0) for f, y, x in rng.integers(0, 190, (60, 3))]

    once, again = (flash_candidates(_hits(*some), [], _SHAPE) for some in (rows, rows[::-1]))

    assert once == again


def _coloured(rng: np.random.Generator, red: tuple[int, int], count: int) -> np.ndarray:
    """Hits all over the shot, each of the colour of its photosite."""
    table = np.zeros(count, HIT)
    table["frame"], table["likeness"], table["score"] = rng.integers(1, 9, count), 200, 160
    table["y"], table["x"] = rng.integers(0, 200, count), rng.integers(0, 300, count)
    table["channel"] = (table["y"] + red[0]) % 2 + (table["x"] + red[1]) % 2
    return table


@pytest.mark.parametrize("red", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_the_hits_tell_the_order_of_colours_and_what_has_another_colour_is_no_photosite(red):
    table = _coloured(np.random.default_rng(4), red, 80)
    table["channel"][:8] = (table["channel"][:8] + 1) % 3

    candidates = flash_candidates(Hits.joined([Hits(table)]), [], _SHAPE)

    assert {each.red for each in candidates} == {red}
    assert set(_places(candidates)) <= {tuple(int(v) for v in row) for row in table[["frame", "y", "x"]][8:]}


def test_colours_that_do_not_agree_rule_nothing_out():
    rng = np.random.default_rng(5)
    table = _coloured(rng, (0, 0), 80)
    table["channel"] = rng.integers(0, 3, 80)

    candidates = flash_candidates(Hits.joined([Hits(table)]), [], _SHAPE)

    assert {each.red for each in candidates} == {None}


def test_what_looks_much_alike_tells_the_order_before_all_do():
    """Texture prefers no order, or a wrong one; it is alike less than what is a photosite, or noise of one."""
    rng = np.random.default_rng(6)
    own, texture = _coloured(rng, (0, 0), 120), _coloured(rng, (1, 1), 400)
    texture["likeness"] = 90
    texture["frame"] += 20

    candidates = flash_candidates(Hits.joined([Hits(np.concatenate([own, texture]))]), [], _SHAPE)

    assert {each.red for each in candidates} == {(0, 0)}


def test_noise_tells_the_order_before_texture_that_looks_like_photosites():
    """Of a zoom over cloth three hits of four had the wrong colour; what debayer made of noise had the right one."""
    rng = np.random.default_rng(8)
    noise, texture = _coloured(rng, (0, 0), 120), _coloured(rng, (1, 1), 400)
    noise["score"] = 7 * 16
    texture["frame"] += 20

    candidates = flash_candidates(Hits.joined([Hits(np.concatenate([noise, texture]))]), [], _SHAPE)

    assert {each.red for each in candidates} == {(0, 0)}


def test_what_comes_again_says_nothing_of_the_order_of_colours():
    """A few lasting defects of a resized plate, hit in every frame, would outvote chance."""
    table = np.concatenate([_coloured(np.random.default_rng(7), (0, 1), 4)] * 20)
    table["frame"] = np.repeat(np.arange(1, 21), 4)
    lone = np.array([(30, 100, 200, 1, 200, 400)], HIT)

    candidates = flash_candidates(Hits.joined([Hits(np.concatenate([table, lone]))]), [], _SHAPE)

    assert {each.red for each in candidates} == {None}


def test_a_place_that_is_hit_in_most_frames_is_no_candidate():
    hits = _hits(*((frame, 20, 30, 12.0) for frame in range(1, 9)), (2, 100, 200, 30.0))

    assert _places(flash_candidates(hits, [], _SHAPE)) == [(2, 100, 200)]
    assert _places(flash_candidates(hits, [(20, 30)], _SHAPE)) == [(2, 100, 200)]
