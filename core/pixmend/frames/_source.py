# SPDX-License-Identifier: Apache-2.0
"""The port that all frames come through."""

from collections.abc import Sequence
from typing import Any, Protocol

from numpy.typing import NDArray

from pixmend.errors import UnsupportedError, UsageError
from pixmend.model import FrameRange, PlateInfo

__all__ = ["FrameSource", "check_bands", "checked_channels"]


class FrameSource(Protocol):
    """A shot whose frames can be read in any order, from any thread."""

    @property
    def label(self) -> str:
        """What people call the shot, e.g. ``plate.1001-1010#.exr``."""
        ...

    @property
    def frames(self) -> FrameRange:
        """The frames that exist."""
        ...

    @property
    def plate(self) -> PlateInfo:
        """The header facts of the first frame."""
        ...

    def read(
        self,
        frame: int,
        *,
        channels: Sequence[str] | None = None,
        rows: tuple[int, int] | None = None,
    ) -> NDArray[Any]:
        """Read samples of one frame as they are stored.

        Parameters
        ----------
        frame : int
        channels : sequence of str, optional
            Names from `plate.channels`; the colour channels by default.
        rows : (int, int), optional
            First row of the data window and the row after the last; row 0 is
            ``plate.raster.y``. All rows by default.

        Returns
        -------
        samples : (rows, width, channels) ndarray
            C-contiguous, in the channels' own dtype. NaN and Inf as stored.

        Raises
        ------
        MissingFrameError
            If the frame does not exist.
        BadFrameError
            If it is damaged, or unlike the first frame.
        UnsupportedError
            If it is of a form that is not handled, or the channels have different types.
        UsageError
            If the plate has no such channel.
        ValueError
            If the rows are not in the plate.
        """
        ...

    def read_bands(
        self, frame: int, bands: Sequence[tuple[int, int]], *, channels: Sequence[str] | None = None
    ) -> list[NDArray[Any]]:
        """Read several ranges of rows of one frame: cheaper than one by one.

        Parameters
        ----------
        frame : int
        bands : sequence of (int, int)
            Each as `rows` of `read`; in any order, they may overlap.
        channels : sequence of str, optional
            As for `read`.

        Returns
        -------
        samples : list of (rows, width, channels) ndarray
            In the order of `bands`, each as `read` gives it; they may share memory.

        Raises
        ------
        As `read`.
        """
        ...


def checked_channels(plate: PlateInfo, channels: Sequence[str] | None, *, where: str) -> tuple[str, ...]:
    """Return the channels to read: known to the plate, all of one sample type.

    Raises
    ------
    UsageError
        If the plate has no such channel.
    UnsupportedError
        If they have different sample types.
    """
    names = plate.colour if channels is None else tuple(channels)
    types = {each.name: each.sample for each in plate.channels}
    unknown = [name for name in names if name not in types]
    if unknown or not names:
        raise UsageError(
            f"there is no channel {', '.join(map(repr, unknown)) or 'to read'}",
            where=where,
            hint=f"the plate has {', '.join(types)}",
        )
    if len({types[name] for name in names}) > 1:
        mixed = ", ".join(f"{name} {types[name].label}" for name in names)
        raise UnsupportedError(f"the channels have different sample types: {mixed}", where=where)
    return names


def check_bands(plate: PlateInfo, bands: Sequence[tuple[int, int]]) -> None:
    """Check that ranges of rows are in the plate; ValueError if one is not."""
    for first, stop in bands:
        if not 0 <= first < stop <= plate.raster.height:
            raise ValueError(f"rows {first} to {stop} are not in a plate of {plate.raster.height} rows")
