# SPDX-License-Identifier: Apache-2.0
"""Reading whole frames by other means than those that mended them.

EXR goes through OpenImageIO, which shares no code with `splice` (its OpenEXR is a library of
its own), TIFF through the libraries that frames are read by. DPX goes through the row reader of `formats`, whose loops share no
code with the places that `splice` patches: OpenImageIO misreads some DPX.
"""

import contextlib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

import OpenImageIO
from numpy.typing import NDArray

from pixmend.errors import BadFrameError
from pixmend.formats import parse_dpx, read_dpx_planes
from pixmend.frames import open_tiff_rows
from pixmend.model import Channel, SampleType
from pixmend.splice import open_bytes

__all__ = ["RowReader", "open_rows"]

_LIBRARY_TYPES = {
    SampleType.HALF: "half",
    SampleType.FLOAT: "float",
    SampleType.UINT8: "uint8",
    SampleType.UINT16: "uint16",
    SampleType.UINT32: "uint",
}


class RowReader(Protocol):
    """Reads rows of one frame."""

    def __call__(self, first: int, stop: int) -> list[NDArray[Any]]:
        """Return one (rows, width) array of bit patterns a channel; row 0 is the top one stored."""
        ...


@contextlib.contextmanager
def open_rows(path: Path, file_format: str, channels: tuple[Channel, ...]) -> Iterator[RowReader]:
    """Open a frame for reading rows.

    Parameters
    ----------
    path : Path
    file_format : str
        ``exr``, ``dpx`` or ``tiff``.
    channels : tuple of Channel
        All channels, in file order; they set the order of what is read.

    Raises
    ------
    BadFrameError
        If the frame cannot be read.
    """
    if file_format in _BY_FORMAT:
        with _BY_FORMAT[file_format](path) as read:
            yield read
        return
    settings = OpenImageIO.ImageSpec()
    settings.attribute("oiio:UnassociatedAlpha", 1)  # samples as stored, not multiplied
    settings.attribute("oiio:RawColor", 1)
    opened = OpenImageIO.ImageInput.open(str(path), settings)
    if opened is None:
        raise BadFrameError(
            f"a second reader refuses it: {_one_line(OpenImageIO.geterror())}", where=str(path)
        )
    try:
        yield _LibraryRows(opened, path, channels)
    finally:
        opened.close()


@contextlib.contextmanager
def _open_dpx(path: Path) -> Iterator[RowReader]:
    with open_bytes(path) as source:
        layout = parse_dpx(source)

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


_BY_FORMAT = {"dpx": _open_dpx, "tiff": _open_tiff}


class _LibraryRows:
    """A `RowReader` by OpenImageIO."""

    def __init__(self, opened: OpenImageIO.ImageInput, path: Path, channels: tuple[Channel, ...]) -> None:
        self._opened = opened
        self._path = path
        self._channels = channels
        self._top = opened.spec().y
        names = list(opened.spec().channelnames)
        missing = [each.name for each in channels if each.name not in names]
        if missing:
            raise BadFrameError(f"a second reader finds no channel {missing[0]!r}", where=str(path))
        self._positions = [names.index(each.name) for each in channels]  # the library sorts its own way

    def __call__(self, first: int, stop: int) -> list[NDArray[Any]]:
        planes: dict[int, NDArray[Any]] = {}
        for sample, begin, end in self._runs():
            form = OpenImageIO.TypeDesc(_LIBRARY_TYPES[sample])
            rows = self._opened.read_scanlines(self._top + first, self._top + stop, 0, begin, end, form)
            if rows is None:
                raise BadFrameError(
                    f"a second reader stops: {_one_line(self._opened.geterror())}", where=str(self._path)
                )
            bits = rows.reshape(stop - first, -1, end - begin).view(f"u{sample.dtype.itemsize}")
            planes |= {begin + index: bits[:, :, index] for index in range(end - begin)}
        return [planes[position] for position in self._positions]

    def _runs(self) -> Iterator[tuple[SampleType, int, int]]:
        """Yield channels that lie side by side with one type: only these are read without conversion."""
        types = dict(zip(self._positions, (each.sample for each in self._channels), strict=True))
        for sample, members in groupby(sorted(types), key=types.__getitem__):
            run = list(members)
            yield sample, run[0], run[-1] + 1


def _one_line(message: str) -> str:
    return " ".join(message.split())[:200]
