# SPDX-License-Identifier: Apache-2.0
"""Layouts of files: where in the bytes a sample lies. Knows no sequence and writes nothing."""

from pixmend.formats._bytesource import ByteCursor, ByteSource, MemoryBytes
from pixmend.formats._dpx import DatumPlace, DpxElement, DpxLayout, DpxPacking, locate_datum
from pixmend.formats._dpx_header import DPX_HEAD_BYTES, parse_dpx
from pixmend.formats._dpx_rows import read_dpx_rows
from pixmend.formats._exr import EXR_MAGIC, ExrFile, parse_exr, parse_exr_file
from pixmend.formats._exr_attributes import ExrChannel, ExrCompression, ExrWindow
from pixmend.formats._exr_chunks import ExrChunk, find_chunk, read_chunks
from pixmend.formats._exr_layout import ExrLayout
from pixmend.formats._exr_tiles import ExrTiles
from pixmend.formats._options import ReadOptions
from pixmend.formats._tiff import TIFF_MAGICS, TiffLayout, parse_tiff

__all__ = [
    "DPX_HEAD_BYTES",
    "EXR_MAGIC",
    "TIFF_MAGICS",
    "ByteCursor",
    "ByteSource",
    "DatumPlace",
    "DpxElement",
    "DpxLayout",
    "DpxPacking",
    "ExrChannel",
    "ExrChunk",
    "ExrCompression",
    "ExrFile",
    "ExrLayout",
    "ExrTiles",
    "ExrWindow",
    "MemoryBytes",
    "ReadOptions",
    "TiffLayout",
    "find_chunk",
    "locate_datum",
    "parse_dpx",
    "parse_exr",
    "parse_exr_file",
    "parse_tiff",
    "read_chunks",
    "read_dpx_rows",
]
