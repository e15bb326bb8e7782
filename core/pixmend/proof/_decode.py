# SPDX-License-Identifier: Apache-2.0
"""Reading whole frames by other means than those that mended them.

EXR goes through OpenImageIO, which shares no code with `splice` (its OpenEXR is a library of
its own), or where that refuses subsampled channels through `OpenEXR.File`, which sees whole
files where `splice` sees chunks. TIFF goes through the libraries that frames are read by.
DPX goes through the row reader of `formats`, whose loops share no code with the places that
`splice` patches: OpenImageIO misreads some DPX.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pixmend.formats import ReadOptions, parse_dpx, read_dpx_planes
from pixmend.frames import open_tiff_rows
from pixmend.model import Channel
from pixmend.proof._decode_exr import RowReader, open_exr_rows
from pixmend.splice import open_bytes

__all__ = ["RowReader", "open_rows"]


@contextlib.contextmanager
def open_rows(
    path: Path, file_format: str, channels: tuple[Channel, ...], options: ReadOptions
) -> Iterator[RowReader]:
    """Open a frame for reading rows.

    Parameters
    ----------
    path : Path
    file_format : str
        ``exr``, ``dpx`` or ``tiff``.
    channels : tuple of Channel
        All channels, in file order; they set the order of what is read.
    options : ReadOptions
        How the file was read when it was mended.

    Raises
    ------
    BadFrameError
        If the frame cannot be read.
    """
    if file_format == "exr":
        with open_exr_rows(path, channels, options) as read:
            yield read
        return
    opened = _open_dpx(path, options) if file_format == "dpx" else _open_tiff(path)
    with opened as read:
        yield read


@contextlib.contextmanager
def _open_dpx(path: Path, options: ReadOptions) -> Iterator[RowReader]:
    with open_bytes(path) as source:
        layout = parse_dpx(source, low_first=options.low_first)

        def read(first: int, stop: int) -> list[NDArray[Any]]:
            planes = read_dpx_planes(source, layout, (first, stop))
            return [plane.view(f"u{plane.itemsize}") for plane in planes]

        yield read


@contextlib.contextmanager
def _open_tiff(path: Path) -> Iterator[RowReader]:
    with open_tiff_rows(path) as opened:

        def read(first: int, stop: int) -> list[NDArray[Any]]:
            samples = opened.read((first, stop))
            bits = samples.view(f"u{samples.itemsize}")
            return [bits[:, :, index] for index in range(bits.shape[2])]

        yield read
