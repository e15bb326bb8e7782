# SPDX-License-Identifier: Apache-2.0
"""Maps as other tools write them: CSV tables and dcraw's ``.badpixels``, text <-> `DefectMap`.

Both lose something: CSV keeps no measurement, badpixels keeps pixels only.
"""

import csv
import io
import re
from collections.abc import Iterator
from typing import NamedTuple

from pixmend.errors import MapError, RangeError
from pixmend.model._defect import ANY_CHANNEL, FARTHEST, Defect, Sample, Status, is_defect_id
from pixmend.model._kinds import Kind, kind_from_word
from pixmend.model._map import DefectMap
from pixmend.model._ranges import FrameRange

__all__ = ["map_from_badpixels", "map_from_csv", "map_to_badpixels", "map_to_csv"]

_COLUMNS = ("x", "y", "frames", "channel", "kind", "status", "id")
_WHOLE = re.compile(r"[+-]?\d{1,9}", re.ASCII)
_UNIX_TIME = re.compile(r"\d{1,18}", re.ASCII)

# Neither form says which raster it is for.
_NO_DEFECTS = DefectMap(raster=None, defects=())


class _Row(NamedTuple):
    """One line of a table: a pixel, or one channel of it, of one defect."""

    x: int
    y: int
    frames: FrameRange | None
    channel: str
    kind: Kind
    status: Status
    id: str

    def key(self) -> tuple[object, ...]:
        """Return what the rows of one defect have in common."""
        return (self.id, self.frames) if self.id else (self.x, self.y, self.frames)


def map_from_csv(text: str, *, kind: Kind = Kind.HOT, where: str = "") -> DefectMap:
    """Read a table of pixels: ``x,y[,frames][,channel]``.

    With a header line the columns stand in any order, and ``kind``, ``status`` and
    ``id`` are read too; other columns are ignored. Rows of one ``id``, or without ids
    of one pixel and range, become one defect. An empty frames cell means every frame,
    an empty channel cell every colour channel. ``#`` starts a comment line; commas,
    semicolons or tabs separate.

    Parameters
    ----------
    text : str
    kind : Kind
        For rows that name none.
    where : str
        The file's name, for messages.

    Raises
    ------
    MapError
        If a row cannot be read (its line is named).
    """
    groups: dict[tuple[object, ...], list[_Row]] = {}
    for row in _csv_rows(text, kind, where):
        groups.setdefault(row.key(), []).append(row)
    return _NO_DEFECTS.added(_defect_of(rows) for rows in groups.values())


def map_to_csv(defect_map: DefectMap) -> str:
    """Return the map as a table: one line a sample, footprints joined by ``id``."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for defect in defect_map.defects:
        frames = "" if defect.frames is None else str(defect.frames)
        # The first line of an id is the defect's centre, so that it comes back as it was.
        for dx, dy, channel in sorted(defect.samples, key=lambda each: (each[:2] != (0, 0), each)):
            place = defect.x + dx, defect.y + dy
            writer.writerow((*place, frames, channel, defect.kind.value, defect.status.value, defect.id))
    return table.getvalue()


def map_from_badpixels(text: str, *, kind: Kind = Kind.HOT, where: str = "") -> DefectMap:
    """Read dcraw's list: ``x y unix-time`` a line, ``#`` starts a comment.

    A pixel is one defect in every channel and frame: the plate does not say when it
    was shot, so the time of death is kept in the note only.

    Raises
    ------
    MapError
        If a line cannot be read (it is named).
    """
    _check_not_blank(text, where)
    defects: dict[tuple[int, int], Defect] = {}
    for number, line in enumerate(_lines(text), start=1):
        cells = line.partition("#")[0].split()
        if not cells:
            continue
        if len(cells) not in {2, 3}:
            raise _line_error(number, f"{line.strip()!r} is not `x y unix-time`", where)
        x, y = (_coordinate(cell, name, number, where) for cell, name in zip(cells, "xy", strict=False))
        died = cells[2] if len(cells) == 3 else "0"
        if not _UNIX_TIME.fullmatch(died):
            raise _line_error(number, f"the unix-time is {died[:40]!r}, not a whole number", where)
        note = f"bad since unix time {died}" if int(died) else ""
        samples = (Sample(0, 0, ANY_CHANNEL),)
        defects.setdefault((x, y), Defect(id="", x=x, y=y, kind=kind, samples=samples, note=note))
    return _NO_DEFECTS.added(defects.values())


def map_to_badpixels(defect_map: DefectMap) -> str:
    """Return dcraw's list of all pixels that are not rejected, sorted, with time 0 (always).

    Raises
    ------
    MapError
        If a pixel lies left of or above (0, 0), which the format cannot say.
    """
    pixels = sorted(defect_map.pixels(), key=lambda place: (place[1], place[0]))
    outside = next((place for place in pixels if min(place) < 0), None)
    if outside is not None:
        raise MapError(
            f"pixel {outside} cannot stand in a .badpixels file", hint="move the map first, or write CSV"
        )
    return "# x y unix-time (0 = always)\n" + "".join(f"{x} {y} 0\n" for x, y in pixels)


def _csv_rows(text: str, kind: Kind, where: str) -> Iterator[_Row]:
    _check_not_blank(text, where)
    columns: list[str] | None = None
    for number, cells in _csv_lines(text, where):
        if columns is None:
            named = not _WHOLE.fullmatch(cells[0])
            columns = _header(cells, number, where) if named else list(_COLUMNS[:4])
            if named:
                continue
        fields = dict(zip(columns, cells, strict=False))
        yield _row(fields, kind, number, where)


def _csv_lines(text: str, where: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, stripped cells) of the lines that say something."""
    # Comments become blank lines, so that the reader's line numbers stay true.
    lines = ["" if line.lstrip().startswith("#") else line for line in _lines(text)]
    first = next((line for line in lines if line.strip()), "")
    delimiter = next((mark for mark in ";\t" if mark in first), ",")
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield reader.line_num, stripped
    except csv.Error as exc:
        raise _line_error(reader.line_num, f"this is not CSV: {exc}", where) from exc


