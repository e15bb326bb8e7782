# SPDX-License-Identifier: Apache-2.0
"""How surely is there a bad column: line profiles matched, and summed along runs of many lengths."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from pixmend.arrays import robust_sigma
from pixmend.detect._line_shapes import LINE_REACH_PX

__all__ = ["LineView", "Run", "row_responses", "strong_runs"]

CELL_ROWS = 6
"""Rows that are summed first; even, so that each holds as many even rows as odd ones."""

_SHORTEST_CELLS = 2
_MOST_OF_SAMPLE = 5.0  # what one sample counts, in sigma: a few strong photosites are no line
_BLOCK = (8, 32)  # window places down and columns across, of which the local noise is the median
_QUIETEST = 0.8  # a quiet corner may raise a score by a quarter, not more
_TRUST = 3.0  # times what the pooled view finds
_LEAST_NOISE = 0.3  # of what white excess gives: where little but lines is alive, they are not the noise
_MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True, slots=True, eq=False)
class LineView:
    """A whitened excess to look for columns in.

    Attributes
    ----------
    excess : (C, H, W) float32 ndarray
        Noise about 1.
    gain : (C,) float64 ndarray
        Of its whitener: by it a profile becomes a matched filter.
    """

    excess: NDArray[np.float32]
    gain: NDArray[np.float64]

    def transposed(self) -> "LineView":
        """Return the view whose columns are this one's rows."""
        return LineView(self.excess.swapaxes(1, 2), self.gain)


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of one column that scores.

    Attributes
    ----------
    score : float
        In standard deviations of such stretches, signed.
    x, first, stop : int
        Column, first row and the one after the last, array positions.
    shape : int
        Index of the profile that matches best.
    """

    score: float
    x: int
    first: int
    stop: int
    shape: int


def strong_runs(
    views: Sequence[LineView], profiles: Sequence[NDArray[np.float64]], *, threshold: float
) -> list[Run]:
    """Return all stretches of columns whose score reaches a threshold, best first.

    Parameters
    ----------
    views : sequence of LineView
        The clipped excess of all frames, then the mean picture.
    profiles : sequence of (2, C, 11) float64 ndarray
        Of even and odd rows, on the sigma scale.

    Notes
    -----
    Rows are summed in cells, even and odd ones apart; a profile is matched to the sums,
    and cells are summed to runs of 2, 4, 8 ... cells and the whole height. A score is in
    robust standard deviations of such runs over the frame and, where the neighbourhood
    is busier, over it: fixed patterns that all columns have count as noise.
    """
    sums = [_cell_sums(view.excess) for view in views]
    runs: list[Run] = []
    for cells in _lengths(sums[0].shape[2]):
        score, best = _best_scores(views, sums, profiles, cells=cells)
        places = np.argwhere(np.abs(score) >= threshold)
        runs.extend(
            Run(float(score[k, x]), int(x), int(k) * CELL_ROWS, int(k + cells) * CELL_ROWS, int(best[k, x]))
            for k, x in places
        )
    return sorted(runs, key=lambda run: (-abs(run.score), run.x, run.first, run.stop))


def row_responses(view: LineView, profile: NDArray[np.float64], x: int) -> NDArray[np.float64]:
    """Match a profile to each row at one column, (H,); what one sample counts is limited."""
    columns = np.arange(x - LINE_REACH_PX, x + LINE_REACH_PX + 1)
    inside = (columns >= 0) & (columns < view.excess.shape[2])
    samples = np.clip(view.excess[:, :, columns[inside]], -_MOST_OF_SAMPLE, _MOST_OF_SAMPLE)
    weights = (profile * view.gain[:, None])[..., inside]
    response = np.empty(samples.shape[1])
    for parity in (0, 1):
        response[parity::2] = np.einsum("cyx,cx->y", samples[:, parity::2], weights[parity])
    return response


def _lengths(cells: int) -> Iterator[int]:
    """Yield the lengths of run to look for, in cells: doubling, and the whole height."""
    length = _SHORTEST_CELLS
    while length < cells:
        yield length
        length *= 2
    if cells:
        yield cells


def _cell_sums(excess: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sum even and odd rows of each cell apart, (C, 2, cells, W + 10), columns padded with zeros."""
    channels, height, width = excess.shape
    cells = height // CELL_ROWS
    samples = np.clip(excess[:, : cells * CELL_ROWS], -_MOST_OF_SAMPLE, _MOST_OF_SAMPLE)
    sums = samples.reshape(channels, cells, CELL_ROWS // 2, 2, width).sum(axis=2)
    return np.pad(sums.swapaxes(1, 2), ((0, 0), (0, 0), (0, 0), (LINE_REACH_PX, LINE_REACH_PX)))


def _best_scores(
    views: Sequence[LineView],
    sums: Sequence[NDArray[np.float32]],
    profiles: Sequence[NDArray[np.float64]],
    *,
    cells: int,
) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Return the best score (runs, W) over the profiles, and whose it is."""
    shape = (sums[0].shape[2] - cells + 1, sums[0].shape[3] - 2 * LINE_REACH_PX)
    score, best = np.zeros(shape, np.float32), np.zeros(shape, np.int8)
    totals = [_running_sums(each, cells) for each in sums]
    for index, profile in enumerate(profiles):
        pooled, meant = (
            _evened(_matched(total, profile * view.gain[:, None]), view, profile, rows=cells * CELL_ROWS)
            for view, total in zip(views, totals, strict=True)
        )
        ceiling = _TRUST * np.abs(pooled)
        both = np.clip(0.5 * (pooled + meant), -ceiling, ceiling)
        better = np.abs(both) > np.abs(score)
        score[better] = both[better]
        best[better] = index
    return score, best


def _running_sums(sums: NDArray[np.float32], cells: int) -> NDArray[np.float32]:
    summed = np.cumsum(sums, axis=2, dtype=np.float64)
    summed[:, :, cells:] -= summed[:, :, :-cells].copy()
    return summed[:, :, cells - 1 :].astype(np.float32)


def _matched(total: NDArray[np.float32], weights: NDArray[np.float64]) -> NDArray[np.float32]:
    width = total.shape[3] - 2 * LINE_REACH_PX
    response = np.zeros((total.shape[2], width), np.float32)
    for parity, channel, dx in np.argwhere(weights):
        response += np.float32(weights[parity, channel, dx]) * total[channel, parity, :, dx : dx + width]
    return response


def _evened(
    response: NDArray[np.float32], view: LineView, profile: NDArray[np.float64], *, rows: int
) -> NDArray[np.float32]:
    """Bring a response to a noise of 1, over the frame and where it is busier than that."""
    white = float(np.linalg.norm(profile * view.gain[:, None]) * np.sqrt(rows / 2))
    noise = robust_sigma(response[response != 0], centre=0.0)
    response = response / np.float32(max(noise, _LEAST_NOISE * white))
    return np.asarray(response / np.maximum(_local_noise(response), np.float32(_QUIETEST)))


def _local_noise(response: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the spread in blocks, (runs, W), smoothed: a median, which a line in it does not raise."""
    down, across = (-(-side // block) for side, block in zip(response.shape, _BLOCK, strict=True))
    spare = ((0, down * _BLOCK[0] - response.shape[0]), (0, across * _BLOCK[1] - response.shape[1]))
    size = np.pad(np.abs(response), spare, mode="symmetric" if min(response.shape) > 1 else "edge")
    blocks = size.reshape(down, _BLOCK[0], across, _BLOCK[1]).swapaxes(1, 2).reshape(down, across, -1)
    spread = uniform_filter(np.median(blocks, axis=2).astype(np.float32), 3, mode="nearest")
    spread *= np.float32(_MAD_TO_SIGMA)
    whole = spread.repeat(_BLOCK[0], axis=0).repeat(_BLOCK[1], axis=1)
    return np.asarray(whole[: response.shape[0], : response.shape[1]])
