# SPDX-License-Identifier: Apache-2.0
"""The three ways to mend inside the group: a Blink kernel, a baked patch, stock nodes."""

from typing import Final

from nuke_proof.gizmo._kernel_description import describe_kernel
from nuke_proof.gizmo._nodes import Node, expression, formula
from nuke_proof.gizmo._text import escape

__all__ = ["engines", "guarded_read", "sources"]

# A small picture: what is read at one place needs no more, and outputs grow to the union of all inputs.
_SMALL: Final = '"256 256 0 0 256 256 1 square_256"'  # one of Nuke's own

# What a fill says of a sample that is not to be filled; no light is like it.
_KEEP, _FILLED_ABOVE = "-1000000000", "-500000000"

# One over the square of the distance, times 100: the preview's weights, row by row.
_REACH: Final = 3
_WEIGHTS: Final = [
    [round(100 / (dx * dx + dy * dy)) if dx or dy else 0 for dx in range(-_REACH, _REACH + 1)]
    for dy in range(-_REACH, _REACH + 1)
]
_RGB: Final = ("r", "g", "b")


def guarded_read(what: str, file: str, *, exists: str) -> list[Node]:
    """Return a Read of a file of the bake, black beyond its data window, and a Switch to nothing without it.

    Parameters
    ----------
    what : str
        Its name in the group, less the prefixes.
    file : str
        In the bake's folder; may hold Tcl and a frame number.
    exists : str
        The file that must be there, without a frame number.
    """
    read = {
        "file_type": "exr",
        "file": escape(f"[value parent.bake]/{file}"),
        "first": "-1000000",
        "last": "1000000",
        "origfirst": "-1000000",
        "origlast": "1000000",
        "origset": "true",
        "before": "black",
        "after": "black",
        "on_error": "black",
        "raw": "true",
    }
    there = {"which": expression(f"[file exists [value parent.bake]/{exists}]")}
    return [
        Node("Read", f"PM_Read{what}", (), read),
        Node("BlackOutside", f"PM_Edge{what}", (f"PM_Read{what}",)),
        Node("Switch", f"PM_{what}", ("PM_Nothing", f"PM_Edge{what}"), there),
    ]


def sources() -> list[Node]:
    """Return what everything else reads: the plate's RGBA alone, and the bake."""
    return [
        Node("Input", "mask", (), {"number": "1"}),
        Node("Input", "Input"),
        Node("Remove", "PM_OnlyColour", ("Input",), {"operation": "keep", "channels": "rgba"}),
        Node("AddChannels", "PM_Plate", ("PM_OnlyColour",), {"channels": "rgba"}),
        Node("Constant", "PM_Nothing", (), {"channels": "rgba", "format": _SMALL}),
        *guarded_read("Index", "index.exr", exists="index.exr"),
    ]


def _live(kernel: str) -> list[Node]:
    knobs = {"channels": "rgba", "color": "{{frame} 0 0 1}", "format": _SMALL}
    blink = {
        "recompileCount": "1",
        "ProgramGroup": "1",
        "KernelDescription": escape(describe_kernel(kernel)),
        "kernelSource": escape(kernel),
        "rebuild": '""',
        "rebuild_finalise": '""',
    }
    return [
        *guarded_read("Control", "control.exr", exists="control.exr"),
        Node("Constant", "PM_Knobs", (), knobs),
        Node("BlinkScript", "PM_Live", ("PM_Plate", "PM_Index", "PM_Control", "PM_Knobs"), blink),
    ]


def _combine(name: str, back: str, front: str, **lines: str) -> Node:
    """Return a MergeExpression: in its lines, A is the front and B the back."""
    return Node("MergeExpression", name, (back, front), {key: formula(line) for key, line in lines.items()})


def _per_channel(template: str) -> dict[str, str]:
    return {f"expr{number}": template.replace("*", channel) for number, channel in enumerate(_RGB)}


def _patch() -> list[Node]:
    """Return the patch laid over the plate; where a viewer scales both down, only what it covers whole."""
    return [
        *guarded_read("Patch", "patch.%04d.exr", exists="bake.json"),
        _combine("PM_Patched", "PM_Plate", "PM_Patch", **_per_channel("Aa >= 1 ? A* : B*")),
    ]


def _named(then: str, otherwise: str) -> dict[str, str]:
    """Return lines that choose by whether the index (A) names the sample in this frame."""
    bits = (
        "Ag - 2 * floor(Ag / 2) >= 1",
        "floor(Ag / 2) - 2 * floor(Ag / 4) >= 1",
        "Ag >= 4",
    )
    lines = {"temp_name0": "now", "temp_expr0": "Ar > 0 && frame >= Ab && frame <= Aa"}
    for number, (channel, bit) in enumerate(zip(_RGB, bits, strict=True)):
        either = f"? {then} : {otherwise}".replace("*", channel)
        lines[f"expr{number}"] = f"now && {bit} {either}"
    return lines


def _preview() -> list[Node]:
    rows = "\n".join("      {" + " ".join(map(str, row)) + "}" for row in _WEIGHTS)
    blur = {"channels": "rgb", "matrix": "{\n" + rows + "\n    }", "normalize": "false"}
    is_sound = "(isnan(B*) || isinf(B*) ? 0 : 1)"
    return [
        _combine("PM_Sound", "PM_Plate", "PM_Index", **_named("0", is_sound)),
        _combine("PM_Known", "PM_Plate", "PM_Sound", **_per_channel("A* > 0 ? B* : 0")),
        Node("Matrix", "PM_SoundSum", ("PM_Sound",), blur),
        Node("Matrix", "PM_KnownSum", ("PM_Known",), blur),
        _combine("PM_Mean", "PM_SoundSum", "PM_KnownSum", **_per_channel(f"B* > 0 ? A* / B* : {_KEEP}")),
        _combine("PM_Fill", "PM_Mean", "PM_Index", **_named("B*", _KEEP)),
        _combine("PM_Preview", "PM_Plate", "PM_Fill", **_per_channel(f"A* > {_FILLED_ABOVE} ? A* : B*")),
    ]


def engines(kernel: str) -> list[Node]:
    """Return all engines and the switch between them, `PM_Engine`.

    Parameters
    ----------
    kernel : str
        The text of the Blink kernel.
    """
    which = {"which": expression("parent.engine")}
    switch = Node("Switch", "PM_Engine", ("PM_Live", "PM_Patched", "PM_Preview"), which)
    return [*_live(kernel), *_patch(), *_preview(), switch]
