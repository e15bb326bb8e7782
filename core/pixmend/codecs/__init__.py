# SPDX-License-Identifier: Apache-2.0
"""Pure: packed bytes of EXR chunks and TIFF strips <-> samples, by the libraries of the field.

The one codec of our own is a graft: DWA chunks in which only the changed blocks are coded anew.
"""

from pixmend.codecs._dwa import DwaChunk, graft
from pixmend.codecs._exr_codec import ChunkBox, ChunkCodec, codec_for
from pixmend.codecs._tiff_codec import TiffUnitForm, pack_unit, unpack_unit

__all__ = [
    "ChunkBox",
    "ChunkCodec",
    "DwaChunk",
    "TiffUnitForm",
    "codec_for",
    "graft",
    "pack_unit",
    "unpack_unit",
]
