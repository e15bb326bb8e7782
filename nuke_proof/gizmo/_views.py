# SPDX-License-Identifier: Apache-2.0
"""What comes after the repair: mask and mix, the views, and the way back into the plate."""

from nuke_proof.gizmo._engines import guarded_read
from nuke_proof.gizmo._nodes import Node, expression, formula

__all__ = ["MARK_LAYER", "output", "views"]

# The layer in which marks say when their defect is there; Nuke must know it before a file is read.
MARK_LAYER = "{range range.first range.last}"

_TAKE_ALPHA = {"from0": "rgba.alpha", "to0": "rgba.alpha"}


def _mixed() -> list[Node]:
    """Return the repair where mask and mix want it; at 0 and at 1 no number is computed.

    Where the user wants all of it, the expressions are not even asked.
    """
    share = "(parent.invert_mask ? 1 - Aa : Aa) * parent.mix"
    mix = {"temp_name0": "share", "temp_expr0": formula(share)}
    for number, c in enumerate("rgb"):
        between = f"(A{c} == B{c} ? B{c} : B{c} + (A{c} - B{c}) * share)"
        mix[f"expr{number}"] = formula(f"share >= 1 ? A{c} : share > 0 ? {between} : B{c}")
    everywhere = {"expr3": formula("parent.invert_mask ? 0 : 1")}
    has_mask = {"which": expression("[exists parent.input1]")}
    is_partial = {"which": expression("[exists parent.input1] || parent.mix < 1")}
    return [
        Node("Expression", "PM_Everywhere", ("PM_Plate",), everywhere),
        Node("Copy", "PM_TakeMask", ("PM_Plate", "mask"), _TAKE_ALPHA),
        Node("Switch", "PM_Mask", ("PM_Everywhere", "PM_TakeMask"), has_mask),
        Node("Copy", "PM_Masked", ("PM_Engine", "PM_Mask"), _TAKE_ALPHA),
        Node("MergeExpression", "PM_Partly", ("PM_Plate", "PM_Masked"), mix),
        Node("Switch", "PM_Mix", ("PM_Engine", "PM_Partly"), is_partial),
    ]


def _defects() -> list[Node]:
    """Return the plate with marks over it; what is not active in this frame is dim."""
    marks = "marks_[string tolower [value parent.mark_size]].exr"
    dim = {
        "temp_name0": "light",
        "temp_expr0": formula("frame >= range.first && frame <= range.last ? 1 : 0.25"),
    }
    dim |= {f"expr{number}": formula(f"{c} * light") for number, c in enumerate("rgba")}
    over = {
        f"expr{number}": formula(f"Aa > 0 ? B{c} * (1 - Aa) + A{c} : B{c}") for number, c in enumerate("rgb")
    }
    return [
        *guarded_read("Marks", marks, exists=marks),
        Node("Expression", "PM_Dimmed", ("PM_Marks",), dim),
        Node("MergeExpression", "PM_Defects", ("PM_Plate", "PM_Dimmed"), over),
    ]


def _difference() -> Node:
    """Return how far the repair is from the plate, times gain: black was not touched, a NaN on one side shows."""
    lines = {}
    for number, c in enumerate("rgb"):
        same = f"A{c} == B{c} || isnan(A{c}) && isnan(B{c})"
        apart = f"isnan(A{c} - B{c}) ? parent.gain : fabs(A{c} - B{c}) * parent.gain"
        lines[f"expr{number}"] = formula(f"{same} ? 0 : {apart}")
    return Node("MergeExpression", "PM_Difference", ("PM_Plate", "PM_Mix"), lines)


def _vivid() -> Node:
    """Return saturation about luminance (Rec. 709), then contrast about mid grey as a power, both raised."""
    lines = {"temp_name0": "luminance", "temp_expr0": formula("0.2126 * r + 0.7152 * g + 0.0722 * b")}
    for number, c in enumerate("rgb"):
        vivid = f"vivid_{c}"
        lines[f"temp_name{number + 1}"] = vivid
        lines[f"temp_expr{number + 1}"] = formula(f"luminance + ({c} - luminance) * parent.saturation")
        lines[f"expr{number}"] = formula(
            f"{vivid} > 0 ? 0.18 * pow({vivid} / 0.18, parent.contrast) : {vivid}"
        )
    return Node("Expression", "PM_Vivid", ("PM_Mix",), lines)


def _close_up() -> Node:
    """Return the picked place 16 times larger in the middle, in the viewer only."""
    lines = {
        "temp_name0": "from_x",
        "temp_expr0": formula("floor(parent.pick.x) + floor((x - floor(width / 2)) / 16)"),
        "temp_name1": "from_y",
        "temp_expr1": formula("floor(parent.pick.y) + floor((y - floor(height / 2)) / 16)"),
    }
    lines |= {f"expr{number}": f"{c}(from_x,from_y)" for number, c in enumerate("rgb")}
    lines["disable"] = expression("!$gui || !parent.close_up")
    return Node("Expression", "PM_CloseUp", ("PM_View",), lines)


def views() -> list[Node]:
    """Return mask, mix and the views with their switch `PM_View`; without a viewer it is always the result."""
    which = {"which": expression("$gui ? parent.view : 0")}
    switch = Node("Switch", "PM_View", ("PM_Mix", "PM_Defects", "PM_Difference", "PM_Vivid"), which)
    return [*_mixed(), *_defects(), _difference(), _vivid(), switch, _close_up()]


def output() -> list[Node]:
    """Return the end: red, green and blue laid into the plate as it came.

    In proxy these are the plate's own, and where the bake is of another format.
    """
    is_other = "input2.width != input1.width || input2.height != input1.height"
    which = expression(f"root.proxy || [file exists [value parent.bake]/index.exr] && ({is_other})")
    colours: dict[str, str] = {}
    for number, colour in enumerate(("red", "green", "blue")):
        colours |= {f"from{number}": f"rgba.{colour}", f"to{number}": f"rgba.{colour}"}
    return [
        Node("Switch", "PM_Proxy", ("PM_CloseUp", "PM_Plate", "PM_Index"), {"which": which}),
        Node("Copy", "PM_Copy", ("Input", "PM_Proxy"), colours),
        Node("CopyBBox", "PM_BBox", ("PM_Copy", "Input")),
        Node("Output", "Output1", ("PM_BBox",)),
    ]
