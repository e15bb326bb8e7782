# SPDX-License-Identifier: Apache-2.0
"""Wall time of `pixmend fix` against `cp` of the same files."""

import os
import shutil
import tempfile
from pathlib import Path

from benchmarks.report import Section, Table, format_number, run_alone
from benchmarks.speed.plates import Plates, size_of, small_shot, write_plates
from benchmarks.speed.runs import PIXMEND, Cost, cost_of, in_turn, median_of, ratio_of
from pixmend.simulate import ShotFormat

__all__ = ["measure"]

_BARS = {
    ShotFormat.DPX10: 1.5,
    ShotFormat.EXR_NONE: 1.5,
    ShotFormat.EXR_ZIPS: 2.5,
    ShotFormat.EXR: 8.0,
    ShotFormat.EXR_PIZ: 8.0,
}
_NAMES = {
    ShotFormat.DPX10: "DPX 10-bit",
    ShotFormat.EXR_NONE: "EXR none",
    ShotFormat.EXR_ZIPS: "EXR ZIPS",
    ShotFormat.EXR: "EXR ZIP",
    ShotFormat.EXR_PIZ: "EXR PIZ",
}


def measure(quick: bool) -> Section:  # noqa: FBT001 (the one switch of every benchmark)
    """Measure `pixmend fix` on frames of each format, 20 defects a frame."""
    width, height = size_of(quick=quick)
    count, repeats = (6, 2) if quick else (16, 3)
    rows = []
    with tempfile.TemporaryDirectory() as root:
        shot = small_shot(quick=quick)
        for file_format, bar in _BARS.items():
            plates = write_plates(shot, Path(root), file_format, count=count)
            costs = _copy_and_fix(plates, repeats)
            rows.append(
                (
                    _NAMES[file_format],
                    f"{plates.megabytes / count:.1f}",
                    format_number(ratio_of(costs["fix"], costs["cp"], "wall_s")),
                    format_number(bar, 1),
                    format_number(_further_frame_ratio(costs, count)),
                    f"{median_of(costs['fix'], 'peak_mb'):.0f}",
                )
            )
            shutil.rmtree(plates.folder)
    table = Table(
        f"Wall time of `pixmend fix` over that of `cp -r`, {count} frames of {width}x{height}, "
        f"20 defects a frame, medians of {max(repeats - 1, 1)} in turn after one to warm up",
        ("format", "MB a frame", "fix / cp", "bar", "a further frame: fix / cp", "peak MB of fix"),
        tuple(rows),
    )
    text = (
        "Start-up, learning the shot and the ledger are in the time of `fix`; both write to the same disk. "
        "A further frame is the time of all frames less that of a run with `--frames` of one, over `cp`."
    )
    return Section("Speed: fix", text, (table,))


def _copy_and_fix(plates: Plates, repeats: int) -> dict[str, list[Cost]]:
    target = plates.folder.with_name("out")

    def clear() -> None:
        shutil.rmtree(target, ignore_errors=True)
        os.sync()  # what the last run left to be written must not slow the next

    fix = [PIXMEND, "fix", str(plates.folder), "--map", str(plates.map_file), "-o", str(target)]
    if plates.folder.name.startswith("dpx"):
        fix += ["--encoding", "acescct"]
    copy = ["cp", "-r", str(plates.folder), str(target)]
    runs = {
        "cp": lambda: cost_of(copy),
        "fix": lambda: cost_of(fix),
        "fix one": lambda: cost_of([*fix, "--frames", "1001"]),
    }
    costs = in_turn(runs, repeats=repeats, before=clear)
    clear()
    return costs


def _further_frame_ratio(costs: dict[str, list[Cost]], count: int) -> float:
    fixed, one, copied = (median_of(costs[name], "wall_s") for name in ("fix", "fix one", "cp"))
    return (fixed - one) / (count - 1) / (copied / count)


if __name__ == "__main__":
    run_alone(measure)
