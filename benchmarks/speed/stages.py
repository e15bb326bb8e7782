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

_READ = ("frames/_shot.py", "read_bands")
_READER = ("pipeline/_mender.py", "mend")  # frames are read to learn from, too: that is not meant
# Functions of the product by the end of their file's name: the time in them is a stage's.
STAGES = {
    "read and decode around the defects": [_READ],
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
    shares = {stage: _seconds(stats, functions) / whole for stage, functions in STAGES.items()}
    return {**shares, "sync and the rest": 1.0 - sum(shares.values())}


def _seconds(stats: pstats.Stats, functions: list[tuple[str, str]]) -> float:
    table: dict[tuple[str, int, str], tuple[Any, ...]] = stats.stats  # type: ignore[attr-defined]
    seconds = 0.0
    for key, (*_, cumulative, callers) in table.items():
        if any(_is(key, wanted) for wanted in functions):
            by_reader = [each[3] for caller, each in callers.items() if _is(caller, _READER)]
            seconds += float(sum(by_reader) if _is(key, _READ) else cumulative)
    return seconds


def _is(key: tuple[str, int, str], wanted: tuple[str, str]) -> bool:
    return key[0].endswith(wanted[0]) and key[2] == wanted[1]


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
