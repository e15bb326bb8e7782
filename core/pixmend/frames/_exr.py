# SPDX-License-Identifier: Apache-2.0
"""OpenEXR frames: our own header, the OpenEXR library's pixels.

Measured on 2K RGB half, one thread: `OpenEXR.InputFile` needs 0.5 to 0.8 of the CPU time
of OpenImageIO for whole frames and for nine rows, and reads only the channels asked for.
Its ``header()`` crashes on previews and ``OpenEXR.File`` prints and goes on when chunks are
missing: neither is used.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import UnsupportedError
from pixmend.formats import ExrLayout, ReadOptions, parse_exr
from pixmend.frames._colour import find_colour
from pixmend.frames._frame import FrameBytes, Rows, read_joined
from pixmend.frames._libraries import decoding, load_openexr, open_image
from pixmend.model import PlateInfo

__all__ = ["ExrFrame"]


class ExrFrame:
    """An EXR file whose header has been read; an `OpenFrame`.

    Scanline and tiled files; of a multi-part file the first part, at full resolution.
    """

    def __init__(self, path: Path, options: ReadOptions) -> None:  # noqa: ARG002  becomes used in its room
        self._bytes = FrameBytes(path)
        self._layout = layout = parse_exr(self._bytes)
        _refuse(layout, self._bytes.name)
        if layout.part_kind == "scanlineimage" and not layout.is_multi_part:
            layout.read_offset_table(self._bytes)  # the library would guess at missing chunks
        channels = layout.model_channels()
        window = layout.display_window
        self.plate = PlateInfo(
            raster=layout.raster,
            display=(window.width, window.height),
            channels=channels,
            colour=find_colour(channels, where=self._bytes.name),
            file_format="exr",
        )

    def guess_encoding(self) -> str:
        """Return ``linear``, unless the header names another colour space."""
        opened = open_image(self._bytes.path)
        named = str(opened.spec().getattribute("colorInteropID") or "")
        opened.close()
        return "linear" if named.startswith("lin_") or named in {"", "data", "unknown"} else named

    def read_bands(self, channels: Sequence[str], bands: Sequence[Rows]) -> list[NDArray[Any]]:
        """Return (rows, width, channels) samples of each band."""
        with decoding(self._bytes.path):
            opened = load_openexr().InputFile(self._bytes.name)
            unit = self._layout.compression.lines_per_chunk
            samples = read_joined(bands, unit, lambda rows: self._decode(opened, channels, rows))
            opened.close()
            return samples

    def _decode(self, opened: Any, channels: Sequence[str], rows: Rows) -> NDArray[Any]:
        top, width = self._layout.data_window.y_min, self._layout.data_window.width
        dtype = self.plate.sample_type(channels[0]).dtype
        planes = opened.channels(list(channels), scanLine1=top + rows[0], scanLine2=top + rows[1] - 1)
        return np.stack([np.frombuffer(each, dtype).reshape(-1, width) for each in planes], axis=-1)


def _refuse(layout: ExrLayout, where: str) -> None:
    if layout.part_kind not in {"scanlineimage", "tiledimage"}:
        raise UnsupportedError(f"this is a deep EXR ({layout.part_kind})", where=where)
    if layout.is_subsampled:
        raise UnsupportedError("channels of this EXR are subsampled", where=where)
