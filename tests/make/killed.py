# SPDX-License-Identifier: Apache-2.0
"""Children that mend and undo without end, and are killed at any moment.

A program of its own (`main`), since children are forked, which a process with threads must not.
"""

import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from pixmend.publish import stale_temporaries
from pixmend.splice import (
    Recovery,
    WriteSettings,
    check_is_fixed,
    ledger_path,
    open_bytes,
    read_ledger,
    recover,
    remove_stale_temporaries,
    undo_in_place,
    write_fixed,
    write_in_place,
)
from tests.make.plates import Made, make_dpx, make_exr


def killed_after(seconds: float, work: Callable[[], None]) -> None:
    """Let a child do `work` again and again, and kill it."""
    child = os.fork()
    if not child:
        try:
            while True:
                work()
        finally:
            os._exit(1)  # it was to be killed
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the child stopped by itself"


def in_place(made: Made) -> Callable[[], None]:
    patch = made.random_patch(300)

    def work() -> None:
        write_in_place(made.path, patch, made.plate)
        undo_in_place(made.path)

    return work


def elsewhere(made: Made, target: Path) -> Callable[[], None]:
    patches = [made.random_patch(30, seed=seed) for seed in (1, 2)]
    settings = WriteSettings(overwrite=True)

    def work() -> None:
        for patch in patches:
            write_fixed(made.path, target, patch, made.plate, settings=settings)

    return work


def check_in_place(made: Made, before: bytes) -> str:
    recovered = recover(made.path)
    if recovered is Recovery.MENDED:
        undo_in_place(made.path)
    remove_stale_temporaries([made.path])
    assert made.path.read_bytes() == before
    assert not ledger_path(made.path).exists()
    assert not stale_temporaries(made.path.parent)
    return recovered.value


def check_elsewhere(made: Made, before: bytes, target: Path) -> str:
    assert made.path.read_bytes() == before
    remove_stale_temporaries([target])
    assert not stale_temporaries(target.parent)
    if not target.exists():
        return "absent"
    with open_bytes(target) as opened:
        check_is_fixed(opened, read_ledger(ledger_path(target)))
    return "whole"


def main(folder: str, rounds: str, seed: str) -> None:
    rng = random.Random(int(seed))  # noqa: S311 (moments, no secrets)
    seen: Counter[str] = Counter()
    for make, name in ((make_dpx, "a.dpx"), (make_exr, "a.exr")):
        made = make(Path(folder) / name)
        before, target = made.path.read_bytes(), Path(folder) / "out" / name
        for work in (in_place(made), elsewhere(made, target)):
            work()  # what is loaded at first use is inherited by the children
        for _ in range(int(rounds)):
            killed_after(rng.uniform(0.01, 0.12), in_place(made))
            seen[f"{name} in place: {check_in_place(made, before)}"] += 1
            killed_after(rng.uniform(0.01, 0.12), elsewhere(made, target))
            seen[f"{name} elsewhere: {check_elsewhere(made, before, target)}"] += 1
    sys.stdout.write(f"{dict(seen)}\n")
