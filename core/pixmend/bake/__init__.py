# SPDX-License-Identifier: Apache-2.0
"""Pure: a map, and what the fill says of it -> the pictures that a compositor's node works from."""

from pixmend.bake._control import (
    MAGIC,
    VERSION,
    WIDTH,
    Control,
    Curve,
    Entry,
    Mode,
    Segment,
    Table,
    control_cells,
    pack_control,
    read_control,
)
from pixmend.bake._twin import apply_control

__all__ = [
    "MAGIC",
    "VERSION",
    "WIDTH",
    "Control",
    "Curve",
    "Entry",
    "Mode",
    "Segment",
    "Table",
    "apply_control",
    "control_cells",
    "pack_control",
    "read_control",
]
