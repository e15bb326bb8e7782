# SPDX-License-Identifier: Apache-2.0
"""Which hits of a shot are worth a second look."""

import numpy as np

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


def test_no_hits_no_candidates():
    assert flash_candidates(Hits.none(), [(3, 4)], _SHAPE) == []
    assert recurring_places(Hits.none(), _SHAPE) == []


def test_what_a_known_defect_explains_is_left_out():
    hits = _hits((1, 20, 30, 12.0), (2, 100, 200, 30.0))

    assert _places(flash_candidates(hits, [(22, 33)], _SHAPE)) == [(2, 100, 200)]


def test_a_place_that_is_hit_again_is_recurring_and_no_flash():
    hits = _hits((1, 20, 30, 12.0), (4, 21, 30, -14.0), (7, 20, 31, 13.0), (2, 100, 200, 30.0))

    assert _places(flash_candidates(hits, [], _SHAPE)) == [(2, 100, 200)]
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


def test_candidates_are_the_same_whatever_the_order_of_the_parts():
    rng = np.random.default_rng(3)
    rows = [(int(f), int(y), int(x), 20.0) for f, y, x in rng.integers(0, 190, (60, 3))]

    once, again = (flash_candidates(_hits(*some), [], _SHAPE) for some in (rows, rows[::-1]))

    assert once == again
