# SPDX-License-Identifier: Apache-2.0
"""Footprints as filters of the two views: what these answer, and how much of that is noise."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from pixmend.arrays import MAD_TO_SIGMA
from pixmend.detect._fold_kernels import correlate_folded, fold
from pixmend.detect._line_kernels import median_of_magnitudes
from pixmend.detect._view_kernels import match_places
from pixmend.detect._views import Views
from pixmend.stats import correlate

__all__ = ["Filters", "filters_of", "weights_of"]

_BANDS, _BAND_PX = 16, 8  # rows all over the frame that tell the usual noise of a response
_EVERY = 3  # of their samples; odd, so that all places of a colour mosaic are among them
_AT_ONCE = 3  # shapes, that `correlate` fetches a sample once for
# Of what white excess of 1 gives: where nothing is alive but defects, they are not the noise.
_LEAST_NOISE = 0.3

_Shape = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Filters:
    """Footprints as filters of two views.

    Attributes
    ----------
    shapes : tuple of (C, S, S) float64 ndarray
        On the sigma scale, S odd, not all need be of one size.
    weights : (list, list)
        What each view is correlated with: some shapes of one size at a time, (K, C, S, S).
    usual : (K, 2) float32 ndarray
        The robust spread of the response of both views to each shape.
    """

    shapes: tuple[_Shape, ...]
    weights: tuple["list[_Weights]", "list[_Weights]"]
    usual: NDArray[np.float32]

    def and_more(self, others: "Filters") -> "Filters":
        """Return these filters of some views, then others of the same."""
        first, second = (own + more for own, more in zip(self.weights, others.weights, strict=True))
        usual = np.concatenate([self.usual, others.usual])
        return Filters((*self.shapes, *others.shapes), (first, second), usual)

    def responses(
        self, views: Views, first: int, stop: int
    ) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Match footprints to rows [first, stop) of both views, a few at a time: (K, rows, W) each."""
        return _responses(self.weights, views, first, stop)

    def at(self, views: Views, places: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Match footprints to both views at some places (N, 2) alone: (N, K) each."""
        side = max(each.side for each in self.weights[0])
        pooled, meant = (
            match_places(*view, np.concatenate([each.framed(side) for each in weights]), places)
            for view, weights in zip(views.stored(), self.weights, strict=True)
        )
        return pooled, meant


class _Weights:
    """What a view is correlated with, (K, C, S, S).

    Folded too, where all are the same in both mirrors.
    """

    def __init__(self, shapes: Sequence[_Shape], gain: NDArray[np.float64]) -> None:
        self.side = shapes[0].shape[-1]
        self._whole = np.concatenate([weights_of(shape, gain) for shape in shapes])
        self._folded = fold(self._whole)

    def framed(self, side: int) -> NDArray[np.float32]:
        """Return them in the middle of (K, C, side, side)."""
        spare = (side - self.side) // 2
        return np.pad(self._whole, ((0, 0), (0, 0), (spare, spare), (spare, spare)))

    def correlated(self, padded: NDArray[np.float32], margin: int) -> NDArray[np.float32]:
        """Correlate a stack (C, H + 2 * margin, W + 2 * margin) that is padded by that -> (K, H, W)."""
        spare = margin - self.side // 2
        inner = padded[:, spare : padded.shape[1] - spare, spare : padded.shape[2] - spare]
        if self._folded is None:
            return correlate(inner, self._whole)
        matched: NDArray[np.float32] = correlate_folded(np.ascontiguousarray(inner), self._folded)
        return matched


def filters_of(views: Views, shapes: Sequence[_Shape]) -> Filters:
    """Return shapes (C, S, S), S odd, on the sigma scale, as filters of two views; at least one."""
    pooled, meant = (_weights(shapes, gain) for gain in views.gains())
    return Filters(tuple(shapes), (pooled, meant), _usual_noise(views, shapes, (pooled, meant)))


def weights_of(shape: _Shape, gain: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return what a view, whitened with `gain` (C,), is correlated with: (1, C, S, S)."""
    return np.ascontiguousarray((shape * gain[:, None, None])[None], np.float32)


def _weights(shapes: Sequence[_Shape], gain: NDArray[np.float64]) -> list[_Weights]:
    return [
        _Weights(alike[first : first + _AT_ONCE], gain)
        for _, group in groupby(shapes, key=lambda shape: shape.shape[-1])
        for alike in (list(group),)
        for first in range(0, len(alike), _AT_ONCE)
    ]


def _responses(
    weights: tuple[list[_Weights], list[_Weights]], views: Views, first: int, stop: int
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    margin = max(each.side for each in weights[0]) // 2
    stacks = views.rows(first, stop, margin=margin)
    for each in zip(*weights, strict=True):
        pooled, meant = (own.correlated(stack, margin) for own, stack in zip(each, stacks, strict=True))
        yield pooled, meant


def _usual_noise(
    views: Views, shapes: Sequence[_Shape], weights: tuple[list[_Weights], list[_Weights]]
) -> NDArray[np.float32]:
    """Return the robust spread of the response of both views to each shape, (K, 2)."""
    height = views.size[0]
    step = max(height // _BANDS, _BAND_PX)
    bands = []
    for top in range(0, height, step):
        each = _responses(weights, views, top, min(top + _BAND_PX, height))
        flat = [np.stack(both, axis=1).reshape(len(both[0]), 2, -1)[..., ::_EVERY] for both in each]
        bands.append(np.concatenate(flat))
    values = np.abs(np.concatenate(bands, axis=-1))
    found = np.zeros((len(shapes), 2), np.float32)
    for index, shape in enumerate(shapes):
        for view, gain in enumerate(views.gains()):
            # Exactly zero is where nothing was seen or nothing ever changes: that is no noise.
            alive = values[index, view][values[index, view] != 0]
            least = _LEAST_NOISE * float(np.linalg.norm(weights_of(shape, gain)))
            usual = MAD_TO_SIGMA * float(median_of_magnitudes(alive)) if len(alive) else 0.0
            found[index, view] = max(usual, least)
    return found
