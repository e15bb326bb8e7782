# SPDX-License-Identifier: Apache-2.0
"""What DWA does to samples: its non-linear domain, colours and transform, as the library decodes them.

Source: OpenEXR, `internal_dwa_table_init.c`, `internal_dwa_simd.h`, `internal_dwa_decoder.h`.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["BASIS", "COLOURS", "ZIGZAG", "Intervals", "intervals", "linear_of_stored"]

_NEGATIVE_ZERO = -1e-9  # stands for it among values: nearer to 0 than any half float


def _basis() -> NDArray[np.float64]:
    """Return the inverse transform: samples are BASIS.T @ coefficients @ BASIS. Constants as in the library."""
    a, b, c, d, e, f, g = (0.3535536, 0.4903927, 0.4619398, 0.4157349, 0.2777855, 0.1913422, 0.09754573)
    left = np.array(
        [
            [a, a, a, a],
            [b, d, e, g],
            [c, f, -f, -c],
            [d, -g, -b, -e],
            [a, -a, -a, a],
            [e, -b, g, d],
            [f, -c, c, -f],
            [g, -e, d, -b],
        ]
    )
    signs = np.where(np.arange(8) % 2, -1, 1)[:, None]
    return np.concatenate([left, signs * left[:, ::-1]], axis=1)


def _zigzag() -> NDArray[np.intp]:
    """Return, for each place of the zigzag order, 8 * row + column."""
    rows, columns = np.divmod(np.arange(64), 8)
    diagonal = rows + columns
    return np.lexsort((np.where(diagonal % 2, rows, columns), diagonal))


BASIS = _basis()
ZIGZAG = _zigzag()
# Red, green, blue of luma and the two chromas.
COLOURS = np.array([[1, 0, 1.5747], [1, -0.1873, -0.4682], [1, 1.8556, 0]])


@cache
def linear_of_stored() -> NDArray[np.uint16]:
    """Return the half float that each stored (non-linear) half float stands for, as bits by bits."""
    stored = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)
    size = np.abs(np.where(np.isfinite(stored), stored, 0)).astype(np.float64)
    above = np.minimum(size, 64.0) - 1  # far beyond what half floats hold after the power
    powers = np.where(
        size <= 1, size ** np.float64(np.float32(2.2)), np.float64(np.float32(9.02501329156)) ** above
    )
    with np.errstate(over="ignore"):
        halves = np.copysign(powers.astype(np.float32), stored).astype(np.float16)
    bits = halves.view(np.uint16).copy()
    bits[~np.isfinite(stored) | (stored == 0)] = 0
    return bits


@dataclass(frozen=True, slots=True)
class Intervals:
    """Values that a sample can have, rising, and what is stored for each.

    Attributes
    ----------
    values : ndarray of float64
        What can be decoded.
    low, high : ndarray of float64
        What rounds to it, before it is rounded and turned into linear light.
    """

    values: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def nearest(self, wanted: NDArray[np.float64]) -> NDArray[np.intp]:
        """Return the index of the value nearest to each of `wanted`, which must not be NaN."""
        wanted = np.where((wanted == 0) & np.signbit(wanted), _NEGATIVE_ZERO, wanted)
        return np.searchsorted((self.values[:-1] + self.values[1:]) / 2, wanted)


@cache
def intervals(*, is_linear: bool) -> Intervals:
    """Return what can be stored, for channels that are stored as they are and for all others."""
    negative = np.arange(0xFBFF, 0x7FFF, -1)
    bits = np.concatenate([negative, np.arange(0x7C00)]).astype(np.uint16)
    stored = bits.view(np.float16).astype(np.float64)
    decoded = bits if is_linear else linear_of_stored()[bits]
    first = np.flatnonzero(np.diff(decoded, prepend=decoded[0] ^ 1))
    edges = np.concatenate([[-65519.0], (stored[:-1] + stored[1:]) / 2, [65519.0]])
    values = decoded[first].view(np.float16).astype(np.float64)
    values[(values == 0) & np.signbit(values)] = _NEGATIVE_ZERO
    return Intervals(values, edges[first], edges[np.append(first[1:], len(bits))])
