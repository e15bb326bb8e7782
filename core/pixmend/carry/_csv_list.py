# SPDX-License-Identifier: Apache-2.0
"""Cut lists as a table of frame numbers."""

import csv
import re
from collections.abc import Sequence

from pixmend.carry._cut_list import CutList, ListedShot
from pixmend.errors import RangeError, UsageError

__all__ = ["list_from_csv"]

_COLUMNS = ("first", "last", "camera", "name")
_FRAME = re.compile(r"-?\d{1,9}", re.ASCII)
_FORM = "each line is first,last[,camera][,name], in frame numbers"


def list_from_csv(text: str, *, where: str) -> CutList:
    """Read ``first,last[,camera][,name]``; a header may name the columns in any order.

    Both frames belong to the shot. Empty lines, and lines that begin with #, are left out.

    Raises
    ------
    UsageError
        If a line is no shot; as RangeError if its frames are none, or in two shots.
    """
    try:
        lines = csv.reader(text.splitlines(), strict=True)
        rows = [(number, row) for number, row in enumerate(lines, 1) if _speaks(row)]
    except csv.Error as exc:
        raise UsageError(f"this is no CSV: {exc}", where=where) from exc
    columns: Sequence[str] = _COLUMNS
    if rows and _is_header(rows[0][1]):
        columns = _columns_named(rows.pop(0)[1], where)
    return CutList(
        shots=tuple(_shot(row, columns, f"{where}, line {line}") for line, row in rows), where=where
    )


def _speaks(row: Sequence[str]) -> bool:
    return any(cell.strip() for cell in row) and not row[0].lstrip().startswith("#")


def _is_header(row: Sequence[str]) -> bool:
    return {"first", "last"} <= {cell.strip().lower() for cell in row}


def _columns_named(row: Sequence[str], where: str) -> list[str]:
    names = [cell.strip().lower() for cell in row]
    if len(set(names)) < len(names):
        raise UsageError("the header names a column twice", where=where)
    return names


def _shot(row: Sequence[str], columns: Sequence[str], where: str) -> ListedShot:
    cells = dict(zip(columns, (cell.strip() for cell in row), strict=False))
    if len(row) > len(columns):
        raise UsageError(f"there are {len(row)} columns, not {len(columns)}", where=where, hint=_FORM)
    first, last = (_frame(cells.get(name, ""), where) for name in ("first", "last"))
    if last < first:
        raise RangeError(f"the last frame, {last}, is before the first, {first}", where=where)
    return ListedShot(first=first, last=last, camera=cells.get("camera", ""), name=cells.get("name", ""))


def _frame(text: str, where: str) -> int:
    if not _FRAME.fullmatch(text):
        raise UsageError(f"{text[:40]!r} is not a frame number", where=where, hint=_FORM)
    return int(text)
