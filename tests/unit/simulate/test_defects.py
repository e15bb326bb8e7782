# SPDX-License-Identifier: Apache-2.0
from collections import Counter

import numpy as np
import pytest

from pixmend.model import FrameRange, Kind
from pixmend.simulate import STANDARD_RECIPE, WHOLE, Ingredient, PlantedDefect, Sensor, plant_defects
from pixmend.simulate._defects import mean_lie

FRAMES = FrameRange(range(1, 49))


def plant(recipe=STANDARD_RECIPE, size=(540, 960), seed=5, **options):
    return plant_defects(recipe, size, FRAMES, seed=seed, **options)


def test_the_standard_recipe_plants_seventy_mixed_defects():
    classes = Counter(each.label for each in plant())
    assert classes.total() == 70
    assert [classes[f"{k} sigma"] for k in (2, 3, 5, 8, 15, 50)] == [8] * 6
    assert classes["stuck"] == 4
    assert classes["dead"] == classes["dim 0.4"] == 3


def test_the_same_seed_plants_the_same_defects():
    assert plant() == plant()
    assert plant() != plant(seed=6)


def test_defects_keep_apart_and_off_the_border():
    taken = []
    for defect in plant(spacing_px=14):
        xs, ys = zip(*defect.sites, strict=True)
        assert 6 <= min(xs) <= max(xs) < 954
        assert 6 <= min(ys) <= max(ys) < 534
        for left, top, right, bottom in taken:
            apart_x = max(left - max(xs), min(xs) - right)
            apart_y = max(top - max(ys), min(ys) - bottom)
            assert max(apart_x, apart_y) >= 14
        taken.append((min(xs), min(ys), max(xs), max(ys)))


def test_a_column_is_one_photosite_wide_and_a_cluster_is_square():
    by_label = {each.label: each for each in plant()}
    xs, ys = zip(*by_label["column"].sites, strict=True)
    assert len(set(xs)) == 1
    assert len(set(ys)) == 60
    assert len(by_label["cluster"].sites) == 4


def test_blinking_ones_lie_in_some_frames_and_static_ones_in_all():
    for defect in plant():
        if defect.kind is Kind.BLINKING:
            assert 0 < len(defect.frames & FRAMES) < 48
        else:
            assert defect.frames is None
            assert defect.lies_in(1001)


def test_blinking_keeps_its_duty_on_average():
    recipe = (Ingredient(label="b", kind=Kind.BLINKING, count=60, amplitude_sigma=9.0, duty=0.3),)
    shares = [len(each.frames) / 48 for each in plant(recipe)]
    assert np.mean(shares) == pytest.approx(0.3, abs=0.08)


def test_a_flash_lasts_one_frame_of_the_shot():
    (flash,) = plant((Ingredient(label="f", kind=Kind.FLASH, count=1, amplitude_sigma=20.0),))
    assert len(flash.frames) == 1
    assert flash.frames.frames[0] in FRAMES


@pytest.mark.parametrize("size", [(10, 10), (40, 40)])
def test_a_plate_without_room_is_refused(size):
    with pytest.raises(ValueError, match="no room"):
        plant(size=size)


def lie(**options):
    defect = PlantedDefect(sites=((0, 0),), kind=Kind.HOT, **options)
    return mean_lie(defect, np.array([84.0], np.float32), Sensor()).item()


def test_a_lie_is_the_light_of_its_kind():
    assert lie(amplitude_sigma=5.0) == pytest.approx(84 + 5 * 10)  # sigma is sqrt(84 + 4 * 4)
    assert lie(gain=0.0) == 0
    assert lie(gain=0.4) == pytest.approx(33.6)
    assert lie(saturated=True) == 60000
    assert lie(amplitude_sigma=1e6) == 60000


def test_a_whole_line_goes_from_edge_to_edge():
    recipe = (
        Ingredient(label="column", kind=Kind.COLUMN, count=1, amplitude_sigma=2.0, size=(WHOLE, 1)),
        Ingredient(label="row", kind=Kind.ROW, count=1, amplitude_sigma=2.0, size=(1, 60)),
    )
    column, row = plant(recipe, size=(200, 300))
    assert [y for _, y in column.sites] == list(range(200))
    assert len({x for x, _ in column.sites}) == 1
    assert len(row.sites) == 60
    assert len({y for _, y in row.sites}) == 1


def test_what_begins_mid_shot_lies_from_a_frame_on():
    (late,) = plant((Ingredient(label="late", kind=Kind.HOT, count=1, amplitude_sigma=5.0, onset=0.5),))
    assert late.frames == FrameRange(FRAMES.frames[24:])
