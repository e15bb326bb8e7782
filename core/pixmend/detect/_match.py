# SPDX-License-Identifier: Apache-2.0
"""Pooled statistics -> a score map: how surely is there a footprint at each pixel."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._match_filters import Filters, weights_of
from pixmend.detect._match_kernels import BLOCK_PX, block_noise, keep_best, limit_scores
from pixmend.detect._site_kernels import loud_places
from pixmend.detect._views import STEPS, Views, even, strips
from pixmend.footprints import Footprint
from pixmend.stats import ShotStatistics, correlate

__all__ = [
    "ScoreMap",
    "look_again",
    "match",
    "match_mean",
    "sigma_shapes",
]

_MARGIN_PX = 6 * BLOCK_PX  # rows beside a strip that its noise is judged with
_AT_ONCE = 4096  # places; bounds the memory
_LOUD = 20.0
_TRUST = 3.0  # times the pooled score; see `match`
_QUIETEST = 0.8  # a quiet corner may raise a score by a quarter, not more
_OWN_SHARES = (0.0, 0.8)  # of each view; a spot of texture is its own noise in the mean picture
_WORTH_A_LOOK = 4.0

_Shape = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ScoreMap:
    """Best match at each pixel.

    Attributes
    ----------
    score : (H, W) float32 ndarray
        Signed, in standard deviations of the score's own local noise.
    best : (H, W) int8 ndarray
        Which of the footprints matches best.
    busyness : (2, ceil(H / 4), ceil(W / 4)) float32 ndarray
        How much noisier than usual the two views are around each block, itself left out.
    bold : (H, W) float32 ndarray
        The match in terms of that noise: no wide or strong defect is its own noise, but
        neither is a spot of texture, so it should look like a footprint too. Never less
        than the score.
    """

    score: NDArray[np.float32]
    best: NDArray[np.int8]
    busyness: NDArray[np.float32] | None = None
    bold: NDArray[np.float32] | None = None


def sigma_shapes(statistics: ShotStatistics, footprints: Sequence[Footprint]) -> list[_Shape]:
    """Return the footprints on the sigma scale of the shot's typical brightness, (C, S, S) each.

    A linear excess counts ``1 / sigma(level)`` per channel; strongest sample 1.
    """
    height, width = statistics.seen.shape
    bands = [
        statistics.part(rows=(row, row + 1), columns=(0, width)).mean_level()
        for row in range(height // 32, height, max(height // 64, 1))
    ]
    typical = np.median(np.concatenate(bands, axis=1), axis=(1, 2))
    sigma = statistics.sigma_at(typical)
    shapes = []
    for footprint in footprints:
        shape = footprint.shape / sigma[:, None, None]
        shapes.append(shape / np.abs(shape).max())
    return shapes


def match(views: Views, filters: Filters) -> ScoreMap:
    """Match footprints to the two views of a shot and score what both show.

    Parameters
    ----------
    views : Views
    filters : Filters
        Of these views.

    Notes
    -----
    The score is the mean of both views, and at most three times what the pooled excess
    finds there: a glint that only the mean picture holds is no defect. (The pooled
    excess cannot tell which footprint a strong defect has, since all of its samples are
    clipped; that something is there it can.)

    With the excess whitened by rows of the inverse covariance, the generalised
    least-squares filter for a footprint F is the plain correlation with F: one pool
    serves all footprints. Each view is normalised by its usual spread over the frame
    and, where a neighbourhood is busier than that, by its own.
    """
    height, width = views.size
    score, largest = (np.zeros((height, width), np.float32) for _ in range(2))
    best = np.zeros((height, width), np.int8)
    busyness = np.zeros((2, -(-height // BLOCK_PX), -(-width // BLOCK_PX)), np.float32)
    for first, stop in strips(height):
        low, high = max(first - _MARGIN_PX, 0), min(stop + _MARGIN_PX, height)
        kept, number = (score[first:stop], largest[first:stop], best[first:stop]), 0
        for responses in filters.responses(views, low, high):
            usual = filters.usual[number : number + len(responses[0])]
            pooled, meant = (
                np.stack([_noise(*one, own_share) for one in zip(each, spread, strict=True)])
                for each, spread, own_share in zip(responses, usual.T, _OWN_SHARES, strict=True)
            )
            keep_best(responses, (pooled, meant), kept, number, first - low)
            number += len(usual)
        for view, (response, noise) in enumerate(zip(responses, filters.usual[-1], strict=True)):
            around = busyness[view, first // BLOCK_PX : -(-stop // BLOCK_PX)]
            blocks = _noise(response[-1], noise, 0.0)[(first - low) // BLOCK_PX :]
            around[...] = blocks[: len(around)] / noise
    limit_scores(score, largest, _TRUST)
    return ScoreMap(score, best, busyness)


def look_again(views: Views, scores: ScoreMap, filters: Filters, *, number: int) -> ScoreMap:
    """Match footprints boldly wherever the score is worth it; return the scores with `bold`.

    Parameters
    ----------
    views : Views
    scores : ScoreMap
        From `match`, or from a look before this: then the better match stays.
    filters : Filters
        Of these views, at least one.
    number : int
        What the first of these shapes is called in `best`.

    Raises
    ------
    ValueError
        If the scores are not from `match`.
    """
    if scores.busyness is None:
        raise ValueError("these scores do not say how noisy their surroundings are")
    bold = (scores.score if scores.bold is None else scores.bold).copy()
    best = scores.best.copy()
    places = loud_places(scores.score, np.broadcast_to(np.float32(_WORTH_A_LOOK), scores.score.shape))
    for some in np.split(places, range(_AT_ONCE, len(places), _AT_ONCE)):
        ys, xs = some.T
        busyness = scores.busyness[:, ys // BLOCK_PX, xs // BLOCK_PX]
        seen, meant = (
            each / (noise * busy[:, None])
            for each, noise, busy in zip(filters.at(views, some), filters.usual.T, busyness, strict=True)
        )
        ceiling = np.float32(_TRUST) * np.abs(seen).max(axis=1, initial=0.0)
        both = np.float32(0.5) * (seen + meant)
        strongest = np.abs(both).argmax(axis=1)
        found = np.clip(both[np.arange(len(ys)), strongest], -ceiling, ceiling)
        better = np.abs(found) > np.abs(bold[ys, xs])
        bold[ys[better], xs[better]] = found[better]
        best[ys[better], xs[better]] = strongest[better] + number
    return ScoreMap(scores.score, best, scores.busyness, bold)


def match_mean(
    views: Views, level: NDArray[np.float32], filters: Filters
) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Match footprints to a window of a mean picture alone, as the second of two views.

    Parameters
    ----------
    views : Views
        Tell how such a picture is whitened, and its noise.
    level : (C, H, W) float32 ndarray
        On the sigma scale, as `ShotStatistics.mean_level` is; finite.
    filters : Filters
        Of these views.

    Returns
    -------
    score : (H, W) float32 ndarray
        Signed, the best of the shapes.
    best : (H, W) int8 ndarray
        Its number.
    """
    evened = even(views.whitener.whiten_mirrored(level)).astype(np.float32) * np.float32(1.0 / STEPS)
    height, width = level.shape[1:]
    scores = []
    for shape, noise in zip(filters.shapes, filters.usual[:, 1], strict=True):
        beside = shape.shape[-1] // 2
        padded = np.pad(evened, ((0, 0), (beside, beside), (beside, beside)))
        response = correlate(padded, weights_of(shape, views.whitener.gain))[0]
        local = _noise(response, noise, _OWN_SHARES[1])
        scores.append(response / local.repeat(BLOCK_PX, 0)[:height].repeat(BLOCK_PX, 1)[:, :width])
    found = np.stack(scores)
    best = np.abs(found).argmax(axis=0)
    return np.take_along_axis(found, best[None], axis=0)[0], best.astype(np.int8)


def _noise(response: NDArray[np.float32], usual: float, own_share: float) -> NDArray[np.float32]:
    """Return the noise of a response, block by block."""
    noise: NDArray[np.float32] = block_noise(response, _LOUD * usual, own_share)
    return np.maximum(noise, np.float32(_QUIETEST * usual))
