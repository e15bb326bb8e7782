# SPDX-License-Identifier: Apache-2.0
"""Packing and unpacking chunks of EXR files, all that are touched in a frame in one call.

What a chunk's bytes are depends on nothing but its samples: not on whether it is a tile, nor on
its line numbers (except for the phase of subsampled channels), nor on the names of the
channels (except for DWA and HTJ2K).
"""

import os
from collections.abc import Sequence
from typing import Protocol

from pixmend.codecs._exr_core import CoreCodec, core_agrees
from pixmend.codecs._exr_stack import ChunkBox
from pixmend.codecs._exr_tiny import TinyFileCodec
from pixmend.codecs._exr_zip import ZipCodec
from pixmend.formats import ExrChannel, ExrCompression

__all__ = ["ChunkBox", "ChunkCodec", "codec_for"]

_ZIP = {ExrCompression.ZIPS, ExrCompression.ZIP}


class ChunkCodec(Protocol):
    """Packs and unpacks flat chunks, scanline blocks or tiles, of one part.

    Unpacked is OpenEXR's own layout: little endian, lines from top to bottom, in each line the
    channels in file order; a channel with y_sampling s has samples only in lines with
    y % s == 0, and with x_sampling s only at x % s == 0.
    """

    def unpack(self, chunks: Sequence[tuple[ChunkBox, bytes]]) -> list[bytes]:
        """Return the chunks of these payloads, all of which are packed: smaller than unpacked.

        Raises
        ------
        BadFrameError
            If one is damaged; without a name of the file, the caller knows it.
        """
        ...

    def pack(self, chunks: Sequence[tuple[ChunkBox, bytes]]) -> list[bytes]:
        """Return the payloads of these chunks: as they are where packing makes them no smaller.

        Raises
        ------
        UnsupportedError
            If the library cannot pack chunks of this form.
        """
        ...


def codec_for(compression: ExrCompression, channels: tuple[ExrChannel, ...]) -> ChunkCodec:
    """Return the codec for the chunks of a part, the fastest that is proven on this machine.

    The environment variable ``PIXMEND_EXR_ROUTE=portable`` asks for the OpenEXR library's public
    interface in any case: for tests, and for who doubts the others. It packs ZIP at the library's
    own level, and holds up the other threads while it unpacks.

    Parameters
    ----------
    compression : ExrCompression
    channels : tuple of ExrChannel
        In file order.
    """
    portable = TinyFileCodec(compression, channels)
    if compression is ExrCompression.NONE or os.environ.get("PIXMEND_EXR_ROUTE") == "portable":
        return portable
    if compression in _ZIP:
        return ZipCodec(channels)
    return CoreCodec(compression, channels) if core_agrees(compression, channels) else portable
