# SPDX-License-Identifier: Apache-2.0
"""One frame -> hits: what stands out of its surroundings as one photosite would."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pixmend.model import SampleType
from pixmend.stats._hit_kernels import NOTHING, ODDEST, standing_out
from pixmend.stats._hit_score_kernels import match_places
from pixmend.stats._hits import HIT, LIKENESS_STEPS, SCORE_STEPS, Hits
from pixmend.stats._scale import SigmaScale

__all__ = ["HitFinder"]

_TABLE_BITS = 16
_STEPS = 4  # of one sigma, in which samples are compared
_LEAST_SIGMA = 3.0  # and an eighth of what the neighbours span
_LEAST_SPAN = 4.0  # sigma: so much noise alone spans
_LEAST_SCORE = 6.0
_LEAST_LIKENESS = 0.4
_MOST_STANDING_OUT = 1 << 15  # in one frame; where there are more, less is looked at
_ROOM = 4 * _MOST_STANDING_OUT  # so that a frame seldom is looked at twice
_MOST_SCORED = 2048
_MOST_KEPT = 512
_ONE_PX = 2  # hits this near are one defect's
_SMALLEST_PX = 9  # side of a frame
_STRIP_ROWS = 64
_HIGHEST_SCORE = 2000.0


class HitFinder:
    """Finds the hits of frames of one shot; may be used by many threads.

    Parameters
    ----------
    scale : SigmaScale
    sample : SampleType
        How the colour channels are stored.
    footprints : (K, C, 5, 5) float ndarray
        What one photosite may look like, in linear light.
    """

    def __init__(self, scale: SigmaScale, sample: SampleType, footprints: NDArray[np.floating[Any]]) -> None:
        self._scale = scale
        self._sample = sample
        self._footprints = np.ascontiguousarray(footprints, np.float32)
        self._colour = _colours(self._footprints)
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
        samples 2 px away; then for those few the match with one photosite's footprint, over
        the plane through the pixels around and their scatter. At most 512, the strongest,
        are kept.
        """
        if min(samples.shape[:2]) < _SMALLEST_PX:
            return Hits.none()
        bits = self._bits(samples)
        table = _strongest(self._scored(bits, self._standing_out(bits)))
        table["frame"] = frame
        return Hits.joined([Hits(table)])

    def _standing_out(self, bits: NDArray[np.uint16]) -> NDArray[np.int32]:
        """Return the places (N, 5) that stand out most for what is around: as `standing_out` gives them."""
        found = np.empty((_ROOM, 5), np.int32)
        least = round(2 * _LEAST_SIGMA * _STEPS)
        while (count := standing_out(bits, self._steps, least, found)) > len(found):
            least *= 2
        found = found[:count]
        while len(found) > _MOST_STANDING_OUT:
            least *= 2
            found = found[np.abs(found[:, 3]) > least]
        return _oddest(found, bits.shape)

    def _bits(self, samples: NDArray[Any]) -> NDArray[np.uint16]:
        """Return codes that `self._table` has; of longer samples, which it cannot hold, their quantised values."""
        if self._is_tabled:
            return samples.view(f"u{samples.dtype.itemsize}").astype(np.uint16, copy=False)
        bits = np.empty(samples.shape, np.uint16)
        for top in range(0, len(samples), _STRIP_ROWS):
            strip = slice(top, top + _STRIP_ROWS)
            bits[strip] = np.moveaxis(_quantised(self._scale.forward(samples[strip])), 0, -1).view(np.uint16)
        return bits

    def _scored(self, bits: NDArray[np.uint16], found: NDArray[np.int32]) -> NDArray[Any]:
        """Return the hits (`HIT`) among places (N, 4): those that match a footprint well."""
        matched = match_places(bits, (self._level, self._sigma), found, self._footprints)
        (explained, total), best = matched[:, :2].T, matched[:, 2].astype(np.intp)
        likeness = explained / np.maximum(total, np.float32(1e-6))
        score = np.minimum(np.sqrt(explained), np.float32(_HIGHEST_SCORE))
        good = (score >= _LEAST_SCORE) & (likeness >= _LEAST_LIKENESS)
        table = np.zeros(int(good.sum()), HIT)
        table["y"], table["x"] = found[good, :2].T
        table["channel"] = np.where(self._colour[best] < 0, found[:, 2], self._colour[best])[good]
        table["score"] = np.rint(np.copysign(score, found[:, 3])[good] * SCORE_STEPS)
        table["likeness"] = np.rint(np.minimum(likeness[good], 1.0) * LIKENESS_STEPS)
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


def _colours(footprints: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return the channel in which each footprint (K, C, 5, 5) is strongest; -1 where several are."""
    strength = np.abs(footprints).max(axis=(2, 3))
    is_strongest = strength == strength.max(axis=1, keepdims=True)
    return np.where(is_strongest.sum(axis=1) == 1, is_strongest.argmax(axis=1), -1)


def _quantised(values: NDArray[np.float32]) -> NDArray[np.int16]:
    """Return sigma-scale values as the kernel compares them; what is no number is `NOTHING`."""
    steps = np.clip(np.rint(values * np.float32(_STEPS)), -ODDEST, ODDEST)
    return np.asarray(np.nan_to_num(steps, nan=NOTHING), np.int16)


def _oddest(found: NDArray[np.int32], shape: tuple[int, ...]) -> NDArray[np.int32]:
    """Return the oddest of places in a frame (H, W, C), oddest first, each pixel once."""
    _height, width, channels = shape
    oddness = np.abs(found[:, 3]) / (_LEAST_SPAN * _STEPS + found[:, 4])
    most = _MOST_SCORED * channels  # hold as many pixels, whatever channels are of one
    if len(found) > most:
        is_odd = oddness >= np.partition(oddness, -most)[-most]
        found, oddness = found[is_odd], oddness[is_odd]
    found = found[np.lexsort((found[:, 2], found[:, 1], found[:, 0], -oddness))]
    _, first = np.unique(found[:, 0].astype(np.int64) * width + found[:, 1], return_index=True)
    oddest: NDArray[np.int32] = found[np.sort(first)[:_MOST_SCORED]]
    return oddest


def _strongest(table: NDArray[Any]) -> NDArray[Any]:
    """Return the strongest hits, each place once."""
    order = np.lexsort((table["channel"], table["x"], table["y"], -np.abs(table["score"])))
    table = table[order]
    places = np.stack([table["y"], table["x"]], axis=1)
    pairs = cKDTree(places).query_pairs(_ONE_PX, p=np.inf, output_type="ndarray")
    is_first = np.ones(len(table), bool)
    is_first[pairs.max(axis=1)] = False
    return table[is_first][:_MOST_KEPT]
