# SPDX-License-Identifier: Apache-2.0
"""Pooled statistics -> a score map: how surely is there a footprint at each pixel."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from pixmend.arrays import MAD_TO_SIGMA
from pixmend.detect._fold_kernels import correlate_folded, fold
from pixmend.detect._line_kernels import median_of_magnitudes
from pixmend.detect._match_kernels import BLOCK_PX, block_noise, keep_best, match_places
from pixmend.detect._views import STEPS, Views, even, strips
from pixmend.footprints import Footprint
from pixmend.stats import ShotStatistics, correlate

__all__ = [
    "ScoreMap",
    "look_again",
    "match",
    "match_mean",
    "sigma_shapes",
    "usual_noise",
    "weights_of",
]

_MARGIN_PX = 6 * BLOCK_PX  # rows beside a strip that its noise is judged with
_BANDS, _BAND_PX = 16, 8  # rows all over the frame that tell the usual noise of a response
_EVERY = 3  # of their samples; odd, so that all places of a colour mosaic are among them
_LOUD = 20.0
_AT_ONCE = 3  # shapes, that `correlate` fetches a sample once for
_TRUST = 3.0  # times the pooled score; see `match`
_LEAST_NOISE = (
    0.3  # of what white excess of 1 gives: where nothing is alive but defects, they are not the noise
)
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


def match(views: Views, shapes: Sequence[_Shape]) -> ScoreMap:
    """Match footprints to the two views of a shot and score what both show.

    Parameters
    ----------
    views : Views
    shapes : sequence of (C, S, S) ndarray
        On the sigma scale, S odd, not all need be of one size.

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
    most = np.zeros((2, height, width), np.float32)
    best = np.zeros((height, width), np.int8)
    busyness = np.zeros((2, -(-height // BLOCK_PX), -(-width // BLOCK_PX)), np.float32)
    usual = usual_noise(views, shapes)
    for first, stop in strips(height):
        low, high = max(first - _MARGIN_PX, 0), min(stop + _MARGIN_PX, height)
        rows, blocks = slice(first - low, stop - low), slice((first - low) // BLOCK_PX, None)
        for index, responses in enumerate(_responses(views, shapes, low, high)):
            pooled, meant = (
                _noise(*each)[blocks] for each in zip(responses, usual[index], _OWN_SHARES, strict=True)
            )
            inner = responses[0][rows], responses[1][rows]
            keep_best(inner, (pooled, meant), most[:, first:stop], best[first:stop], index)
        for view, (response, noise) in enumerate(zip(responses, usual[-1], strict=True)):
            around = busyness[view, first // BLOCK_PX : -(-stop // BLOCK_PX)]
            around[...] = _noise(response, noise, 0.0)[blocks][: len(around)] / noise
    score, ceiling = most
    maximum_filter(ceiling, size=3, output=ceiling)
    ceiling *= np.float32(_TRUST)
    np.clip(score, -ceiling, ceiling, out=score)
    return ScoreMap(score, best, busyness)


def look_again(views: Views, scores: ScoreMap, shapes: Sequence[_Shape], *, number: int) -> ScoreMap:
    """Match footprints boldly wherever the score is worth it; return the scores with `bold`.

    Parameters
    ----------
    views : Views
    scores : ScoreMap
        From `match`, or from a look before this: then the better match stays.
    shapes : sequence of (C, S, S) ndarray
        At least one.
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
    usual = usual_noise(views, shapes).T
    reach = max(shape.shape[-1] for shape in shapes) // 2
    weights = [_stacked(shapes, gain, reach) for gain in views.gains()]
    for first, stop in strips(len(bold)):
        places = np.argwhere(np.abs(scores.score[first:stop]) >= _WORTH_A_LOOK)
        ys, xs = places[:, 0] + first, places[:, 1]
        busyness = scores.busyness[:, ys // BLOCK_PX, xs // BLOCK_PX]
        seen, meant = (
            match_places(view, each, places) / (noise * busy[:, None])
            for view, each, noise, busy in zip(
                views.rows(first, stop, margin=reach), weights, usual, busyness, strict=True
            )
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
    views: Views, level: NDArray[np.float32], shapes: Sequence[_Shape], *, usual: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Match footprints to a window of a mean picture alone, as the second of two views.

    Parameters
    ----------
    views : Views
        Tell how such a picture is whitened, and its noise.
    level : (C, H, W) float32 ndarray
        On the sigma scale, as `ShotStatistics.mean_level` is; finite.
    shapes : sequence of (C, S, S) ndarray
    usual : (K,) float32 ndarray
        Their `usual_noise` in the second view.

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
    for shape, noise in zip(shapes, usual, strict=True):
        beside = shape.shape[-1] // 2
        padded = np.pad(evened, ((0, 0), (beside, beside), (beside, beside)))
        response = correlate(padded, weights_of(shape, views.whitener.gain))[0]
        local = _noise(response, noise, _OWN_SHARES[1])
        scores.append(response / local.repeat(BLOCK_PX, 0)[:height].repeat(BLOCK_PX, 1)[:, :width])
    found = np.stack(scores)
    best = np.abs(found).argmax(axis=0)
    return np.take_along_axis(found, best[None], axis=0)[0], best.astype(np.int8)


def weights_of(shape: _Shape, gain: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return what a view, whitened with `gain` (C,), is correlated with: (1, C, S, S)."""
    return np.ascontiguousarray((shape * gain[:, None, None])[None], np.float32)


def usual_noise(views: Views, shapes: Sequence[_Shape]) -> NDArray[np.float32]:
    """Return the robust spread of the response of both views to each shape, (K, 2)."""
    height = views.size[0]
    step = max(height // _BANDS, _BAND_PX)
    bands = [
        [np.concatenate([view.ravel()[::_EVERY] for view in response]).reshape(2, -1) for response in each]
        for each in (
            _responses(views, shapes, top, min(top + _BAND_PX, height)) for top in range(0, height, step)
        )
    ]
    values = np.concatenate(bands, axis=-1)
    found = np.zeros((len(shapes), 2), np.float32)
    for index, shape in enumerate(shapes):
        for view, gain in enumerate(views.gains()):
            # Exactly zero is where nothing was seen or nothing ever changes: that is no noise.
            alive = np.abs(values[index, view][values[index, view] != 0])
            least = _LEAST_NOISE * float(np.linalg.norm(weights_of(shape, gain)))
            usual = MAD_TO_SIGMA * float(median_of_magnitudes(alive)) if len(alive) else 0.0
            found[index, view] = max(usual, least)
    return found


def _responses(
    views: Views, shapes: Sequence[_Shape], first: int, stop: int
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Match footprints to rows [first, stop) of both views, one after the other."""
    widest = max(shape.shape[-1] for shape in shapes) // 2
    stacks = views.rows(first, stop, margin=widest)
    for side, group in groupby(shapes, key=lambda shape: shape.shape[-1]):
        spare = widest - side // 2
        inner = (slice(None), *[slice(spare, -spare or None)] * 2)
        alike = list(group)
        for number in range(0, len(alike), _AT_ONCE):
            some = alike[number : number + _AT_ONCE]
            pooled, meant = (
                _correlated(stack[inner], np.concatenate([weights_of(shape, gain) for shape in some]))
                for stack, gain in zip(stacks, views.gains(), strict=True)
            )
            yield from zip(pooled, meant, strict=True)


def _correlated(padded: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Correlate a padded stack (C, H + 2r, W + 2r) with weights (K, C, 2r + 1, 2r + 1) -> (K, H, W)."""
    folded = fold(weights)
    if folded is None:
        return correlate(padded, weights)
    matched: NDArray[np.float32] = correlate_folded(np.ascontiguousarray(padded), folded)
    return matched


def _noise(response: NDArray[np.float32], usual: float, own_share: float) -> NDArray[np.float32]:
    """Return the noise of a response, block by block."""
    noise: NDArray[np.float32] = block_noise(response, _LOUD * usual, own_share)
    return np.maximum(noise, np.float32(_QUIETEST * usual))


def _stacked(shapes: Sequence[_Shape], gain: NDArray[np.float64], reach: int) -> NDArray[np.float32]:
    """Return the weights of shapes of any size as one array (C, S, S, K)."""
    return np.stack(
        [
            np.pad(weights_of(shape, gain)[0], ((0, 0), *[(reach - shape.shape[-1] // 2,) * 2] * 2))
            for shape in shapes
        ],
        axis=-1,
    )
