# SPDX-License-Identifier: Apache-2.0
"""What the samples around a photosite say of those that it spoils, and how surely, all together."""

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from pixmend.fill._kriging import Kriging
from pixmend.fill._table_kernels import describe_windows
from pixmend.fill._tables import centred_weights

__all__ = ["Cell", "RingTable", "Rings"]

Cell = tuple[int, int]

_SHAPES_KEPT = 1024  # 75 MB; where defects touch, each has a shape of its own
_NOISE = 1.0  # contrast of noise alone: what is stiller (charts, titles) is not rough for having any
_DOUBT = 0.02  # of each sample's variance: what debayer ties together exactly, a footprint only nearly fits


@dataclass(frozen=True, slots=True, eq=False)
class RingTable:
    """How one class of windows predicts the samples of a core from a ring around it.

    Attributes
    ----------
    weights : (K, N) float32 ndarray
        Of the ring's deviations from their channels' levels, for each sample of the core.
    variance : (N,) float32 ndarray
        Of the prediction's errors, in units of the noise's.
    precision : (N, N) float32 ndarray
        Inverse of the covariance of these errors.
    """

    weights: NDArray[np.float32]
    variance: NDArray[np.float32]
    precision: NDArray[np.float32]

    def without(self, is_lost: NDArray[np.bool_]) -> "RingTable":
        """Return the table of a core without some of its samples, (N,): nothing is known of these."""
        kept = ~is_lost
        own = self.precision.astype(np.float64)
        across = own[np.ix_(kept, is_lost)]
        precision = own[np.ix_(kept, kept)] - across @ np.linalg.solve(
            own[np.ix_(is_lost, is_lost)], across.T
        )
        return RingTable(
            np.ascontiguousarray(self.weights[:, kept]), self.variance[kept], precision.astype(np.float32)
        )


class Rings:
    """Predicts cores of windows from the rings around them, by the covariances of the shot.

    A cell is the place of a window's centre in the 2 x 2 mosaic: array row and column, each modulo 2.
    """

    def __init__(self, kriging: Kriging) -> None:
        self.kriging = kriging
        self._tables = lru_cache(maxsize=_SHAPES_KEPT)(self._solve)
        self._parts = lru_cache(maxsize=_SHAPES_KEPT)(self._without)
        self._usual = cache(self._find_usual)

    def table(
        self,
        cell: Cell,
        contrast_class: int,
        is_core: NDArray[np.bool_],
        is_ring: NDArray[np.bool_],
        *,
        is_lost: NDArray[np.bool_],
    ) -> RingTable:
        """Return the table of one class for a core without what of it is lost.

        Each is (C, side, side); core and ring are disjoint, not empty, and the core is not all lost.
        """
        whole = cell, contrast_class, is_core.tobytes(), is_ring.tobytes()
        return self._parts(*whole, is_lost[is_core].tobytes()) if is_lost.any() else self._tables(*whole)

    def roughness(self, cell: Cell, contrast: float) -> float:
        """Return by what a contrast is above what is usual in its class: 1 but in the roughest, which has no end."""
        kriging = self.kriging.at(*cell)
        if kriging.class_of(contrast) < len(kriging.covariances) - 1:
            return 1.0
        return max(contrast / max(self._usual(cell), _NOISE), 1.0)

    def _find_usual(self, cell: Cell) -> float:
        """Return the median contrast of the exam's windows of the roughest class; Inf without any."""
        kriging = self.kriging.at(*cell)
        rough = [
            float(contrast)
            for contrast in describe_windows(kriging.exam)
            if kriging.class_of(contrast) == len(kriging.covariances) - 1
        ]
        return float(np.median(rough)) if rough else np.inf

    def _without(
        self, cell: Cell, contrast_class: int, core_key: bytes, ring_key: bytes, lost_key: bytes
    ) -> RingTable:
        whole = self._tables(cell, contrast_class, core_key, ring_key)
        return whole.without(np.frombuffer(lost_key, bool))

    def _solve(self, cell: Cell, contrast_class: int, core_key: bytes, ring_key: bytes) -> RingTable:
        whole = self.kriging.at(*cell).covariances[contrast_class]
        core, ring = (np.frombuffer(key, bool) for key in (core_key, ring_key))
        between = whole[np.ix_(core, ring)]
        factor = cho_factor(whole[np.ix_(ring, ring)], lower=True, check_finite=False)
        weights = cho_solve(factor, between.T, check_finite=False).T
        covariance = whole[np.ix_(core, core)] - weights @ between.T
        own = np.diag(covariance)
        doubted = (covariance + covariance.T) / 2 + np.diag(_DOUBT * own)
        inverse = cho_solve(cho_factor(doubted, lower=True), np.eye(len(covariance)))
        shape = (self.kriging.channels, self.kriging.side, self.kriging.side)
        centred = centred_weights(weights, core.reshape(shape), ring.reshape(shape))
        return RingTable(
            np.ascontiguousarray(centred.T, np.float32),
            own.astype(np.float32),
            inverse.astype(np.float32),
        )
