# SPDX-License-Identifier: Apache-2.0
"""Whole files as bit patterns, by libraries that pixmend's writers do not use."""

from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import OpenImageIO
import tifffile
from numpy.typing import NDArray

Key = tuple[int, str]  # number of the part, name of the channel
Planes = dict[Key, NDArray[Any]]


def bits_of(samples: NDArray[Any]) -> NDArray[Any]:
    """Return the bit patterns of samples, as unsigned integers of their size."""
    native = samples.astype(samples.dtype.newbyteorder("="), copy=False)
    return np.ascontiguousarray(native).view(f"u{native.itemsize}")


def exr_by_openexr(path: Path) -> Planes:
    """Read all flat parts at full resolution; subsampled channels are smaller planes."""
    parts = OpenEXR.File(str(path), separate_channels=True).parts
    return {
        (number, name): bits_of(channel.pixels)
        for number, part in enumerate(parts)
        for name, channel in part.channels.items()
        if channel.pixels.dtype != object
    }


def exr_by_openimageio(path: Path) -> Planes | None:
    """Read all flat parts; None where the library refuses the file."""
    opened = OpenImageIO.ImageInput.open(str(path))
    if opened is None:
        OpenImageIO.geterror()
        return None
    planes: Planes = {}
    number = 0
    while opened.seek_subimage(number, 0):
        spec = opened.spec()
        forms = [str(each) for each in spec.channelformats] or [str(spec.format)] * spec.nchannels
        position = 0
        for form, members in groupby(() if spec.deep else forms):  # of one type: nothing is converted
            stop = position + len(list(members))
            samples = opened.read_image(number, 0, position, stop, form)
            assert samples is not None, opened.geterror()
            shaped = bits_of(samples.reshape(spec.height, spec.width, stop - position))
            names = spec.channelnames[position:stop]
            planes |= {(number, name): shaped[..., at] for at, name in enumerate(names)}
            position = stop
        number += 1
    opened.close()
    return planes


def picture_by_openimageio(path: Path) -> NDArray[Any]:
    """Read (height, width, channels) of a DPX or TIFF; DPX codes are spread over 16 bits."""
    config = OpenImageIO.ImageSpec()
    config.attribute("oiio:UnassociatedAlpha", 1)
    config.attribute("oiio:RawColor", 1)
    opened = OpenImageIO.ImageInput.open(str(path), config)
    assert opened is not None, OpenImageIO.geterror()
    spec = opened.spec()
    samples = opened.read_image(0, 0, 0, spec.nchannels, spec.format)
    assert samples is not None, opened.geterror()
    opened.close()
    return bits_of(samples.reshape(spec.height, spec.width, spec.nchannels))


def tiff_by_tifffile(path: Path) -> NDArray[Any]:
    """Read (height, width, channels) of the first page."""
    with tifffile.TiffFile(path) as opened:
        page = opened.pages[0]
        samples = page.asarray()
        if page.samplesperpixel == 1:
            samples = samples[..., np.newaxis]
        elif page.planarconfig == tifffile.PLANARCONFIG.SEPARATE:
            samples = np.moveaxis(samples, 0, -1)
        return bits_of(samples)
