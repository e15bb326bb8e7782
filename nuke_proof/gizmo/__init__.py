# SPDX-License-Identifier: Apache-2.0
"""The gizmo, made from its kernel and a template."""

from nuke_proof.gizmo._gizmo import GIZMO, KERNEL, make_gizmo
from nuke_proof.gizmo._kernel_description import OUR_HASH, describe_kernel
from nuke_proof.gizmo._kernel_lint import lint_kernel
from nuke_proof.gizmo._knobs import Knob, Type, knobs
from nuke_proof.gizmo._nodes import Node
from nuke_proof.gizmo._text import escape, kernel_source, unescape

__all__ = [
    "GIZMO",
    "KERNEL",
    "OUR_HASH",
    "Knob",
    "Node",
    "Type",
    "describe_kernel",
    "escape",
    "kernel_source",
    "knobs",
    "lint_kernel",
    "make_gizmo",
    "unescape",
]
