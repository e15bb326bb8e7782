# SPDX-License-Identifier: Apache-2.0
"""`pixmend submit --engine local` against the same commands by hand, and what planning a whole reel costs."""

import os
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.report import Section, Table, format_number, run_alone
from benchmarks.speed.moving_shot import MovingShot, write_moving_shot
from benchmarks.speed.runs import PIXMEND, Cost, cost_of, in_turn, least_of
from pixmend.errors import ExitCode
from pixmend.frames import choose_encoding, open_shot
from pixmend.pipeline import Sampling, detect, write_statistics

__all__ = ["measure"]

_SIZE, _FRAMES, _REEL = (1920, 1080), 32, 130_000
_QUICK_SIZE, _QUICK_FRAMES, _QUICK_REEL = (480, 270), 12, 5_000
_LIGHTS = (1.0, 0.45, 1.7)  # of the shots of the reel
_MEASURED = 6  # frames that are pooled for the size of statistics
_BY_HAND = {"detect + fix": ("detect", "fix"), "detect + fix + verify": ("detect", "fix", "verify")}


def measure(quick: bool) -> Section:  # noqa: FBT001 (the one switch of every benchmark)
    """Measure a job on this machine, the planning of a job that is not run, and statistics on disk."""
    size, frames, reel = (_QUICK_SIZE, _QUICK_FRAMES, _QUICK_REEL) if quick else (_SIZE, _FRAMES, _REEL)
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        _write_reel(folder / "shot", size, frames)
        costs = _submit_and_by_hand(folder, repeats=1 if quick else 2)
        statistics = _statistics_table(folder)
        planned = _planning(folder, count=reel)
    text = (
        f"A reel of {len(_LIGHTS)} shots, {frames} frames of {size[0]}x{size[1]} each, EXR ZIP, {os.cpu_count()} cores. "
        "The job looks for cuts, detects, mends, verifies and reports."
    )
    return Section("Speed: farm", text, (_ratios(costs), _plan_table(planned, reel), statistics))


def _write_reel(folder: Path, size: tuple[int, int], frames: int) -> None:
    """Write shots of one camera one after the other: other light, and every second one mirrored."""
    rendered = MovingShot.rendered(size)
    folder.mkdir()
    for number, light in enumerate(_LIGHTS):
        clean = tuple(each[:, :: -1 if number % 2 else 1] * np.float16(light) for each in rendered.clean)
        part = folder.with_name(f"part{number}")
        write_moving_shot(replace(rendered, clean=clean), "EXR ZIP", part, distinct=frames)
        for at, path in enumerate(sorted(part.iterdir())):
            path.rename(folder / f"reel.{1001 + number * frames + at}.exr")


def _submit_and_by_hand(root: Path, *, repeats: int) -> dict[str, list[Cost]]:
    """Run the job, and what it stands for: each into empty folders, but what builds on the one before."""
    commands = {
        "submit": (root / "shot", "-o", root / "job"),
        "detect": (root / "shot", "-o", root / "map.json"),
        "fix": (root / "shot", "--map", root / "map.json", "-o", root / "out"),
        "verify": (root / "out", "--source", root / "shot", "--map", root / "map.json"),
    }
    written = {"submit": ("job", "job.job"), "detect": ("map.json",), "fix": ("out",), "verify": ()}

    def run(command: str) -> Cost:
        for name in written[command]:
            target = root / name
            shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
        typed = [PIXMEND, command, *map(str, commands[command]), "-q"]
        return cost_of(typed, allowed=(ExitCode.DONE, ExitCode.PROOF))  # what still shows is no matter here

    return in_turn({name: lambda name=name: run(name) for name in commands}, repeats=repeats)  # type: ignore[misc]


def _statistics_table(root: Path) -> Table:
    """Write what a few pooled frames leave: the sums of a shot, as large for any number of frames."""
    shot = open_shot(str(root / "shot"))
    encoding = choose_encoding(shot.plate, None)
    sampling = Sampling(frames=shot.frames.thinned(_MEASURED), flashes=False)
    statistics = detect(shot, encoding, sampling=sampling).statistics
    begun = time.process_time()
    write_statistics(root / "statistics.npz", statistics)
    seconds = time.process_time() - begun
    megabytes = (root / "statistics.npz").stat().st_size / 1e6
    samples = shot.plate.raster.width * shot.plate.raster.height * len(shot.plate.colour) / 1e6
    row = (f"{megabytes:.1f}", format_number(megabytes / samples), format_number(seconds))
    return Table("Statistics of one part on disk", ("MB", "bytes a sample", "CPU s to write"), (row,))


def _planning(root: Path, *, count: int) -> Cost:
    """Plan a job of many frames: links to one file, as none is read but the first."""
    one = next((root / "shot").iterdir())
    (root / "reel").mkdir()
    for frame in range(count):
        (root / "reel" / f"reel.{frame:07d}.exr").symlink_to(one)
    plan = [PIXMEND, "submit", str(root / "reel"), "-o", str(root / "mended"), "--engine", "tractor"]
    return cost_of([*plan, "--dry-run", "-q"])


def _ratios(costs: Mapping[str, Sequence[Cost]]) -> Table:
    rows = []
    for name, commands in _BY_HAND.items():
        by_hand = {
            what: sum(least_of(costs[command], what) for command in commands) for what in ("wall_s", "cpu_s")
        }
        ratios = (format_number(least_of(costs["submit"], what) / whole) for what, whole in by_hand.items())
        rows.append((name, *ratios, format_number(by_hand["wall_s"], 1)))
    head = ("by hand", "wall ratio (bar 1.0)", "CPU ratio", "wall s by hand")
    return Table("`pixmend submit --engine local` over the same by hand", head, tuple(rows))


def _plan_table(cost: Cost, count: int) -> Table:
    row = (f"{count:,}", format_number(cost.wall_s, 1), f"{cost.peak_mb:.0f}")
    return Table("`pixmend submit --dry-run`: planning a reel", ("frames", "wall s", "peak MB"), (row,))


if __name__ == "__main__":
    run_alone(measure)
