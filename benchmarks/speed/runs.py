# SPDX-License-Identifier: Apache-2.0
"""Run commands in turn and take what each cost: wall, processor and peak memory."""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PIXMEND", "Cost", "cost_of", "in_turn", "least_of", "median_of", "ratio_of"]

PIXMEND = str(Path(sys.executable).with_name("pixmend"))


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of one command took."""

    wall_s: float
    cpu_s: float
    peak_mb: float


# A child's peak memory starts from what its parent had when it forked. So a small process starts it.
_LAUNCHER = """
import json, os, sys, time
started = time.perf_counter()
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
cost = [time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]
os.write(int(sys.argv[1]), json.dumps([os.waitstatus_to_exitcode(status), cost]).encode())
"""


def cost_of(command: Sequence[str], *, allowed: Collection[int] = (0,)) -> Cost:
    """Run a command in a process of its own and return its cost, its own children's time included.

    Raises
    ------
    RuntimeError
        If it ends with another exit code than `allowed`; its error text is in the message.
    """
    with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as told:
        launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(told.fileno()), *command]
        subprocess.run(
            launcher, stdout=subprocess.DEVNULL, stderr=errors, pass_fds=(told.fileno(),), check=False
        )
        told.seek(0)
        code, cost = json.loads(told.read() or b"[null, null]")
        if code not in allowed:
            errors.seek(0)
            said = errors.read().decode(errors="replace")[-2000:]
            raise RuntimeError(f"{' '.join(command)} ended with {code}: {said}")
    return Cost(*cost)


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


def least_of(costs: Sequence[Cost], what: str) -> float:
    """Return the least of one field over some runs: what a busy neighbour adds is never negative."""
    return min(float(getattr(each, what)) for each in costs)


def ratio_of(costs: Sequence[Cost], base: Sequence[Cost], what: str) -> float:
    """Return the ratio of medians of one field."""
    return median_of(costs, what) / median_of(base, what)
