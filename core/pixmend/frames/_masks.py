# SPDX-License-Identifier: Apache-2.0
"""Defect masks as pictures: white is bad."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import BadFrameError, MissingFrameError, UnsupportedError, UsageError
from pixmend.frames._libraries import decoding, first_line, load_openimageio, open_image
from pixmend.model import Raster
from pixmend.publish import publishing

__all__ = ["read_mask", "write_mask"]

_FORMATS = {".exr": "openexr", ".tif": "tiff", ".tiff": "tiff", ".png": "png"}
_HALF_WHITE = 0.5


def read_mask(path: Path) -> tuple[Raster, NDArray[np.bool_]]:
    """Read a mask.

    Parameters
    ----------
    path : Path
        EXR, TIFF or PNG. Alpha counts only where there is no other channel.

    Returns
    -------
    raster : Raster
        The picture's data window, in pixel space.
    is_bad : (height, width) bool ndarray
        True where any channel is above half of white; NaN is not.

    Raises
    ------
    MissingFrameError, BadFrameError, UnsupportedError
        If there is no such file, it is damaged, or of another format.
    """
    _format_of(path)
    if not path.is_file():
        raise MissingFrameError("there is no such file", where=str(path))
    opened = open_image(path)
    try:
        spec, samples = opened.spec(), _read_samples(opened, path)
    finally:
        opened.close()
    raster = Raster(spec.x - spec.full_x, spec.y - spec.full_y, spec.width, spec.height)
    kept = [index for index in range(spec.nchannels) if index != spec.alpha_channel] or [0]
    shaped = np.asarray(samples).reshape(spec.height, spec.width, spec.nchannels)
    is_bad = np.any(shaped[..., kept] > _HALF_WHITE, axis=-1)
    return raster, is_bad


def write_mask(path: Path, raster: Raster, is_bad: NDArray[np.bool_], *, overwrite: bool = False) -> None:
    """Write a mask: one channel, 1 where bad.

    Parameters
    ----------
    path : Path
        The extension tells the format. EXR keeps the raster as its data window; TIFF and
        PNG begin at pixel (0, 0) of the display window.
    raster : Raster
    is_bad : (height, width) bool ndarray

    Raises
    ------
    UnsupportedError
        If the extension is none of these.
    UsageError
        If the file exists, or the format has no place for negative pixels.
    ValueError
        If the array is not of the raster's size.
    """
    name = _format_of(path)
    if is_bad.shape != (raster.height, raster.width):
        raise ValueError(f"a mask of {is_bad.shape} for a raster of {raster}")
    spec, placed = _placed(raster, is_bad, name, path)
    creator = load_openimageio().ImageOutput.create(name)
    with publishing(path, overwrite=overwrite) as temporary:
        is_written = creator.open(str(temporary), spec) and creator.write_image(placed[..., np.newaxis])
        reason = creator.geterror()  # asked for in any case: forgotten errors are printed at exit
        creator.close()
        if not is_written:
            raise UsageError(f"cannot be written: {first_line(reason)}", where=str(path))


def _placed(
    raster: Raster, is_bad: NDArray[np.bool_], name: str, path: Path
) -> tuple[Any, NDArray[np.float32]]:
    """Return the header, and the mask where that header's format puts its first sample."""
    oiio = load_openimageio()
    white = is_bad.astype(np.float32)
    if name == "openexr":
        spec = oiio.ImageSpec(raster.width, raster.height, 1, oiio.HALF)
        spec.x, spec.y = raster.x, raster.y
        spec.full_width, spec.full_height = (
            max(1, raster.x + raster.width),
            max(1, raster.y + raster.height),
        )
        spec.attribute("compression", "zip")
    elif raster.x < 0 or raster.y < 0:
        raise UsageError(
            f"a {path.suffix} has no place for pixels left of or above (0, 0): the raster is {raster}",
            where=str(path),
            hint="write the mask as EXR",
        )
    else:
        white = np.pad(white, ((raster.y, 0), (raster.x, 0)))
        spec = oiio.ImageSpec(white.shape[1], white.shape[0], 1, oiio.UINT8)
    spec.channelnames = ("Y",)
    return spec, white


def _read_samples(opened: Any, path: Path) -> Any:
    spec = opened.spec()
    if spec.deep:
        raise UnsupportedError("a deep picture is no mask", where=str(path))
    with decoding(path):
        samples = opened.read_image(0, 0, 0, spec.nchannels, load_openimageio().FLOAT)
        if samples is None:
            raise BadFrameError(f"damaged: {first_line(opened.geterror())}", where=str(path))
        return samples


def _format_of(path: Path) -> str:
    name = _FORMATS.get(path.suffix.lower())
    if name is None:
        raise UnsupportedError(
            f"{path.suffix or 'a file without extension'} is no mask",
            where=str(path),
            hint="use EXR, TIFF or PNG",
        )
    return name
