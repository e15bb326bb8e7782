# SPDX-License-Identifier: Apache-2.0
"""What one shot cannot tell alone, and what the camera's other shots make of it."""

import numpy as np
import pytest

from pixmend.model import Defect, DefectMap, Evidence, Kind, Raster, Sample
from pixmend.register import ShotFindings, confirmed_by_others, group_shots, known_from_moving

RASTER = Raster(0, 0, 1920, 1080)
PLACES = [(100, 100), (900, 200), (400, 800), (1500, 950), (1200, 40), (60, 700)]


def defect(x, y, *, sigma=10.0, score=20.0, kind=Kind.HOT):
    return Defect(
        id=f"d{x}-{y}",
        x=x,
        y=y,
        kind=kind,
        samples=(Sample(0, 0, "R"),),
        amplitude_sigma=sigma,
        confidence=0.9,
        evidence=Evidence(score=score, frames_seen=10, frames_expected=12),
    )


def shot(sure=(), weak=(), *, camera="", still=False, raster=RASTER):
    return ShotFindings(
        map=DefectMap(raster=raster, defects=tuple(defect(*each) for each in sure)),
        candidates=tuple(defect(*each, score=6.5) for each in weak),
        is_still=still,
        camera=camera,
    )


def places(accepted):
    return [[(each.x, each.y) for each in one] for one in accepted]


class TestConfirmed:
    def test_a_candidate_where_another_shot_is_sure(self):
        shots = [shot(PLACES), shot(PLACES[:3], weak=[PLACES[4], (777, 777)])]
        assert places(confirmed_by_others(shots)) == [[], [PLACES[4]]]

    def test_a_pixel_beside_is_the_same_place_and_more_is_not(self):
        x, y = PLACES[4]
        for dx, is_same in ((1, True), (2, False)):
            shots = [shot(PLACES), shot(PLACES[:3], weak=[(x + dx, y)])]
            assert bool(confirmed_by_others(shots)[1]) is is_same

    def test_what_is_too_dark_does_not_confirm_what_is_too_bright(self):
        other = ShotFindings(
            map=DefectMap(raster=RASTER, defects=()), candidates=(defect(*PLACES[0], sigma=-8.0),)
        )
        assert places(confirmed_by_others([shot(PLACES), other])) == [[], []]

    def test_where_the_shot_was_moved(self):
        def moved(some):
            return [(x + 40, y - 8) for x, y in some]

        shots = [shot(PLACES), shot(moved(PLACES[:4]), weak=[*moved(PLACES[4:5]), PLACES[5]])]
        assert places(confirmed_by_others(shots)) == [[], moved(PLACES[4:5])]

    def test_their_confidence_is_what_the_shots_say_together(self):
        accepted = confirmed_by_others([shot(PLACES), shot(weak=[PLACES[0]])])[1]
        assert accepted[0].confidence == pytest.approx(0.99)

    def test_one_shot_alone_confirms_nothing(self):
        assert confirmed_by_others([shot(PLACES, weak=[PLACES[0]])]) == [()]

    def test_a_flash_confirms_nothing(self):
        flash = DefectMap(raster=RASTER, defects=(defect(*PLACES[0], kind=Kind.FLASH),))
        shots = [ShotFindings(map=flash), shot(weak=[PLACES[0]])]
        assert places(confirmed_by_others(shots)) == [[], []]


class TestMeeting:
    def test_three_shots_that_show_the_same_weak_place_make_it_sure(self):
        shots = [shot(weak=[(500, 500), (10 + 50 * number, 30)]) for number in range(3)]
        assert places(confirmed_by_others(shots)) == [[(500, 500)]] * 3

    def test_two_do_not(self):
        assert places(confirmed_by_others([shot(weak=[(500, 500)])] * 2)) == [[], []]

    def test_still_shots_count_as_one_view(self):
        still = [shot(weak=[(500, 500)], still=True)] * 4
        assert places(confirmed_by_others(still)) == [[]] * 4
        moving = [shot(weak=[(500, 500)])] * 2
        assert places(confirmed_by_others([*still, *moving])) == [[(500, 500)]] * 6

    def test_candidates_all_over_meet_by_chance_and_prove_nothing(self):
        rng = np.random.default_rng(5)
        shots = [
            shot(weak=[(int(x), int(y)) for x, y in rng.integers((0, 0), (1920, 1080), (400, 2))])
            for _ in range(30)
        ]
        assert sum(map(len, confirmed_by_others(shots))) == 0


class TestKnown:
    def test_still_shots_learn_what_moving_ones_show(self):
        shots = [shot(PLACES), shot(PLACES[:2], still=True), shot([*PLACES[:1], (300, 300)])]
        first, still, last = known_from_moving(shots)
        assert (first, last) == (None, None)
        assert {(each.x, each.y) for each in still.defects} == {*PLACES, (300, 300)}

    def test_where_they_lie_in_their_own_picture(self):
        moved = [(x - 30, y + 12) for x, y in PLACES]
        still = known_from_moving([shot(PLACES), shot(moved[:4], still=True)])[1]
        assert {(each.x, each.y) for each in still.defects} == set(moved)

    @pytest.mark.parametrize("still", [(True, True), (False, False)])
    def test_alike_shots_have_nothing_to_tell(self, still):
        assert known_from_moving([shot(PLACES, still=each) for each in still]) == [None, None]

    def test_nothing_is_known_of_a_clean_camera(self):
        assert known_from_moving([shot(), shot(PLACES, still=True)]) == [None, None]


class TestGroups:
    def test_by_what_was_said(self):
        named = [shot(camera="A"), shot(camera="B"), shot(camera="A"), shot()]
        assert group_shots(named) == [[0, 2], [1], [3]]

    def test_by_their_defects(self):
        others = [(x + 37 * number, 1000 - y) for number, (x, y) in enumerate(PLACES)]
        assert group_shots([shot(PLACES), shot(others), shot(PLACES[1:]), shot(others[2:])]) == [
            [0, 2],
            [1, 3],
        ]

    def test_a_shot_of_weak_candidates_joins_the_camera_that_has_them(self):
        faint = shot(weak=[*PLACES[:3], (33, 44), (1700, 600)])
        assert group_shots([shot(PLACES), shot(PLACES[2:]), faint, shot()]) == [[0, 1, 2], [3]]

    def test_nothing_is_no_group(self):
        assert group_shots([]) == []
        assert group_shots([shot(), shot()]) == [[0], [1]]
