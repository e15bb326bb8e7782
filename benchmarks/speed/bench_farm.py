# SPDX-License-Identifier: Apache-2.0
"""`pixmend submit --engine local` against the same commands by hand, and what planning a whole reel costs."""

import os
import shlex
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report import Section, Table, format_number, run_alone
from benchmarks.speed.moving_shot import MovingShot, longer_shot, write_moving_shot
from benchmarks.speed.runs import PIXMEND, Cost, cost_of, in_turn, least_of

__all__ = ["measure"]

_SIZE, _FRAMES, _DISTINCT, _REEL = (2048, 1080), 240, 48, 130_000
_QUICK_SIZE, _QUICK_FRAMES, _QUICK_DISTINCT, _QUICK_REEL = (512, 270), 48, 12, 5_000
_BY_HAND = {"detect + fix": ("detect", "fix"), "detect + fix + verify": ("detect", "fix", "verify")}


def measure(quick: bool) -> Section:  # noqa: FBT001 (the one switch of every benchmark)
    """Measure a job on this machine, and the planning of a job that is not run."""
    size, frames, distinct, reel = (
        (_QUICK_SIZE, _QUICK_FRAMES, _QUICK_DISTINCT, _QUICK_REEL)
        if quick
        else (_SIZE, _FRAMES, _DISTINCT, _REEL)
    )
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        write_moving_shot(MovingShot.rendered(size), "EXR ZIP", folder / "rendered", distinct=distinct)
        longer_shot(folder / "rendered", folder / "shot", count=frames)
        costs = _submit_and_by_hand(folder, repeats=1 if quick else 2)
        planned = _planning(folder, count=reel)
    text = (
        f"{frames} frames of {size[0]}x{size[1]}, EXR ZIP, {os.cpu_count()} cores. The job looks for cuts, detects, "
        "mends, verifies and reports."
    )
    return Section("Speed: farm", text, (_ratios(costs), _plan_table(planned, reel)))


def _submit_and_by_hand(root: Path, *, repeats: int) -> dict[str, list[Cost]]:
    """Run the job, and what it stands for, each into empty folders."""

    def clean() -> None:
        for name in ("out", "out.job", "map.json"):
            target = root / name
            shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)

    job = [PIXMEND, "submit", str(root / "shot"), "-o", str(root / "out"), "-q"]
    runs = {"submit": lambda: cost_of(job)}
    for name, commands in _BY_HAND.items():
        typed = ["sh", "-c", " && ".join(shlex.join(_by_hand(root, command)) for command in commands)]
        runs[name] = lambda typed=typed: cost_of(typed)  # type: ignore[misc]
    return in_turn(runs, repeats=repeats, before=clean)


def _by_hand(root: Path, command: str) -> Sequence[str]:
    shot, out, found = str(root / "shot"), str(root / "out"), str(root / "map.json")
    words = {
        "detect": (shot, "-o", found),
        "fix": (shot, "--map", found, "-o", out),
        "verify": (out, "--source", shot, "--map", found),
    }
    return [PIXMEND, command, *words[command], "-q"]


def _planning(root: Path, *, count: int) -> Cost:
    """Plan a job of many frames: links to one file, as none is read but the first."""
    one = next((root / "rendered").iterdir())
    (root / "reel").mkdir()
    for frame in range(count):
        (root / "reel" / f"reel.{frame:07d}.exr").symlink_to(one)
    plan = [PIXMEND, "submit", str(root / "reel"), "-o", str(root / "mended"), "--engine", "tractor"]
    return cost_of([*plan, "--dry-run", "-q"])


def _ratios(costs: dict[str, list[Cost]]) -> Table:
    job = costs["submit"]
    rows = tuple(
        (
            name,
            *(
                format_number(least_of(job, what) / least_of(costs[name], what))
                for what in ("wall_s", "cpu_s")
            ),
            format_number(least_of(costs[name], "wall_s"), 1),
        )
        for name in _BY_HAND
    )
    head = ("by hand", "wall ratio (bar 1.0)", "CPU ratio", "wall s by hand")
    return Table("`pixmend submit --engine local` over the same by hand", head, rows)


def _plan_table(cost: Cost, count: int) -> Table:
    row = (f"{count:,}", format_number(cost.wall_s, 1), f"{cost.peak_mb:.0f}")
    return Table("`pixmend submit --dry-run`: planning a reel", ("frames", "wall s", "peak MB"), (row,))


if __name__ == "__main__":
    run_alone(measure)
