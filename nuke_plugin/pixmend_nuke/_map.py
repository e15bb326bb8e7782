# SPDX-License-Identifier: Apache-2.0
"""The map file: read, edited, written. Fields that this version does not know stay.

Edits are plain values, kept in a knob so that Nuke's own undo works on them (as base64, because text knobs
take `[` and `$` for Tcl)::

    {"of": "<sha256 of the map file>", "added": [defect, ...], "status": {"d0001": "rejected"},
     "removed": ["d0002"]}
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any, Dict, NamedTuple

from pixmend_nuke._problem import Problem

__all__ = [
    "Defect",
    "Edits",
    "MapFile",
    "edited",
    "edits_from_text",
    "edits_to_text",
    "map_text",
    "read_map",
    "sha256",
    "with_added",
    "with_status",
    "without",
    "write_map",
]

Defect = Dict[str, Any]
Edits = Dict[str, Any]
SCHEMA = "pixmend.map/1"
MOST_BYTES = 256 * 2**20


class MapFile(NamedTuple):
    """A map as it lies on the disk."""

    path: str
    document: dict[str, Any]
    sha256: str


def read_map(path: str) -> MapFile:
    """Read a map; a `Problem` says in one sentence what is wrong with it."""
    if not path:
        raise Problem("No map is named: choose one in the knob `map`, or press Detect.")
    if not path.lower().endswith(".json"):
        raise Problem(
            f"{path}: PixMend loads maps in JSON. `pixmend map convert IN -o map.json` makes one of this."
        )
    try:
        if Path(path).stat().st_size > MOST_BYTES:
            raise Problem(f"{path}: this is too large to be a defect map.")
        stored = Path(path).read_bytes()
    except OSError as exc:
        raise Problem(f"{path}: the map cannot be read ({exc.strerror or exc}).") from exc
    return MapFile(path, _checked(path, stored), sha256(stored))


def sha256(stored: bytes) -> str:
    """Return the hash by which a map is known again."""
    return hashlib.sha256(stored).hexdigest()


def _checked(path: str, stored: bytes) -> dict[str, Any]:
    """Return the document, as far as the buttons lean on it; the command line checks the rest."""
    try:
        document = json.loads(stored.decode("utf-8"))
    except (ValueError, RecursionError) as exc:
        raise Problem(f"{path}: this map is broken, it is not JSON ({exc}).") from exc
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SCHEMA:
        what = f"of the schema {schema!r}" if schema else "no defect map"
        raise Problem(f"{path}: this is {what}; PixMend reads {SCHEMA}.")
    for number, each in enumerate(_defects(document, path)):
        if not _is_defect(each):
            raise Problem(f"{path}: defect {number + 1} of this map is broken. The map is not loaded.")
    return dict(document)


def _defects(document: dict[str, Any], path: str) -> list[Any]:
    defects = document.get("defects")
    if not isinstance(defects, list):
        raise Problem(f"{path}: this map has no list of defects.")
    return defects


def _is_defect(each: Any) -> bool:
    if not isinstance(each, dict) or not isinstance(each.get("id"), str):
        return False
    places = (each.get("x"), each.get("y"))
    samples = each.get("samples")
    return all(type(place) is int for place in places) and isinstance(samples, list) and bool(samples)


def map_text(document: dict[str, Any]) -> str:
    """Return the text of a map as the command line writes it: a defect a line."""
    head = {name: value for name, value in document.items() if name != "defects"}
    lines = [f"  {_json(name)}: {_json(value)}" for name, value in head.items()]
    rows = ",\n".join("    " + _json(each) for each in document["defects"])
    lines.append(f'  "defects": [\n{rows}\n  ]' if rows else '  "defects": []')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def write_map(path: str, document: dict[str, Any]) -> None:
    """Write a map whole or not at all."""
    target, temporary = Path(path), None
    try:
        with tempfile.NamedTemporaryFile(
            prefix=".pixmend-", suffix=".part", dir=str(target.parent), delete=False
        ) as stream:
            temporary = Path(stream.name)
            stream.write(map_text(document).encode("utf-8", "backslashreplace"))
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(_mode_of(target))
        temporary.replace(target)
    except OSError as exc:
        with contextlib.suppress(OSError):
            if temporary is not None:
                temporary.unlink()
        raise Problem(f"{path}: the map cannot be written ({exc.strerror or exc}).") from exc


def _mode_of(path: Path) -> int:
    """Return the rights of the file that is replaced, else those that a new file would have."""
    try:
        return path.stat().st_mode & 0o777
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def edits_from_text(text: str, of: str) -> Edits:
    """Return the edits that a knob holds for the map with hash `of`; a `Problem` if they are another's."""
    try:
        edits = json.loads(base64.b64decode(text, validate=True).decode("utf-8")) if text else {}
    except ValueError as exc:
        raise Problem("The knob `edits` is broken; press Load map to begin anew.") from exc
    if edits and edits.get("of") != of:
        raise Problem(
            "The map on the disk has changed since it was loaded here. Press Load map to take it as it is now; "
            "what was accepted, rejected, added or removed since is then dropped."
        )
    empty: Edits = {"of": of, "added": [], "status": {}, "removed": []}
    empty.update(edits)
    return empty


