# SPDX-License-Identifier: Apache-2.0
"""What a camera's photosites do to the samples around them: learned from one shot, of use in the next."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["CameraFootprint"]

Plane = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraFootprint:
    """What photosites of one colour add to the samples around them, in linear light.

    Attributes
    ----------
    x, y : int
        0 or 1: place in the 2 x 2 cells of the mosaic, pixel space modulo 2.
    channels : tuple of str
        The colour channels that the weights are of.
    weights : tuple of tuple of tuple of float
        A square of an odd side for each channel, per unit of what the photosite lies by; the
        strongest has magnitude 1.
    sites : int
        How many photosites taught it.
    extra : mapping
        Fields of the file that this version does not know; kept on rewrite.

    Raises
    ------
    ValueError
        If the weights are no such squares, or none of them is 1 or -1.
    """

    x: int
    y: int
    channels: tuple[str, ...]
    weights: tuple[Plane, ...]
    sites: int
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sides = {len(plane) for plane in self.weights} | {len(row) for plane in self.weights for row in plane}
        if len(self.weights) != len(self.channels) or len(sides) != 1 or not next(iter(sides)) % 2:
            raise ValueError("the weights of a footprint are no squares of one odd side, one a channel")
        strongest = max(abs(weight) for plane in self.weights for row in plane for weight in row)
        if not math.isclose(strongest, 1.0, abs_tol=1e-3):
            raise ValueError(f"the strongest weight of a footprint is {strongest}, not 1")
