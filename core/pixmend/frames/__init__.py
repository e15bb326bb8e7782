# SPDX-License-Identifier: Apache-2.0
"""Sequences on disk to arrays, and what the samples mean."""

from pixmend.frames._encoding import Encoding, choose_encoding
from pixmend.frames._layers import write_layers
from pixmend.frames._masks import read_mask, write_mask
from pixmend.frames._memory import MemoryShot
from pixmend.frames._shot import FileShot, open_shot
from pixmend.frames._source import FrameSource
from pixmend.frames._tiff_rows import TiffRows, open_tiff_rows

__all__ = [
    "Encoding",
    "FileShot",
    "FrameSource",
    "MemoryShot",
    "TiffRows",
    "choose_encoding",
    "open_shot",
    "open_tiff_rows",
    "read_mask",
    "write_layers",
    "write_mask",
]
