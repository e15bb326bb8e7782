# SPDX-License-Identifier: Apache-2.0
"""Processor time of `pixmend detect` against decoding the same frames, and its peak memory."""

import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.report import Section, Table, format_number, run_alone
from benchmarks.speed.plates import Plates, drawn_frames, size_of, write_plates
from benchmarks.speed.runs import PIXMEND, Cost, cost_of, in_turn, median_of, ratio_of

__all__ = ["measure"]

_FORMATS = ("EXR ZIP", "EXR none", "DPX 10-bit")


def measure(quick: bool) -> Section:  # noqa: FBT001 (the one switch of every benchmark)
    """Measure `pixmend detect` on frames of each format."""
    width, height = size_of(quick=quick)
    count, repeats = (4, 1) if quick else (8, 2)
    rows = []
    with tempfile.TemporaryDirectory() as root:
        drawn = drawn_frames(Path(root), quick=quick)
        for name in _FORMATS:
            plates = write_plates(drawn, name, count=count)
            costs = _decode_and_detect(plates, repeats)
            rows.append(
                (
                    name,
                    format_number(ratio_of(costs["detect"], costs["decode"], "cpu_s"), 1),
                    format_number(ratio_of(costs["detect"], costs["decode"], "wall_s"), 1),
                    f"{median_of(costs['detect'], 'peak_mb'):.0f}",
                    f"{median_of(costs['decode'], 'peak_mb'):.0f}",
                )
            )
            shutil.rmtree(plates.folder)
    table = Table(
        f"`pixmend detect` over reading the same {count} frames of {width}x{height} by `pixmend.frames`, "
        f"medians of {max(repeats - 1, 1)} in turn",
        ("format", "CPU ratio (bar 1.5)", "wall ratio", "peak MB of detect (bar 1500)", "peak MB of reading"),
        tuple(rows),
    )
    return Section("Speed: detect", "Start-up of both programs is in their time.", (table,))


def _decode_and_detect(plates: Plates, repeats: int) -> dict[str, list[Cost]]:
    answer = plates.map_file.with_name("found.json")
    detect = [PIXMEND, "detect", str(plates.folder), "-o", str(answer), "--overwrite"]
    detect += plates.encoding
    decode = [sys.executable, "-m", "benchmarks.speed.decode", str(plates.folder)]
    runs = {"decode": lambda: cost_of(decode), "detect": lambda: cost_of(detect)}
    return in_turn(runs, repeats=repeats)


if __name__ == "__main__":
    run_alone(measure)
