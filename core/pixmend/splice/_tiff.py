# SPDX-License-Identifier: Apache-2.0
"""TIFF files: samples of uncompressed strips are replaced where they lie."""

from pixmend.errors import UnsupportedError
from pixmend.formats import ByteSource, DatumPlaces, TiffLayout, parse_tiff
from pixmend.model import Channel, Patch, Raster
from pixmend.splice._in_place import InPlace
from pixmend.splice._places import whole_bytes_at

__all__ = ["TiffContainer"]

_BLACK_IS_ZERO, _RGB = 1, 2
_NAMES = {1: "Y", 2: "YA", 3: "RGB", 4: "RGBA"}


class TiffContainer(InPlace):
    """The first page of a TIFF with uncompressed strips; a `Container`.

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
        If it is compressed, tiled, or its samples are of a kind that is not handled.
    """

    file_format = "tiff"

    def __init__(self, source: ByteSource, channels: tuple[Channel, ...] | None = None) -> None:
        self._source = source
        self._layout = parse_tiff(source)
        _check_handled(self._layout, source.name)
        self._layout.check_strips(source)
        self.raster = Raster(0, 0, self._layout.width, self._layout.height)
        self.channels = _named_channels(self._layout, channels)

    def library_bits(self, patch: Patch) -> None:  # noqa: ARG002  frames are read by a library
        """Return None: frames are read by a library, our own addressing is the second reader."""
        return

    def editable_ranges(self) -> list[tuple[int, int]]:
        """Return the strips."""
        sizes = zip(self._layout.strip_offsets, range(len(self._layout.strip_offsets)), strict=True)
        return sorted(
            (offset, offset + self._layout.strip_size(strip, self._sample_bytes)) for offset, strip in sizes
        )

    @property
    def _sample_bytes(self) -> int:
        return self.channels[0].sample.bits // 8

    def _places(self, patch: Patch) -> DatumPlaces:
        offsets = self._layout.offsets_in_file(patch.x, patch.y, patch.channel)
        return whole_bytes_at(offsets, self._sample_bytes, self._layout.byte_order)


def _named_channels(layout: TiffLayout, given: tuple[Channel, ...] | None) -> tuple[Channel, ...]:
    """Take the names of the plate where they can be this file's, else the usual ones."""
    assert layout.sample is not None, "checked by _check_handled"
    count = layout.samples_per_pixel
    usual = _NAMES.get(count) or [f"channel{number}" for number in range(count)]
    fits = given is not None and len(given) == count
    names = [each.name for each in given] if given is not None and fits else usual
    return tuple(Channel(name, layout.sample) for name in names)


def _check_handled(layout: TiffLayout, where: str) -> None:
    refusals = (
        (layout.is_tiled, "this TIFF is tiled"),
        (layout.compression != 1, "this TIFF is compressed"),
        (layout.sample is None, "this TIFF has samples of an unusual size or kind"),
        (layout.photometric not in {_BLACK_IS_ZERO, _RGB}, "this TIFF holds neither RGB nor luminance"),
        (layout.fill_order != 1, "this TIFF has its bits in reverse order"),
    )
    for refused, what in refusals:
        if refused:
            raise UnsupportedError(
                f"{what}, which cannot be mended yet; the file is left as it was", where=where
            )
