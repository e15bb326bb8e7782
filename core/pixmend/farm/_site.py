# SPDX-License-Identifier: Apache-2.0
"""The site file: how a house runs jobs. Nothing of it is ever part of what a job is."""

import json
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import jsonschema

from pixmend.errors import UsageError

__all__ = ["Site", "read_site"]

_MOST_SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """How a house runs jobs.

    Attributes
    ----------
    command : tuple of str
        The words that start pixmend on a worker; this very interpreter where none are given.
    cores, memory_mb : int
        What one task wants of a machine; memory 0: by the size of the frames.
    retries : int
        How often a task that ended with 75 is tried again.
    priority : int or None
        In the engine's own scale.
    timeout : int
        Seconds after which a task is taken for stuck.
    environment : mapping of str to str
        Variables of every task.
    paths : mapping of str to str
        A folder as this machine sees it, and as the farm does.
    sections : mapping of str to mapping
        What is said to one engine only.
    """

    command: tuple[str, ...] = (sys.executable, "-m", "pixmend")
    cores: int = 2
    memory_mb: int = 0
    retries: int = 3
    priority: int | None = None
    timeout: int = 6 * 3600
    environment: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    sections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def section(self, engine: str) -> Mapping[str, Any]:
        """Return what is said to one engine; empty if nothing is."""
        return self.sections.get(engine, {})

    def on_farm(self, path: str) -> str:
        """Return an absolute path as the machines of the farm see it: the longest rule counts."""
        rules = [(here.rstrip("/"), there.rstrip("/")) for here, there in self.paths.items()]
        fitting = [rule for rule in rules if path == rule[0] or path.startswith(f"{rule[0]}/")]
        if not fitting:
            return path
        here, there = max(fitting, key=lambda rule: len(rule[0]))
        return there + path.removeprefix(here) or "/"


def read_site(path: Path | None) -> Site:
    """Read a site file; without one everything is as `Site` has it.

    Raises
    ------
    UsageError
        If it cannot be read, is no TOML, or says what is not known.
    """
    if path is None:
        return Site()
    document = _document(path)
    _check(document, path)
    sections = {name: value for name, value in document.items() if name in _sections()}
    plain = {name: value for name, value in document.items() if name not in sections}
    if "command" in plain:
        plain["command"] = tuple(plain["command"])
    return Site(**plain, sections=sections)


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise UsageError(
            f"the site file cannot be read: {(exc.strerror or str(exc)).lower()}", where=str(path)
        ) from exc
    except ValueError as exc:  # not UTF-8, not TOML
        raise UsageError(f"the site file is no TOML: {exc}", where=str(path)) from exc


@cache
def _schema() -> dict[str, Any]:
    text = files("pixmend.farm").joinpath("schema", "site.schema.json").read_text(encoding="utf-8")
    return cast("dict[str, Any]", json.loads(text))


def _sections() -> frozenset[str]:
    """Return the names of the tables that are about one engine."""
    known: dict[str, Any] = _schema()["properties"]
    return frozenset(name for name, of in known.items() if "properties" in of)


def _check(document: dict[str, Any], path: Path) -> None:
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(_schema()).iter_errors(document))
    if error is None:
        return
    key = ".".join(map(str, error.absolute_path))
    where = f"{path}: {key}" if key else str(path)
    raise UsageError(_sentence(error), where=where, hint="docs/farm.md lists what a site file may say")


def _sentence(error: jsonschema.ValidationError) -> str:
    schema = cast("dict[str, Any]", error.schema)
    if error.validator == "additionalProperties" and "properties" in schema:
        known = schema["properties"]
        unknown = ", ".join(
            repr(name) for name in cast("dict[str, Any]", error.instance) if name not in known
        )
        return f"{unknown} is not known here, only {', '.join(known)}"
    meant = schema.get("description", "")
    return f"{_short(error.message)}{f'; this is {meant!r}' if meant else ''}"


def _short(text: str) -> str:
    return text if len(text) <= 2 * _MOST_SHOWN else f"{text[:_MOST_SHOWN]} ... {text[-_MOST_SHOWN:]}"
