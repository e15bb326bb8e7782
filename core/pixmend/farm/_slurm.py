# SPDX-License-Identifier: Apache-2.0
"""Slurm: a step is a job array, and waits for the arrays of the steps before it.

Slurm tries nothing again that ended by itself; `--requeue` is for machines that are lost.
"""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from pixmend.errors import TemporaryError, UsageError
from pixmend.farm._again import tried_again, write_again
from pixmend.farm._engines import Command, Submission
from pixmend.farm._plan import Plan, Step
from pixmend.farm._site import Site
from pixmend.farm._words import farm_folder, shell_line
from pixmend.progress import Progress
from pixmend.publish import publish_text

__all__ = ["ENGINE"]

_USUAL_ARRAY = 1000  # Slurm's MaxArraySize is 1001 where nothing is said
_MOST_OF_CLUSTER = re.compile(r"^MaxArraySize\s*=\s*(?P<size>\d+)", re.MULTILINE)
_SECONDS_TO_ANSWER = 60.0
_PASSED_ON = "PATH,HOME,USER,LOGNAME,LANG,LC_ALL"
_PLACES = ("partition", "account", "qos", "reservation", "constraint")
_NOT_NOW = re.compile(r"Unable to contact|Connection|timed out|temporarily|Socket timed out", re.IGNORECASE)


class _Slurm:
    """Scripts for `sbatch`, and the one that hands them over in order."""

    def write(self, plan: Plan, site: Site, folder: Path) -> tuple[Command, ...]:
        """Write a batch script and a list of commands for each step, and `submit.sh`."""
        there = farm_folder(folder, site)
        (folder / "logs").mkdir(exist_ok=True)
        write_again(folder)
        for step in plan.steps:
            calls = (tried_again(plan, step, task, site=site, folder=folder) for task in step.tasks)
            lines = "".join(f"{shell_line(call)}\n" for call in calls)
            publish_text(folder / f"{step.name}.commands", lines, overwrite=True)
            publish_text(folder / f"{step.name}.sh", _batch_script(step, plan, there), overwrite=True)
        publish_text(folder / "submit.sh", _submit_script(plan, site, folder), overwrite=True)
        return (("bash", str(folder / "submit.sh")),)

    def submit(self, plan: Plan, site: Site, folder: Path, progress: Progress) -> Submission:  # noqa: ARG002 - as every engine
        """Run `submit.sh`; where a part is refused, none stays."""
        if shutil.which("sbatch") is None:
            raise UsageError(
                "there is no sbatch on this machine",
                where="--engine slurm",
                hint=f"submit from a machine of the cluster, or run {folder / 'submit.sh'} there",
            )
        ended = subprocess.run(  # noqa: S603 - what write has written
            ["/bin/bash", str(folder / "submit.sh")], capture_output=True, text=True, check=False
        )
        if ended.returncode:
            reason = " ".join(ended.stderr.split()) or f"submit.sh ended with {ended.returncode}"
            kind = TemporaryError if _NOT_NOW.search(reason) else UsageError
            raise kind(f"Slurm did not take the job: {reason}", where=str(folder / "submit.sh"))
        ids = _ids(ended.stdout)
        return Submission(ids=ids, is_queued=partial(_is_queued, ",".join(ids.values())))


ENGINE = _Slurm()


def _batch_script(step: Step, plan: Plan, there: str) -> str:
    variables = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in plan.environment.items())
    commands = shlex.quote(f"{there}/{step.name}.commands")
    return f"""#!/bin/bash
# {step.name}: element N of the array runs line N + $1 + 1 of its list of commands.
{variables}command=$(sed -n "$((SLURM_ARRAY_TASK_ID + $1 + 1))p" {commands})
if [ -z "$command" ]; then echo "no such line in" {commands} >&2; exit 1; fi
eval "exec $command"
"""


