# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from benchmarks.accuracy.fill_scores import Errors
from benchmarks.accuracy.fill_tables import (
    Bar,
    bars_table,
    best_peer,
    error_table,
    honesty_table,
    pooled,
    ratio_table,
    shots_table,
    worst_ratio,
)


def errors(size):
    return Errors(np.full(4, size), np.ones(4))


SHOTS = {
    "pan": {("ours", "3x3"): errors(1.0), ("this", "3x3"): errors(2.0), ("that", "3x3"): errors(4.0)},
    "zoom": {("ours", "3x3"): errors(7.0), ("this", "3x3"): errors(14.0), ("that", "3x3"): errors(13.0)},
}
PEERS = ("this", "that")


def test_shots_count_alike():
    assert pooled(SHOTS, "ours", "3x3") == pytest.approx(5.0)
    assert np.isnan(pooled(SHOTS, "ours", "1 px"))


def test_the_best_peer_is_that_of_all_shots_together():
    assert best_peer(SHOTS, PEERS, "3x3") == "that"
    table = ratio_table("ratio", SHOTS, ours=("ours",), peers=PEERS, holes=("3x3",))
    assert table.rows == (("ours", "0.52"), ("best peer", "that"))
    assert best_peer(SHOTS, PEERS, "1 px") == "-"


def test_each_shot_has_its_own_best_peer_and_a_dash_for_what_it_has_not():
    table = shots_table("by shot", SHOTS, ours=("ours",), peers=PEERS, holes=("1 px", "3x3"))
    assert table.rows == (
        ("pan: ours", "-", "1.00"),
        ("pan: best peer", "-", "2.00"),
        ("zoom: ours", "-", "7.00"),
        ("zoom: best peer", "-", "13.00"),
    )


def test_a_table_shows_the_score_that_is_asked_for():
    table = error_table(
        "codes", SHOTS, methods=("ours",), holes=("3x3",), score=lambda each: each.high_codes, digits=0
    )
    assert table.rows == (("ours", "5115"),)


def test_honesty_is_told_by_how_sure_a_repair_was():
    pairs = [(predicted, 2 * predicted, float("nan")) for predicted in (1.0, 2.0, 3.0, 4.0)]
    assert honesty_table("honest?", {"ours": pairs}).rows == (
        ("ours", "4", "2.74", "5.48", "2.00", "2.00", "2.00", "2.00", "-"),
    )


def test_bars_are_missed_reached_or_passed():
    bars = (
        Bar(name, measured, 1.0, 0.5) for name, measured in zip("abcd", (1.1, 1.0, 0.5, np.nan), strict=True)
    )
    assert [row[-1] for row in bars_table(bars).rows] == ["MISSED", "reached", "stretch reached", "MISSED"]


def test_the_worst_ratio_leaves_out_holes_that_no_peer_has():
    assert worst_ratio(SHOTS, "ours", peers=PEERS, holes=("1 px", "3x3")) == pytest.approx(0.52, abs=0.01)