def _header(cells: list[str], number: int, where: str) -> list[str]:
    names = [cell.lower() for cell in cells]
    if not {"x", "y"} <= set(names):
        raise MapError(
            f"line {number}: {','.join(cells)[:40]!r} names no columns x and y",
            where=where,
            hint="a table starts with x,y,frames,channel or with numbers",
        )
    twice = next((name for name in _COLUMNS if names.count(name) > 1), None)
    if twice:
        raise _line_error(number, f"the column {twice!r} stands there twice", where)
    return names


def _row(fields: dict[str, str], kind: Kind, number: int, where: str) -> _Row:
    frames, word, status = (fields.get(column, "") for column in ("frames", "kind", "status"))
    name = fields.get("id", "")
    if name and not is_defect_id(name):
        raise _line_error(number, f"{name[:40]!r} cannot be an id", where)
    x, y = (_coordinate(fields.get(axis, ""), axis, number, where) for axis in ("x", "y"))
    try:
        return _Row(
            x=x,
            y=y,
            frames=FrameRange.parse(frames) if frames else None,
            channel=fields.get("channel", "") or ANY_CHANNEL,
            kind=kind_from_word(word) if word else kind,
            status=Status(status.lower()) if status else Status.PROPOSED,
            id=name,
        )
    except RangeError as exc:
        hint = f"{exc.hint}; a range with commas is quoted, a channel is the fourth column"
        raise MapError(f"line {number}: {exc.what}", where=where, hint=hint) from exc
    except MapError as exc:
        raise MapError(f"line {number}: {exc.what}", where=where, hint=exc.hint) from exc
    except ValueError as exc:
        raise _line_error(number, f"no status is called {status!r}", where) from exc


def _coordinate(cell: str, name: str, number: int, where: str) -> int:
    if not _WHOLE.fullmatch(cell) or abs(int(cell)) > FARTHEST:
        raise _line_error(number, f"{name} is {cell[:40]!r}, not a whole number of pixels", where)
    return int(cell)


def _lines(text: str) -> io.StringIO:
    """Return the lines as editors count them; `str.splitlines` also breaks at form feeds and the like."""
    return io.StringIO(text, newline=None)


def _line_error(number: int, what: str, where: str) -> MapError:
    return MapError(f"line {number}: {what}", where=where, hint="see docs/map.md for the formats")


def _check_not_blank(text: str, where: str) -> None:
    if not text.strip():
        raise MapError("the file is empty", where=where, hint="a map without defects keeps its header line")


def _defect_of(rows: list[_Row]) -> Defect:
    first = rows[0]
    samples = {Sample(row.x - first.x, row.y - first.y, row.channel) for row in rows}
    return Defect(
        id=first.id,
        x=first.x,
        y=first.y,
        kind=first.kind,
        status=first.status,
        frames=first.frames,
        samples=tuple(sorted(samples, key=lambda each: (each.dy, each.dx, each.channel))),
    )
