# SPDX-License-Identifier: Apache-2.0
"""How long `pixmend --help` takes, against an empty Python program."""

import sys

from benchmarks.report import Section, Table, format_number, run_alone
from benchmarks.speed.runs import PIXMEND, cost_of, in_turn, ratio_of

__all__ = ["measure"]


def measure(quick: bool) -> Section:  # noqa: FBT001 (the one switch of every benchmark)
    """Measure the start-up of the command line."""
    repeats = 5 if quick else 21
    help_text, nothing = [PIXMEND, "--help"], [sys.executable, "-c", "pass"]
    runs = {"pixmend": lambda: cost_of(help_text), "python": lambda: cost_of(nothing)}
    costs = in_turn(runs, repeats=repeats)
    ratio = format_number(ratio_of(costs["pixmend"], costs["python"], "wall_s"), 1)
    table = Table(
        f"Wall time, medians of {repeats - 1} in turn",
        ("command", "over `python -c pass`"),
        (("`pixmend --help`", ratio),),
    )
    return Section("Speed: start-up", "", (table,))


if __name__ == "__main__":
    run_alone(measure)
