# SPDX-License-Identifier: Apache-2.0
from collections import Counter

import numpy as np

from pixmend.bake import Book, Done, FrameRecipe, Mode, baked_pixels, box_of, index_picture
from pixmend.model import Defect, FrameRange, Kind, Raster, Sample
from tests.make.controls import curve, table

EVERY = (1001, 1010)


def defect(x, y, channels="R", **fields):
    samples = tuple(Sample(0, 0, each) for each in channels)
    return Defect(**{"id": f"d{x}-{y}", "x": x, "y": y, "kind": Kind.HOT, "samples": samples} | fields)


def pixels_of(*defects, colour=("R", "G", "B")):
    return baked_pixels(list(enumerate(defects, 1)), colour, EVERY)


def recipe(frame, *places, mode=Mode.VALUE, a=0.0, tables=()):
    records = np.zeros((len(places), 3, 3), np.float32)
    records[:, 0] = mode, a, 0
    counts = Counter({Done.DIFFERS: len(places)})
    return FrameRecipe(
        frame, np.array(places, np.intp).reshape(-1, 2), records, tables, counts, records[..., 1]
    )


def segments_of(*recipes):
    book = Book(pixels_of(defect(3, 4), defect(9, 4)))
    for each in recipes:
        book.add(each)
    return [
        [(each.first, each.last, each.records[:, 0, 1].tolist()) for each in entry.segments]
        for entry in book.control((20, 20), EVERY, (curve(),)).entries
    ]


def test_pixels_go_row_by_row_and_know_their_channels():
    found = pixels_of(defect(9, 4, "RB"), defect(-3, 4, "*"), defect(5, -2, "G"))
    assert list(found) == [(-2, 5), (4, -3), (4, 9)]
    assert [each.channels for each in found.values()] == [2, 7, 5]
    assert [each.defect for each in found.values()] == [3, 2, 1]


def test_a_pixel_of_two_defects_has_the_hull_of_both_and_the_number_of_the_first():
    one = defect(5, 5, "R", frames=FrameRange.parse("1004-1005"))
    two = defect(5, 5, "G", kind=Kind.DEAD, frames=FrameRange.parse("1002,1009"))
    (found,) = pixels_of(one, two).values()
    assert (found.frames, found.channels) == ((1002, 1009), 3)
    assert (found.defect, found.kind) == (1, list(Kind).index(Kind.HOT))


def test_one_channel_stands_for_three_and_data_for_none():
    (found,) = pixels_of(defect(5, 5, "Y"), defect(7, 7, "A"), colour=("Y",)).values()
    assert found.channels == 7


def test_the_index_says_which_pixel_is_which_entry():
    pixels = list(pixels_of(defect(3, 4), defect(9, 6, "GB")).values())
    raster, picture = index_picture(pixels)
    assert raster == Raster(2, 3, 9, 5)
    assert picture[1, 1].tolist() == [1, 1, *EVERY]
    assert picture[3, 7].tolist() == [2, 6, *EVERY]
    assert np.count_nonzero(picture[..., 0]) == 2
    rim = np.ones(picture.shape[:2], bool)
    rim[1:-1, 1:-1] = False
    assert not picture[rim].any()


def test_a_box_has_a_border():
    assert box_of([(4, 3)]) == Raster(2, 3, 3, 3)


def test_equal_records_of_consecutive_frames_are_one():
    same = [recipe(frame, (4, 3), a=2) for frame in (1001, 1002, 1003)]
    assert segments_of(*same) == [[(1001, 1003, [2])], []]


def test_records_that_change_are_kept_and_gaps_part_segments():
    told = [recipe(frame, (4, 3), (4, 9), a=frame) for frame in (1001, 1002, 1005)]
    expected = [(1001, 1002, [1001, 1002]), (1005, 1005, [1005])]
    assert segments_of(told[0], told[1], recipe(1003), recipe(1004), told[2]) == [expected, expected]


def test_tables_are_numbered_over_all_frames():
    book = Book(pixels_of(defect(3, 4)))
    one, two = table(1), table(2)
    for frame, used in ((1001, (one,)), (1002, (two,)), (1003, (one,))):
        book.add(recipe(frame, (4, 3), mode=Mode.PREDICT, tables=used))
    control = book.control((20, 20), EVERY, (curve(),))
    assert control.tables == (one, two)
    assert control.entries[0].segments[0].records[:, 0, 2].tolist() == [0, 1, 0]
    assert len(control.curves) == 3


def test_samples_are_counted_over_all_frames():
    book = Book(pixels_of(defect(3, 4)))
    for frame in (1001, 1002):
        book.add(recipe(frame, (4, 3)))
    assert book.counts == {Done.DIFFERS: 2}
