# SPDX-License-Identifier: Apache-2.0
"""Bring older PixMend nodes of a script up to date: a Group in a script never hears of a fix."""

from __future__ import annotations

import re

import nuke

from pixmend_nuke._node import undoable
from pixmend_nuke._problem import tell
from pixmend_nuke._version import VERSION

__all__ = ["update_selected"]

_OURS = ("version", "bake", "engine", "edits")  # a Group that has these knobs is a PixMend
_NEVER_COPIED = ("name", "version", "status_text", "xpos", "ypos", "selected")
_VALUELESS = ("Tab_Knob", "Text_Knob", "PyScript_Knob", "BeginTabGroup_Knob", "EndTabGroup_Knob", "Link_Knob")


def update_selected() -> None:
    """Replace each selected PixMend that is older than this plug-in by a fresh one with the same knobs."""
    ours = [each for each in nuke.selectedNodes() if all(name in each.knobs() for name in _OURS)]
    if not ours:
        tell("Select the PixMend nodes that are to be updated.")
        return
    old = [each for each in ours if _version_of(each) < _numbers(VERSION)]
    updated: list[str] = []
    for each in old:
        with undoable("PixMend: update " + each.name()):
            updated.append(_replace(each))
    fresh = len(ours) - len(old)
    tell(
        "{} updated to {}: {}.".format(len(updated), VERSION, ", ".join(updated))
        if updated
        else "{} PixMend node{} already of version {} or newer.".format(
            fresh, " is" if fresh == 1 else "s are", VERSION
        )
    )


def _version_of(node: nuke.Node) -> tuple[int, ...]:
    return _numbers(str(node["version"].value()))


def _numbers(text: str) -> tuple[int, ...]:
    found = re.search(r"\d+(?:\.\d+)*", text)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def _replace(old: nuke.Node) -> str:
    """Put a fresh node where the old one was: inputs, what reads it, place, knobs, name."""
    name = str(old.name())
    readers = [
        (each, number)
        for each in old.dependent(nuke.INPUTS, False)
        for number in range(each.inputs())
        if _is(each.input(number), old)
    ]
    with old.parent():
        fresh = nuke.createNode("PixMend", inpanel=False)
    for number in range(old.inputs()):
        fresh.setInput(number, old.input(number))
    for reader, number in readers:
        reader.setInput(number, fresh)
    _copy_knobs(old, fresh)
    fresh.setXYpos(old.xpos(), old.ypos())
    nuke.delete(old)
    fresh.setName(name)
    return name


def _is(one: nuke.Node | None, other: nuke.Node) -> bool:
    return one is not None and one.fullName() == other.fullName()


def _copy_knobs(old: nuke.Node, fresh: nuke.Node) -> None:
    """Copy what a person can have set, animation and expressions too."""
    known = old.knobs()
    for name, knob in fresh.knobs().items():
        if name in known and name not in _NEVER_COPIED and knob.Class() not in _VALUELESS:
            knob.fromScript(known[name].toScript())
