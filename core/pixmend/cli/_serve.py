# SPDX-License-Identifier: Apache-2.0
"""Tasks of a job on one machine, one after the other in one process: what starting it takes is paid once."""

import json
import sys
from collections.abc import Iterable
from importlib import import_module

from pixmend.cli._main import main
from pixmend.errors import ExitCode

__all__ = ["serve_tasks"]

_NEEDED_BY_ALL = ("pixmend.cli._farm_detect", "pixmend.cli._farm_mend", "pixmend.pipeline")


def serve_tasks(lines: Iterable[str] | None = None) -> int:
    """Run each task that is asked for, as `main` would in a process of its own, until nobody asks.

    Parameters
    ----------
    lines : iterable of str, optional
        The arguments of a task each, a JSON list; stdin when left out.

    Returns
    -------
    int
        Exit code of the process: 130 after a signal in the middle of a task, else 0.

    Notes
    -----
    After each task its exit code is said on stdout, ``pixmend_task_ended: 0``.
    """
    for name in _NEEDED_BY_ALL:  # while the one who asks still plans
        import_module(name)
    for line in sys.stdin if lines is None else lines:
        code = main(json.loads(line))
        print(f"pixmend_task_ended: {code}", flush=True)  # noqa: T201 (it is read by a program)
        if code == ExitCode.INTERRUPTED:  # signals are ignored from here on: there is nothing left to do
            return code
    return int(ExitCode.DONE)
