# SPDX-License-Identifier: Apache-2.0
"""Pixar Tractor: the whole job is one file of Tcl, as `tractor-spool` takes it.

Written by the manual's chapter on job scripting; it has not run against a live engine.
"""

import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from pixmend.errors import TemporaryError, UsageError
from pixmend.farm._again import tried_again, write_again
from pixmend.farm._engines import Command, Submission
from pixmend.farm._plan import Plan, Step
from pixmend.farm._site import Site
from pixmend.farm._words import check_words
from pixmend.progress import Progress
from pixmend.publish import publish_text

__all__ = ["ENGINE"]

_FILE = "job.alf"
_SERVICE = "PixarRender"  # what Tractor's own profiles offer
_SPECIAL = re.compile(r'([\\{}\[\]$";\s])')
_JOB_ID = re.compile(r"jid[: =\"]*(?P<id>\d+)")


class _Tractor:
    """`job.alf` and its spooling."""

    def write(self, plan: Plan, site: Site, folder: Path) -> tuple[Command, ...]:
        """Write the job: the steps one after the other, the tasks of each side by side."""
        write_again(folder)
        publish_text(folder / _FILE, _job(plan, site, folder), overwrite=True)
        return (_spool(site, folder),)

    def submit(self, plan: Plan, site: Site, folder: Path, progress: Progress) -> Submission:  # noqa: ARG002 - as every engine
        """Spool the job."""
        call = _spool(site, folder)
        if shutil.which(call[0]) is None:
            raise UsageError(
                f"there is no {call[0]} on this machine",
                where="--engine tractor",
                hint="submit where Tractor is installed, or name it: [tractor] command",
            )
        ended = subprocess.run(call, capture_output=True, text=True, check=False)  # noqa: S603 - the site's command
        if ended.returncode:
            reason = " ".join((ended.stderr or ended.stdout).split()) or f"it ended with {ended.returncode}"
            kind = TemporaryError if "connect" in reason.lower() else UsageError
            raise kind(f"Tractor did not take the job: {reason}", where=str(folder / _FILE))
        found = _JOB_ID.search(ended.stdout + ended.stderr)
        return Submission(ids={"job": found["id"]} if found else {})


ENGINE = _Tractor()


def _spool(site: Site, folder: Path) -> Command:
    section = site.section("tractor")
    command = tuple(section.get("command", ("tractor-spool",)))
    engine = (f"--engine={section['engine']}",) if "engine" in section else ()
    return (*command, *engine, str(folder / _FILE))


def _job(plan: Plan, site: Site, folder: Path) -> str:
    section = site.section("tractor")
    said = {"title": plan.name, "service": section.get("service", _SERVICE)}
    if "projects" in section:
        said["projects"] = " ".join(map(_word, section["projects"]))
    if "tier" in section:
        said["tier"] = section["tier"]
    if site.priority is not None:
        said["priority"] = str(site.priority)
    check_words(said.values())
    options = " ".join(f"-{name} {_word(text)}" for name, text in said.items())
    steps = "\n".join(_step(step, plan, site, folder) for step in plan.steps)
    return f"Job {options} -serialsubtasks 1 -subtasks {{\n{steps}\n}}\n"


def _step(step: Step, plan: Plan, site: Site, folder: Path) -> str:
    calls = [tried_again(plan, step, task, site=site, folder=folder) for task in step.tasks]
    tasks = "\n".join(
        _task(f"{step.name} {task.frames}".strip(), call, step, plan)
        for task, call in zip(step.tasks, calls, strict=True)
    )
    return f"  Task {_word(step.name)} -subtasks {{\n{tasks}\n  }}"


def _task(title: str, call: Command, step: Step, plan: Plan) -> str:
    # Tractor's own way to set variables splits values at blanks: `env` does not.
    variables = [f"{name}={value}" for name, value in plan.environment.items()]
    words = ["/usr/bin/env", *variables, *call]
    check_words(words)
    argv = _list(word.replace("%", "%%") for word in words)  # %h and the like are replaced by Tractor
    return f"    Task {_word(title)} -cmds {{\n      RemoteCmd {{{argv}}} -maxrunsecs {step.timeout}\n    }}"


def _list(words: Iterable[str]) -> str:
    return " ".join(map(_word, words))


def _word(text: str) -> str:
    """Return a word of Tcl that means just this text, also within braces."""
    return _SPECIAL.sub(r"\\\1", text) if text and _SPECIAL.search(text) else text or "{}"
