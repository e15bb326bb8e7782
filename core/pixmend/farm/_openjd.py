# SPDX-License-Identifier: Apache-2.0
"""The engine ``openjd``: OpenJD's own command line runs the template as it is, task after task."""

import re
import shutil
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from pixmend.errors import UsageError
from pixmend.farm._engines import Command, Submission
from pixmend.farm._plan import Plan, read_outline
from pixmend.farm._run import Running, end_process
from pixmend.farm._site import Site
from pixmend.farm._tasks import TaskState, read_records
from pixmend.progress import Progress

__all__ = ["ENGINE"]

_LOG = "openjd.log"
_TASK_ENDED = re.compile(r"Process pid \d+ exited with code:")
_LINES_KEPT = 40
_LONGEST_WAIT = 60.0


class OpenJd:
    """``openjd check``, ``summary`` and ``run``."""

    def write(self, plan: Plan, site: Site, folder: Path) -> tuple[Command, ...]:
        """Write nothing: the job folder holds the template and its values."""
        template, values = str(folder.parent / "template.json"), folder.parent / "parameter_values.json"
        openjd = _command(site)
        given = ("-p", f"file://{values}")
        last = ("--step", plan.steps[-1].name, "--run-dependencies")
        return (
            (*openjd, "check", template),
            (*openjd, "summary", template, *given),
            (*openjd, "run", template, *given, *last),
        )

    def submit(self, plan: Plan, site: Site, folder: Path, progress: Progress) -> Submission:
        """Check the template, then run it; a run that ends since a task ended with 75 is begun again.

        What is done already is left alone then: every task sees that for itself.

        Raises
        ------
        UsageError
            If there is no ``openjd`` command, or it refuses the template.
        """
        check, _summary, run = self.write(plan, site, folder)
        code, said = _called(check, folder)
        if code:
            raise UsageError(f"openjd refuses the job: {_last_line(said)}", where=str(folder.parent))
        for tries in range(site.retries + 1):
            progress.start("openjd run", plan.task_count)
            code, said = _called(run, folder, when_a_task_ends=progress.advance)
            if not code or tries == site.retries or not _is_to_be_tried_again(folder.parent):
                break
            progress.note(f"a task is to be tried again ({tries + 1} of {site.retries})")
            time.sleep(min(2.0**tries, _LONGEST_WAIT))
        return Submission(is_over=True, failures=_failures(folder, said) if code else ())


def _command(site: Site) -> Command:
    """Return the words that start OpenJD's command line: the site's, else beside us, else on the PATH."""
    named = site.section("openjd").get("command")
    if named:
        return tuple(named)
    beside = shutil.which("openjd", path=str(Path(sys.executable).parent))
    found = beside or shutil.which("openjd")
    if found is None:
        raise UsageError(
            "there is no command 'openjd' here",
            where="--engine openjd",
            hint="pip install openjd-cli, or name it in the site file: [openjd] command",
        )
    return (found,)


def _called(
    command: Command, folder: Path, *, when_a_task_ends: Callable[[], None] = lambda: None
) -> tuple[int, list[str]]:
    """Run a command, with its words kept in a log; return its exit code and the last that it said."""
    said: deque[str] = deque(maxlen=_LINES_KEPT)
    with (
        (folder / _LOG).open("a", encoding="utf-8", errors="backslashreplace") as log,
        Running().started("openjd", command, {}) as process,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                log.write(line)
                said.append(line)
                if _TASK_ENDED.search(line):
                    when_a_task_ends()
        except BaseException:
            end_process(process)
            raise
    return process.returncode, list(said)


def _is_to_be_tried_again(job_folder: Path) -> bool:
    states = [record.state for record in read_records(job_folder).values()]
    return TaskState.AGAIN in states and TaskState.FAILED not in states


def _failures(folder: Path, said: Sequence[str]) -> tuple[str, ...]:
    outline, records = read_outline(folder.parent), read_records(folder.parent)
    ended = {TaskState.FAILED, TaskState.LOST, TaskState.AGAIN}
    found = [
        f"{f'{record.step} {record.frames}'.strip()}: {record.reason or f'ended with {record.exit_code}'}"
        for record in records.values()
        if record.state in ended and record.step in outline
    ]
    return tuple(found) or (f"openjd run: {_last_line(said)} (see {folder / _LOG})",)


def _last_line(said: Sequence[str]) -> str:
    lines = [line.strip() for line in said if line.strip()]
    return lines[-1] if lines else "it says nothing"


ENGINE = OpenJd()
