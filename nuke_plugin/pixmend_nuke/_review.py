# SPDX-License-Identifier: Apache-2.0
"""Going through the defects: next, previous, add, accept, reject, remove, through the filters."""

from __future__ import annotations

import re
from typing import Any

import nuke

from pixmend_nuke._coordinates import to_map, to_nuke
from pixmend_nuke._map import Defect, with_added, with_status, without
from pixmend_nuke._node import keep_edits, load, plate_of, set_status, text_of, undoable
from pixmend_nuke._problem import Problem

__all__ = ["accept", "add", "following", "nearest_frame", "previous", "reject", "remove"]

_ALL = "all"
_RANGE = re.compile(r"(-?\d+)(?:-(-?\d+)(?:x(\d+))?)?")


def following(node: nuke.Node) -> None:
    """Go to the next defect that passes the filters."""
    _step(node, 1)


def previous(node: nuke.Node) -> None:
    """Go to the one before."""
    _step(node, -1)


def accept(node: nuke.Node) -> None:
    """Mark the current defect as one."""
    _mark(node, "accepted")


def reject(node: nuke.Node) -> None:
    """Mark the current defect as picture: it is never mended."""
    _mark(node, "rejected")


def remove(node: nuke.Node) -> None:
    """Take the current defect out of the map."""
    _, edits, document = load(node)
    name = _current(node, document)["id"]
    with undoable("PixMend: remove " + name):
        keep_edits(node, without(edits, name))  # `current` stays: Next goes on from there
        set_status(node, f"{name} removed. Bake to see it, Save map to keep it.")


def add(node: nuke.Node) -> None:
    """Add a defect at the picked pixel."""
    if nuke.root().proxy():
        raise Problem("In proxy mode a pixel cannot be picked: turn proxy off, then add.")
    if "close_up" in node.knobs() and node["close_up"].value():
        raise Problem("In the close-up a pixel cannot be picked: turn it off, then add.")
    stored, edits, document = load(node)
    x, y = to_map(node["pick"].value(0), node["pick"].value(1), plate_of(node).height)
    there = [each["id"] for each in document["defects"] if (each["x"], each["y"]) == (x, y)]
    if there:
        raise Problem(f"{there[0]} is at this pixel already.")
    more = with_added(edits, stored.document, x, y)
    name = more["added"][-1]["id"]
    with undoable("PixMend: add " + name):
        keep_edits(node, more)
        node["current"].setValue(name)
        set_status(node, f"{name} added at {x}, {y}. Bake to see it mended.")


def _mark(node: nuke.Node, status: str) -> None:
    _, edits, document = load(node)
    defect = _current(node, document)
    with undoable("PixMend: {} {}".format(status, defect["id"])):
        keep_edits(node, with_status(edits, defect["id"], status))
        set_status(node, "{} {}. Bake to see it, Save map to keep it.".format(defect["id"], status))


def _current(node: nuke.Node, document: dict[str, Any]) -> Defect:
    name = text_of(node, "current").strip()
    for each in document["defects"]:
        if each["id"] == name:
            return dict(each)
    if not name:
        raise Problem("No defect is chosen: press Next, or write an id into `current`.")
    raise Problem(f"The map has no defect {name}.")


def _step(node: nuke.Node, by: int) -> None:
    stored, edits, document = load(node)
    shown = _shown(node, document)
    if not shown:
        raise Problem("No defect of the map passes the filters.")
    order = [each["id"] for each in stored.document["defects"] + edits["added"]]
    at = _place_of(text_of(node, "current").strip(), order, by)
    places = [order.index(each["id"]) for each in shown]
    if by > 0:
        number = next((number for number, place in enumerate(places) if place > at), 0)
    else:
        number = next(
            (number for number in reversed(range(len(places))) if places[number] < at), len(places) - 1
        )
    _go_to(node, shown[number], f"{number + 1} of {len(shown)}")


def _place_of(name: str, order: list[str], by: int) -> int:
    """Return where a step begins: at a defect, also one that was removed or is filtered out; else at an end."""
    if name in order:
        return order.index(name)
    return -1 if by > 0 else len(order)


def _shown(node: nuke.Node, document: dict[str, Any]) -> list[Defect]:
    """Return the defects that pass the filters; what has no amplitude was not measured, and passes."""
    kind, status = text_of(node, "filter_kind"), text_of(node, "filter_status")
    least = float(node["filter_amplitude"].value() or 0.0)
    return [
        each
        for each in document["defects"]
        if kind in ("", _ALL, each.get("kind"))
        and status in ("", _ALL, each.get("status", "proposed"))
        and (each.get("amplitude_sigma") is None or abs(each["amplitude_sigma"]) >= least)
    ]


def _go_to(node: nuke.Node, defect: Defect, place: str) -> None:
    """Point at a defect: its id, the handle of `pick`, and a frame in which it shows."""
    x, y = to_nuke(defect["x"], defect["y"], plate_of(node).height)
    with undoable("PixMend: go to " + defect["id"]):
        node["current"].setValue(defect["id"])
        node["pick"].setValue([x, y])
        set_status(node, "{} ({}): {}".format(defect["id"], place, _words(defect)))
    frame = nearest_frame(defect.get("frames"), nuke.frame())
    if frame != nuke.frame():
        nuke.frame(frame)


def _words(defect: Defect) -> str:
    amplitude = defect.get("amplitude_sigma")
    return ", ".join(
        [
            "{} at {}, {}".format(defect.get("kind", "defect"), defect["x"], defect["y"]),
            "frames {}".format(defect["frames"]) if defect.get("frames") else "every frame",
            "not measured" if amplitude is None else f"{amplitude:.1f} sigma",
            str(defect.get("status", "proposed")),
        ]
    )


def nearest_frame(frames: str | None, frame: int) -> int:
    """Return the frame of a range (``1001-1100x2,1105``) that is nearest to `frame`; itself without a range."""
    found = [_nearest_of(part, frame) for part in (frames or "").split(",")]
    there = [each for each in found if each is not None]
    return min(there, key=lambda each: abs(each - frame)) if there else frame


def _nearest_of(part: str, frame: int) -> int | None:
    match = _RANGE.fullmatch(part.strip())
    if match is None:
        return None
    first = int(match.group(1))
    last = int(match.group(2) or first)
    step = int(match.group(3) or 1)
    last = first + (last - first) // step * step
    return min(max(first + round((frame - first) / step) * step, first), last)
