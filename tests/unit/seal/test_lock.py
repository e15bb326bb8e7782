# SPDX-License-Identifier: Apache-2.0
"""One writer at a time, and none that is left behind."""

import multiprocessing
import os
import signal
import time

import pytest

from pixmend.errors import TemporaryError, UsageError
from pixmend.seal import HashedFile, refresh_lists
from pixmend.seal._lock import sealing

FORK = multiprocessing.get_context("fork")


def append(folder, number):
    refresh_lists(folder, [HashedFile(folder / f"{number}.exr", {"md5": f"{number:032x}"})], "md5")


def hold(folder, held):
    with sealing(folder, "lock"):
        held.set()
        time.sleep(60)


def test_runs_that_end_together_lose_no_line(tmp_path):
    runs = [FORK.Process(target=append, args=(tmp_path, number)) for number in range(8)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    lines = (tmp_path / "checksums.md5").read_text().splitlines()
    assert sorted(lines) == [f"{number:032x}  {number}.exr" for number in range(8)]
    assert [path.name for path in tmp_path.iterdir()] == ["checksums.md5"]


def test_a_writer_that_died_holds_nobody_up(tmp_path):
    held = FORK.Event()
    run = FORK.Process(target=hold, args=(tmp_path, held))
    run.start()
    assert held.wait(10)
    with pytest.raises(TemporaryError, match="another run"), sealing(tmp_path, "lock", patience_s=0.1):
        pass
    os.kill(run.pid, signal.SIGKILL)
    run.join()
    with sealing(tmp_path, "lock", patience_s=5.0):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(UsageError, match="cannot be locked"), sealing(tmp_path / "none", "lock"):
        pass