def edits_to_text(edits: Edits) -> str:
    """Return the knob's text: empty where nothing was edited."""
    is_empty = not (edits["added"] or edits["status"] or edits["removed"])
    text = json.dumps(edits, sort_keys=True).encode("utf-8")
    return "" if is_empty else base64.b64encode(text).decode("ascii")


def edited(document: dict[str, Any], edits: Edits) -> dict[str, Any]:
    """Return the map with its edits."""
    removed = set(edits["removed"])
    defects = [each for each in document["defects"] + edits["added"] if each["id"] not in removed]
    marked = [_marked(each, edits["status"].get(each["id"])) for each in defects]
    return dict(document, defects=marked)


def _marked(defect: Defect, status: str | None) -> Defect:
    return defect if status is None else dict(defect, status=status)


def with_status(edits: Edits, name: str, status: str) -> Edits:
    """Return the edits with one defect accepted or rejected."""
    return dict(edits, status=dict(edits["status"], **{name: status}))


def without(edits: Edits, name: str) -> Edits:
    """Return the edits with one defect taken out; one that was added here leaves no trace."""
    added = [each for each in edits["added"] if each["id"] != name]
    status = {key: value for key, value in edits["status"].items() if key != name}
    is_new = len(added) < len(edits["added"])
    return dict(edits, added=added, status=status, removed=edits["removed"] + [name] * (not is_new))


def with_added(edits: Edits, document: dict[str, Any], x: int, y: int) -> Edits:
    """Return the edits with one more defect: a photosite at a pixel, a plus of five samples inside the raster.

    Debayer spreads a photosite over its neighbours; every colour channel and frame is taken, for a
    person has pointed at it.
    """
    reach = [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)]
    samples = [[dx, dy, "*"] for dx, dy in reach if _inside(document.get("raster"), x + dx, y + dy)]
    if [0, 0, "*"] not in samples:
        raise Problem(f"Pixel {x}, {y} lies outside the raster of this map: pick one in the picture.")
    new = {"id": _free_id(document, edits), "x": x, "y": y, "kind": "hot", "samples": samples}
    new.update({"amplitude_sigma": None, "confidence": None, "status": "accepted", "severity": "issue"})
    return dict(edits, added=edits["added"] + [dict(new, note="added in Nuke")])


def _inside(raster: dict[str, int] | None, x: int, y: int) -> bool:
    if raster is None:
        return True
    left, top = raster["x"], raster["y"]
    return left <= x < left + raster["width"] and top <= y < top + raster["height"]


def _free_id(document: dict[str, Any], edits: Edits) -> str:
    taken = {each["id"] for each in document["defects"] + edits["added"]}
    number = len(taken) + 1
    while f"d{number:04d}" in taken:
        number += 1
    return f"d{number:04d}"
