# SPDX-License-Identifier: Apache-2.0
"""Run commands in turn and take what each cost: wall, processor and peak memory."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PIXMEND", "Cost", "cost_of", "in_turn", "median_of", "ratio_of"]

PIXMEND = str(Path(sys.executable).with_name("pixmend"))


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of one command took."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def cost_of(command: Sequence[str]) -> Cost:
    """Run a command in a child process and return its cost, its own children's included in the time.

    Raises
    ------
    RuntimeError
        If it does not end with exit code 0; its error text is in the message.
    """
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            errors.seek(0)
            said = errors.read().decode(errors="replace")[-2000:]
            raise RuntimeError(f"{' '.join(command)} ended with {child.returncode}: {said}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def in_turn(
    runs: Mapping[str, Callable[[], Cost]], *, repeats: int, before: Callable[[], None] = lambda: None
) -> dict[str, list[Cost]]:
    """Run A, B, A, B ... so that a slow spell of the machine strikes all alike.

    `before` is called ahead of each run, untimed. The first round warms the page
    cache and compiled code and is not kept, unless it is the only one.
    """
    costs: dict[str, list[Cost]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            before()
            costs[name].append(run())
    return {name: kept[1:] or kept for name, kept in costs.items()}


def median_of(costs: Sequence[Cost], what: str) -> float:
    """Return the median of one field over some runs."""
    return statistics.median(float(getattr(each, what)) for each in costs)


def ratio_of(costs: Sequence[Cost], base: Sequence[Cost], what: str) -> float:
    """Return the ratio of medians of one field."""
    return median_of(costs, what) / median_of(base, what)
