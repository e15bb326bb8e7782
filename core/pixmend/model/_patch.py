# SPDX-License-Identifier: Apache-2.0
"""The patch: every sample that changes in one frame, old and new, to the bit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.model._plate import Channel

__all__ = ["Patch"]


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A sparse change of one frame: never a picture.

    "We changed only this" is this type: the writer changes these samples and no
    other, proof replays it, undo is `inverse`.

    Attributes
    ----------
    frame : int
    channels : tuple of Channel
        What `channel` points into.
    x, y : (N,) int32 ndarray
        Pixel space.
    channel : (N,) int16 ndarray
        Index into `channels`.
    old, new : (N,) uint32 ndarray
        Stored bit patterns (half and float as their bits, integers as code
        values), so that NaN payloads and signed zeros are kept.
    """

    frame: int
    channels: tuple[Channel, ...]
    x: NDArray[np.int32]
    y: NDArray[np.int32]
    channel: NDArray[np.int16]
    old: NDArray[np.uint32]
    new: NDArray[np.uint32]

    @classmethod
    def empty(cls, frame: int, channels: Sequence[Channel] = ()) -> "Patch":
        """Return a patch that changes nothing."""
        nothing = np.zeros(0)
        return cls(
            frame,
            tuple(channels),
            nothing.astype(np.int32),
            nothing.astype(np.int32),
            nothing.astype(np.int16),
            nothing.astype(np.uint32),
            nothing.astype(np.uint32),
        )

    def __post_init__(self) -> None:
        if not len(self.x) == len(self.y) == len(self.channel) == len(self.old) == len(self.new):
            raise ValueError("the columns of a patch have different lengths")

    def __len__(self) -> int:
        return len(self.x)

    def inverse(self) -> "Patch":
        """Return the patch that takes this one back."""
        return Patch(self.frame, self.channels, self.x, self.y, self.channel, self.new, self.old)

    def joined(self, other: "Patch") -> "Patch":
        """Return both changes of one frame together; they share no channel."""
        shift = np.int16(len(self.channels))
        columns = {
            name: np.concatenate([getattr(self, name), getattr(other, name)])
            for name in ("x", "y", "old", "new")
        }
        channel = np.concatenate([self.channel, other.channel + shift])
        return Patch(self.frame, self.channels + other.channels, channel=channel, **columns)

    def changes_only(self) -> "Patch":
        """Return the patch without the samples whose new bits equal the old."""
        keep = self.old != self.new
        columns = (column[keep] for column in (self.x, self.y, self.channel, self.old, self.new))
        return Patch(self.frame, self.channels, *columns)
