# SPDX-License-Identifier: Apache-2.0
"""Wall and processor time of `pixmend fix` against `cp` of the same files."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.report import Section, Table, format_number, run_alone
from benchmarks.speed.plates import FORMS, Plates, drawn_frames, size_of, write_plates
from benchmarks.speed.runs import PIXMEND, Cost, cost_of, in_turn, least_of

__all__ = ["measure"]

_BARS = {
    "DPX 10-bit": (1.5, 1.1),
    "DPX 16-bit": (1.5, 1.1),
    "EXR none": (1.5, 1.1),
    "EXR ZIPS": (2.5, 1.5),
    "EXR ZIP": (8.0, 3.0),
    "EXR PIZ": (8.0, 3.0),
    "EXR DWAA": (40.0, 8.0),
}
_PEER_FRAMES = 3
_FRAMES, _REPEATS = 24, 3  # where there is a bar to meet
_OTHER_FRAMES, _OTHER_REPEATS = 12, 2
_QUICK = ("DPX 10-bit", "EXR ZIP", "TIFF LZW")
_COLUMNS = (
    "format",
    "MB a frame",
    "a further frame: wall / cp",
    "bar (stretch)",
    "CPU / cp",
    "with one worker: wall / cp",
    "a copy that is synced / cp",
    "read, edit, write whole / cp",
    "start-up / one copy",
    "file growth",
    "peak MB",
)


def measure(quick: bool) -> Section:  # noqa: FBT001 (the one switch of every benchmark)
    """Measure `pixmend fix` on frames of each format, 20 defects a frame."""
    width, height = size_of(quick=quick)
    rows = []
    with tempfile.TemporaryDirectory() as root:
        drawn = drawn_frames(Path(root), quick=quick)
        for name in _QUICK if quick else FORMS:
            count, repeats = _amount(name, quick=quick)
            plates = write_plates(drawn, name, count=count)
            rows.append(_row(name, plates, repeats))
            shutil.rmtree(plates.folder)
    table = Table(
        f"`pixmend fix` over `cp -r`, frames of {width}x{height}, 20 defects a frame, "
        f"{_FRAMES} frames and the least of {_REPEATS - 1} runs in turn after one to warm up where there is a "
        f"bar, {_OTHER_FRAMES} frames and one run elsewhere",
        _COLUMNS,
        tuple(rows),
    )
    text = (
        "A further frame is the time of all frames less that of a run with `--frames` of one; `cp` is "
        "its time for all frames over their number, and neither syncs nor hashes nor reads back: "
        "a copy that is synced after each frame is beside it, and OpenImageIO changing one pixel in the "
        f"way most tools do ({_PEER_FRAMES} frames). Start-up is a run with one frame, learning the shot "
        "included, less a further frame. `fix` works with as many workers as there are cores."
    )
    return Section("Speed: fix", text, (table,))


def _amount(name: str, *, quick: bool) -> tuple[int, int]:
    """Return how many frames to write, and how often."""
    if quick:
        return 6, 1
    return (_FRAMES, _REPEATS) if name in _BARS else (_OTHER_FRAMES, _OTHER_REPEATS)


def _row(name: str, plates: Plates, repeats: int) -> tuple[str, ...]:
    costs, grown = _costs(plates, repeats)
    copied = {what: least_of(costs["cp"], what) / plates.count for what in ("wall_s", "cpu_s")}
    further = {
        (which, what): _a_further_frame(costs[which], costs["fix one"], what, plates.count)
        for which in ("fix", "fix alone")
        for what in ("wall_s", "cpu_s")
    }
    started = least_of(costs["fix one"], "wall_s") - further["fix", "wall_s"]
    whole = least_of(costs["whole"], "wall_s") - least_of(costs["whole one"], "wall_s")
    bar, stretch = _BARS.get(name, (None, None))
    return (
        name,
        f"{plates.megabytes / plates.count:.1f}",
        format_number(further["fix", "wall_s"] / copied["wall_s"]),
        "-" if bar is None else f"{format_number(bar, 1)} ({format_number(stretch, 1)})",
        format_number(further["fix", "cpu_s"] / copied["cpu_s"]),
        format_number(further["fix alone", "wall_s"] / copied["wall_s"]),
        format_number(least_of(costs["synced"], "wall_s") / plates.count / copied["wall_s"]),
        format_number(whole / (_PEER_FRAMES - 1) / copied["wall_s"], 0),
        format_number(started / copied["wall_s"], 0),
        f"{grown:+.2%}",
        f"{least_of(costs['fix'], 'peak_mb'):.0f}",
    )


def _costs(plates: Plates, repeats: int) -> tuple[dict[str, list[Cost]], float]:
    """Return what each way costs, and by how much the mended files are larger."""
    target = plates.folder.with_name("out")

    def clear() -> None:
        shutil.rmtree(target, ignore_errors=True)
        os.sync()  # what the last run left to be written must not slow the next

    fix = [PIXMEND, "fix", str(plates.folder), "--map", str(plates.map_file), "-o", str(target)]
    fix += plates.encoding
    other = [sys.executable, "-m", "benchmarks.speed.rewrite"]
    places = [str(plates.folder), str(target)]
    commands = {
        "cp": ["cp", "-r", *places],
        "fix alone": [*fix, "--workers", "1"],
        "fix one": [*fix, "--frames", "1001"],
        "synced": [*other, "synced", *places],
        "whole": [*other, "whole", *places, str(_PEER_FRAMES)],
        "whole one": [*other, "whole", *places, "1"],
        "fix": fix,
    }
    runs = {name: lambda command=command: cost_of(command) for name, command in commands.items()}
    costs = in_turn(runs, repeats=repeats, before=clear)
    mended = sum(path.stat().st_size for path in target.iterdir() if path.is_file())
    clear()
    return costs, mended / 1e6 / plates.megabytes - 1


def _a_further_frame(many: list[Cost], one: list[Cost], what: str, count: int) -> float:
    return (least_of(many, what) - least_of(one, what)) / (count - 1)


if __name__ == "__main__":
    run_alone(measure)
