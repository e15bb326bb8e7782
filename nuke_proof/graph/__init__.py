# SPDX-License-Identifier: Apache-2.0
"""The node graph without Nuke: a reader of `.gizmo` and `.nk` text, and stock nodes computed with NumPy."""

from nuke_proof.graph import _nodes  # registers what each class does
from nuke_proof.graph._blink import blink_by
from nuke_proof.graph._disk import FilesOnDisk
from nuke_proof.graph._evaluate import Evaluation, Files, Scene
from nuke_proof.graph._image import Box, Image, Plane, picture_from_rows
from nuke_proof.graph._lint import complaints
from nuke_proof.graph._reader import Node, UserKnob, read_gizmo, read_script
from nuke_proof.graph._words import GraphError, Word

__all__ = [
    "Box",
    "Evaluation",
    "Files",
    "FilesOnDisk",
    "GraphError",
    "Image",
    "Node",
    "Plane",
    "Scene",
    "UserKnob",
    "Word",
    "blink_by",
    "complaints",
    "picture_from_rows",
    "read_gizmo",
    "read_script",
]

del _nodes
