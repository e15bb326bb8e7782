# SPDX-License-Identifier: Apache-2.0
"""Single frames: what stands out of its surroundings like one photosite, frame by frame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["HIT", "LIKENESS_STEPS", "SCORE_STEPS", "Hits"]

HIT = np.dtype(
    [("frame", "i4"), ("y", "i4"), ("x", "i4"), ("channel", "i1"), ("likeness", "u1"), ("score", "i2")]
)
"""One hit: where (array position), likeness in 1/255, score in 1/16, negative if dark.

Its channel is the colour of the footprint that it matches best; green where that is in all channels alike."""

SCORE_STEPS = 16
LIKENESS_STEPS = 255


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """The hits of some frames of a shot.

    Attributes
    ----------
    table : (N,) ndarray of `HIT`
        Sorted by frame, y, x, channel; each place once a frame.
    """

    table: NDArray[Any]

    @classmethod
    def none(cls) -> "Hits":
        """Return no hits."""
        return cls(np.zeros(0, HIT))

    @classmethod
    def joined(cls, parts: Sequence["Hits"]) -> "Hits":
        """Return the hits of all parts: the same to the bit, whatever their order."""
        table = np.concatenate([np.zeros(0, HIT), *(part.table for part in parts)])
        return cls(table[np.lexsort([table[name] for name in reversed(HIT.names or ())])])

    @property
    def score(self) -> NDArray[np.float32]:
        """Signed score of each: the match over what it leaves, where that is more than expected."""
        return np.asarray(self.table["score"] / np.float32(SCORE_STEPS), np.float32)

    @property
    def likeness(self) -> NDArray[np.float32]:
        """Share of the whitened excess of each that one photosite's footprint explains, 0 to 1."""
        return np.asarray(self.table["likeness"] / np.float32(LIKENESS_STEPS), np.float32)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the hits as one named array."""
        return {"hits": self.table}

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, NDArray[Any]], *, channels: int, shape: tuple[int, int]
    ) -> "Hits":
        """Rebuild the hits of a plate (H, W) from `to_arrays`.

        Raises
        ------
        KeyError, ValueError
            If the arrays are no hits of such a plate.
        """
        table = np.array(arrays["hits"])
        if table.dtype != HIT or table.ndim != 1:
            raise ValueError(f"hits of shape {table.shape} and type {table.dtype}")
        for name, size in (("y", shape[0]), ("x", shape[1]), ("channel", channels)):
            if len(table) and not (table[name].min() >= 0 and table[name].max() < size):
                raise ValueError(f"hits whose {name} is not within {size}")
        return cls.joined([cls(table)])
