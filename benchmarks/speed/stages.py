# SPDX-License-Identifier: Apache-2.0
"""What bounds `pixmend fix`: the share of each stage in mending one frame, with one worker.

Run as ``python -m benchmarks.speed.stages FOLDER MAP [ENCODING]``; prints one JSON object.
"""

import cProfile
import json
import pstats
import sys
import tempfile
from pathlib import Path
from typing import Any

from pixmend.frames import choose_encoding, open_shot
from pixmend.model import map_from_json
from pixmend.pipeline import FixSettings, fix, plan_fix

__all__ = ["STAGES", "shares_of"]

# Functions of the product by the end of their file's name: the time in them is a stage's.
STAGES = {
    "read and decode around the defects": [("frames/_shot.py", "read_bands")],
    "fill": [("fill/_mend.py", "mend_frame")],
    "decode, confirm, encode": [("splice/_planning.py", "plan_on")],
    "copy, hash, read back": [("splice/_copy.py", "write_edited")],
    "decode back": [("splice/_write.py", "check_samples")],
    "ledger": [("splice/_ledger_file.py", "write_ledger"), ("splice/_write.py", "ledger_of")],
}
_WHOLE = ("pipeline/_fix.py", "_write")


def shares_of(stats: pstats.Stats) -> dict[str, float]:
    """Return the share of each stage in the time of all frames; the rest is syncing and small things."""
    whole = _seconds(stats, [_WHOLE])
    learning = _seconds(stats, [("pipeline/_training.py", "read")])
    seconds = {stage: _seconds(stats, functions) for stage, functions in STAGES.items()}
    first = next(iter(STAGES))
    seconds[first] -= learning  # frames are read to learn from, too
    shares = {stage: each / whole for stage, each in seconds.items()}
    return {**shares, "sync and the rest": 1.0 - sum(shares.values())}


def _seconds(stats: pstats.Stats, functions: list[tuple[str, str]]) -> float:
    table: dict[tuple[str, int, str], tuple[Any, ...]] = stats.stats  # type: ignore[attr-defined]
    return sum(
        float(row[3])
        for (path, _, name), row in table.items()
        if any(path.endswith(end) and name == wanted for end, wanted in functions)
    )


def main() -> None:
    """Mend all frames of a folder under the profiler."""
    folder, map_file, *encoding = sys.argv[1:]
    shot = open_shot(folder)
    defects = map_from_json(Path(map_file).read_text(encoding="utf-8"))
    settings = FixSettings(encoding=choose_encoding(shot.plate, encoding[0] if encoding else None))
    with tempfile.TemporaryDirectory(dir=Path(folder).parent) as out:
        plan = plan_fix(shot, defects, Path(out) / "mended", settings)
        profile = cProfile.Profile()
        profile.runcall(fix, plan)
    print(json.dumps(shares_of(pstats.Stats(profile))))


if __name__ == "__main__":
    main()
