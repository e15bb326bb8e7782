# SPDX-License-Identifier: Apache-2.0
"""TIFF: what else a file holds beside its first page, and whether any of it shares bytes with that page."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import BadFrameError, UnsupportedError
from pixmend.formats._bytesource import ByteSource
from pixmend.formats._tiff import TiffLayout
from pixmend.formats._tiff_header import TiffDirectory, TiffTag, read_directories

__all__ = ["TiffPages", "look_at_pages"]


@dataclass(frozen=True, slots=True)
class TiffPages:
    """What a file holds beside its first page.

    Attributes
    ----------
    reduced : int
        Smaller copies of a picture, in whatever directory.
    others : int
        Further pages that are none.
    """

    reduced: int
    others: int


def look_at_pages(source: ByteSource, layout: TiffLayout) -> TiffPages:
    """Count the other pages, and make sure that the first one's units are its own.

    Raises
    ------
    BadFrameError
        If a unit shares bytes with the header, or a directory is damaged.
    UnsupportedError
        If two units share bytes, of this page or of another: to mend one would change both.
    """
    directories = read_directories(source)
    units = np.stack([layout.offsets, layout.offsets + layout.stored_bytes], axis=1)
    units = units[np.argsort(units[:, 0], kind="stable")]
    kind = "tile" if layout.is_tiled else "strip"
    if (units[1:, 0] < units[:-1, 1]).any():
        raise _shared(f"{kind}s of this TIFF", source)
    header = [(0, 16 if directories[0].is_big else 8)]
    header += [each for directory in directories for each in directory.ranges]
    if _meets(units, np.array(header, np.int64)):
        raise BadFrameError(f"a {kind} of this TIFF shares bytes with its header", where=source.name)
    for directory in directories[1:]:
        if _meets(units, _stored_ranges(directory)):
            raise _shared("pages of this TIFF", source)
    reduced = sum(each.is_reduced for each in directories[1:])
    return TiffPages(reduced, len(directories) - 1 - reduced)


def _shared(what: str, source: ByteSource) -> UnsupportedError:
    return UnsupportedError(
        f"{what} share bytes, to mend one would change the other; the file is left as it was",
        where=source.name,
    )


def _meets(units: NDArray[np.int64], ranges: NDArray[np.int64]) -> bool:
    """Tell whether any range shares a byte with any of the ordered units."""
    first = np.searchsorted(units[:, 1], ranges[:, 0], side="right")  # the first unit that ends behind it
    begins = np.append(units[:, 0], np.iinfo(np.int64).max)[first]
    return bool((begins < ranges[:, 1]).any())


def _stored_ranges(directory: TiffDirectory) -> NDArray[np.int64]:
    """Return where a page's strips and tiles lie; at least their first bytes where it tells no sizes."""
    found = [np.empty((0, 2), np.int64)]
    for starts, sizes in (
        (TiffTag.STRIP_OFFSETS, TiffTag.STRIP_BYTES),
        (TiffTag.TILE_OFFSETS, TiffTag.TILE_BYTES),
    ):
        begins, lengths = directory.values(starts), directory.values(sizes)
        if len(begins) != len(lengths):
            lengths = np.ones(len(begins), np.int64)
        found.append(np.stack([begins, begins + lengths], axis=1))
    return np.concatenate(found)
