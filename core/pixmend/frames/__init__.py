# SPDX-License-Identifier: Apache-2.0
"""Sequences on disk to arrays, and what the samples mean."""

from pixmend.frames._encoding import Encoding, choose_encoding
from pixmend.frames._masks import read_mask, write_mask
from pixmend.frames._memory import MemoryShot
from pixmend.frames._shot import FileShot, open_shot
from pixmend.frames._source import FrameSource

__all__ = [
    "Encoding",
    "FileShot",
    "FrameSource",
    "MemoryShot",
    "choose_encoding",
    "open_shot",
    "read_mask",
    "write_mask",
]
