# SPDX-License-Identifier: Apache-2.0
"""Rows of one part of an EXR by the public interfaces of the libraries, which hold the GIL while they unpack.

Measured on 2K RGB half, one thread: `OpenEXR.InputFile` needs 0.5 to 0.8 of the CPU time
of OpenImageIO for whole frames and for nine rows, and reads only the channels asked for;
but only the first part. Its ``header()`` crashes on previews and ``OpenEXR.File`` prints
and goes on when chunks are missing: neither is used. OpenImageIO reads the other parts,
but refuses every file with subsampled channels.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import BadFrameError
from pixmend.formats import ExrLayout
from pixmend.frames._frame import Rows
from pixmend.frames._libraries import decoding, first_line, open_image
from pixmend.openexr import load_openexr

__all__ = ["RowReader", "open_portable", "sample_dtype"]

RowReader = Callable[[Rows], NDArray[Any]]


@contextlib.contextmanager
def open_portable(path: Path, layout: ExrLayout, channels: Sequence[str]) -> Iterator[RowReader]:
    """Open a part as `open_exr_rows` says."""
    is_first = layout.number == 0
    opened = _open_first(path) if is_first else _open_later(path, layout)
    try:
        with decoding(path):
            yield (_first_part if is_first else _later_part)(opened, layout, channels)
    finally:
        opened.close()


def _open_first(path: Path) -> Any:
    with decoding(path):
        return load_openexr().InputFile(str(path))


def _open_later(path: Path, layout: ExrLayout) -> Any:
    opened = open_image(path)
    if not opened.seek_subimage(layout.number, 0):
        reason = first_line(opened.geterror())
        opened.close()
        raise BadFrameError(f"damaged: {reason}", where=str(path))
    return opened


def _first_part(opened: Any, layout: ExrLayout, channels: Sequence[str]) -> RowReader:
    """Read by `OpenEXR.InputFile`, which gives tiled pictures line by line too."""
    window, dtype = layout.data_window, sample_dtype(layout, channels)

    def read(rows: Rows) -> NDArray[Any]:
        first, last = window.y_min + rows[0], window.y_min + rows[1] - 1
        planes = opened.channels(list(channels), scanLine1=first, scanLine2=last)
        shaped = [np.frombuffer(each, dtype).reshape(rows[1] - rows[0], window.width) for each in planes]
        return np.stack(shaped, axis=-1)

    return read


def _later_part(opened: Any, layout: ExrLayout, channels: Sequence[str]) -> RowReader:
    """Read by OpenImageIO."""
    window, dtype, spec = layout.data_window, sample_dtype(layout, channels), opened.spec()
    names = list(spec.channelnames)
    if (spec.x, spec.y) != (window.x_min, window.y_min) or not set(channels) <= set(names):
        raise ValueError("two readers disagree on this part")
    wanted = [names.index(each) for each in channels]

    def read(rows: Rows) -> NDArray[Any]:
        samples = np.empty((rows[1] - rows[0], window.width, len(channels)), dtype)
        for run in _runs(wanted):
            found = _read_run(
                opened, layout, (wanted[run.start], wanted[run.start] + run.stop - run.start), rows
            )
            if found.dtype != dtype:
                raise ValueError("two readers disagree on the sample type")
            samples[..., run] = found
        return samples

    return read


def _runs(positions: Sequence[int]) -> Iterator[slice]:
    """Yield runs of positions that follow each other: read in one go, each chunk is unpacked once."""
    start = 0
    for stop in range(1, len(positions) + 1):
        if stop == len(positions) or positions[stop] != positions[stop - 1] + 1:
            yield slice(start, stop)
            start = stop


def _read_run(opened: Any, layout: ExrLayout, channels: tuple[int, int], rows: Rows) -> NDArray[Any]:
    """Return (rows, width, channels) samples as they are stored."""
    window, spec = layout.data_window, opened.spec()
    form = spec.channelformats[channels[0]] if spec.channelformats else spec.format
    top, bottom = window.y_min + rows[0], window.y_min + rows[1]
    if layout.tiles is None:
        found = opened.read_scanlines(top, bottom, 0, *channels, form)
        skipped = 0
    else:  # whole tiles, or the library refuses
        height = layout.tiles.height
        skipped = rows[0] % height
        end = min(-(-rows[1] // height) * height, window.height) + window.y_min
        across = (window.x_min, window.x_max + 1)
        found = opened.read_tiles(*across, top - skipped, end, 0, 1, *channels, form)
    if found is None:
        raise ValueError(first_line(opened.geterror()))
    shaped: NDArray[Any] = found.reshape(-1, window.width, channels[1] - channels[0])
    return shaped[skipped : skipped + rows[1] - rows[0]]


def sample_dtype(layout: ExrLayout, channels: Sequence[str]) -> np.dtype[Any]:
    """Return the type of the samples of channels, which all have one."""
    (sample,) = {each.sample for each in layout.channels if each.name in channels}
    return sample.dtype
