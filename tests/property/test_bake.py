# SPDX-License-Identifier: Apache-2.0
"""What holds for every control, and for every hole that is baked."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pixmend.bake import Control, Entry, Mode, Segment, apply_control, pack_control, read_control
from pixmend.model import Defect, Kind, Sample
from tests.make.controls import curve, plate, table
from tests.make.mends import CORNER, FRAME, HEIGHT, WIDTH, Kitchen

TABLES = tuple(table(number, number % 3) for number in range(4))
CURVES = tuple(curve(number) for number in range(3))
numbers = st.floats(-100, 100, width=32)
records = st.one_of(
    st.tuples(st.sampled_from([Mode.PASS, Mode.SUBTRACT, Mode.VALUE]), numbers, st.just(0)),
    st.tuples(st.just(Mode.PREDICT), numbers, st.integers(0, 3)),
)
pixels = st.tuples(records, records, records)


@st.composite
def segments(draw):
    """Ascending, disjoint segments, of one record or one a frame."""
    found, frame = [], draw(st.integers(-20, 1000))
    for length in draw(st.lists(st.integers(1, 5), max_size=4)):
        count = draw(st.sampled_from([1, length]))
        told = np.array([draw(pixels) for _ in range(count)], np.float32)
        found.append(Segment(frame, frame + length - 1, told))
        frame += length + draw(st.integers(0, 3))
    return tuple(found)


@st.composite
def controls(draw):
    entries = tuple(
        Entry(4 + 3 * number, 8, draw(st.integers(1, 7)), draw(st.integers(0, 7)), number, told)
        for number, told in enumerate(draw(st.lists(segments(), max_size=5)))
    )
    return Control((32, 24), (-20, 1040), entries, TABLES, CURVES)


def told_by(control, segment):
    """Return a segment's records with what their tables are, not which."""
    return [
        (mode, a, control.tables[int(b)].weights.tobytes() if mode == Mode.PREDICT else b)
        for mode, a, b in segment.records.reshape(-1, 3).tolist()
    ]


@settings(max_examples=50)
@given(controls())
def test_what_is_packed_is_read_again(control):
    found = read_control(pack_control(control))
    assert len(found.entries) == len(control.entries)
    for got, put in zip(found.entries, control.entries, strict=True):
        assert (got.kind, got.defect) == (put.kind, put.defect)
        assert [(each.first, each.last) for each in got.segments] == [
            (each.first, each.last) for each in put.segments
        ]
        for mine, its in zip(got.segments, put.segments, strict=True):
            assert told_by(found, mine) == told_by(control, its)


@settings(max_examples=50)
@given(controls(), st.integers(-25, 1045))
def test_only_what_a_record_names_is_touched(control, frame):
    index = np.zeros((24, 32, 4), np.float32)
    may = np.zeros((24, 32, 3), bool)
    for number, entry in enumerate(control.entries, 1):
        index[entry.y, entry.x, 0] = number
        for segment in entry.segments:
            if segment.first <= frame <= segment.last:
                place = frame - segment.first if len(segment.records) > 1 else 0
                may[entry.y, entry.x] |= segment.records[place, :, 0] != Mode.PASS
    found = apply_control(plate(), index, pack_control(control), frame)
    assert np.array_equal(found[~may], plate()[~may])
    assert np.isfinite(found).all()


holes = st.lists(
    st.tuples(
        st.integers(0, WIDTH - 4),
        st.integers(0, HEIGHT - 4),
        st.integers(1, 4),
        st.sampled_from(["R", "G", "B", "*"]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=25)
@given(holes, st.lists(st.tuples(st.integers(0, HEIGHT - 1), st.integers(0, WIDTH - 1)), max_size=6))
def test_the_node_gives_what_the_fill_says_wherever_the_holes_are(given_holes, odd):
    kitchen = Kitchen.of()
    stored = kitchen.stored[0].copy()
    for place in odd:
        stored[place] = np.nan
    defects = [
        Defect(
            id=f"d{number}",
            x=x + CORNER[0],
            y=y + CORNER[1],
            kind=Kind.CLUSTER,
            samples=tuple(Sample(dx, dy, channel) for dx in range(side) for dy in range(side)),
        )
        for number, (x, y, side, channel) in enumerate(given_holes)
    ]
    mend = kitchen.mend(defects, stored)
    control, index = kitchen.control(defects, kitchen.recipe(mend))
    found = apply_control(kitchen.held(stored), index, pack_control(control), FRAME)
    wanted = kitchen.fixed(mend, stored)
    assert np.array_equal(kitchen.units.written(found), kitchen.units.written(wanted), equal_nan=True)
