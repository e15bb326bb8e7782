# SPDX-License-Identifier: Apache-2.0
"""Options of detect, fix and verify that a job carries along, checked before it is handed over."""

from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from pixmend.cli._arguments import ArgumentParser
from pixmend.errors import UsageError

__all__ = ["checked_options", "reading_words"]

_READING = {"part": "--part", "layer": "--layer", "luma_order": "--luma-order"}
_COMPLETE = {
    "detect": ("shot",),
    "fix": ("shot", "--map=map", "--output=folder"),
    "verify": ("folder",),
}
_OF_THE_JOB = frozenset(
    {
        *(
            "-o",
            "--output",
            "--in-place",
            "--frames",
            "--map",
            "--source",
            "--encoding",
            "--cuts",
            "--workers",
        ),
        *(
            "--part",
            "--layer",
            "--luma-order",
            "--json",
            "--progress",
            "-q",
            "--quiet",
            "--dry-run",
            "--check",
        ),
        *("--merge", "--stats-out", "--train", "--noise-plot", "--pixel-check", "--mhl"),
    }
)


def reading_words(args: Namespace) -> tuple[str, ...]:
    """Return what `add_reading_options` was given, as words."""
    given = ((flag, getattr(args, name)) for name, flag in _READING.items())
    return tuple(f"{flag}={value}" for flag, value in given if value is not None)


def checked_options(command: str, words: Sequence[str], *, on_farm: Callable[[str], str]) -> tuple[str, ...]:
    """Return options of a command with absolute paths, as the farm sees them.

    Raises
    ------
    UsageError
        If the command does not know one, or a job has its own say in it.
    """
    where = f"--{command}-options"
    for word in words:
        if word.partition("=")[0] in _OF_THE_JOB:
            raise UsageError(f"{word} cannot be passed on: a job decides this itself", where=where)
    parser = ArgumentParser(prog=f"pixmend {command}")
    module: Any = import_module(f"pixmend.cli._{command}")
    module.add_arguments(parser)
    try:
        parsed = parser.parse_args([*_COMPLETE[command], *words])
        plain = parser.parse_args(_COMPLETE[command])
    except UsageError as exc:
        raise UsageError(
            exc.what, where=f"{where}: {exc.where}" if exc.where else where, hint=exc.hint
        ) from exc
    if any(getattr(parsed, name, None) != getattr(plain, name, None) for name in ("shot", "more", "mended")):
        raise UsageError("these are to be options only", where=where)
    paths = {str(path) for path in _paths(vars(parsed).values())}
    return tuple(_mapped(word, paths, on_farm) for word in words)


def _paths(values: Iterable[Any]) -> Iterable[Path]:
    for value in values:
        if isinstance(value, Path):
            yield value
        elif isinstance(value, list | tuple):
            yield from _paths(value)


def _mapped(word: str, paths: set[str], on_farm: Callable[[str], str]) -> str:
    flag, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
    return f"{flag}{equals}{on_farm(str(Path(value).absolute()))}" if value in paths else word
