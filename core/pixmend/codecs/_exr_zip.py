# SPDX-License-Identifier: Apache-2.0
"""ZIP and ZIPS chunks, coded without the OpenEXR library: both are a zlib stream.

The library packs them at a level that its interface cannot choose, and that took most of the
time of a fix. Measured on 19 chunks of a noisy 4096 x 2160 RGB half frame: ISA-L packs at
730 MB/s where libdeflate's level 4, the library's, has 146, and the chunks become 2 % larger;
chunks of clean pictures up to 14 %, where there is little to grow.
The same ISA-L on the same kind of processor gives the same bytes every time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from imagecodecs import DeflateError, deflate_decode
from isal.igzip_lib import COMP_ZLIB, MEM_LEVEL_MEDIUM, compress

from pixmend.codecs._exr_kernels import join_differences, split_differences
from pixmend.codecs._exr_stack import ChunkBox, unpacked_bytes
from pixmend.errors import BadFrameError
from pixmend.formats import ExrChannel

__all__ = ["ZipCodec"]


@dataclass(frozen=True, slots=True)
class ZipCodec:
    """Codes chunks by a zlib library; a `ChunkCodec`."""

    channels: tuple[ExrChannel, ...]

    def unpack(self, chunks: Sequence[tuple[ChunkBox, bytes]]) -> list[bytes]:
        """Return the chunks of these payloads; BadFrameError if one is damaged."""
        return [_unpack(payload, unpacked_bytes(box, self.channels)) for box, payload in chunks]

    def pack(self, chunks: Sequence[tuple[ChunkBox, bytes]]) -> list[bytes]:
        """Return the payloads of these chunks."""
        return [_pack(unpacked) for _, unpacked in chunks]


def _unpack(payload: bytes, size: int) -> bytes:
    try:
        split = np.frombuffer(deflate_decode(payload, out=size), np.uint8)
    except DeflateError as exc:
        raise BadFrameError(f"a packed chunk cannot be read: {exc}") from exc
    if split.size != size:
        raise BadFrameError(f"a packed chunk has {split.size} bytes, not {size}")
    return join_differences(split).tobytes()


def _pack(unpacked: bytes) -> bytes:
    split = split_differences(np.frombuffer(unpacked, np.uint16))
    packed = compress(split, 1, COMP_ZLIB, MEM_LEVEL_MEDIUM)  # at other levels of memory it packs worse
    return packed if len(packed) < len(unpacked) else unpacked
