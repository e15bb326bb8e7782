# SPDX-License-Identifier: Apache-2.0
"""Rows of one part of an EXR, by the libraries: what `containers` addresses by itself is read here by others.

There are two routes. Measured on 4096x2160 RGB half, one thread: the C functions need 0.55 to 0.9
of the CPU time of the public interfaces for whole frames (none least, ZIPS most), and the same for
20 bands of nine rows; and Python goes on beside them, which stands still beside the others.
"""

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import PixError
from pixmend.formats import ExrCompression, ExrLayout, parse_exr
from pixmend.frames._exr_core import open_core
from pixmend.frames._exr_portable import RowReader, open_portable
from pixmend.frames._frame import FrameBytes
from pixmend.frames._libraries import decoding
from pixmend.model import SampleType
from pixmend.openexr import has_core, load_openexr, scratch_file

__all__ = ["open_exr_rows"]

_LONGEST_LINE = (1 << 31) - 1  # bytes; the C functions count them by int32
_PROVEN_CHANNELS = 8  # of more, not each one is proven: they are all handled alike
_Types = tuple[SampleType, ...]


def open_exr_rows(
    path: Path, layout: ExrLayout, channels: Sequence[str]
) -> AbstractContextManager[RowReader]:
    """Open a part for reading rows of some of its channels.

    The environment variable ``PIXMEND_EXR_ROUTE=portable`` asks for the libraries' public
    interfaces in any case: for tests, and for who doubts the C functions.

    Parameters
    ----------
    path : Path
    layout : ExrLayout
        Of the part.
    channels : sequence of str
        Of one sample type, none of them subsampled.

    Returns
    -------
    opened : context manager
        Of a function that gives (rows, width, channels) samples; row 0 is the first of the data
        window.

    Raises
    ------
    BadFrameError
        On entry or while reading, if the library cannot read the part or sees another one.
    """
    return (open_core if _may_use_core(layout, channels) else open_portable)(path, layout, channels)


def _may_use_core(layout: ExrLayout, channels: Sequence[str]) -> bool:
    if os.environ.get("PIXMEND_EXR_ROUTE") == "portable" or layout.is_subsampled:
        return False
    line_bytes = layout.data_window.width * 4 * len(channels)
    if line_bytes > _LONGEST_LINE or len(set(channels)) < len(channels):
        return False
    types = tuple(each.sample for each in layout.channels)
    if len(types) > _PROVEN_CHANNELS:
        types = (*types[:_PROVEN_CHANNELS], *dict.fromkeys(types))
    return core_agrees(layout.compression, types, is_tiled=layout.tiles is not None)


@cache
def core_agrees(compression: ExrCompression, types: _Types, *, is_tiled: bool) -> bool:
    """Tell whether the C functions read a known file of such channels as the public interface does."""
    if not has_core():
        return False
    try:
        with scratch_file() as path:
            _write_known(path, compression, types, is_tiled=is_tiled)
            layout = parse_exr(FrameBytes(path))
            return all(
                _reads(open_core, path, layout, sample) == _reads(open_portable, path, layout, sample)
                for sample in set(types)
            )
    except PixError:
        return False


def _reads(opener: Any, path: Path, layout: ExrLayout, sample: SampleType) -> list[bytes]:
    """Return what is read of the channels of one type: all lines, a few, and one channel only."""
    names = [each.name for each in layout.channels if each.sample is sample][::-1]
    height = layout.data_window.height
    found = []
    for wanted, bands in (
        (names, [(0, height), (1, height - 1), (height - 2, height)]),
        (names[:1], [(3, 9)]),
    ):
        with opener(path, layout, wanted) as read:
            found += [read(rows).tobytes() for rows in bands]
    return found


def _write_known(path: Path, compression: ExrCompression, types: _Types, *, is_tiled: bool) -> None:
    """Write more than one chunk of steps, and in places noise, which any codec makes smaller."""
    library = load_openexr()
    height, width = compression.lines_per_chunk + 11, 70
    header = {
        "compression": library.Compression(int(compression)),
        "type": library.tiledimage if is_tiled else library.scanlineimage,
        "dataWindow": (np.array([-3, 5], np.int32), np.array([width - 4, height + 4], np.int32)),
    }
    if is_tiled:
        header["tiles"] = tiles = library.TileDescription()
        tiles.xSize, tiles.ySize = 32, 24
        tiles.mode, tiles.roundingMode = library.ONE_LEVEL, library.ROUND_DOWN
    planes = {f"c{number:04d}": _plane(number, height, width, each) for number, each in enumerate(types)}
    with decoding(path):
        library.File(header, planes).write(str(path))


def _plane(number: int, height: int, width: int, sample: SampleType) -> NDArray[Any]:
    y, x = np.mgrid[0:height, 0:width]
    level = (x // 16 + y // 4 + number) % 64
    level[:, :8] += np.random.default_rng(number).integers(0, 4, (height, 8))
    return np.asarray(level if sample is SampleType.UINT32 else level / 64, sample.dtype)
