# SPDX-License-Identifier: Apache-2.0
"""Tables and sections of RESULTS.md, and the facts of the machine that made them."""

import argparse
import datetime as dt
import os
import platform
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

__all__ = [
    "Section",
    "Table",
    "as_markdown",
    "commit_and_date",
    "commit_number",
    "format_number",
    "machine_facts",
    "run_alone",
    "sections_of",
]

_PACKAGES = (
    "pixmend",
    "numpy",
    "scipy",
    "numba",
    "OpenEXR",
    "OpenImageIO",
    "imagecodecs",
    "isal",
    "opencv-python-headless",
    "scikit-image",
    "maskfill",
    "astroscrappy",
)


@dataclass(frozen=True, slots=True)
class Table:
    """One table: a line above it, column names, rows of ready text."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"a row of {self.caption!r} has not {len(self.columns)} cells")


@dataclass(frozen=True, slots=True)
class Section:
    """What one benchmark found."""

    title: str
    text: str
    tables: tuple[Table, ...]


def as_markdown(section: Section) -> str:
    """Return a section as Markdown."""
    parts = [f"## {section.title}", section.text]
    for table in section.tables:
        head = [table.caption + ":", _row(table.columns), _row(["---"] * len(table.columns))]
        parts.append("\n".join([head[0], "", *head[1:], *map(_row, table.rows)]))
    return "\n\n".join(part for part in parts if part) + "\n"


def sections_of(results: str) -> dict[str, str]:
    """Return the sections of RESULTS.md by title; what stands before the first one by the empty title."""
    parts = ("\n" + results).split("\n## ")
    titled = {part.partition("\n")[0]: f"## {part.rstrip()}\n" for part in parts[1:]}
    return {"": parts[0].lstrip("\n"), **titled} if results else {}


def _row(cells: Sequence[str]) -> str:
    escaped = (cell.replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"


def format_number(value: float | None, digits: int = 2) -> str:
    """Return a number for a table; a dash where there is none."""
    return "-" if value is None or value != value else f"{value:.{digits}f}"  # noqa: PLR0124 (NaN)


def machine_facts() -> Table:
    """Return what the numbers depend on and readers will ask."""
    rows = [
        ("processor", f"{_processor()}, {os.cpu_count()} cores"),
        ("memory", f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"),
        ("system", platform.platform(terse=True)),
        ("Python", platform.python_version()),
        *((name, _version(name)) for name in _PACKAGES),
    ]
    return Table("Made on", ("what", "which"), tuple(rows))


def commit_and_date() -> str:
    """Return which state of the product a number is of."""
    return f"commit {_commit()}, {dt.datetime.now(tz=dt.UTC):%Y-%m-%d}"


def commit_number() -> int:
    """Return the commit as a number, 0 where this is no git checkout: what nobody could have chosen."""
    return int(_git("rev-parse", "--short=7", "HEAD") or "0", 16)


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _commit() -> str:
    return _git("describe", "--always", "--dirty") or "not a git checkout"


def _git(*arguments: str) -> str:
    root = Path(__file__).parents[1]
    asked = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    return asked.stdout.strip()


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def run_alone(measure: Callable[[bool], Section], argv: Sequence[str] | None = None) -> None:
    """Run one benchmark as a program and print its section."""
    parser = argparse.ArgumentParser(description=measure.__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller and fewer, to see that it works")
    print(as_markdown(measure(parser.parse_args(argv).quick)))
