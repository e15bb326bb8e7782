# SPDX-License-Identifier: Apache-2.0
"""Counting samples: those of the patch, and those that should not have changed."""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pixmend.model import Patch, Raster
from pixmend.proof._decode import open_rows
from pixmend.splice import Ledger

__all__ = ["SampleCounts", "count_samples"]

_BAND = 256  # rows at a time; a multiple of what any codec packs together


# No codec moves a sample that is further from the asked ones (DWA: blocks of 8, of chroma perhaps 16 wide).
_REACH_PX = 8


@dataclass(frozen=True, slots=True)
class SampleCounts:
    """What was found.

    Attributes
    ----------
    changed : int
        Samples of the patch that hold the new bits, where these are not the old ones.
    wrong : int
        Samples of the ledger that hold other bits than the new ones.
    by_codec : int
        Samples that the ledger names as moved by the codec, that did so, and that lie
        near enough to samples of the patch for that.
    elsewhere : int or None
        Other samples that changed; None without a source.
    source_differs : int
        Samples of the patch for which the source does not hold the old bits.
    """

    changed: int
    wrong: int
    by_codec: int
    elsewhere: int | None
    source_differs: int


def count_samples(fixed: Path, source: Path | None, ledger: Ledger, raster: Raster) -> SampleCounts:
    """Decode a mended frame, and its source if there is one, and compare every sample.

    Parameters
    ----------
    ledger : Ledger
        The channels of its patch are all channels of the file.
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
    patch, told = ledger.patch, _Told.of(ledger)
    total = np.zeros(5, np.int64)
    with contextlib.ExitStack() as opened:
        read = [
            opened.enter_context(open_rows(path, ledger.file_format, patch.channels, ledger.options))
            for path in (fixed, source)
            if path is not None
        ]
        tops = list(range(0, raster.height, _BAND))
        if source is None:
            tops = sorted({(y - raster.y) // _BAND * _BAND for y in told.y.tolist()})
        for first in tops:
            stop = min(first + _BAND, raster.height)
            total += told.compare([each(first, stop) for each in read], raster, first)
    changed, wrong, by_codec, elsewhere, source_differs = total.tolist()
    return SampleCounts(changed, wrong, by_codec, None if source is None else elsewhere, source_differs)


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """All samples that a ledger tells of: (N,) columns, asked for or moved with those by the codec."""

    x: NDArray[np.int32]
    y: NDArray[np.int32]
    channel: NDArray[np.int16]
    old: NDArray[np.uint32]
    new: NDArray[np.uint32]
    is_asked: NDArray[np.bool_]

    @classmethod
    def of(cls, ledger: Ledger) -> "_Told":
        """Leave out what the codec cannot have moved: it is too far from the patch."""
        patch, moved = ledger.patch, ledger.collateral
        near = _is_near(moved, patch)
        columns: dict[str, Any] = {
            name: np.concatenate([getattr(patch, name), getattr(moved, name)[near]])
            for name in ("x", "y", "channel", "old", "new")
        }
        return cls(**columns, is_asked=np.arange(len(columns["x"])) < len(patch))

    def compare(self, planes: list[list[NDArray[Any]]], raster: Raster, first: int) -> NDArray[np.int64]:
        """Return the five numbers of `SampleCounts` for a band of the fixed file, and of its source."""
        fixed, *source = planes
        rows, columns = self.y - raster.y - first, self.x - raster.x
        in_band = (rows >= 0) & (rows < len(fixed[0]))
        counts = np.zeros(5, np.int64)
        for number, plane in enumerate(fixed):
            mine = in_band & (self.channel == number)
            here, asked = (rows[mine], columns[mine]), self.is_asked[mine]
            is_new = plane[here] == self.new[mine]
            moved = is_new & (self.new[mine] != self.old[mine])
            counts[:3] += [np.count_nonzero(each) for each in (moved & asked, ~is_new, moved & ~asked)]
            for original in source:
                differs = plane != original[number]
                differs[here] = False
                counts[3] += np.count_nonzero(differs)
                counts[4] += np.count_nonzero(original[number][here] != self.old[mine])
        return counts


def _is_near(moved: Patch, patch: Patch) -> NDArray[np.bool_]:
    """Tell which samples lie within the reach of a codec around the patch's, in any channel."""
    if not len(moved) or not len(patch):
        return np.zeros(len(moved), np.bool_)
    across, down = np.max([each.sampling for each in patch.channels], axis=0)
    reach = np.array([across, down], np.float64) * _REACH_PX
    asked, others = (np.stack([each.x, each.y], axis=1) / reach for each in (patch, moved))
    distance, _ = cKDTree(asked).query(others, p=np.inf)
    return np.asarray(distance < 1.0)
