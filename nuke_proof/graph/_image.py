# SPDX-License-Identifier: Apache-2.0
"""A picture as Nuke passes it from node to node: planes of float32, a bounding box, a format.

Coordinates are Nuke's: the origin is the bottom left of the format, y goes up, row 0 of a plane is the lowest.
Outside its bounding box a picture repeats its edge [Foundry, AdjustBBox: "the edge pixels ... get replicated"];
a channel that it does not have reads as 0.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

__all__ = ["LAYERS", "Box", "Image", "Plane", "black", "picture_from_rows"]

Plane = NDArray[np.float32]
LAYERS = {
    "rgb": ("rgba.red", "rgba.green", "rgba.blue"),
    "rgba": ("rgba.red", "rgba.green", "rgba.blue", "rgba.alpha"),
    "alpha": ("rgba.alpha",),
    "none": (),
}


@dataclass(frozen=True)
class Box:
    """A rectangle, `right` and `top` exclusive, as Nuke's x, y, r, t."""

    x: int
    y: int
    right: int
    top: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.top - self.y, self.right - self.x

    def union(self, other: "Box") -> "Box":
        """Return the least box that holds both."""
        return Box(
            min(self.x, other.x),
            min(self.y, other.y),
            max(self.right, other.right),
            max(self.top, other.top),
        )

    def grown(self, by: int) -> "Box":
        """Return the box with a border added."""
        return Box(self.x - by, self.y - by, self.right + by, self.top + by)


@dataclass(frozen=True)
class Image:
    """Named planes, float32 (H, W) each, over one box, in a format (width, height)."""

    channels: dict[str, Plane]
    box: Box
    format: tuple[int, int]

    def __post_init__(self) -> None:
        for name, plane in self.channels.items():
            if plane.shape != self.box.shape or plane.dtype != np.float32:
                raise ValueError(f"{name}: {plane.shape} {plane.dtype} is no float32 plane of {self.box}")

    def read(self, channel: str, box: Box, step: tuple[int, int] = (0, 0)) -> Plane:
        """Return a channel over a box, `step` = (dx, dy) pixels beside it; float32 (H, W)."""
        y = np.arange(box.y, box.top)[:, None] + step[1]
        return self.at(channel, np.arange(box.x, box.right) + step[0], y)

    def at(self, channel: str, x: NDArray[np.integer], y: NDArray[np.integer]) -> Plane:
        """Return a channel at pixels; `x` and `y` are broadcast."""
        if channel not in self.channels:
            return np.zeros(np.broadcast_shapes(x.shape, y.shape), dtype=np.float32)
        height, width = self.box.shape
        rows, columns = np.clip(y - self.box.y, 0, height - 1), np.clip(x - self.box.x, 0, width - 1)
        found: Plane = self.channels[channel][rows, columns]
        return found

    def over(self, box: Box) -> "Image":
        """Return the same picture with another bounding box."""
        return replace(self, channels={name: self.read(name, box) for name in self.channels}, box=box)

    def with_channels(self, channels: dict[str, Plane]) -> "Image":
        """Return the picture with channels added or replaced."""
        return replace(self, channels={**self.channels, **channels})


def black(size: tuple[int, int]) -> Image:
    """Return what a node gets where nothing is connected: no channel at all."""
    return Image({}, Box(0, 0, 1, 1), size)


def picture_from_rows(
    rows: dict[str, NDArray[np.floating]], *, size: tuple[int, int], corner: tuple[int, int] = (0, 0)
) -> Image:
    """Return the image that Nuke makes of planes as they lie in a file, top row first.

    Parameters
    ----------
    rows
        Planes (H, W) by Nuke's channel names.
    size
        Width and height of the display window.
    corner
        The data window's left and top in the display window, y down.
    """
    height, width = next(iter(rows.values())).shape
    left, top = corner[0], size[1] - corner[1]
    planes = {name: np.ascontiguousarray(plane[::-1], dtype=np.float32) for name, plane in rows.items()}
    return Image(planes, Box(left, top - height, left + width, top), size)
