# SPDX-License-Identifier: Apache-2.0
"""Layouts of files: where in the bytes a sample lies. Knows no sequence and writes nothing."""

from pixmend.formats._dpx import DatumPlace, DpxElement, DpxLayout, DpxPacking, locate_datum
from pixmend.formats._dpx_header import DPX_HEAD_BYTES, parse_dpx
from pixmend.formats._dpx_rows import read_dpx_rows

__all__ = [
    "DPX_HEAD_BYTES",
    "DatumPlace",
    "DpxElement",
    "DpxLayout",
    "DpxPacking",
    "locate_datum",
    "parse_dpx",
    "read_dpx_rows",
]
