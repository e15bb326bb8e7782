# SPDX-License-Identifier: Apache-2.0
"""A Dask scheduler with workers, as a house runs them: processes of their own."""

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

__all__ = ["dask_scheduler"]

_DASK = (sys.executable, "-m", "dask")


@contextmanager
def dask_scheduler(folder, *, workers=2):
    """Yield the address of a scheduler that has this many workers, of one thread each."""
    told = folder / "scheduler.json"
    with ExitStack() as stack:
        said = stack.enter_context((folder / "dask.log").open("w"))
        words = ["--scheduler-file", str(told), "--no-dashboard"]
        _start(stack, ["scheduler", *words, "--host", "127.0.0.1", "--port", "0"], said, folder)
        address = _address(told)
        for _ in range(workers):
            _start(
                stack, ["worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny"], said, folder
            )
        yield address


def _start(stack, words, said, folder):
    environment = os.environ | {"DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False"}
    process = subprocess.Popen([*_DASK, *words], stdout=said, stderr=said, cwd=folder, env=environment)
    stack.callback(process.wait)
    stack.callback(process.kill)


def _address(told):
    for _ in range(3000):
        try:
            return json.loads(told.read_text())["address"]
        except (FileNotFoundError, ValueError):
            time.sleep(0.01)
    raise AssertionError("the scheduler does not start")
