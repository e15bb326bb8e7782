# SPDX-License-Identifier: Apache-2.0
"""What comes after the repair: mask and mix, the views, and the way back into the plate."""

from nuke_proof.gizmo._engines import guarded_read
from nuke_proof.gizmo._nodes import Node, expression, formula

__all__ = ["MARK_LAYER", "output", "views"]

# The layer in which marks say when their defect is there; Nuke must know it before a file is read.
MARK_LAYER = "{range range.first range.last}"

_TAKE_ALPHA = {"from0": "rgba.alpha", "to0": "rgba.alpha"}


def _mixed() -> list[Node]:
    """Return the repair where mask and mix want it; at 0 and at 1 no number is computed."""
    share = "(parent.invert_mask ? 1 - Aa : Aa) * parent.mix"
    mix = {"temp_name0": "share", "temp_expr0": formula(share)}
    for number, c in enumerate("rgb"):
        between = f"(A{c} == B{c} ? B{c} : B{c} + (A{c} - B{c}) * share)"
        mix[f"expr{number}"] = formula(f"share >= 1 ? A{c} : share > 0 ? {between} : B{c}")
    everywhere = {"expr3": formula("parent.invert_mask ? 0 : 1")}
    has_mask = {"which": expression("[exists parent.input1]")}
    return [
        Node("Expression", "PM_Everywhere", ("PM_Plate",), everywhere),
        Node("Copy", "PM_TakeMask", ("PM_Plate", "mask"), _TAKE_ALPHA),
        Node("Switch", "PM_Mask", ("PM_Everywhere", "PM_TakeMask"), has_mask),
        Node("Copy", "PM_Masked", ("PM_Engine", "PM_Mask"), _TAKE_ALPHA),
        Node("MergeExpression", "PM_Mix", ("PM_Plate", "PM_Masked"), mix),
    ]


def _defects() -> list[Node]:
    """Return the repair with marks over it; what is not active in this frame is dim."""
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
        Node("MergeExpression", "PM_Defects", ("PM_Mix", "PM_Dimmed"), over),
    ]


def _difference() -> Node:
    lines = {
        f"expr{number}": formula(f"A{c} == B{c} ? 0 : fabs(A{c} - B{c}) * parent.gain")
        for number, c in enumerate("rgb")
    }
    return Node("MergeExpression", "PM_Difference", ("PM_Plate", "PM_Mix"), lines)


def _vivid() -> Node:
    """Return contrast about mid grey and saturation about luminance (Rec. 709), both raised."""
    lines = {"temp_name0": "luminance", "temp_expr0": formula("0.2126 * r + 0.7152 * g + 0.0722 * b")}
    for number, c in enumerate("rgb"):
        saturated = f"luminance + ({c} - luminance) * parent.saturation"
        lines[f"expr{number}"] = formula(f"0.18 + ({saturated} - 0.18) * parent.contrast")
    return Node("Expression", "PM_Vivid", ("PM_Mix",), lines)


def views() -> list[Node]:
    """Return mask, mix and the views with their switch `PM_View`; without a viewer it is always the result."""
    which = {"which": expression("$gui ? parent.view : 0")}
    switch = Node("Switch", "PM_View", ("PM_Mix", "PM_Defects", "PM_Difference", "PM_Vivid"), which)
    return [*_mixed(), *_defects(), _difference(), _vivid(), switch]


def output() -> list[Node]:
    """Return the end: in proxy the plate; else red, green and blue laid into the plate as it came."""
    colours: dict[str, str] = {}
    for number, colour in enumerate(("red", "green", "blue")):
        colours |= {f"from{number}": f"rgba.{colour}", f"to{number}": f"rgba.{colour}"}
    return [
        Node("Switch", "PM_Proxy", ("PM_View", "PM_Plate"), {"which": expression("root.proxy")}),
        Node("Copy", "PM_Copy", ("Input", "PM_Proxy"), colours),
        Node("CopyBBox", "PM_BBox", ("PM_Copy", "Input")),
        Node("Output", "Output1", ("PM_BBox",)),
    ]
