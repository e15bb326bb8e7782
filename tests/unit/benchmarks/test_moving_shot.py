# SPDX-License-Identifier: Apache-2.0
"""The shot that the speed of detection is measured on, and the clock of its stages."""

import numpy as np
import pytest

from benchmarks.speed.detect_stages import REST, Clock
from benchmarks.speed.moving_shot import FORMS, MovingShot, shorter_shot, write_moving_shot
from pixmend.frames import open_shot


@pytest.fixture
def shot():
    """Three small frames, and one defect that adds 5 to one pixel of each."""
    rng = np.random.default_rng(2)
    clean = tuple(rng.uniform(0.1, 1.0, (64, 96, 3)).astype(np.float16) for _ in range(3))
    added = (np.array([[20, 30]]), np.full((1, 3), 5.0, np.float32))
    return MovingShot(clean, (added,) * 3)


def test_no_two_frames_are_alike_and_the_defect_stays(shot):
    frames = [shot.frame(number) for number in range(9)]
    assert all((each[20, 30] >= 5.0).all() for each in frames)
    assert all((first != second).mean() > 0.9 for i, first in enumerate(frames) for second in frames[:i])


def test_the_scene_moves_by_whole_cells_of_the_mosaic(shot):
    there, back = shot.frame(2), shot.frame(3)  # the last frame of one turn is the first of the next
    moved = np.roll(there, (6, 8), axis=(0, 1))
    same = (moved == back).all(axis=-1)
    assert same.sum() == same.size - 2  # all but the defect, and where it would have gone


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_a_shot_that_can_be_read(shot, form, tmp_path):
    write_moving_shot(shot, form, tmp_path / "shot", distinct=5)
    shorter_shot(tmp_path / "shot", tmp_path / "shorter", count=2)
    whole, shorter = open_shot(tmp_path / "shot"), open_shot(tmp_path / "shorter")
    assert str(whole.frames) == "1001-1005"
    assert str(shorter.frames) == "1001-1002"
    assert (shorter.read(1002) == whole.read(1002)).all()
    assert (whole.read(1003) != whole.read(1004)).any()


def test_a_stage_inside_another_has_its_own_time():
    now = iter(range(100))
    clock = Clock(now=lambda: float(next(now)))
    inner = clock.timed("inner", lambda: None)
    outer = clock.timed("outer", lambda: (inner(), inner()))
    outer()
    clock.take()
    assert clock.seconds["inner"] == 2.0
    assert clock.seconds["outer"] == 3.0
    assert sum(clock.seconds.values()) == pytest.approx(clock.since)
    assert clock.seconds[REST] == sum(clock.seconds.values()) - 5.0
