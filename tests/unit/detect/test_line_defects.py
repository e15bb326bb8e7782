# SPDX-License-Identifier: Apache-2.0
"""Bad lines as the defects of a map."""

from dataclasses import replace
from functools import cache

import pytest

from pixmend.detect._line import Line, LinePicture
from pixmend.detect._line_defects import line_defects
from pixmend.detect._line_picture import line_picture
from pixmend.detect._lines import find_lines
from pixmend.detect._sites import MeanPicture
from pixmend.detect._views import views_of
from pixmend.model import Defect, Kind, Status
from pixmend.simulate import PlantedDefect
from tests.make.measured import measured
from tests.make.shots import FRAMES, HEIGHT, WIDTH, small_shot

COLUMN = PlantedDefect(sites=tuple((41, y) for y in range(HEIGHT)), kind=Kind.COLUMN, amplitude_sigma=3.0)
ROW = PlantedDefect(sites=tuple((x, 31) for x in range(WIDTH)), kind=Kind.ROW, amplitude_sigma=3.0)


@cache
def found() -> tuple[tuple[Line, ...], LinePicture]:
    statistics = measured(small_shot((COLUMN, ROW)))
    picture = line_picture(views_of(statistics), MeanPicture(*statistics.mean_light()))
    return find_lines(picture, threshold=8.0), picture


def defects(*known: Defect) -> tuple[Defect, ...]:
    return line_defects(*found(), measured(small_shot((COLUMN, ROW))), known=known)


def test_a_line_is_one_defect_about_its_middle():
    column, row = defects()
    assert (column.kind, column.x, column.y) == (Kind.COLUMN, 41, HEIGHT // 2)
    assert (row.kind, row.x, row.y) == (Kind.ROW, WIDTH // 2, 31)


def test_every_photosite_of_a_line_is_mended():
    column, row = defects()
    assert {each.dy + column.y for each in column.samples if each.dx == 0} == set(range(HEIGHT))
    assert {each.dx + row.x for each in row.samples if each.dy == 0} == set(range(WIDTH))
    assert max(abs(each.dx) for each in column.samples) <= 3
    assert max(abs(each.dy) for each in row.samples) <= 3


def test_a_line_says_why():
    for each in defects():
        assert each.evidence is not None
        assert each.evidence.score >= 8.0
        assert each.evidence.photosite_fit == pytest.approx(1.0, abs=0.5)
        assert each.confidence == pytest.approx(1.0, abs=0.05)
        assert each.amplitude_sigma == pytest.approx(4.0, abs=1.5)
        assert each.frames == FRAMES


def test_what_people_decided_about_a_line_is_carried_over():
    column, row = defects()
    decided = replace(column, status=Status.REJECTED, note="a lamp post", x=column.x + 1, y=column.y - 20)
    again = defects(decided)
    assert (again[0].status, again[0].note) == (Status.REJECTED, "a lamp post")
    assert again[1] == row
    elsewhere = replace(decided, x=column.x + 2)
    assert defects(elsewhere) == (column, row)
