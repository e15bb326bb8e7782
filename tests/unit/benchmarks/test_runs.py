# SPDX-License-Identifier: Apache-2.0
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.report import sections_of
from benchmarks.speed.runs import Cost, cost_of, in_turn, least_of, median_of, ratio_of
from benchmarks.speed.stages import _READER, _WHOLE, STAGES, shares_of

CORE = Path(__file__).parents[3] / "core" / "pixmend"


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


def test_the_least_is_the_least():
    assert least_of([Cost(3.0, 1.0, 9.0), Cost(2.0, 4.0, 8.0)], "wall_s") == 2.0


def test_every_stage_names_functions_that_are_there():
    """A function that is renamed would silently count for nothing."""
    for functions in [*STAGES.values(), [_WHOLE, _READER]]:
        for path, name in functions:
            assert f"def {name}(" in (CORE / path).read_text(encoding="utf-8")


def test_shares_are_those_of_the_time_in_named_functions():
    readers = {
        ("x/pipeline/_mender.py", 1, "mend"): (1, 1, 0.0, 3.0),
        ("x/pipeline/_training.py", 1, "read"): (1, 1, 0.0, 1.0),
    }
    rows = {
        ("x/pipeline/_fix.py", 1, "_write"): (1, 1, 0.0, 10.0, {}),
        ("x/frames/_shot.py", 1, "read_bands"): (1, 1, 0.0, 4.0, readers),
        ("x/splice/_copy.py", 1, "write_edited"): (1, 1, 0.0, 5.0, {}),
        ("x/other.py", 1, "write_edited"): (1, 1, 0.0, 5.0, {}),
    }
    shares = shares_of(SimpleNamespace(stats=rows))
    assert shares["read and decode around the defects"] == pytest.approx(0.3)
    assert shares["copy, hash, read back"] == pytest.approx(0.5)
    assert shares["sync and the rest"] == pytest.approx(0.2)


def test_a_benchmark_run_by_itself_replaces_its_own_section():
    results = "# Results\n\nMade.\n\n## One\n\n| a |\n\n## Two\n\n| b |\n"
    sections = sections_of(results)
    assert list(sections) == ["", "One", "Two"]
    assert sections["One"] == "## One\n\n| a |\n"
    assert "\n".join(sections.values()) == results
    assert sections_of("") == {}
