# SPDX-License-Identifier: Apache-2.0
"""Thinkbox Deadline 10: a step is a job of the plug-in CommandScript, a task is a line of its list.

Written by the manual's chapter on manual submission; it has not run against a live repository.
"""

import re
import shutil
import subprocess
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

_PLACES = {"pool": "Pool", "secondary_pool": "SecondaryPool", "group": "Group", "department": "Department"}
_LIMITS = {"machine_limit": "MachineLimit", "limit_groups": "LimitGroups", "allow": "Whitelist"}
_JOB_ID = re.compile(r"^JobID=(?P<id>\S+)", re.MULTILINE)


class _Deadline10:
    """Three files for each step: of the job, of the plug-in, and the list of commands."""

    def write(self, plan: Plan, site: Site, folder: Path) -> tuple[Command, ...]:
        """Write the files; the ids that `<Step>` stands for are known once these steps are handed over."""
        write_again(folder)
        for step in plan.steps:
            info = _job_info(step, plan, site)
            publish_text(folder / f"{step.name}.job", info + _dependencies(step), overwrite=True)
            publish_text(folder / f"{step.name}.plugin", "StartupDirectory=\n", overwrite=True)
            publish_text(folder / f"{step.name}.commands", _list(step, plan, site, folder), overwrite=True)
        return tuple(_call(step, site, folder) for step in plan.steps)

    def submit(self, plan: Plan, site: Site, folder: Path, progress: Progress) -> Submission:
        """Hand the steps over in order, each with the ids of those that it waits for."""
        ids: dict[str, str] = {}
        progress.start("deadlinecommand", len(plan.steps))
        try:
            for step in plan.steps:
                info = _job_info(step, plan, site) + _dependencies(step, ids)
                publish_text(folder / f"{step.name}.job", info, overwrite=True)
                ids[step.name] = _handed_over(_call(step, site, folder))
                progress.advance()
        except BaseException:
            for each in reversed(ids.values()):  # a part of a job is of no use
                _called((*_command(site), "-FailJob", each))
            raise
        return Submission(ids=ids)


ENGINE = _Deadline10()


def _job_info(step: Step, plan: Plan, site: Site) -> str:
    section = site.section("deadline10")
    said = {
        "Plugin": "CommandScript",
        "Name": f"{plan.name} {step.name}",
        "BatchName": plan.name,
        "Frames": f"0-{len(step.tasks) - 1}",
        "ChunkSize": "1",
        "OverrideTaskFailureDetection": "true",
        "FailureDetectionTaskErrors": "1",  # what is worth another try gets it within the task
        "TaskTimeoutMinutes": str(-(-step.timeout // 60)),
        "OnTaskTimeout": "Error",
    }
    if site.priority is not None:
        said["Priority"] = str(site.priority)
    said |= {key: str(section[name]) for name, key in (_PLACES | _LIMITS).items() if name in section}
    for number, (name, value) in enumerate(plan.environment.items()):
        said[f"EnvironmentKeyValue{number}"] = f"{name}={value}"
    check_words(said.values())
    return "".join(f"{key}={value}\n" for key, value in said.items())


def _dependencies(step: Step, ids: dict[str, str] | None = None) -> str:
    if not step.depends_on:
        return ""
    named = [ids[each] if ids else f"<{each}>" for each in step.depends_on]
    return f"JobDependencies={','.join(named)}\n"


def _list(step: Step, plan: Plan, site: Site, folder: Path) -> str:
    calls = [tried_again(plan, step, task, site=site, folder=folder) for task in step.tasks]
    for call in calls:
        check_words(call)
    # The plug-in starts a program, no shell: words are kept together by double quotes only.
    return "".join(subprocess.list2cmdline(call) + "\n" for call in calls)


def _command(site: Site) -> Command:
    return tuple(site.section("deadline10").get("command", ("deadlinecommand",)))


def _call(step: Step, site: Site, folder: Path) -> Command:
    files = (str(folder / f"{step.name}.{ending}") for ending in ("job", "plugin", "commands"))
    return (*_command(site), *files)


def _handed_over(call: Command) -> str:
    if shutil.which(call[0]) is None:
        raise UsageError(
            f"there is no {call[0]} on this machine",
            where="--engine deadline10",
            hint="submit where the Deadline client is installed, or name it: [deadline10] command",
        )
    ended = _called(call)
    found = _JOB_ID.search(ended.stdout)
    if ended.returncode or found is None:
        reason = " ".join((ended.stderr or ended.stdout).split()) or f"it ended with {ended.returncode}"
        kind = TemporaryError if "connect" in reason.lower() else UsageError
        raise kind(f"Deadline did not take the job: {reason}", where=call[-3])
    return found["id"]


def _called(call: Command) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(call, capture_output=True, text=True, check=False)  # noqa: S603 - the site's command
