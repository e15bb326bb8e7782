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
)
from pixmend.bake._entries import BakedPixel, Book, baked_pixels, box_of, index_picture
from pixmend.bake._generic import generic_control
from pixmend.bake._manifest import BAKE_SCHEMA, MANIFEST, check_manifest, counts_fields, manifest_of
from pixmend.bake._marks import KIND_COLOURS, MARK_SIZES, Marks, draw_marks
from pixmend.bake._reading import read_control
from pixmend.bake._recipe import Done, FrameRecipe, Recipes
from pixmend.bake._twin import apply_control
from pixmend.bake._units import Units, curves_of_codes, curves_of_floats, curves_through

__all__ = [
    "BAKE_SCHEMA",
    "KIND_COLOURS",
    "MAGIC",
    "MANIFEST",
    "MARK_SIZES",
    "VERSION",
    "WIDTH",
    "BakedPixel",
    "Book",
    "Control",
    "Curve",
    "Done",
    "Entry",
    "FrameRecipe",
    "Marks",
    "Mode",
    "Recipes",
    "Segment",
    "Table",
    "Units",
    "apply_control",
    "baked_pixels",
    "box_of",
    "check_manifest",
    "control_cells",
    "counts_fields",
    "curves_of_codes",
    "curves_of_floats",
    "curves_through",
    "draw_marks",
    "generic_control",
    "index_picture",
    "manifest_of",
    "pack_control",
    "read_control",
]
