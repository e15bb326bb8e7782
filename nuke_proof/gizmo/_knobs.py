# SPDX-License-Identifier: Apache-2.0
"""What a user sees of the group: its knobs, in the order of the panel."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from nuke_proof.gizmo._text import escape

__all__ = ["Knob", "Type", "knobs", "write_knobs"]


class Type(IntEnum):
    """Numbers of Nuke for the knobs that a user can add."""

    STRING = 1
    FILE = 2
    CHOICE = 4
    SWITCH = 6
    NUMBER = 7
    POSITION = 12
    TAB = 20
    BUTTON = 22
    TEXT = 26
    LINK = 41


@dataclass(frozen=True)
class Knob:
    """One knob.

    Parameters
    ----------
    type : Type
    name : str
        By which scripts know it: part of what the plug-in relies on.
    label, tooltip : str
        Without braces, brackets and dollars.
    more : str
        What else stands in its line: choices, range, target, flags.
    value : str
        Its value in the form of the file; empty where Nuke's own default is meant.
    """

    type: Type
    name: str
    label: str
    tooltip: str = ""
    more: str = ""
    value: str = ""


_PRESS = """try:
    import pixmend_nuke
except ImportError:
    nuke.message("PixMend's buttons need the plug-in: add the folder that `pixmend nuke-path` prints to NUKE_PATH and start Nuke again. The picture is not affected.")
else:
    pixmend_nuke.press(nuke.thisNode(), "{name}")
