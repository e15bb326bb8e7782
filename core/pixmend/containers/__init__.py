# SPDX-License-Identifier: Apache-2.0
"""The files that can be mended: where samples lie in one, and which bytes give them new values.

Nothing is written here; a container reads one file and plans its edits.
"""

from pixmend.containers._container import Container, check_agrees, open_container, patch_on
from pixmend.containers._edits import ByteEdit, check_order, keeps_size
from pixmend.containers._plan import Plan

__all__ = [
    "ByteEdit",
    "Container",
    "Plan",
    "check_agrees",
    "check_order",
    "keeps_size",
    "open_container",
    "patch_on",
]
