# SPDX-License-Identifier: Apache-2.0
"""Errors of repairs to the tables of RESULTS.md."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from benchmarks.accuracy.fill_scores import Errors, honesty, root_mean_square
from benchmarks.report import Table, format_number

__all__ = [
    "Bar",
    "ByShot",
    "bars_table",
    "best_peer",
    "error_table",
    "honesty_table",
    "pooled",
    "ratio_table",
    "shots_table",
    "worst_ratio",
]

ByShot: TypeAlias = Mapping[str, Mapping[tuple[str, str], Errors]]
"""Errors by (method, hole), by shot."""

Score: TypeAlias = Callable[[Errors], float]


class Bar(NamedTuple):
    """One number to reach, smaller is better: what it is, what was measured, the bar and the stretch."""

    what: str
    measured: float
    bar: float
    stretch: float


def pooled(
    shots: ByShot, method: str, hole: str, *, score: Score = lambda each: each.rmse_over_sigma
) -> float:
    """Return a score over all shots, each counting alike: their root mean square; NaN where none has it."""
    found = [score(each[method, hole]) for each in shots.values() if (method, hole) in each]
    return root_mean_square(found)


def best_peer(shots: ByShot, peers: Iterable[str], hole: str) -> str:
    """Return the peer with the least pooled error; a dash where none has one."""
    errors = {peer: pooled(shots, peer, hole) for peer in peers}
    known = [peer for peer, error in errors.items() if not np.isnan(error)]
    return min(known, key=lambda peer: errors[peer], default="-")


def worst_ratio(shots: ByShot, method: str, *, peers: Sequence[str], holes: Iterable[str]) -> float:
    """Return our pooled error over that of the best peer, of the hole where it is largest."""
    ratios = (
        pooled(shots, method, hole) / pooled(shots, best_peer(shots, peers, hole), hole)
        for hole in holes
        if best_peer(shots, peers, hole) != "-"
    )
    return max(ratios)


def bars_table(bars: Iterable[Bar]) -> Table:
    """Return what was measured beside what was to be reached."""
    rows = tuple(
        (each.what, *map(format_number, (each.measured, each.bar, each.stretch)), _verdict(each))
        for each in bars
    )
    return Table("Against the bars", ("what", "measured", "bar", "stretch", ""), rows)


def _verdict(bar: Bar) -> str:
    if not bar.measured <= bar.bar:
        return "MISSED"
    return "stretch reached" if bar.measured <= bar.stretch else "reached"


def error_table(
    caption: str,
    shots: ByShot,
    *,
    methods: Sequence[str],
    holes: Sequence[str],
    score: Score,
    digits: int = 2,
) -> Table:
    """Return a score by method and hole, all shots together."""
    rows = [
        (method, *(format_number(pooled(shots, method, hole, score=score), digits) for hole in holes))
        for method in methods
    ]
    return Table(caption, ("method", *holes), tuple(rows))


def ratio_table(
    caption: str, shots: ByShot, *, ours: Sequence[str], peers: Sequence[str], holes: Sequence[str]
) -> Table:
    """Return our pooled error over that of the best peer of each hole, and which that is."""
    best = {hole: best_peer(shots, peers, hole) for hole in holes}
    rows = [
        (
            method,
            *(format_number(pooled(shots, method, hole) / pooled(shots, best[hole], hole)) for hole in holes),
        )
        for method in ours
    ]
    return Table(caption, ("method", *holes), (*rows, ("best peer", *best.values())))


def shots_table(
    caption: str, shots: ByShot, *, ours: Sequence[str], peers: Sequence[str], holes: Sequence[str]
) -> Table:
    """Return RMSE / sigma shot by shot: our methods, and the best peer of each hole there."""
    rows = []
    for name, found in shots.items():
        alone = {name: found}
        there = [hole for hole in holes if (ours[0], hole) in found]
        for method in ours:
            cells = (pooled(alone, method, hole) if hole in there else float("nan") for hole in holes)
            rows.append((f"{name}: {method}", *map(format_number, cells)))
        best = (
            pooled(alone, best_peer(alone, peers, hole), hole) if hole in there else float("nan")
            for hole in holes
        )
        rows.append((f"{name}: best peer", *map(format_number, best)))
    return Table(caption, ("shot and method", *holes), tuple(rows))


def honesty_table(caption: str, pairs: Mapping[str, Sequence[tuple[float, float, float]]]) -> Table:
    """Return, by method, the actual over the predicted error: of all holes, and of quarters by prediction."""
    rows = []
    for method, found in pairs.items():
        predicted, actual, left = np.array(found, np.float64).reshape(-1, 3).T
        order = np.argsort(predicted, kind="stable")
        quarters = [honesty(predicted[part], actual[part]) for part in np.array_split(order, 4)]
        said = float(np.nanmedian(left)) if np.isfinite(left).any() else float("nan")
        cells = (root_mean_square(predicted), root_mean_square(actual), *quarters, said)
        rows.append((method, str(len(found)), *map(format_number, cells)))
    columns = (
        *("method", "holes", "predicted, sigma", "actual, sigma"),
        *("actual / predicted: surest quarter", "second", "third", "least sure"),
        "median of what it says is left",
    )
    return Table(caption, columns, tuple(rows))
