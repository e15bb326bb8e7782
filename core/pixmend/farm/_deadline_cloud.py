# SPDX-License-Identifier: Apache-2.0
"""AWS Deadline Cloud: a job bundle, which is the neutral job in a folder of its own.

The bundle needs no Python of ours where it is submitted: `deadline bundle submit` takes it.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pixmend.errors import TemporaryError, UsageError
from pixmend.farm._engines import Command, Submission
from pixmend.farm._plan import Plan
from pixmend.farm._site import Site
from pixmend.progress import Progress
from pixmend.publish import publish_text

__all__ = ["ENGINE"]

_BUNDLE = "bundle"
_JOB_ID = re.compile(r"\bjob-[0-9a-f]{32}\b")
_NOT_NOW = re.compile(r"could not connect|timed out|throttl|internal server error|unavailable", re.IGNORECASE)
_WHERE = {"farm": "--farm-id", "queue": "--queue-id", "profile": "--profile"}
_OPTIONS = _WHERE | {"storage_profile": "--storage-profile-id", "most_failed": "--max-failed-tasks-count"}
_STATUS = re.compile(r"^taskRunStatus: (?P<status>\w+)$", re.MULTILINE)
_ENDED = {"SUCCEEDED", "FAILED", "CANCELED", "SUSPENDED", "NOT_COMPATIBLE"}


class _DeadlineCloud:
    """A bundle, and its submission by AWS's own client."""

    def write(self, plan: Plan, site: Site, folder: Path) -> tuple[Command, ...]:
        """Write the bundle: template and values, taken from the job folder."""
        del plan
        bundle = folder / _BUNDLE
        bundle.mkdir(exist_ok=True)
        template = (folder.parent / "template.json").read_text(encoding="utf-8")
        publish_text(bundle / "template.json", template, overwrite=True)
        values = json.loads((folder.parent / "parameter_values.json").read_text(encoding="utf-8"))
        publish_text(bundle / "parameter_values.json", _listed(values), overwrite=True)
        return (_call(site, bundle),)

    def submit(self, plan: Plan, site: Site, folder: Path, progress: Progress) -> Submission:  # noqa: ARG002 - as every engine
        """Run `deadline bundle submit`; the client waits until the service has made the job."""
        call = _call(site, folder / _BUNDLE)
        try:
            ended = subprocess.run(call, capture_output=True, text=True, check=False)  # noqa: S603 - the site's command
        except FileNotFoundError as exc:
            raise UsageError(
                f"there is no command {call[0]!r} here",
                where="--engine deadline-cloud",
                hint=f"pip install deadline, or submit the bundle {folder / _BUNDLE} where it is installed",
            ) from exc
        said = ended.stdout + ended.stderr
        found = _JOB_ID.search(said)
        if ended.returncode or found is None:
            kind = TemporaryError if _NOT_NOW.search(said) else UsageError
            raise kind(
                f"Deadline Cloud did not take the job: {_last_line(said)}", where=str(folder / _BUNDLE)
            )
        return Submission(ids={"job": found[0]}, is_queued=partial(_is_queued, found[0], site))


ENGINE = _DeadlineCloud()


def _listed(values: dict[str, Any]) -> str:
    """Return values in the form of a bundle."""
    return (
        json.dumps({"parameterValues": [{"name": name, "value": of} for name, of in values.items()]}) + "\n"
    )


def _call(site: Site, bundle: Path) -> Command:
    words = ["bundle", "submit", "--yes", "--max-retries-per-task", str(site.retries)]
    if site.priority is not None:
        words += ["--priority", str(site.priority)]
    return (*_client(site), *words, *_given(_OPTIONS, site), str(bundle))


def _given(options: Mapping[str, str], site: Site) -> list[str]:
    section = site.section("deadline-cloud")
    named = [(option, str(section[name])) for name, option in options.items() if name in section]
    return [word for pair in named for word in pair]


def _is_queued(job: str, site: Site) -> bool:
    call = (*_client(site), "job", "get", *_given(_WHERE, site), "--job-id", job)
    ended = subprocess.run(call, capture_output=True, text=True, check=False)  # noqa: S603 - the site's command
    found = _STATUS.search(ended.stdout)
    return found is None or found["status"] not in _ENDED


def _client(site: Site) -> Command:
    """Return the words that start the client: the site's, else beside us, else on the PATH."""
    named = site.section("deadline-cloud").get("command")
    if named:
        return tuple(named)
    beside = shutil.which("deadline", path=str(Path(sys.executable).parent))
    return (beside or "deadline",)


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "it says nothing"
