# SPDX-License-Identifier: Apache-2.0
"""What bounds `pixmend fix` in each format."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.report import Section, Table, run_alone
from benchmarks.speed.plates import FORMS, Plates, drawn_frames, size_of, write_plates
from benchmarks.speed.stages import STAGES

__all__ = ["measure"]

_QUICK = ("DPX 10-bit", "EXR ZIP")
_FRAMES = 6


def measure(quick: bool) -> Section:  # noqa: FBT001 (the one switch of every benchmark)
    """Measure the share of each stage in mending one frame."""
    width, height = size_of(quick=quick)
    rows = []
    with tempfile.TemporaryDirectory() as root:
        drawn = drawn_frames(Path(root), quick=quick)
        for name in _QUICK if quick else FORMS:
            plates = write_plates(drawn, name, count=_FRAMES)
            rows.append((name, *_shares(plates)))
            shutil.rmtree(plates.folder)
    table = Table(
        f"The share of each stage in mending one frame of {width}x{height} with 20 defects, one worker, "
        "by the profiler; learning the shot is none of it",
        ("format", *STAGES, "sync and the rest"),
        tuple(rows),
    )
    return Section("Speed: what bounds fix", "", (table,))


def _shares(plates: Plates) -> tuple[str, ...]:
    command = [sys.executable, "-m", "benchmarks.speed.stages", str(plates.folder), str(plates.map_file)]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # as the command line sets it
    done = subprocess.run(
        [*command, *plates.encoding[1:]], env=environment, capture_output=True, text=True, check=True
    )
    return tuple(f"{share:.0%}" for share in json.loads(done.stdout).values())


if __name__ == "__main__":
    run_alone(measure)
