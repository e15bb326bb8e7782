# SPDX-License-Identifier: Apache-2.0
import sys

import pytest

from benchmarks.speed.runs import Cost, cost_of, in_turn, median_of, ratio_of


def test_runs_go_in_turn_and_the_first_round_only_warms_up():
    order = []

    def run(name, wall):
        order.append(name)
        return Cost(next(wall), 0, 0)

    a, b = iter([9.0, 1.0, 2.0]), iter([9.0, 3.0, 4.0])
    costs = in_turn({"A": lambda: run("A", a), "B": lambda: run("B", b)}, repeats=3)
    assert order == ["A", "B"] * 3
    assert [each.wall_s for each in costs["A"]] == [1, 2]
    assert [each.wall_s for each in costs["B"]] == [3, 4]


def test_a_single_round_is_kept():
    assert len(in_turn({"A": lambda: Cost(1, 1, 1)}, repeats=1)["A"]) == 1


def test_the_stage_is_set_before_each_run():
    calls = []
    in_turn(
        {"A": lambda: calls.append("run") or Cost(1, 1, 1)}, repeats=2, before=lambda: calls.append("set")
    )
    assert calls == ["set", "run"] * 2


def test_a_ratio_is_of_medians():
    slow = [Cost(wall, 0, 0) for wall in (2, 4, 100)]
    fast = [Cost(wall, 0, 0) for wall in (1, 2, 3)]
    assert median_of(slow, "wall_s") == 4
    assert ratio_of(slow, fast, "wall_s") == 2


def test_the_cost_of_a_child_is_its_own():
    cost = cost_of([sys.executable, "-c", "b = bytearray(150_000_000)"])
    assert cost.peak_mb > 140
    assert cost.wall_s > 0
    assert cost.cpu_s > 0


def test_a_command_that_fails_says_what_it_said():
    with pytest.raises(RuntimeError, match="ended with 3: no frames"):
        cost_of([sys.executable, "-c", "import sys; print('no frames', file=sys.stderr); sys.exit(3)"])
