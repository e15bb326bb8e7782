# SPDX-License-Identifier: Apache-2.0
"""The menu of the Nodes toolbar."""

import nuke

__all__ = ["add_menu"]


def add_menu() -> None:
    """Add PixMend to the Nodes toolbar."""
    menu = nuke.menu("Nodes").addMenu("PixMend")
    menu.addCommand("PixMend", "nuke.createNode('PixMend')")
    menu.addCommand("Update selected", "import pixmend_nuke; pixmend_nuke.update_selected()")
    menu.addCommand("Self-check", "import pixmend_nuke; pixmend_nuke.self_check()")
