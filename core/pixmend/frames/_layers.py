# SPDX-License-Identifier: Apache-2.0
"""Pictures for compositors: EXR files of any channels, with a data window."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import UsageError
from pixmend.frames._libraries import first_line
from pixmend.model import Raster
from pixmend.openexr import load_openexr

__all__ = ["write_layers"]


def write_layers(
    path: Path,
    layers: Mapping[str, NDArray[np.float16] | NDArray[np.float32]],
    raster: Raster,
    display: tuple[int, int],
) -> None:
    """Write an EXR, zipped, and without ceremony: the caller publishes it.

    Parameters
    ----------
    path : Path
    layers : mapping of str to (H, W) float16 or float32 ndarray
        Channels by their full names.
    raster : Raster
        The data window, in pixel space; of the size of the arrays.
    display : (int, int)
        Width and height of the display window, which begins at (0, 0).

    Raises
    ------
    UsageError
        If the file cannot be written.
    """
    exr = load_openexr()
    header = {
        "compression": exr.ZIP_COMPRESSION,
        "type": exr.scanlineimage,
        "displayWindow": _window(Raster(0, 0, *display)),
        "dataWindow": _window(raster),
    }
    try:
        str(path).encode()
    except UnicodeEncodeError as exc:
        raise UsageError(
            "the name of this file is not UTF-8", where=repr(str(path)), hint="choose another output"
        ) from exc
    try:
        with exr.File(header, {name: np.ascontiguousarray(each) for name, each in layers.items()}) as image:
            image.write(str(path))
    except (RuntimeError, ValueError, TypeError) as exc:
        raise UsageError(f"cannot be written: {first_line(str(exc))}", where=str(path)) from exc


def _window(raster: Raster) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    last = raster.x + raster.width - 1, raster.y + raster.height - 1
    return np.array([raster.x, raster.y], np.int32), np.array(last, np.int32)
