# SPDX-License-Identifier: Apache-2.0
"""The one place that prints: results on stdout, errors on stderr, JSON on stdout either way."""

import contextlib
import io
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

from pixmend.errors import ExitCode

__all__ = ["Failure", "Result", "Table", "print_failure", "print_result"]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for people: with rules and colours on a terminal, else aligned text."""

    titles: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: frozenset[str] = frozenset()
    """Titles of the columns that are set to the right (numbers)."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a command hands back.

    Attributes
    ----------
    command : str
        ``detect``, ``map.show``: names the schema ``pixmend.<command>/1``.
    text : str
        What a person reads on stdout, below the table if there is one.
    fields : mapping
        What a program reads, beside ``schema`` and ``ok``; plain JSON values.
    exit_code : ExitCode
    table : Table or None
    """

    command: str
    text: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    exit_code: ExitCode = ExitCode.DONE
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a command handed nothing back: an error in the output's form."""

    command: str
    exit_code: ExitCode
    kind: str
    what: str
    where: str = ""
    hint: str = ""


def print_result(result: Result, *, as_json: bool) -> int:
    """Print a result on stdout and return its exit code."""
    if as_json:
        is_ok = result.exit_code in {ExitCode.DONE, ExitCode.FOUND}
        head: dict[str, Any] = {"schema": f"pixmend.{result.command}/1", "ok": is_ok}
        head |= {} if is_ok else {"exit_code": int(result.exit_code)}
        text = _json(head | dict(result.fields))
    else:
        table = "" if result.table is None else _table_text(result.table, sys.stdout)
        text = table + _printable(result.text)
    try:
        _write(sys.stdout, text)
    except OSError as exc:
        reason = (exc.strerror or str(exc)).lower()
        what = f"the result cannot be written: {reason}"
        lost = Failure(result.command, ExitCode.TEMPORARY, "TemporaryError", what, "stdout")
        return print_failure(lost, as_json=False)
    return int(result.exit_code)


def print_failure(failure: Failure, *, as_json: bool) -> int:
    """Print a failure, for people on stderr or as JSON on stdout, and return its exit code."""
    where = f"{failure.where}: " if failure.where else ""
    hint = f"\nhint: {failure.hint}" if failure.hint else ""
    sentence = _printable(f"error: {where}{failure.what}{hint}")
    try:
        _write(*((sys.stdout, _json(_failure_fields(failure))) if as_json else (sys.stderr, sentence)))
    except OSError:  # stdout is full: the exit code still says it, and stderr may
        with contextlib.suppress(OSError):
            _write(sys.stderr, sentence)
    return int(failure.exit_code)


def _failure_fields(failure: Failure) -> dict[str, Any]:
    return {
        "schema": f"pixmend.{failure.command or 'error'}/1",
        "ok": False,
        "exit_code": int(failure.exit_code),
        "error": {
            "kind": failure.kind,
            "what": failure.what,
            "where": failure.where,
            "hint": failure.hint,
        },
    }


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, allow_nan=False)


def _printable(text: str) -> str:
    """Escape control characters: what stands in a map or a header must not steer a terminal."""
    return "".join(each if each.isprintable() or each == "\n" else ascii(each)[1:-1] for each in text)


def _table_text(table: Table, stream: TextIO | None) -> str:
    if stream is None or not stream.isatty():
        return _plain_table(table)
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    drawn = RichTable(box=None, header_style="bold")
    for title in table.titles:
        # On a narrow terminal a cell is folded, never cut.
        drawn.add_column(title, justify="right" if title in table.right else "left", overflow="fold")
    for row in table.rows:
        drawn.add_row(*(Text(_cell(each)) for each in row))
    console = Console(file=stream)
    with console.capture() as captured:
        console.print(drawn)
    return captured.get()


def _plain_table(table: Table) -> str:
    lines = [list(table.titles), *([_cell(each) for each in row] for row in table.rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.titles))]
    sides = [">" if title in table.right else "<" for title in table.titles]
    return "".join(
        "  ".join(
            f"{each:{side}{width}}" for each, side, width in zip(line, sides, widths, strict=True)
        ).rstrip()
        + "\n"
        for line in lines
    )


def _cell(text: str) -> str:
    return _printable(text).replace("\n", " ")


def _write(stream: TextIO | None, text: str) -> None:
    """Write text and a line end; file names that are no Unicode and closed pipes are no error."""
    if stream is None:  # the caller closed it (`>&-`)
        return
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    try:
        stream.write(f"{text.rstrip(chr(10))}\n" if text else "")
        stream.flush()
    except OSError as exc:
        # Python would try again at exit, and complain: what is left goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if not isinstance(exc, BrokenPipeError):  # such a reader has read enough (`| head`)
            raise
