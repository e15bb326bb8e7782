# SPDX-License-Identifier: Apache-2.0
"""Answers become rows that say what was counted."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.accuracy.answers import PRODUCT, WITH_PRIOR, Answer, Rendered, score_map_of
from benchmarks.accuracy.detection_peers import PEERS, score_peers
from benchmarks.accuracy.detection_tables import frames_table, kinds_table, pooled_table, scenes_table
from benchmarks.accuracy.one_scene import tell_answer
from benchmarks.accuracy.recipes import CLASSES, law_recipe, scene_recipe
from benchmarks.accuracy.scenes import TEST
from pixmend.model import Defect, DefectMap, FrameRange, Kind, Raster, Sample
from pixmend.simulate import Found, Motion, PlantedDefect, ShotSpec, SimulatedShot

FRAMES = FrameRange(range(1001, 1011))
PLANTED = (
    PlantedDefect(sites=((10, 10),), kind=Kind.HOT, label="2 sigma", amplitude_sigma=2.0),
    PlantedDefect(sites=((30, 10),), kind=Kind.HOT, label="2 sigma", amplitude_sigma=2.0),
    PlantedDefect(sites=((50, 30),), kind=Kind.FLASH, label="flash", frames=FrameRange([1003])),
)


def found_at(x, y, kind=Kind.HOT, frames=None):
    return Defect(id=f"d{x}{y}", x=x, y=y, kind=kind, samples=(Sample(0, 0, "G"),), frames=frames)


def rendered():
    spec = ShotSpec(width=64, height=48, frames=FRAMES, motion=Motion.LOCKED, recipe=())
    shot = SimulatedShot(spec, planted=PLANTED)
    return Rendered(TEST[0], shot, {frame: np.zeros((48, 64, 3), np.float16) for frame in FRAMES})


def answer(*defects):
    return score_map_of(rendered(), DefectMap(raster=Raster(0, 0, 64, 48), defects=defects))


@pytest.fixture
def mixed():
    return answer(
        found_at(11, 9), found_at(50, 30, Kind.FLASH, FrameRange([1003, 1004])), found_at(40, 40, Kind.DEAD)
    )


def rows_of(table):
    return {row[0]: dict(zip(table.columns[1:], row[1:], strict=True)) for row in table.rows}


def test_an_answer_knows_what_found_what(mixed):
    assert mixed.found == Found(frozenset({0, 2}), 1)
    assert mixed.that_found(0).x == 11
    assert mixed.that_found(1) is None
    assert [each.kind for each in mixed.false] == [Kind.DEAD]


def test_the_pooled_table_has_recall_with_its_interval(mixed):
    rows = rows_of(pooled_table("t", [mixed, mixed]))
    assert rows["2 sigma"]["planted"] == "4"
    assert rows["2 sigma"][PRODUCT] == "0.50 (0.15 to 0.85)"
    assert rows["1 sigma"][PRODUCT] == "-"
    assert rows["false per 8.8 Mpx"][PRODUCT].startswith("2864.6 (")
    assert rows["2 sigma"][PEERS[0]] == "-"


def test_a_peer_without_a_clean_threshold_has_a_dash(mixed):
    peer = Answer(
        scene=mixed.scene, method=PEERS[0], planted=PLANTED, found=Found(frozenset(), 0), area_px=9, frames=10
    )
    assert rows_of(pooled_table("t", [mixed, peer]))["2 sigma"][PEERS[0]] == "-"


def test_what_a_prior_found_is_a_row_of_its_own_and_not_in_the_sum(mixed):
    rows = rows_of(scenes_table("t", [mixed, replace(mixed, method=WITH_PRIOR, found=Found(frozenset(), 0))]))
    assert list(rows) == ["pan", "pan, with --prior", "together"]
    assert rows["pan"]["2 sigma"] == "0.50"
    assert rows["pan, with --prior"]["2 sigma"] == "0.00"
    assert rows["together"]["2 sigma"] == "0.50 (0.09 to 0.91)"


def test_kinds_are_counted_as_they_were_called(mixed):
    rows = rows_of(kinds_table([mixed]))
    assert (rows["hot"]["hot"], rows["hot"]["missed"]) == ("1", "1")
    assert rows["flash"]["flash"] == "1"


def test_frames_are_compared_where_something_was_found(mixed):
    rows = rows_of(frames_table([mixed]))
    assert rows["flash"] == {"found": "1", "mean overlap": "0.50", "share with 0.8 and more": "0.00"}
    assert rows["blinking 0.3"]["found"] == "0"


def test_a_scene_is_told_defect_by_defect(mixed):
    told = list(tell_answer(mixed))
    assert [line.split()[0] for line in told] == ["found", "found", "missed", "false", "pan:"]
    assert "(  30,   10)" in told[2]
    assert "dead at (  40,   40)" in told[3]
    assert "2 of 3 found, 1 false" in told[4]


@pytest.mark.parametrize("lines", [Kind.COLUMN, Kind.ROW])
def test_every_planted_class_is_told_somewhere(lines):
    told = {label for labels in CLASSES.values() for label in labels} | {"15 sigma"}
    assert {each.label for each in (*scene_recipe(lines=lines), *law_recipe())} <= told


def test_peers_score_a_glaring_pixel_highest():
    for peer in ("astroscrappy", "cv2"):
        pytest.importorskip(peer, reason="the peers of the benchmarks are not installed")
    rng = np.random.default_rng(0)
    frames = [np.float16(rng.normal(0.2, 0.01, (64, 80, 3))) for _ in range(6)]
    for frame in frames:
        frame[30, 40] = 3.0
    for peer in score_peers(frames):
        assert peer.score.shape == (64, 80)
        assert np.unravel_index(peer.score.argmax(), peer.score.shape) == (30, 40)
        assert peer.score[30, 40] > peer.thresholds[0]
