# SPDX-License-Identifier: Apache-2.0
"""TIFF files: which ones can be mended, and their first page as a `Container`."""

import numpy as np
from numpy.typing import NDArray

from pixmend.containers._plan import Plan
from pixmend.containers._tiff_open import OpenTiff
from pixmend.containers._tiff_packed import PackedTiff
from pixmend.errors import UnsupportedError
from pixmend.formats import ByteSource, TiffCompression, TiffLayout, TiffPages, look_at_pages, parse_tiff
from pixmend.model import Channel, Patch, Raster

__all__ = ["TiffContainer"]

_NAMES = {1: "Y", 2: "YA", 3: "RGB", 4: "RGBA"}
_BLACK_IS_ZERO, _RGB = 1, 2
_PHOTOMETRICS = {0: "white is zero", 3: "a palette", 4: "a mask", 5: "CMYK", 6: "YCbCr", 8: "CIELab"}
_COMPRESSIONS = {
    2: "CCITT",
    3: "CCITT",
    4: "CCITT",
    6: "old-style JPEG",
    7: "JPEG",
    34676: "LogLuv",
    34677: "LogLuv",
    34712: "JPEG 2000",
    34887: "LERC",
    34925: "LZMA",
    50001: "WebP",
    50002: "JPEG XL",
}
_HORIZONTAL, _FLOATING = 2, 3
_PREDICTED = set(TiffCompression) - {TiffCompression.NONE, TiffCompression.PACKBITS}
_LEFT_AS_IT_WAS = "the file is left as it was"


class TiffContainer:
    """The first page of a TIFF, in strips or tiles; a `Container`.

    Parameters
    ----------
    source : ByteSource
    channels : tuple of Channel, optional
        Names in file order: the file has none of its own.

    Raises
    ------
    BadFrameError
        If the file is damaged.
    UnsupportedError
        If its compression or its samples are of a kind that is not handled, or parts of
        the file share bytes.
    """

    file_format = "tiff"

    def __init__(self, source: ByteSource, channels: tuple[Channel, ...] | None = None) -> None:
        layout = parse_tiff(source)
        _check_handled(layout, source.name)
        layout.check_units(source)
        _check_stored(layout, source)
        self.notices = _notices(layout, look_at_pages(source, layout))
        self.raster = Raster(0, 0, layout.width, layout.height)
        self.channels = _named_channels(layout, channels)
        is_open = layout.compression == TiffCompression.NONE
        self._samples = OpenTiff(source, layout) if is_open else PackedTiff(source, layout)

    def read_bits(self, patch: Patch) -> NDArray[np.uint32]:
        """Return what the file holds where the patch's samples are."""
        return self._samples.read_bits(patch)

    def library_bits(self, patch: Patch) -> None:  # noqa: ARG002  frames are read by a library
        """Return None: frames are read by a library, our own addressing is the second reader."""
        return

    def plan(self, patch: Patch) -> Plan:
        """Return the edits of a patch: bytes in place, or strips and tiles packed anew."""
        return self._samples.plan(patch)

    def units(self, patch: Patch) -> dict[int, bytes]:
        """Return the unpacked strips, tiles, or runs of bytes in which the patch's samples lie."""
        return self._samples.units(patch)

    def holds(self, plan: Plan) -> bool:
        """Tell whether the file has the units that a plan promised."""
        return self.units(plan.stored) == plan.units

    def editable_ranges(self) -> list[tuple[int, int]]:
        """Return picture data and, where it is compressed, the tables that say where it lies."""
        return self._samples.editable_ranges()


def _named_channels(layout: TiffLayout, given: tuple[Channel, ...] | None) -> tuple[Channel, ...]:
    """Take the names of the plate where they can be this file's, else the usual ones."""
    assert layout.sample is not None, "checked by _check_handled"
    count = layout.samples_per_pixel
    usual = _NAMES.get(count) or [f"channel{number}" for number in range(count)]
    fits = given is not None and len(given) == count
    names = [each.name for each in given] if given is not None and fits else usual
    return tuple(Channel(name, layout.sample) for name in names)


def _check_handled(layout: TiffLayout, where: str) -> None:
    for refused, what in _refusals(layout):
        if refused:
            raise UnsupportedError(f"{what}, which cannot be mended; {_LEFT_AS_IT_WAS}", where=where)


def _refusals(layout: TiffLayout) -> tuple[tuple[bool, str], ...]:
    compression, photometric, sample = layout.compression, layout.photometric, layout.sample
    named = _COMPRESSIONS.get(compression, "a codec that is not known here")
    holds = _PHOTOMETRICS.get(photometric, f"photometric interpretation {photometric}")
    is_packed = layout.bits % 8 != 0 and compression != TiffCompression.NONE
    is_predicted = compression in _PREDICTED
    predictors = {1, _HORIZONTAL, _FLOATING} if sample is not None and sample.is_float else {1, _HORIZONTAL}
    return (
        (layout.is_reduced, "the first page of this TIFF is a smaller copy of the picture"),
        (
            compression not in set(TiffCompression),
            f"this TIFF is compressed with {named} (compression {compression})",
        ),
        (photometric not in {_BLACK_IS_ZERO, _RGB}, f"this TIFF holds {holds} and neither RGB nor luminance"),
        (sample is None, f"this TIFF has {layout.sample_text}"),
        (layout.fill_order != 1, "this TIFF has its bits in reverse order (FillOrder 2)"),
        (is_packed, f"this TIFF has compressed {layout.sample_text}"),
        (
            layout.predictor not in (predictors if is_predicted else {1}),
            f"this TIFF has predictor {layout.predictor}",
        ),
    )


def _check_stored(layout: TiffLayout, source: ByteSource) -> None:
    """Refuse strips that are not there, and LZW of before TIFF 6.0, which begins with its bits reversed."""
    kind = "tile" if layout.is_tiled else "strip"
    absent = (layout.offsets == 0) | (layout.stored_bytes == 0)
    if absent.any():
        raise UnsupportedError(
            f"{kind} {int(absent.argmax())} of this TIFF is not stored (sparse), so it cannot be mended; "
            f"{_LEFT_AS_IT_WAS}",
            where=source.name,
        )
    if layout.compression != TiffCompression.LZW or layout.stored_bytes[0] < 2:
        return
    first, second = source.read(int(layout.offsets[0]), 2)
    if first == 0 and second & 1:
        raise UnsupportedError(
            f"this TIFF has old-style LZW, which cannot be mended; {_LEFT_AS_IT_WAS}", where=source.name
        )


def _notices(layout: TiffLayout, pages: TiffPages) -> tuple[str, ...]:
    notices = []
    if pages.reduced:
        copies = "a smaller copy" if pages.reduced == 1 else f"{pages.reduced} smaller copies"
        notices.append(f"this TIFF holds {copies} of the picture, in which the defects stay")
    if pages.others:
        notices.append(f"only the first of {pages.others + 1} pages of this TIFF is mended")
    if layout.orientation != 1:
        notices.append(
            f"this TIFF is to be shown turned (orientation {layout.orientation}), maps count as stored"
        )
    return tuple(notices)
