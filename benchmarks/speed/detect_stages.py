# SPDX-License-Identifier: Apache-2.0
"""What bounds `pixmend detect`: processor time and peak memory of each stage, with one worker.

Run as ``python -m benchmarks.speed.detect_stages ARGUMENT ...`` with the arguments of
``pixmend detect``; prints one JSON object.
"""

import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

__all__ = ["REST", "STAGES", "Clock"]

# Where each stage begins: a module of the product, and what in it is called. A stage inside
# another has its own time.
STAGES = {
    "reading": [("pixmend.frames._shot", "FileShot.read_bands")],
    "cuts": [("pixmend.pipeline", "find_shots")],
    "learning": [
        ("pixmend.pipeline._measuring", "read_training_rows"),
        ("pixmend.pipeline._measuring", "train_shot_model"),
    ],
    "idle frames": [("pixmend.pipeline._measuring", "_is_idle")],
    "pool": [("pixmend.stats._pool", "ShotStatistics.add")],
    "hits": [("pixmend.stats._hit_finder", "HitFinder.find")],
    "search": [("pixmend.pipeline._detect", "find_suspects")],
    "lines": [("pixmend.detect._suspects", "find_lines"), ("pixmend.detect._suspects", "line_defects")],
    "second look": [("pixmend.pipeline._detect", "look_again")],
    "decision": [("pixmend.pipeline._detect", "decide")],
    "flashes": [("pixmend.pipeline._detect", "find_flashes")],
}
REST = "start-up and the rest"


@dataclass(slots=True)
class Clock:
    """Counts the processor time of the innermost stage that is at work."""

    seconds: dict[str, float] = field(default_factory=lambda: {REST: 0.0})
    peak_mb: dict[str, float] = field(default_factory=dict)  # of the stages that raised it
    running: list[str] = field(default_factory=lambda: [REST])
    since: float = 0.0
    now: Callable[[], float] = time.process_time

    def take(self) -> None:
        """Give the time since the last call to the stage that is at work."""
        now = self.now()
        stage = self.running[-1]
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self.since
        peak_mb = _peak_mb()
        if peak_mb > max(self.peak_mb.values(), default=0.0):
            self.peak_mb[stage] = peak_mb
        self.since = now

    def timed(self, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """Return `work` so that its time is the stage's."""

        @wraps(work)
        def timed_work(*args: Any, **kwargs: Any) -> Any:
            self.take()
            self.running.append(stage)
            try:
                return work(*args, **kwargs)
            finally:
                self.take()
                self.running.pop()

        return timed_work


def _peak_mb() -> float:
    """Return this program's own peak: what `getrusage` says begins with that of who forked it."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    own = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    return int(own[0]) / 1024


def _watch(clock: Clock) -> None:
    for stage, places in STAGES.items():
        for module, name in places:
            owner: Any = importlib.import_module(module)
            *classes, function = name.split(".")
            for each in classes:
                owner = getattr(owner, each)
            setattr(owner, function, clock.timed(stage, getattr(owner, function)))


def main() -> int:
    """Run ``pixmend detect`` and tell where its time went."""
    clock = Clock()
    _watch(clock)
    from pixmend.cli import main as run_pixmend  # noqa: PLC0415 (after the modules are watched)

    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        code = run_pixmend(["detect", *sys.argv[1:], "--workers", "1"])
    clock.take()
    print(json.dumps({"seconds": clock.seconds, "peak_mb": clock.peak_mb}))
    return code


if __name__ == "__main__":
    sys.exit(main())
