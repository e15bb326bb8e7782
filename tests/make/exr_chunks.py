# SPDX-License-Identifier: Apache-2.0
"""Unpacked chunks of EXR files, after the words of the format: line by line, sample by sample."""

from collections.abc import Sequence

import numpy as np

from pixmend.codecs._exr_codec import ChunkBox
from pixmend.formats import ExrChannel
from pixmend.model import SampleType

HALF, FLOAT, UINT = SampleType.HALF, SampleType.FLOAT, SampleType.UINT32
RGB = tuple(ExrChannel(name, HALF) for name in "BGR")
MIXED = (ExrChannel("A", HALF), ExrChannel("Z", FLOAT), ExrChannel("id", UINT))
CHROMA = (ExrChannel("BY", HALF, 2, 2), ExrChannel("RY", HALF, 2, 2), ExrChannel("Y", HALF))
WIDE = (ExrChannel("C", FLOAT, 4, 1), ExrChannel("Y", HALF))
THIRDS = (ExrChannel("A", HALF, 1, 3), ExrChannel("Y", FLOAT))
MANY = tuple(ExrChannel(f"layer{index:02d}.Z", (HALF, FLOAT, UINT)[index % 3]) for index in range(9))


def picture_of(box: ChunkBox, channels: Sequence[ExrChannel]) -> bytes:
    """Return the unpacked bytes of a chunk, made line by line from what the format says."""
    rng = np.random.default_rng((box.x & 0xFFFF, box.y & 0xFFFF, box.width, box.height))
    rows = []
    for y in range(box.y, box.y + box.height):
        for number, channel in enumerate(channels):
            if y % channel.y_sampling == 0:
                x = np.arange(box.x, box.x + box.width)
                x = x[x % channel.x_sampling == 0]
                row = 0.3 + 0.1 * number + 0.002 * y + 0.1 * (x // 8 % 2) + 0.02 * rng.random(x.size)
                row = np.round(row * 256) / 256  # a few values only, so that every codec can pack them
                rows.append(
                    (row * 256 if channel.sample is UINT else row).astype(channel.sample.dtype).tobytes()
                )
    return b"".join(rows)