def _submit_script(plan: Plan, site: Site, folder: Path) -> str:
    most = _most_elements(site)
    lines = "\n".join(
        shell_line(["hand_over", step.name, " ".join(step.depends_on), *words])
        for step in plan.steps
        for words in _sbatch_words(step, plan, site, folder, most=most)
    )
    return f"""#!/bin/bash
# Hands the job to Slurm, steps in order, and prints the id of each array; if one is refused, none stays.
set -Eeuo pipefail
all=()
declare -A ids
trap 'if ((${{#all[@]}})); then scancel "${{all[@]}}"; fi' ERR
hand_over() {{
  local step=$1 needs=$2 each before=""
  shift 2
  for each in $needs; do before+=${{ids[$each]}}; done
  local id
  id=$(sbatch --parsable ${{before:+"--dependency=afterok$before"}} "$@")
  id=${{id%%;*}}
  all+=("$id")
  ids[$step]=${{ids[$step]:-}}:$id
  echo "$step $id"
}}
{lines}
"""


def _sbatch_words(step: Step, plan: Plan, site: Site, folder: Path, *, most: int) -> Iterator[list[str]]:
    """Yield the words after `sbatch` of each array that a step needs."""
    section = site.section("slurm")
    there = farm_folder(folder, site)
    throttle = f"%{section['at_once']}" if "at_once" in section else ""
    for begin in range(0, len(step.tasks), most):
        last = min(len(step.tasks) - begin, most) - 1
        yield [
            f"--job-name={plan.name}:{step.name}",
            f"--array=0-{last}{throttle}",
            f"--cpus-per-task={step.cores}",
            f"--mem={step.memory_mb}M",
            f"--time={-(-step.timeout // 60)}",
            "--requeue",
            "--open-mode=append",
            "--kill-on-invalid-dep=yes",
            f"--export={_PASSED_ON}",
            f"--chdir={there}",
            f"--output={there.replace('%', '%%')}/logs/{step.name}.%A.%a.log",
            *_house_words(site),
            str(folder / f"{step.name}.sh"),
            str(begin),
        ]


def _most_elements(site: Site) -> int:
    """Return how many elements an array has at most: what the site says, else the cluster if it is here."""
    cluster = _cluster_array()
    said = site.section("slurm").get("array_size")
    if said is None:
        return cluster or _USUAL_ARRAY
    if cluster is not None and said > cluster:
        raise UsageError(
            f"this cluster takes arrays of {cluster} elements, not of {said}",
            where="site file: slurm.array_size",
            hint="leave array_size away: the cluster is asked",
        )
    return int(said)


def _cluster_array() -> int | None:
    """Return what `scontrol` says of arrays; None where it cannot be asked."""
    try:
        ended = subprocess.run(
            ["scontrol", "show", "config"],  # noqa: S607 - as sbatch is
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS_TO_ANSWER,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _MOST_OF_CLUSTER.search(ended.stdout)
    return int(found["size"]) - 1 if found and int(found["size"]) > 1 else None


def _house_words(site: Site) -> list[str]:
    section = site.section("slurm")
    words = [f"--{name}={section[name]}" for name in _PLACES if name in section]
    if site.priority is not None:
        words.append(f"--priority={site.priority}")
    return [*words, *section.get("options", ())]


def _is_queued(ids: str) -> bool:
    ended = subprocess.run(  # noqa: S603 - the ids are Slurm's own
        ["squeue", "--noheader", "--format=%i", f"--jobs={ids}"],  # noqa: S607 - as sbatch is
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:  # of what is long over Slurm knows nothing
        return "Invalid job id" not in ended.stderr
    return bool(ended.stdout.strip())


def _ids(printed: str) -> dict[str, str]:
    """Return the array ids of each step, from what `submit.sh` printed."""
    found: dict[str, str] = {}
    for line in printed.splitlines():
        step, _, number = line.partition(" ")
        found[step] = f"{found[step]},{number}" if step in found else number
    return found