"""
_NEW_LINE, _SAME_LINE = "+STARTLINE", "-STARTLINE"


def _button(name: str, label: str, tooltip: str, *, line: str = _SAME_LINE) -> Knob:
    return Knob(Type.BUTTON, name, label, tooltip, f"T {escape(_PRESS.format(name=name))} {line}")


def _choice(name: str, label: str, tooltip: str, *, choices: str, line: str = _NEW_LINE) -> Knob:
    flag = "" if line == _NEW_LINE else f" {line}"
    return Knob(Type.CHOICE, name, label, tooltip, f"M {{{choices}}}{flag}", choices.split(maxsplit=1)[0])


def _number(name: str, label: str, tooltip: str, *, span: str, value: str) -> Knob:
    return Knob(Type.NUMBER, name, label, tooltip, f"R {span}", value)


_REPAIR = (
    Knob(Type.TAB, "main", "PixMend"),
    Knob(
        Type.FILE,
        "bake",
        "bake",
        "Folder NAME.pixmend that pixmend bake wrote for this plate: what is mended, and how. "
        "Without it the plate passes untouched.",
    ),
    Knob(
        Type.FILE,
        "map",
        "map",
        "Defect map, a JSON file: what Detect found or the show handed out. "
        "It is what the buttons work on; the picture follows the bake.",
    ),
    _choice(
        "engine",
        "engine",
        "Live: a Blink kernel mends each frame from the bake. Patch: baked pixels are laid over the plate, "
        "every method, in every edition. Preview: a quick look with stock nodes, not what is delivered.",
        choices="Live Patch Preview",
    ),
    _choice(
        "view",
        "view",
        "Result: what is rendered. Defects: a ring and an id round each. Difference: what was changed, times gain. "
        "Vivid: contrast and saturation raised, as quality control looks at it. "
        "Renders in the terminal are always the result.",
        choices="Result Defects Difference Vivid",
        line=_SAME_LINE,
    ),
    _number(
        "gain", "gain", "How many times larger the view Difference shows a change.", span="1 256", value="16"
    ),
    _choice(
        "mark_size",
        "marks",
        "How large the rings and ids of the view Defects are.",
        choices="Small Medium Large",
    ),
    _number("contrast", "contrast", "Of the view Vivid, about mid grey.", span="1 4", value="1.6"),
    _number("saturation", "saturation", "Of the view Vivid.", span="0 4", value="2"),
    Knob(Type.TEXT, "status_text", "status", "What PixMend did last.", 'T "No map yet."'),
    _button("load_map", "Load map", "Reads the map and shows its defects.", line=_NEW_LINE),
    _button("save_map", "Save map", "Writes the map with what was added, accepted, rejected and removed."),
    _button("detect", "Detect", "Looks for defects in the plate, outside Nuke; you can go on working."),
    _button("cancel", "Cancel", "Stops what runs; nothing is left behind."),
    _button("bake_now", "Bake", "Works out the repair of every frame, outside Nuke, and loads it."),
    _button("render", "Render fixed plate", "Mends the plate's own files into a new folder, outside Nuke."),
    _button(
        "send_to_farm",
        "Send to farm",
        "The same as a job for the engine that the tab Settings names. Without a map, the farm detects first.",
    ),
)
_DEFECTS = (
    Knob(Type.TAB, "defects", "Defects", "", "n 1"),
    Knob(Type.STRING, "current", "defect", "Id of the defect that is looked at."),
    _button("previous", "Previous", "Goes to the defect before: its frame, and the handle on it."),
    _button("next", "Next", "Goes to the next defect: its frame, and the handle on it."),
    Knob(
        Type.POSITION,
        "pick",
        "pick",
        "The picked pixel, in Nuke's coordinates: drag the handle, or press Next.",
        "",
        "{0 0}",
    ),
    Knob(
        Type.SWITCH,
        "close_up",
        "close-up",
        "Shows the picked place 16 times larger. In the viewer only: a render in the terminal never has it.",
        _SAME_LINE,
    ),
    _button("add", "Add", "Adds a defect at the picked pixel.", line=_NEW_LINE),
    _button("accept", "Accept", "Accepts the current defect."),
    _button("reject", "Reject", "Rejects the current defect: it stays in the map and is not mended."),
    _button("remove", "Remove", "Takes the current defect out of the map."),
    _choice(
        "filter_kind",
        "show",
        "Which kinds Previous and Next stop at.",
        choices="all hot stuck dead blinking flash column row cluster",
    ),
    _choice(
        "filter_status",
        "status",
        "Which states of review Previous and Next stop at.",
        choices="all proposed accepted rejected",
        line=_SAME_LINE,
    ),
    _number(
        "filter_amplitude",
        "from sigma",
        "Previous and Next pass what is fainter than this many times the noise.",
        span="0 50",
        value="0",
    ),
    Knob(Type.TAB, "defects_end", "endGroup", "", "n -1"),
)
_MASK = (
    Knob(
        Type.LINK,
        "mask",
        "mask",
        "Channel of the mask input: the plate is mended where it is 1. Without a mask input, everywhere.",
        "T PM_TakeMask.from0",
    ),
    Knob(Type.SWITCH, "invert_mask", "invert", "Mends where the mask is 0.", _SAME_LINE),
    _number("mix", "mix", "0: the plate. 1: the repair.", span="0 1", value="1"),
)
_SETTINGS = (
    Knob(Type.TAB, "settings", "Settings"),
    Knob(
        Type.FILE,
        "cli",
        "pixmend",
        "The command pixmend. Empty: the variable PIXMEND_CLI, then the PATH.",
    ),
    Knob(
        Type.STRING,
        "frames",
        "frames",
        "Frames that are worked on, as in 1001-1100. Empty: all of the plate.",
    ),
    _choice(
        "farm_engine",
        "farm",
        "Who runs what Send to farm hands over: an engine of pixmend submit. local is this machine.",
        choices="local openjd slurm deadline-cloud opencue deadline10 tractor",
    ),
    Knob(Type.FILE, "farm_site", "site", "The site file, TOML: how this house runs jobs. Empty: none."),
    Knob(Type.LINK, "use_gpu", "use GPU", "Of the engine Live.", "T PM_Live.useGPUIfAvailable"),
    Knob(Type.STRING, "edits", "edits", "What was changed since the map was loaded.", "+INVISIBLE"),
)
_INFO_TEXT = (
    "Mends dead, stuck and hot pixels from a map and a bake. Live and Patch give what pixmend fix writes, "
    "to the bit at half float; Preview is a quick look. In proxy mode the plate passes untouched. "
    "Apache-2.0."
)


def _info(version: str) -> tuple[Knob, ...]:
    return (
        Knob(Type.TAB, "info", "Info"),
        Knob(Type.TEXT, "version", "version", "Of this node.", f'T "{version}"'),
        Knob(Type.TEXT, "about", "PixMend", "What this node does.", f"T {escape(_INFO_TEXT)}"),
    )


def knobs(version: str) -> tuple[Knob, ...]:
    """Return all knobs in the order of the panel."""
    return (*_REPAIR, *_DEFECTS, *_MASK, *_SETTINGS, *_info(version))


def _lines(knob: Knob) -> Iterator[str]:
    words = [str(int(knob.type)), knob.name, f"l {escape(knob.label)}"]
    if knob.tooltip:
        words.append(f"t {escape(knob.tooltip)}")
    if knob.more:
        words.append(knob.more)
    yield " addUserKnob {" + " ".join(words) + "}"
    if knob.value:
        yield f" {knob.name} {knob.value}"


def write_knobs(version: str) -> str:
    """Return the lines that make the knobs of a group."""
    return "".join(f"{line}\n" for knob in knobs(version) for line in _lines(knob))
