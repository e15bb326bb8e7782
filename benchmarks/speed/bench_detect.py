# SPDX-License-Identifier: Apache-2.0
"""Processor time of `pixmend detect` against decoding the same frames, its memory, and what bounds it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report import Section, Table, format_number, run_alone
from benchmarks.speed.detect_stages import REST, STAGES
from benchmarks.speed.moving_shot import FORMS, MovingShot, shorter_shot, write_moving_shot
from benchmarks.speed.plates import size_of
from benchmarks.speed.runs import PIXMEND, Cost, cost_of, in_turn, least_of

__all__ = ["measure"]

_LONG, _QUICK_LONG = ((2048, 1080), 480), ((512, 270), 48)  # size and frames
_COLUMNS = (
    "format",
    "frames",
    "CPU ratio (bar 1.5)",
    "wall ratio",
    "CPU s a frame: decode",
    "detect",
    "peak MB of detect (bar 1500)",
    "of decoding",
)


def measure(quick: bool) -> Section:  # noqa: FBT001 (the one switch of every benchmark)
    """Measure `pixmend detect` on shots of each format, and the share of each of its stages."""
    width, height = size_of(quick=quick)
    counts = (12, 24) if quick else (48, 144)
    rows, shares = [], []
    with tempfile.TemporaryDirectory() as root:
        shot = MovingShot.rendered((width, height))
        for form in FORMS:
            folder, more = Path(root) / "shot", Path(root) / "longer"
            write_moving_shot(shot, form, more, distinct=counts[1])
            shorter_shot(more, folder, count=counts[0])
            for count, frames in zip(counts, (folder, more), strict=True):
                costs = _decode_and_detect(frames, form)
                rows.append((form, str(count), *_ratios(costs, count)))
            shares.append((form, *_stages(folder, form)))
            for used in (folder, more):
                shutil.rmtree(used)
        long = _long_shot(Path(root), quick=quick)
    text = (
        "Decoding is `pixmend.frames` reading every frame whole, one after the other; detection reads, pools "
        "at most 48 and watches all, with as many workers as there are cores. Of 12 frames that were rendered "
        "all others are made, no two alike: what stands out of one frame and comes again with it would be a "
        "suspect. Start-up is in all."
    )
    ratios = Table(
        f"`pixmend detect` over decoding the same frames of {width}x{height}, once",
        _COLUMNS,
        tuple(rows),
    )
    stages = Table(
        f"CPU seconds of each stage in {counts[0]} frames, one worker; in brackets the memory in MB at its "
        "end, where a stage needed more than all before it",
        ("format", *STAGES, REST),
        tuple(shares),
    )
    return Section("Speed: detect", text, (ratios, long, stages))


def _long_shot(root: Path, *, quick: bool) -> Table:
    """Measure shots of many smaller frames, where what is done once a shot weighs less."""
    (width, height), count = _QUICK_LONG if quick else _LONG
    shot = MovingShot.rendered((width, height))
    rows = []
    for form in FORMS:
        frames = root / "long"
        write_moving_shot(shot, form, frames, distinct=count)
        rows.append((form, str(count), *_ratios(_decode_and_detect(frames, form), count)))
        shutil.rmtree(frames)
    return Table(f"The same of a long shot of {width}x{height}, once", _COLUMNS, tuple(rows))


def _ratios(costs: dict[str, list[Cost]], count: int) -> tuple[str, ...]:
    least = {
        (which, what): least_of(costs[which], what)
        for which in ("decode", "detect")
        for what in ("cpu_s", "wall_s", "peak_mb")
    }
    return (
        *(format_number(least["detect", what] / least["decode", what], 1) for what in ("cpu_s", "wall_s")),
        *(format_number(least[which, "cpu_s"] / count) for which in ("decode", "detect")),
        *(f"{least[which, 'peak_mb']:.0f}" for which in ("detect", "decode")),
    )


def _arguments(folder: Path, form: str) -> list[str]:
    answer = str(folder.with_name("found.json"))
    encoding = ["--encoding", "acescct"] if form.startswith("DPX") else []
    return [str(folder), "-o", answer, "--overwrite", *encoding]


def _decode_and_detect(folder: Path, form: str) -> dict[str, list[Cost]]:
    detect = [PIXMEND, "detect", *_arguments(folder, form)]
    decode = [sys.executable, "-m", "benchmarks.speed.decode", str(folder)]
    runs = {"decode": lambda: cost_of(decode), "detect": lambda: cost_of(detect)}
    return in_turn(runs, repeats=1)


def _stages(folder: Path, form: str) -> Sequence[str]:
    command = [sys.executable, "-m", "benchmarks.speed.detect_stages", *_arguments(folder, form)]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # as the command line sets it
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    return [
        f"{found['seconds'].get(stage, 0.0):.1f}"
        + (f" ({found['peak_mb'][stage]:.0f})" if stage in found["peak_mb"] else "")
        for stage in (*STAGES, REST)
    ]


if __name__ == "__main__":
    run_alone(measure)
