# SPDX-License-Identifier: Apache-2.0
"""Engines by name: each is one file that writes a plan in the form of a farm, and hands it over."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from pixmend.errors import UsageError
from pixmend.farm._plan import Plan
from pixmend.farm._site import Site
from pixmend.progress import Progress

__all__ = ["ENGINES", "Command", "Submission", "Submitter", "open_engine", "resolve_plan"]

ENGINES = ("local", "openjd", "slurm", "deadline-cloud", "opencue", "deadline10", "tractor")
"""Names of the engines, in the order of the help."""

_PACKAGES = {"opencue": "opencue-pyoutline", "outline": "opencue-pyoutline"}  # of one engine alone

Command = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What became of a job that was handed over.

    Attributes
    ----------
    ids : mapping of str to str
        What the engine calls the job, or each step.
    is_over : bool
        Whether every task has ended, or will never begin.
    failures : tuple of str
        One sentence for each task that failed; only where it is over.
    is_queued : callable, optional
        Tells whether the engine still has something of it that runs or waits; True where it
        cannot be asked now.
    """

    ids: Mapping[str, str] = field(default_factory=dict)
    is_over: bool = False
    failures: tuple[str, ...] = ()
    is_queued: Callable[[], bool] | None = None


class Submitter(Protocol):
    """One engine."""

    def write(self, plan: Plan, site: Site, folder: Path) -> tuple[Command, ...]:
        """Write what the engine reads into `folder`, which exists.

        The folder may hold what an earlier call has written.

        Returns
        -------
        tuple of Command
            What `submit` runs, in this order, for people to read and to run by hand;
            empty where nothing is run.

        Raises
        ------
        UsageError
            If the engine cannot do what the plan or the site asks for.
        """
        ...

    def submit(self, plan: Plan, site: Site, folder: Path, progress: Progress) -> Submission:
        """Hand over what `write` has written into `folder`.

        Raises
        ------
        UsageError
            If the engine refuses it, or is not there.
        TemporaryError
            If the engine cannot be reached now.
        """
        ...


def open_engine(name: str) -> Submitter:
    """Return the engine of a name from `ENGINES`.

    Raises
    ------
    UsageError
        If there is no such engine, or a package that it needs is not installed.
    """
    if name not in ENGINES:
        raise UsageError(
            f"there is no engine {name!r}", where="--engine", hint=f"one of {', '.join(ENGINES)}"
        )
    module = _needed(f"_{name.replace('-', '_')}", f"the engine {name}")
    return cast("Submitter", module.ENGINE)


def resolve_plan(template: Mapping[str, Any], values: Mapping[str, Any], *, folder: Path) -> Plan:
    """Return the plan that a template comes to; needs openjd-model, which workers have not.

    Raises
    ------
    UsageError
        If openjd-model is not installed, or the job cannot be resolved.
    """
    return cast("Plan", _needed("_resolve", "planning a job").resolve(template, values, folder=folder))


def _needed(module: str, what: str) -> Any:
    """Import a module of this room that needs more than what pixmend itself is installed with."""
    try:
        return import_module(f"pixmend.farm.{module}")
    except ModuleNotFoundError as exc:
        if exc.name is not None and exc.name.startswith("pixmend."):
            raise UsageError(f"{what} is not part of this pixmend") from exc
        package = _PACKAGES.get(str(exc.name), "'pixmend[farm]'")
        raise UsageError(
            f"{what} needs the Python package {exc.name!r}, which is not installed",
            hint=f"pip install {package}",
        ) from exc
