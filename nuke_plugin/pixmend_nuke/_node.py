# SPDX-License-Identifier: Apache-2.0
"""The PixMend node: its knobs, its map, its plate."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from pathlib import Path
from typing import Any, Iterator, NamedTuple, cast

import nuke

from pixmend_nuke._map import Edits, MapFile, edited, edits_from_text, edits_to_text, read_map
from pixmend_nuke._problem import Problem

__all__ = [
    "Plate",
    "bake_folder",
    "frame_arguments",
    "is_baked",
    "keep_edits",
    "load",
    "path_of",
    "plate_of",
    "reload_baked",
    "set_status",
    "text_of",
    "undoable",
]

_MOST_NODES_UP = 1000
_NAMED_BY_US = re.compile(r"_[0-9a-f]{6}\.pixmend/?$")
_LEAVE_SAMPLES = ("Dot", "NoOp", "ModifyMetaData")
_BAKED_READS = ("PM_ReadIndex", "PM_ReadControl", "PM_ReadMarks")
_PATCH_READ = "PM_ReadPatch"


class Plate(NamedTuple):
    """The plate's files, as the command line wants to hear of them."""

    shot: str
    frames: list[str]
    height: int
    reader: str
    is_raw: bool
    colours: str


def text_of(node: nuke.Node, knob: str) -> str:
    """Return the text of a knob, as it was typed."""
    return str(node[knob].value() or "")


def path_of(node: nuke.Node, knob: str) -> str:
    """Return the path that a file knob means, with its Tcl evaluated."""
    found = node[knob]
    evaluate = getattr(found, "evaluate", found.value)
    return str(evaluate() or "").strip()


def set_status(node: nuke.Node, sentence: str) -> None:
    """Show a sentence on the node."""
    node["status_text"].setValue(sentence)


@contextlib.contextmanager
def undoable(name: str) -> Iterator[None]:
    """Make what happens inside one step of Nuke's undo; nothing at all if it fails."""
    undo = nuke.Undo()
    undo.begin(name)
    try:
        yield
    except BaseException:
        undo.cancel()
        raise
    undo.end()


def load(node: nuke.Node) -> tuple[MapFile, Edits, dict[str, Any]]:
    """Return the node's map as it lies on the disk, its edits, and the map with them."""
    stored = read_map(path_of(node, "map"))
    edits = edits_from_text(text_of(node, "edits"), stored.sha256)
    return stored, edits, edited(stored.document, edits)


def keep_edits(node: nuke.Node, edits: Edits) -> None:
    """Put the edits into their knob."""
    node["edits"].setValue(edits_to_text(edits))


def is_baked(folder: str, of: str, plate: Plate | None) -> bool:
    """Tell whether a bake folder was made of the map file with hash `of`, and of this plate."""
    manifest = _manifest(folder)
    baked_of = manifest.get("map")
    is_map = isinstance(baked_of, dict) and baked_of.get("sha256") == of
    return is_map and _is_of_plate(manifest.get("shot"), plate)


def _manifest(folder: str) -> dict[str, Any]:
    try:
        found = json.loads(Path(folder, "bake.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_of_plate(shot: Any, plate: Plate | None) -> bool:
    if plate is None or not isinstance(shot, str):
        return plate is None and shot is None
    before, after = _around_number(plate.shot)
    return shot.startswith(before) and shot.endswith(after)


def _around_number(shot: str) -> tuple[str, str]:
    """Return what stands before and after the frame number in a shot's file names."""
    before, _, after = re.sub(r"%0?\d*d", "\0", Path(shot).name).partition("\0")
    return before, after


def bake_folder(named: str, map_path: str, plate: Plate | None) -> str:
    """Return where this map's bake for this plate belongs: the named folder, unless it is another shot's."""
    usual = usual_bake(map_path, plate)
    shot = _manifest(named).get("shot") if named else None
    is_of_another = _NAMED_BY_US.search(named) is not None or (
        shot is not None and not _is_of_plate(shot, plate)
    )
    return named if named and not is_of_another else usual


def usual_bake(map_path: str, plate: Plate | None) -> str:
    """Return the folder for a bake: beside the map, one for each plate, for many shots may share a camera's map."""
    path = Path(map_path)
    if plate is None:
        return path.with_suffix(".pixmend").as_posix()
    digest = hashlib.sha256(plate.shot.encode("utf-8", "surrogateescape")).hexdigest()[:6]
    name = _around_number(plate.shot)[0].strip("._- ") or "plate"
    return path.with_name(f"{path.stem}_{name}_{digest}.pixmend").as_posix()


def reload_baked(node: nuke.Node) -> None:
    """Let the node's readers look at the disk again."""
    names = list(_BAKED_READS)
    if next(Path(path_of(node, "bake")).glob("patch.*.exr"), None) is not None:
        names.append(_PATCH_READ)
    for name in names:
        reader = node.node(name) if isinstance(node, nuke.Group) else None
        if reader is not None:
            reader["reload"].execute()  # type: ignore[attr-defined]  # a button, which the stubs cannot know


def plate_of(node: nuke.Node) -> Plate:
    """Return the plate that stands above the node.

    Raises
    ------
    Problem
        If there is none, its frames are renumbered, or something on the way may change its samples.
    """
    above = node.input(0)
    if above is None:
        raise Problem("Connect the plate to the input of PixMend.")
    reader = _reader_above(above)
    if str(reader["frame"].value() or "").strip():
        raise Problem(
            f"{reader.name()} renumbers the plate's frames, and maps go by the numbers of the files: "
            "leave its `frame` empty, and put a TimeOffset below PixMend."
        )
    return Plate(
        shot=_shot_of(reader),
        frames=frame_arguments(node, reader),
        height=above.format().height(),
        reader=reader.name(),
        is_raw=bool(reader["raw"].value()),
        colours=str(reader["colorspace"].value()),
    )


def _reader_above(start: nuke.Node) -> nuke.Node:
    each: Any = start
    for _ in range(_MOST_NODES_UP):
        if each is None:
            break
        if each.Class() == "Read":
            return cast("nuke.Node", each)
        if each.Class() not in _LEAVE_SAMPLES:
            raise Problem(
                f"{each.name()} stands between the plate and PixMend, which mends the samples of the file: "
                "put PixMend right below the Read."
            )
        each = each.input(0)
    raise Problem(
        "No Read stands above PixMend: the command line works on files, so connect the plate's Read."
    )


def _shot_of(reader: nuke.Node) -> str:
    """Return the pattern of the plate's files: Nuke's `####` written as `%04d`, the view filled in."""
    text = str(reader["file"].value() or "")
    if "[" in text or "$" in text:
        text = nuke.filename(reader) or text
    if not text:
        raise Problem(f"{reader.name()} names no file.")
    if "%v" in text or "%V" in text:
        view = nuke.thisView()
        text = text.replace("%V", view).replace("%v", view[:1])
    name = re.sub("#+", lambda found: f"%0{len(found.group())}d", Path(text).name)
    return Path(text).with_name(name).as_posix()


def frame_arguments(node: nuke.Node, reader: nuke.Node) -> list[str]:
    """Return ``--frames R``: the knob's, or where the Read is cut shorter than its files, the Read's."""
    named = text_of(node, "frames").strip()
    if named:
        return ["--frames", named]
    first, last, of_first, of_last = (
        int(reader[name].value()) for name in ("first", "last", "origfirst", "origlast")
    )
    is_cut = of_first <= first <= last <= of_last and (first, last) != (of_first, of_last)
    return ["--frames", f"{first}-{last}"] if is_cut else []
