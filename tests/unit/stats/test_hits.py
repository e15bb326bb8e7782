# SPDX-License-Identifier: Apache-2.0
"""The container of hits: joins in any order, and reads back only what it wrote."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixmend.stats import HIT, Hits

_ROWS = st.lists(
    st.tuples(
        st.integers(1, 9),
        st.integers(0, 19),
        st.integers(0, 29),
        st.integers(0, 2),
        st.integers(0, 255),
        st.integers(-32000, 32000),
    ),
    max_size=12,
    unique_by=lambda row: row[:3],
)


def _hits(*rows: tuple[int, ...]) -> Hits:
    return Hits.joined([Hits(np.array(list(rows), HIT))])


@given(_ROWS, st.randoms(use_true_random=False))
def test_parts_join_to_the_same_bits_in_any_order(rows, random):
    whole = _hits(*rows)
    parts = [_hits(row) for row in rows]
    random.shuffle(parts)

    assert Hits.joined(parts).table.tobytes() == whole.table.tobytes()


@given(_ROWS)
def test_what_is_written_is_read_again(rows):
    hits = _hits(*rows)

    again = Hits.from_arrays(hits.to_arrays(), channels=3, shape=(20, 30))

    assert again.table.tobytes() == hits.table.tobytes()


def test_score_and_likeness_have_their_units():
    hits = _hits((1, 2, 3, 0, 255, -160))

    assert hits.score.tolist() == [-10.0]
    assert hits.likeness.tolist() == [1.0]


@pytest.mark.parametrize(
    "row", [(1, 20, 3, 0, 9, 99), (1, 2, 30, 0, 9, 99), (1, 2, 3, 3, 9, 99), (1, -1, 3, 0, 9, 99)]
)
def test_hits_outside_the_plate_are_refused(row):
    with pytest.raises(ValueError, match="hits whose"):
        Hits.from_arrays(_hits(row).to_arrays(), channels=3, shape=(20, 30))


@pytest.mark.parametrize("table", [np.zeros(3), np.zeros((2, 2), HIT)])
def test_other_arrays_are_no_hits(table):
    with pytest.raises(ValueError, match="hits of shape"):
        Hits.from_arrays({"hits": table}, channels=3, shape=(20, 30))
