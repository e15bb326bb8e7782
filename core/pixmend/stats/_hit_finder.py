# SPDX-License-Identifier: Apache-2.0
"""One frame -> hits: what stands out of its surroundings as one photosite would."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.arrays import middle_covariance
from pixmend.model import SampleType
from pixmend.stats._hit_kernels import NOTHING, ODDEST, quantise, standing_out
from pixmend.stats._hit_score_kernels import EVEN, ODD, RESULTS, TERMS, HitShapes, match_places
from pixmend.stats._hits import HIT, LIKENESS_STEPS, SCORE_STEPS, Hits
from pixmend.stats._scale import SigmaScale

__all__ = ["HitFinder"]

_TABLE_BITS = 16
_STEPS = 4  # of one sigma, in which samples are compared
_LEAST_SIGMA = 3.0  # and an eighth of what the neighbours span
_LEAST_SPAN = 4.0  # sigma: so much noise alone spans
_LEAST_SCORE = 5.0
_PX_STANDING_OUT = 16  # one place in so many pixels; where there are more, less is looked at
_PX_SCORED = 64
_PX_KEPT, _LEAST_KEPT = 4096, 512
_ONE_PX = 2  # hits this near are one defect's
_WIDER = 1 << 32  # than any frame
_ONE_DEFECT = (
    *range(1, _ONE_PX + 1),
    *(y * _WIDER + x for y in range(1, _ONE_PX + 1) for x in range(-_ONE_PX, _ONE_PX + 1)),
)  # from a place on to those of the same defect that are read later
_SMALLEST_PX = 9  # side of a frame
_SIDE_PX = 5  # of what is matched
_STRIP_ROWS = 64
_HIGHEST_SCORE = 2000.0
_SUM, _DIFFERENCE = np.eye(EVEN, EVEN + ODD), np.eye(ODD, EVEN + ODD)
_SUM[:ODD] = (_SUM[:ODD] + _SUM[:ODD, ::-1]) / np.sqrt(2.0)
_DIFFERENCE = (_DIFFERENCE - _DIFFERENCE[:, ::-1]) / np.sqrt(2.0)
_FOLD = np.concatenate([_SUM, _DIFFERENCE])  # of a patch: what stays when it is turned by half, then the rest


class HitFinder:
    """Finds the hits of frames of one shot; may be used by many threads.

    Parameters
    ----------
    scale : SigmaScale
    sample : SampleType
        How the colour channels are stored.
    footprints : (K, C, 5, 5) float ndarray
        What one photosite may look like, in linear light; the same turned by half.
    covariance : (D, D) float ndarray
        Of the shot's patches, on the sigma scale.
    """

    def __init__(
        self,
        scale: SigmaScale,
        sample: SampleType,
        footprints: NDArray[np.floating[Any]],
        covariance: NDArray[np.floating[Any]],
    ) -> None:
        self._scale = scale
        self._sample = sample
        self._colour = _colours(footprints)
        self._shapes = _shapes_of(footprints, covariance)
        self._is_tabled = sample.bits <= _TABLE_BITS
        values = self._values()
        self._steps = _quantised(values)
        curves = [(plane, scale.curve.to_level, index) for index, plane in enumerate(values)]
        self._level = np.stack([to_level(plane, c) for plane, to_level, c in curves]).astype(np.float32)
        above, below = (
            np.stack([to_level(plane + half, c) for plane, to_level, c in curves]) for half in (0.5, -0.5)
        )
        self._sigma = (above - below).astype(np.float32)

    def find(self, samples: NDArray[Any], frame: int) -> Hits:
        """Return the hits of one frame.

        Parameters
        ----------
        samples : (H, W, C) ndarray
            As stored. Hits near NaN or Inf are left out.
        frame : int

        Notes
        -----
        First, in compiled code and whole numbers, what stands out of every pair of opposite
        samples 2 px away; then for those few the match with one photosite's footprint by
        generalised least squares, over what it leaves, where that is more than the shot's
        patches let expect. The strongest are kept: 512, and of a large frame one in 4096 pixels.
        """
        if min(samples.shape[:2]) < _SMALLEST_PX:
            return Hits.none()
        bits = self._bits(samples)
        most = max(samples.shape[0] * samples.shape[1] // _PX_KEPT, _LEAST_KEPT)
        table = _strongest(self._scored(*self._standing_out(bits)), most)
        table["frame"] = frame
        return Hits(table)

    def _standing_out(
        self, bits: NDArray[np.uint16]
    ) -> tuple[NDArray[np.int32], NDArray[np.uint16], NDArray[np.intp]]:
        """Return what `standing_out` found, and which of it stands out most for what is around, each pixel once."""
        height, width, channels = bits.shape
        room = height * width // _PX_STANDING_OUT
        found = np.empty((room, 5), np.int32)
        codes = np.empty((room, _SIDE_PX, _SIDE_PX, channels), np.uint16)
        least = round(2 * _LEAST_SIGMA * _STEPS)
        while (count := standing_out(bits, self._steps, least, found, codes)) > room:
            least *= 2
        found = found[:count]
        oddest = np.flatnonzero(_are_oddest(found, height * width // _PX_SCORED))
        places = found[oddest, 0].astype(np.int64) * width + found[oddest, 1]
        _, first = np.unique(places, return_index=True)
        return found, codes, oddest[first]

    def _bits(self, samples: NDArray[Any]) -> NDArray[np.uint16]:
        """Return codes that `self._table` has; of longer samples, which it cannot hold, their quantised values."""
        if self._is_tabled:
            return samples.view(f"u{samples.dtype.itemsize}").astype(np.uint16, copy=False)
        bits = np.empty(samples.shape, np.uint16)
        for top in range(0, len(samples), _STRIP_ROWS):
            strip = slice(top, top + _STRIP_ROWS)
            quantise(self._scale.forward(samples[strip]), _STEPS, bits[strip].view(np.int16))
        return bits

    def _scored(
        self, found: NDArray[np.int32], codes: NDArray[np.uint16], chosen: NDArray[np.intp]
    ) -> NDArray[Any]:
        """Return the hits (`HIT`) among the chosen places, in reading order as they are: those that match a footprint well."""
        tables = self._level, self._sigma
        least = 0.99 * _LEAST_SCORE**2  # less is never enough, however it is rounded
        matched = match_places(codes, chosen, tables, self._shapes, least)
        explained, left, best = *matched[:, :2].T, matched[:, 2].astype(np.intp)
        rest = np.maximum(left / np.float32(len(self._level) * (EVEN + ODD)), np.float32(1.0))
        score = np.minimum(np.sqrt(np.abs(explained) / rest), np.float32(_HIGHEST_SCORE))
        good = score >= _LEAST_SCORE
        table = np.zeros(int(good.sum()), HIT)
        table["y"], table["x"] = found[chosen[good], :2].T
        table["channel"] = self._colour[best][good]
        table["score"] = np.rint(np.copysign(score, explained)[good] * SCORE_STEPS)
        share = np.abs(explained) / np.maximum(np.abs(explained) + left, np.float32(1e-6))
        table["likeness"] = np.rint(share[good] * LIKENESS_STEPS)
        return table

    def _values(self) -> NDArray[np.float32]:
        """Return the sigma-scale value of every code that the kernels may meet, (C, 65536)."""
        codes = np.arange(1 << _TABLE_BITS, dtype=np.uint32)
        channels = self._scale.curve.channels
        if self._is_tabled:
            samples = self._sample.from_bits(codes % (1 << 8 * self._sample.dtype.itemsize))
            return self._scale.forward(np.stack([samples] * channels, axis=-1)[None])[:, 0]
        steps = codes.astype(np.uint16).view(np.int16).astype(np.float32)
        steps[np.abs(steps) > ODDEST] = np.nan
        return np.stack([steps / np.float32(_STEPS)] * channels)


def _are_oddest(found: NDArray[np.int32], most: int) -> NDArray[np.bool_]:
    """Tell which places stand out most for what is around, `most` and those that are equal to the last."""
    if len(found) <= most:
        return np.ones(len(found), bool)
    oddness = np.abs(found[:, 3]) / (_LEAST_SPAN * _STEPS + found[:, 4])
    return np.asarray(oddness >= np.partition(oddness, -most)[-most])


def _shapes_of(footprints: NDArray[np.floating[Any]], covariance: NDArray[np.floating[Any]]) -> HitShapes:
    """Return what the footprints, and the middle 5 x 5 pixels of the shot's patches, are to the kernel."""
    count, channels, side = footprints.shape[:3]
    middle = middle_covariance(covariance, channels=channels, side=side)
    precision = _folded(np.asarray(np.linalg.inv(middle), np.float64), channels)
    area = side**2
    lit = np.asarray(footprints, np.float64).reshape(count, channels, area) @ _FOLD.T
    even = precision[:, :EVEN, :, :EVEN]
    together = np.einsum("kai,aibj,kbj->abk", lit[..., :EVEN], even, lit[..., :EVEN])
    return HitShapes(
        lit=_filled(lit[..., :EVEN].reshape(count, -1).T),
        together=np.ascontiguousarray(together, np.float32),
        even=_filled(even.reshape(channels * EVEN, -1)),
        odd=_filled(precision[:, EVEN:, :, EVEN:].reshape(channels * ODD, -1)),
    )


