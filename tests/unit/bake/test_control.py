# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from pixmend.bake import (
    Control,
    Curve,
    Entry,
    Mode,
    Segment,
    Table,
    _control,
    control_cells,
    pack_control,
    read_control,
)
from pixmend.errors import MapError
from tests.make.controls import curve, steady, synthetic_control, table

PASSES = (Mode.PASS, 0, 0)


def test_the_first_cells_say_what_it_is():
    control = synthetic_control()
    cells = control_cells(pack_control(control))
    assert cells[0, :3].tolist() == [7214, 1, len(control.entries)]
    assert cells[1, 3] == len(control.curves[0].x)
    assert cells[2].tolist() == [32, 24, 1001, 1008]


def test_cells_are_counted_from_the_bottom_row():
    image = pack_control(synthetic_control())
    assert image.shape[1:] == (512, 4)
    assert image[-1, 0, 0] == 7214
    assert image[-1, 1].tolist() == control_cells(image)[1].tolist()
    assert image[-2, 0].tolist() == control_cells(image)[512].tolist()


def test_what_is_not_used_is_zero():
    cells = control_cells(pack_control(synthetic_control()))
    assert not cells[int(cells[0, 3]) :].any()


def test_a_curve_has_slopes_and_their_inverses():
    x, y = np.float32([-1, 0, 2]), np.float32([-4, 0, 1])
    cells = _control.curve_cells(Curve(x, y))
    assert cells.tolist() == [[-1, -4, 4, 0.25], [0, 0, 0.5, 2], [2, 1, 0, 0]]


def test_equal_records_and_tables_are_laid_out_once():
    once = Control(
        (9, 9), (1, 9), (Entry(0, 0, 1, 0, 1, (steady(1, 9, (Mode.PREDICT, 0, 0), PASSES, PASSES),)),)
    )
    twice = once.entries * 2
    tables, curves = (table(0), table(0)), (curve(),) * 3
    other = Entry(0, 0, 1, 0, 1, (steady(1, 9, (Mode.PREDICT, 0, 1), PASSES, PASSES),))
    used = [
        control_cells(pack_control(Control((9, 9), (1, 9), entries, tables, curves)))[0, 3]
        for entries in (once.entries, twice, (once.entries[0], other))
    ]
    assert used[1] - used[0] == used[2] - used[0] == 1


def test_a_reader_gives_back_what_was_packed():
    control = synthetic_control()
    found = read_control(pack_control(control))
    assert (found.display, found.frames) == (control.display, control.frames)
    for got, put in zip(found.curves, control.curves, strict=True):
        assert np.array_equal(got.x, put.x)
        assert np.array_equal(got.y, put.y)
    for got, put in zip(found.entries, control.entries, strict=True):
        assert (got.kind, got.defect) == (put.kind, put.defect)
        for mine, its in zip(got.segments, put.segments, strict=True):
            assert (mine.first, mine.last) == (its.first, its.last)
            assert np.array_equal(mine.records[..., :2], its.records[..., :2])
            for read, wanted in zip(tables_of(found, mine), tables_of(control, its), strict=True):
                assert read.channel == wanted.channel
                assert np.array_equal(read.neighbours, wanted.neighbours)
                assert np.array_equal(read.weights, wanted.weights)


def tables_of(control, segment):
    predicts = segment.records[..., 0] == Mode.PREDICT
    return [control.tables[int(each)] for each in segment.records[predicts, 2]]


def first_cell(image):
    return image[-1, 0]


def last_used(image):
    row, column = divmod(int(image[-1, 0, 3]) - 1, 512)
    return image[len(image) - 1 - row, column]


@pytest.mark.parametrize("spoil", [first_cell, last_used])
def test_a_picture_of_another_sort_is_refused(spoil):
    image = pack_control(synthetic_control())
    spoil(image)[1] = 2
    with pytest.raises(ValueError, match="no control picture"):
        read_control(image)


def test_too_many_cells_are_one_clear_sentence(monkeypatch):
    monkeypatch.setattr(_control, "MOST_CELLS", 600)
    with pytest.raises(MapError, match="more than 600 cells") as raised:
        pack_control(synthetic_control())
    assert "--frames" in raised.value.hint


def test_a_table_knows_whether_it_has_its_own_channel():
    steps = np.array([[1, 0, 1]], np.int8)
    assert Table(1, steps, np.float32([1])).knows_itself
    assert not Table(0, steps, np.float32([1])).knows_itself


def test_a_control_without_entries_is_one():
    found = read_control(pack_control(Control((9, 9), (1, 2), ())))
    assert (found.entries, found.curves, found.tables) == ((), (), ())


def test_a_segment_that_changes_has_a_record_for_each_frame():
    records = np.zeros((3, 3, 3), np.float32)
    records[:, 0] = [[Mode.VALUE, value, 0] for value in (1, 2, 3)]
    entry = Entry(0, 0, 1, 0, 1, (Segment(5, 7, records),))
    cells = control_cells(pack_control(Control((9, 9), (5, 7), (entry,))))
    first, last, record, stride = cells[int(cells[3, 0])].astype(int).tolist()
    assert (first, last, stride) == (5, 7, 3)
    assert cells[[record, record + 3, record + 6], 1].tolist() == [1, 2, 3]
