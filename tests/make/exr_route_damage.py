# SPDX-License-Identifier: Apache-2.0
"""A process of its own that reads damaged files by the C functions and by the public interfaces: PATH SEED COUNT.

The file at PATH is sound, and is written over. It ends with 0 where both routes made the same
of each damaged file, or the C functions refused it: they are the stricter ones.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pixmend.errors import PixError
from pixmend.formats import ExrLayout, parse_exr
from pixmend.frames._exr_core import open_core
from pixmend.frames._exr_portable import open_portable
from pixmend.frames._frame import FrameBytes

MOST_PIXELS = 1_000_000  # of a picture whose header was hit


def damaged(sound: bytes, rng: np.random.Generator, first: int) -> bytes:
    """Return a file with a few bytes replaced from `first` on, or its end cut off."""
    stored = bytearray(sound)
    if rng.random() < 0.1:
        return bytes(stored[: int(rng.integers(first, len(stored)))])
    for at in rng.integers(first, len(stored), rng.integers(1, 4)):
        stored[at] ^= int(rng.integers(1, 256))
    return bytes(stored)


def result(opener: Callable[..., Any], path: Path, layout: ExrLayout) -> bytes | None:
    """Return what a route makes of the channels of one type, None if it refuses them."""
    sample = layout.channels[0].sample
    wanted = [each.name for each in layout.channels if each.sample is sample]
    height = layout.data_window.height
    try:
        with opener(path, layout, wanted) as read:
            return b"".join(read(rows).tobytes() for rows in ((0, height), (height // 2, height // 2 + 1)))
    except PixError:
        return None


def main(name: str, seed: str, count: str) -> None:
    rng = np.random.default_rng(int(seed))
    path = Path(name)
    sound = path.read_bytes()
    chunks = parse_exr(FrameBytes(path)).table_offset
    for turn in range(int(count)):
        path.write_bytes(damaged(sound, rng, chunks if turn % 3 else 0))
        source = FrameBytes(path)
        try:
            layout = parse_exr(source)
            layout.read_offset_table(source)
        except PixError:
            continue
        if layout.is_subsampled or layout.data_window.width * layout.data_window.height > MOST_PIXELS:
            continue
        ours = result(open_core, path, layout)
        assert ours is None or ours == result(open_portable, path, layout), (turn, path)


if __name__ == "__main__":
    main(*sys.argv[1:])