def _folded(precision: NDArray[np.float64], channels: int) -> NDArray[np.float64]:
    """Return a precision in folded numbers, (C, 25, C, 25)."""
    blocks = precision.reshape(channels, len(_FOLD), channels, len(_FOLD))
    return np.asarray(np.einsum("ik,akbl,jl->aibj", _FOLD, blocks, _FOLD))


def _filled(matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return a matrix as the kernel takes it: with rows and columns of 0 up to whole groups."""
    rows, columns = matrix.shape
    return np.ascontiguousarray(np.pad(matrix, ((0, -rows % TERMS), (0, -columns % RESULTS))), np.float32)


def _colours(footprints: NDArray[np.floating[Any]]) -> NDArray[np.intp]:
    """Return the channel in which each footprint (K, C, 5, 5) is strongest.

    A pixel that lies in all channels alike counts as green: that is what a demosaic that looks
    along edges leaves of a green photosite.
    """
    strength = np.abs(footprints).max(axis=(2, 3))
    is_strongest = strength == strength.max(axis=1, keepdims=True)
    middle = footprints.shape[1] // 2
    return np.asarray(np.where(is_strongest.sum(axis=1) == 1, is_strongest.argmax(axis=1), middle))


def _quantised(values: NDArray[np.float32]) -> NDArray[np.int16]:
    """Return sigma-scale values as the kernel compares them; what is no number is `NOTHING`."""
    steps = np.clip(np.rint(values * np.float32(_STEPS)), -ODDEST, ODDEST)
    return np.asarray(np.nan_to_num(steps, nan=NOTHING), np.int16)


def _strongest(table: NDArray[Any], most: int) -> NDArray[Any]:
    """Return the strongest hits, in reading order as they are given; those near a stronger one are none."""
    order = np.argsort(-np.abs(table["score"]), kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    places = table["y"].astype(np.int64) * _WIDER + table["x"]
    is_first = np.ones(len(table), bool)
    for beside in _ONE_DEFECT:
        one, other = _pairs_apart(places, beside)
        is_first[np.where(rank[one] > rank[other], one, other)] = False
    kept = order[is_first[order]][:most]
    return table[np.sort(kept)]


def _pairs_apart(places: NDArray[np.int64], beside: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the indices of places (N,), which rise, from which another one is so far, and those of the other."""
    sought = places + beside
    found = np.searchsorted(places, sought)
    one = np.flatnonzero(places[np.minimum(found, len(places) - 1)] == sought)
    return one, found[one]
