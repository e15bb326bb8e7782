# SPDX-License-Identifier: Apache-2.0
"""Layouts of files: where in the bytes a sample lies. Knows no sequence and writes nothing."""

from pixmend.formats._bytesource import ByteCursor, ByteSource, MemoryBytes
from pixmend.formats._datums import DatumPlaces
from pixmend.formats._dpx import DpxElement, DpxLayout, DpxPacking
from pixmend.formats._dpx_header import parse_dpx
from pixmend.formats._dpx_places import locate_datums
from pixmend.formats._dpx_rows import read_dpx_planes, read_dpx_rows
from pixmend.formats._exr import EXR_MAGIC, ExrFile, parse_exr, parse_exr_file
from pixmend.formats._exr_attributes import ExrChannel, ExrCompression, ExrWindow
from pixmend.formats._exr_chunks import ExrChunk, read_chunks
from pixmend.formats._exr_layout import ExrLayout
from pixmend.formats._options import ReadOptions
from pixmend.formats._tiff import TiffCompression, TiffLayout, TiffPlaces, parse_tiff
from pixmend.formats._tiff_header import TIFF_MAGICS, TiffField
from pixmend.formats._tiff_pages import TiffPages, look_at_pages

__all__ = [
    "EXR_MAGIC",
    "TIFF_MAGICS",
    "ByteCursor",
    "ByteSource",
    "DatumPlaces",
    "DpxElement",
    "DpxLayout",
    "DpxPacking",
    "ExrChannel",
    "ExrChunk",
    "ExrCompression",
    "ExrFile",
    "ExrLayout",
    "ExrWindow",
    "MemoryBytes",
    "ReadOptions",
    "TiffCompression",
    "TiffField",
    "TiffLayout",
    "TiffPages",
    "TiffPlaces",
    "locate_datums",
    "look_at_pages",
    "parse_dpx",
    "parse_exr",
    "parse_exr_file",
    "parse_tiff",
    "read_chunks",
    "read_dpx_planes",
    "read_dpx_rows",
]
