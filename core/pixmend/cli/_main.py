# SPDX-License-Identifier: Apache-2.0
"""Entry of the command line: pick the command, run it, turn whatever happens into an exit code.

A command is one module ``_<name>.py`` that is named in `COMMANDS` and offers::

    SUMMARY: str
    def add_arguments(parser) -> None            # ends with add_common_options
    def run(args, progress) -> Result            # imports heavy rooms inside

It never prints and never exits.
"""

import sys
import tempfile
import traceback
from argparse import Namespace
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

import pixmend
from pixmend.cli._arguments import ArgumentParser
from pixmend.cli._compiled import find_a_place_for_compiled_code
from pixmend.cli._output import Failure, Result, print_failure, print_result
from pixmend.cli._process import keep_freed_memory, one_thread_for_mathematics, quiet_libraries, stopped_once
from pixmend.cli._progress import make_progress
from pixmend.errors import ExitCode, PixError
from pixmend.progress import Progress

__all__ = ["COMMANDS", "main"]

COMMANDS = ("demo", "detect", "fix", "verify", "undo", "map", "bake", "submit", "farm", "nuke-path")
"""Names of the commands, in the order of the help."""


class Command(Protocol):
    """What a command's module offers."""

    SUMMARY: str

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command's arguments."""
        ...

    def run(self, args: Namespace, progress: Progress) -> Result:
        """Do the work."""
        ...


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code of the process.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments after the program's name; `sys.argv` when left out.
    """
    given = list(sys.argv[1:] if argv is None else argv)
    # Known before parsing, so that a wrong argument is reported in the asked form too.
    as_json = "--json" in given
    one_thread_for_mathematics()
    find_a_place_for_compiled_code()
    keep_freed_memory()
    try:
        with stopped_once(), quiet_libraries():
            return print_result(_run(given), as_json=as_json)
    except SystemExit as exc:  # argparse, after --help and --version
        return exc.code if isinstance(exc.code, int) else int(ExitCode.DONE)
    except BaseException as exc:  # noqa: BLE001 - the one place that turns any error into the output form
        return print_failure(_failure(exc, _command_words(given)), as_json=as_json)


def make_parser() -> ArgumentParser:
    """Return the parser of the whole command line."""
    parser = ArgumentParser(prog="pixmend", description=pixmend.__doc__)
    parser.add_argument("--version", action="version", version=f"pixmend {pixmend.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        module = _module(name)
        module.add_arguments(commands.add_parser(name, help=module.SUMMARY, description=module.SUMMARY))
    return parser


def _run(argv: list[str]) -> Result:
    args = make_parser().parse_args(argv)
    progress = make_progress(args.progress, quiet=args.quiet)
    try:
        return _module(args.command).run(args, progress)
    finally:
        progress.finish()


def _module(name: str) -> Command:
    return cast("Command", import_module(f"pixmend.cli._{name.replace('-', '_')}"))


def _command_words(argv: list[str]) -> str:
    """Return the command that was meant, as ``map.show``; empty if none is named."""
    if not argv or argv[0] not in COMMANDS:
        return ""
    actions = getattr(_module(argv[0]), "ACTIONS", None)
    if actions is None:
        return argv[0]
    return ".".join(argv[:2]) if argv[1:] and argv[1] in actions else ""


def _failure(exc: BaseException, command: str) -> Failure:
    if isinstance(exc, PixError):
        return Failure(command, exc.exit_code, type(exc).__name__, exc.what, exc.where, exc.hint)
    if isinstance(exc, KeyboardInterrupt):
        hint = "run the same command again; every file is whole, and what is finished stays"
        return Failure(command, ExitCode.INTERRUPTED, "KeyboardInterrupt", "interrupted", "", hint)
    what = f"pixmend met a bug: {type(exc).__name__}: {exc}"
    return Failure(command, ExitCode.BUG, type(exc).__name__, what, "", _traceback_hint(exc))


def _traceback_hint(exc: BaseException) -> str:
    text = "".join(traceback.format_exception(exc))
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="pixmend-bug-", suffix=".txt", encoding="utf-8", errors="replace", delete=False
        ) as stream:
            stream.write(f"pixmend {pixmend.__version__}, python {sys.version}\n{text}")
    except OSError:
        return "report it with the command that you ran"
    return f"report it with the traceback in {Path(stream.name)}"
