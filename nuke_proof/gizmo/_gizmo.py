# SPDX-License-Identifier: Apache-2.0
"""The gizmo as one text, from its pieces."""

from pathlib import Path
from typing import Final

import pixmend
from nuke_proof.gizmo._engines import engines, sources
from nuke_proof.gizmo._knobs import write_knobs
from nuke_proof.gizmo._nodes import write_nodes
from nuke_proof.gizmo._text import escape
from nuke_proof.gizmo._views import MARK_LAYER, output, views

__all__ = ["GIZMO", "KERNEL", "make_gizmo"]

_GIZMOS: Final = Path(__file__).parents[2] / "gizmos"
GIZMO: Final = _GIZMOS / "PixMend.gizmo"
KERNEL: Final = _GIZMOS / "PixMend.blink"

_HELP: Final = (
    "PixMend mends dead, stuck, hot and blinking pixels. Give it a bake, the folder that pixmend bake writes "
    "from a defect map and the plate. Only red, green and blue of the pixels that the bake names change; "
    "all else passes bit for bit, and so does a plate in proxy, or of another format than the bake's."
)
_LABEL: Final = (
    '[expr {[value root.proxy] ? "proxy: the plate passes" : '
    '[file exists [value bake]/bake.json] ? "[value engine], [value view]" : "no bake: the plate passes"}]'
)


def make_gizmo(kernel: str) -> str:
    """Return the text of the gizmo.

    Parameters
    ----------
    kernel : str
        The Blink kernel, ASCII.

    Returns
    -------
    str
        The same for the same kernel and version, on every machine.
    """
    head = f" name PixMend\n help {escape(_HELP)}\n tile_color 0x5b8a72ff\n label {escape(_LABEL)}\n"
    nodes = write_nodes([*sources(), *engines(kernel), *views(), *output()])
    return f"Group {{\n{head}{write_knobs(pixmend.__version__)}}}\nadd_layer {MARK_LAYER}\n{nodes}end_group\n"
