# SPDX-License-Identifier: Apache-2.0
"""The node graph without Nuke: a reader of `.gizmo` and `.nk` text, and stock nodes computed with NumPy."""

from nuke_proof.graph import nodes as _nodes  # registers what each class does
from nuke_proof.graph.evaluate import Evaluation, Files, Scene
from nuke_proof.graph.image import Box, Image, Plane, picture_from_rows
from nuke_proof.graph.reader import Node, UserKnob, read_gizmo, read_script
from nuke_proof.graph.words import GraphError

__all__ = [
    "Box",
    "Evaluation",
    "Files",
    "GraphError",
    "Image",
    "Node",
    "Plane",
    "Scene",
    "UserKnob",
    "picture_from_rows",
    "read_gizmo",
    "read_script",
]

del _nodes
