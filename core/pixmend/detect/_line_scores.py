# SPDX-License-Identifier: Apache-2.0
"""How surely is there a bad column: line profiles matched, and summed along runs of many lengths."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, uniform_filter

from pixmend.arrays import MAD_TO_SIGMA
from pixmend.detect._line_kernels import (
    block_medians,
    blocks_worth_it,
    cumulate,
    keep_best_runs,
    match_cells,
    median_of_magnitudes,
    running_sums,
    sum_columns,
    sum_rows,
)
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
_STEPS_A_RUN = 8  # so many runs of one length begin along each: no line is more than half a step off
_SAMPLED = 100_000  # responses that tell the usual noise
_NEARLY = 0.999  # of a threshold: what rounding may hide

_Kept: TypeAlias = tuple[NDArray[np.float32], NDArray[np.int8]]


@dataclass(frozen=True, slots=True, eq=False)
class LineView:
    """A whitened excess to look for columns in: noise about 1, in whole steps.

    Attributes
    ----------
    steps : (C, H, W) int16 ndarray
    unit : (H, W) float32 ndarray
        Excess of one step; 0 where nothing is looked for.
    gain : (C,) float64 ndarray
        Of its whitener: by it a profile becomes a matched filter.
    """

    steps: NDArray[np.int16]
    unit: NDArray[np.float32]
    gain: NDArray[np.float64]

    def transposed(self) -> "LineView":
        """Return the view whose columns are this one's rows."""
        return LineView(self.steps.swapaxes(1, 2), self.unit.T, self.gain)


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
    and cells are summed to runs of 2, 4, 8 ... cells and the whole height; a long run
    begins an eighth of its length below the one before. A score is in robust standard
    deviations of such runs over the frame and, where the neighbourhood is busier, over
    it: fixed patterns that all columns have count as noise.
    """
    sums = [_cell_sums(view) for view in views]
    cells, width = sums[0].shape[2:]
    lengths = list(_lengths(cells))
    kept = [_nothing_kept(cells, length, width) for length in lengths]
    for index, profile in enumerate(profiles):
        weights = [profile * view.gain[:, None] for view in views]
        cumulated = [_cumulated(*each) for each in zip(sums, weights, strict=True)]
        for length, best in zip(lengths, kept, strict=True):
            _keep_best(cumulated, weights, best, length=length, index=index, threshold=threshold)
    runs = (_runs_of(*each, threshold) for each in zip(lengths, kept, strict=True))
    return sorted(chain.from_iterable(runs), key=lambda run: (-abs(run.score), run.x, run.first, run.stop))


def row_responses(view: LineView, profile: NDArray[np.float64], x: int) -> NDArray[np.float64]:
    """Match a profile to each row at one column, (H,); what one sample counts is limited."""
    columns = np.arange(x - LINE_REACH_PX, x + LINE_REACH_PX + 1)
    inside = (columns >= 0) & (columns < view.unit.shape[1])
    excess = view.steps[:, :, columns[inside]] * view.unit[:, columns[inside]]
    samples = np.clip(excess, -_MOST_OF_SAMPLE, _MOST_OF_SAMPLE)
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


def _step(length: int) -> int:
    """Return by how many cells runs of some length lie apart."""
    return max(length // _STEPS_A_RUN, 1)


def _cell_sums(view: LineView) -> NDArray[np.float32]:
    """Sum even and odd rows of each cell apart, (C, 2, cells, W)."""
    channels, height, width = view.steps.shape
    sums = np.zeros((channels, 2, height // CELL_ROWS, width), np.float32)
    is_turned = view.steps.strides[1] < view.steps.strides[2]
    for plane, result in zip(view.steps, sums, strict=True):
        if is_turned:
            sum_columns(plane.T, view.unit.T, _MOST_OF_SAMPLE, CELL_ROWS, result)
        else:
            sum_rows(plane, view.unit, _MOST_OF_SAMPLE, CELL_ROWS, result)
    return sums


def _nothing_kept(cells: int, length: int, width: int) -> _Kept:
    shape = ((cells - length) // _step(length) + 1, width)
    return np.zeros(shape, np.float32), np.zeros(shape, np.int8)


def _cumulated(sums: NDArray[np.float32], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Match a profile to cells, and add up from the top: (cells + 1, W)."""
    cumulated: NDArray[np.float64] = cumulate(match_cells(sums, weights.astype(np.float32)))
    return cumulated


def _keep_best(
    cumulated: Sequence[NDArray[np.float64]],
    weights: Sequence[NDArray[np.float64]],
    kept: _Kept,
    *,
    length: int,
    index: int,
    threshold: float,
) -> None:
    """Keep the scores of runs of one length by one profile where they are the best, and may reach a threshold."""
    step = _step(length)
    block = (max(_BLOCK[0] // step, 1), _BLOCK[1])
    pooled, meant = (running_sums(each, length, step) for each in cumulated)
    whites = [float(np.linalg.norm(each) * np.sqrt(length * CELL_ROWS / 2)) for each in weights]
    usual = [
        _usual_noise(each, least=_LEAST_NOISE * white)
        for each, white in zip((pooled, meant), whites, strict=True)
    ]
    units = 1.0 / (_QUIETEST * usual[0]), 1.0 / (_QUIETEST * usual[1])
    worth = blocks_worth_it((pooled, meant), units, block, _NEARLY * threshold, _TRUST)
    if worth.any():
        of_pooled, of_meant = (
            _evening(*each, block, worth) for each in zip((pooled, meant), usual, strict=True)
        )
        keep_best_runs((pooled, meant), (of_pooled, of_meant), kept, (*block, worth), index, _TRUST)


def _usual_noise(response: NDArray[np.float32], *, least: float) -> float:
    """Return the robust spread of a response over the frame."""
    # An odd stride, so that no column is always left out.
    sampled = response.ravel()[:: response.size // _SAMPLED | 1]
    alive = np.abs(sampled[sampled != 0])
    return max(MAD_TO_SIGMA * float(median_of_magnitudes(alive)) if len(alive) else 0.0, least)


def _evening(
    response: NDArray[np.float32], usual: float, block: tuple[int, int], worth: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return for each block that is worth it what brings a response to a noise of 1, more where it is busier.

    The noise of a block is a median, which a line in it does not raise, smoothed.
    """
    wanted = maximum_filter(worth, size=3)
    around = uniform_filter(block_medians(response, *block, wanted), 3, mode="nearest")
    busier = np.maximum(np.float32(MAD_TO_SIGMA / usual) * around, np.float32(_QUIETEST))
    return np.asarray(np.float32(1.0 / usual) / busier)


def _runs_of(length: int, kept: _Kept, threshold: float) -> Iterator[Run]:
    score, best = kept
    for k, x in np.argwhere(np.abs(score) >= threshold):
        first = int(k) * _step(length) * CELL_ROWS
        yield Run(float(score[k, x]), int(x), first, first + length * CELL_ROWS, int(best[k, x]))
