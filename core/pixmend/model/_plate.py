# SPDX-License-Identifier: Apache-2.0
"""What a plate is made of: rasters, channels and how a sample is stored."""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Channel", "PlateInfo", "Raster", "SampleCodec", "SampleType"]


@dataclass(frozen=True, slots=True)
class Raster:
    """A rectangle of pixels that are stored: the data window, in pixel space.

    Pixel space: x right, y down, (0, 0) is the top-left pixel of the **display
    window**; pixel centres are integers. `x` and `y` are negative where a plate
    has overscan.
    """

    x: int
    y: int
    width: int
    height: int

    def contains(self, x: int, y: int) -> bool:
        """Tell whether pixel (x, y) is stored."""
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height

    def __str__(self) -> str:
        return f"{self.width}x{self.height}{self.x:+d}{self.y:+d}"


class SampleType(Enum):
    """How one sample is stored: name, bits that count, numpy dtype that holds it."""

    HALF = ("half", 16, "float16")
    FLOAT = ("float", 32, "float32")
    UINT8 = ("uint8", 8, "uint8")
    UINT10 = ("uint10", 10, "uint16")
    UINT12 = ("uint12", 12, "uint16")
    UINT14 = ("uint14", 14, "uint16")
    UINT16 = ("uint16", 16, "uint16")
    UINT32 = ("uint32", 32, "uint32")

    def __init__(self, label: str, bits: int, dtype_name: str) -> None:
        self.label = label
        self.bits = bits
        self.dtype: np.dtype[Any] = np.dtype(dtype_name)

    @property
    def is_float(self) -> bool:
        """True for half and float."""
        return self in {SampleType.HALF, SampleType.FLOAT}

    @property
    def max_code(self) -> int:
        """Largest code value of an integer type."""
        return (1 << self.bits) - 1

    def to_bits(self, samples: NDArray[Any]) -> NDArray[np.uint32]:
        """Return the stored bit pattern of each sample, NaN payloads included."""
        native = np.ascontiguousarray(samples, dtype=self.dtype)
        return native.view(f"u{self.dtype.itemsize}").astype(np.uint32)

    def from_bits(self, bits: NDArray[np.uint32]) -> NDArray[Any]:
        """Return the samples of bit patterns; the inverse of `to_bits`."""
        return bits.astype(f"u{self.dtype.itemsize}").view(self.dtype)


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of a plate.

    Attributes
    ----------
    name : str
        Its full name (``R``, ``beauty.R``).
    sample : SampleType
    sampling : (int, int)
        A sample is stored in every so many columns and rows only (chroma); in which,
        the file says.
    """

    name: str
    sample: SampleType
    sampling: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True)
class PlateInfo:
    """What one frame's header says; equal for all frames of a sound shot.

    Attributes
    ----------
    raster : Raster
        The data window in pixel space.
    display : (int, int)
        Width and height of the display window.
    channels : tuple of Channel
        All channels, in file order.
    colour : tuple of str
        Names of the channels that hold the picture, in the order R, G, B (or the
        one luminance channel); alpha, depth and other data are not among them.
    file_format : str
        ``exr``, ``dpx`` or ``tiff``.
    encoding_hint : str
        What the header says of the samples' encoding (``linear``, ``cineon``,
        ``rec709`` ...); empty where it says nothing.
    block_px : int
        Side of the blocks of pixels that a lossy codec codes together: to change a sample may
        move others of its block. 1 where it moves none.
    """

    raster: Raster
    display: tuple[int, int]
    channels: tuple[Channel, ...]
    colour: tuple[str, ...]
    file_format: str
    encoding_hint: str = ""
    block_px: int = 1

    def sample_type(self, channel: str) -> SampleType:
        """Return how `channel` is stored; KeyError if there is no such channel."""
        return {each.name: each.sample for each in self.channels}[channel]


class SampleCodec(Protocol):
    """Stored samples to scene-linear light and back, sample by sample.

    `frames.Encoding` is the one that knows curves; the pure rooms see only this.
    """

    def to_linear(self, samples: NDArray[Any], sample: SampleType) -> NDArray[np.float32]:
        """Decode stored samples to linear light, same shape; NaN and Inf pass through."""
        ...

    def from_linear(self, linear: NDArray[np.float32], sample: SampleType) -> NDArray[Any]:
        """Encode linear light as stored samples: rounded to nearest, kept inside the legal codes."""
        ...
