# SPDX-License-Identifier: Apache-2.0
"""OpenEXR frames: our own look at the header, the libraries' pixels."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pixmend.errors import UnsupportedError
from pixmend.formats import ExrCompression, ReadOptions, parse_exr
from pixmend.frames._colour import find_colour
from pixmend.frames._exr_rows import open_exr_rows
from pixmend.frames._frame import FrameBytes, Rows, read_joined
from pixmend.frames._libraries import open_image
from pixmend.model import PlateInfo

__all__ = ["ExrFrame"]

_BLOCK_PX = {
    ExrCompression.B44: 4,
    ExrCompression.B44A: 4,
    ExrCompression.DWAA: 8,
    ExrCompression.DWAB: 8,
}


class ExrFrame:
    """One flat part of an EXR file whose header has been read, at full resolution; an `OpenFrame`.

    Scanline and tiled, any data window. Of luminance and subsampled chroma the luminance
    is the picture; the plate names the chroma channels, but they are not read.
    """

    def __init__(self, path: Path, options: ReadOptions) -> None:
        self._bytes = FrameBytes(path)
        self._layout = layout = parse_exr(self._bytes, options.part)
        layout.read_offset_table(self._bytes)  # the libraries would guess at missing chunks
        channels = layout.model_channels()
        window = layout.display_window
        self.plate = PlateInfo(
            raster=layout.raster,
            display=(window.width, window.height),
            channels=channels,
            colour=find_colour(channels, where=self._bytes.name, layer=options.layer),
            file_format="exr",
            block_px=_BLOCK_PX.get(layout.compression, 1),
        )

    def guess_encoding(self) -> str:
        """Return ``linear``, unless the header names another colour space."""
        if self._layout.is_subsampled:  # refused by the one library that reads the attribute
            return "linear"
        opened = open_image(self._bytes.path)
        opened.seek_subimage(self._layout.number, 0)
        named = str(opened.spec().getattribute("colorInteropID") or "")
        opened.close()
        return "linear" if named.startswith("lin_") or named in {"", "data", "unknown"} else named

    def read_bands(self, channels: Sequence[str], bands: Sequence[Rows]) -> list[NDArray[Any]]:
        """Return (rows, width, channels) samples of each band."""
        for each in self.plate.channels:
            if each.name in channels and each.sampling != (1, 1):
                raise UnsupportedError(
                    f"channel {each.name!r} has a sample in one of {each.sampling[0]} columns and of "
                    f"{each.sampling[1]} rows only, which is not read",
                    where=self._bytes.name,
                )
        with open_exr_rows(self._bytes.path, self._layout, channels) as read:
            return read_joined(bands, self._layout.chunk_size[1], read)
