# SPDX-License-Identifier: Apache-2.0
"""A process of its own that unpacks damaged chunks on every route: CODEC SEED COUNT.

It ends with 0 where each route either refused a payload or made the same of it: a codec without
a check sum cannot know.
"""

import sys

import numpy as np

from pixmend.codecs._exr_codec import ChunkBox, ChunkCodec, codec_for
from pixmend.codecs._exr_core import CoreCodec
from pixmend.codecs._exr_tiny import TinyFileCodec
from pixmend.errors import BadFrameError
from pixmend.formats import ExrChannel, ExrCompression
from pixmend.model import SampleType

CHANNELS = (
    ExrChannel("A", SampleType.HALF),
    ExrChannel("Z", SampleType.FLOAT),
    ExrChannel("id", SampleType.UINT32),
)
WIDTH = 64


def picture(lines: int, rng: np.random.Generator) -> bytes:
    """Return unpacked lines of a few values, so that every codec can pack them."""
    rows = [
        (rng.integers(8, 16, WIDTH) * (1 if each.sample is SampleType.UINT32 else 0.0625))
        .astype(each.sample.dtype)
        .tobytes()
        for _ in range(lines)
        for each in CHANNELS
    ]
    return b"".join(rows)


def damaged(sound: bytes, rng: np.random.Generator) -> bytes:
    """Return a payload with a bit flipped, its end cut off, or some bytes replaced."""
    stored = bytearray(sound)
    at = int(rng.integers(1, len(stored)))
    match rng.integers(4):
        case 0:
            stored[at] ^= 1 << int(rng.integers(8))
        case 1:
            del stored[at:]
        case 2:
            stored[at : at + 8] = rng.bytes(len(stored[at : at + 8]))
        case _:
            stored[:16] = rng.bytes(len(stored[:16]))
    return bytes(stored)


def result(codec: ChunkCodec, box: ChunkBox, payload: bytes) -> list[bytes] | None:
    """Return what a route makes of a payload, None if it refuses it."""
    try:
        return codec.unpack([(box, payload)])
    except BadFrameError:
        return None


def main(name: str, seed: str, count: str) -> None:
    rng = np.random.default_rng(int(seed))
    compression = ExrCompression[name]
    box = ChunkBox(0, 0, WIDTH, compression.lines_per_chunk)
    routes: list[ChunkCodec] = [each(compression, CHANNELS) for each in (TinyFileCodec, CoreCodec, codec_for)]
    (sound,) = routes[0].pack([(box, picture(box.height, rng))])
    for _ in range(int(count)):
        payload = damaged(sound, rng)
        results = [result(codec, box, payload) for codec in routes]
        assert results[0] == results[1] == results[2], payload.hex()


if __name__ == "__main__":
    main(*sys.argv[1:])
