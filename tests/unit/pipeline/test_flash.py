# SPDX-License-Identifier: Apache-2.0
"""Flashes of a shot: found in their frame, by any number of workers, and nothing else."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest

from pixmend.errors import BadFrameError, FrameError
from pixmend.frames import MemoryShot
from pixmend.model import Kind
from pixmend.pipeline import detect
from pixmend.pipeline._flash import find_flashes
from pixmend.simulate import Distractor, Motion, SimulatedShot
from pixmend.stats import Hits
from tests.make.flashes import covariance_of, flash_shot, hits_of, scale_of, stored_frames
from tests.make.shots import LINEAR, rgb_plate


class _Damaged(MemoryShot):
    """A shot with a frame that cannot be read."""

    bad = 0

    def read_bands(self, frame: int, bands: Sequence[tuple[int, int]], *, channels=None):
        if frame == self.bad:
            raise BadFrameError("is damaged", where=self.label)
        return super().read_bands(frame, bands, channels=channels)


def _memory(shot: SimulatedShot, form: type[MemoryShot] = MemoryShot) -> MemoryShot:
    return form(rgb_plate(shot.raster), stored_frames(shot))


def _truth(shot: SimulatedShot) -> set[tuple[int, int, int]]:
    return {(each.frames.frames[0], *each.centre) for each in shot.planted}


def _found(shot: SimulatedShot, **more) -> list[tuple[int, int, int]]:
    defects = find_flashes(
        _memory(shot), hits_of(shot), scale_of(shot), covariance=covariance_of(shot), **more
    )
    assert all(each.kind is Kind.FLASH for each in defects)
    return [(each.frames.frames[0], each.x, each.y) for each in defects]


@pytest.mark.parametrize("motion", [Motion.PAN, Motion.LOCKED])
def test_flashes_are_found_and_nothing_else(motion):
    shot = flash_shot(motion)
    found = _found(shot)

    near = {
        (f, x, y)
        for f, x, y in _truth(shot)
        if any(f == g and abs(x - u) <= 1 and abs(y - v) <= 1 for g, u, v in found)
    }
    assert len(near) >= 4
    assert len(found) == len(near)
    assert found == sorted(found, key=lambda each: (each[0], each[2], each[1]))


def test_rain_is_no_flash():
    shot = flash_shot(Motion.PAN, frozenset({Distractor.RAIN}), seed=6)
    truth = _truth(shot)

    assert all(
        any(f == g and abs(x - u) <= 1 and abs(y - v) <= 1 for g, u, v in truth) for f, x, y in _found(shot)
    )


def test_any_number_of_workers_gives_the_same():
    shot = flash_shot()
    find = partial(find_flashes, _memory(shot), hits_of(shot), scale_of(shot), covariance=covariance_of(shot))

    assert find(workers=3) == find()


def test_a_known_place_holds_no_flash():
    shot = flash_shot()
    frame, x, y = _found(shot)[0]

    assert (frame, x, y) not in _found(shot, known_places=[(y, x)])


def test_no_flash_is_looked_for_where_nothing_is_searched():
    shot = _memory(flash_shot())

    def flashes(excluded: np.ndarray | None) -> set[tuple[int, int]]:
        found = detect(shot, LINEAR, excluded=excluded).defect_map.defects
        return {(each.x, each.y) for each in found if each.kind is Kind.FLASH}

    everywhere = flashes(None)
    x, y = min(everywhere)
    excluded = np.zeros((shot.plate.raster.height, shot.plate.raster.width), bool)
    excluded[y - 2 : y + 3, x - 2 : x + 3] = True
    assert (x, y) not in flashes(excluded)


def test_no_hits_no_flashes():
    shot = flash_shot()

    assert find_flashes(_memory(shot), Hits.none(), scale_of(shot), covariance=covariance_of(shot)) == ()


def test_a_damaged_frame_beside_tells_nothing_and_its_own_stops():
    shot = flash_shot()
    frame, _, _ = _found(shot)[0]
    source, hits = _memory(shot, _Damaged), hits_of(shot)
    only = Hits(hits.table[hits.table["frame"] == frame])
    find = partial(find_flashes, source, only, scale_of(shot), covariance=covariance_of(shot))

    source.bad = frame - 1
    assert len(find()) >= 1
    source.bad = frame
    with pytest.raises(FrameError):
        find()


def test_a_shot_of_one_frame_has_no_flash():
    shot = flash_shot()
    frame, samples = next(iter(stored_frames(shot).items()))
    source = MemoryShot(rgb_plate(shot.raster), {frame: samples})
    hits = hits_of(shot)

    only = Hits(hits.table[hits.table["frame"] == frame])
    assert find_flashes(source, only, scale_of(shot), covariance=covariance_of(shot)) == ()
    assert np.isin(frame, hits.table["frame"])
