# SPDX-License-Identifier: Apache-2.0
"""Counting samples: those of the patch, and those that should not have changed."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pixmend.model import Patch, Raster
from pixmend.proof._decode import RowReader, open_rows

__all__ = ["SampleCounts", "count_samples"]

_BAND = 256  # rows at a time; a multiple of what any codec packs together


@dataclass(frozen=True, slots=True)
class SampleCounts:
    """What was found.

    Attributes
    ----------
    changed : int
        Samples of the patch that hold the new bits, where these are not the old ones.
    wrong : int
        Samples of the patch that hold other bits than the new ones.
    elsewhere : int or None
        Samples outside of the patch that changed; None without a source.
    source_differs : int
        Samples of the patch for which the source does not hold the old bits.
    """

    changed: int
    wrong: int
    elsewhere: int | None
    source_differs: int


def count_samples(
    fixed: Path, source: Path | None, patch: Patch, *, file_format: str, raster: Raster
) -> SampleCounts:
    """Decode a mended frame, and its source if there is one, and compare every sample.

    Parameters
    ----------
    patch : Patch
        Its channels are all channels of the file.
    raster : Raster
        Where the first stored sample lies in pixel space.

    Returns
    -------
    counts : SampleCounts

    Raises
    ------
    BadFrameError, MissingFrameError
        If a file cannot be decoded.

    Notes
    -----
    Bit patterns are compared, so NaN equals itself and -0 is not 0.
    """
    total = SampleCounts(0, 0, None if source is None else 0, 0)
    with open_rows(fixed, file_format, patch.channels) as read_fixed:
        if source is None:
            for first in sorted({(y - raster.y) // _BAND * _BAND for y in patch.y.tolist()}):
                total = _add(total, _count_band(patch, raster, first, (read_fixed, None)))
            return total
        with open_rows(source, file_format, patch.channels) as read_source:
            for first in range(0, raster.height, _BAND):
                total = _add(total, _count_band(patch, raster, first, (read_fixed, read_source)))
    return total


def _count_band(
    patch: Patch, raster: Raster, first: int, readers: tuple[RowReader, RowReader | None]
) -> SampleCounts:
    stop = min(first + _BAND, raster.height)
    fixed = readers[0](first, stop)
    source = None if readers[1] is None else readers[1](first, stop)
    rows, columns = patch.y - raster.y - first, patch.x - raster.x
    in_band = (rows >= 0) & (rows < stop - first)
    changed = wrong = elsewhere = source_differs = 0
    for number, plane in enumerate(fixed):
        mine = in_band & (patch.channel == number)
        here = (rows[mine], columns[mine])
        is_new = plane[here] == patch.new[mine]
        changed += int(np.count_nonzero(is_new & (patch.new[mine] != patch.old[mine])))
        wrong += int(np.count_nonzero(~is_new))
        if source is not None:
            differs = plane != source[number]
            differs[here] = False
            elsewhere += int(np.count_nonzero(differs))
            source_differs += int(np.count_nonzero(source[number][here] != patch.old[mine]))
    return SampleCounts(changed, wrong, None if source is None else elsewhere, source_differs)


def _add(first: SampleCounts, second: SampleCounts) -> SampleCounts:
    return SampleCounts(
        first.changed + second.changed,
        first.wrong + second.wrong,
        None if first.elsewhere is None or second.elsewhere is None else first.elsewhere + second.elsewhere,
        first.source_differs + second.source_differs,
    )
