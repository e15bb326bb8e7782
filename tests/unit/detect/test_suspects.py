# SPDX-License-Identifier: Apache-2.0
"""Which suspects single frames are asked about."""

import numpy as np

from pixmend.detect._suspects import _frames_that_hit
from pixmend.stats import Hits
from pixmend.stats._hits import HIT


def hits_at(*rows: tuple[int, int, int]) -> Hits:
    """Hits of (frame, y, x)."""
    return Hits(np.array([(*row, 0, 200, 90) for row in rows], HIT))


def test_frames_that_hit_a_place_or_a_pixel_beside_it_are_counted_once_each():
    hits = hits_at((1, 10, 20), (1, 11, 21), (2, 9, 19), (3, 10, 22), (4, 50, 60))
    assert _frames_that_hit([(10, 20), (50, 60), (80, 80)], hits) == [2, 1, 0]


def test_without_hits_or_places_there_are_none():
    assert _frames_that_hit([(10, 20)], Hits.none()) == [0]
    assert _frames_that_hit([], hits_at((1, 10, 20))) == []
