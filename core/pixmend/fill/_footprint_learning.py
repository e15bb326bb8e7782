# SPDX-License-Identifier: Apache-2.0
"""Footprints of a shot's photosites, learned blind: prior times evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._footprint_fit import SiteLesson, excess_of, fit_shapes, plain_amplitude
from pixmend.fill._rings import Cell
from pixmend.footprints import prior_footprints

__all__ = ["CELLS", "LearntFootprint", "known_footprint", "learn_footprints"]

CELLS: tuple[Cell, ...] = ((0, 0), (0, 1), (1, 0), (1, 1))
_ROUNDS = 3
_OWN_MIND = 16.0  # twice the log likelihood by which a cell may leave the layout of the whole plate
_TEACHES = 9.0  # amplitude squared over its variance
_LEAST_SPREAD = 0.01  # of the strongest sample: how far any camera is from any prior
_UNTOLD_SPREAD = 0.15  # likewise, where nothing was learned


@dataclass(frozen=True, slots=True, eq=False)
class LearntFootprint:
    """What the photosites of one colour add to the samples around them.

    Attributes
    ----------
    cell : (int, int)
        Row and column in the 2 x 2 cells of the plate.
    shape : (C, side, side) float64 ndarray
        Linear light per unit of amplitude; the strongest sample has magnitude 1.
    doubt : (C, side, side) float64 ndarray
        Variance of that, for lack of evidence.
    sites : int
        How many photosites taught it.
    """

    cell: Cell
    shape: NDArray[np.float64]
    doubt: NDArray[np.float64]
    sites: int


def known_footprint(
    cell: Cell, weights: NDArray[np.float64], window: tuple[int, int, int], *, sites: int
) -> LearntFootprint:
    """Return what another shot of the camera taught; `weights` is (C, n, n), n odd and no more than the window's side."""
    return LearntFootprint(cell, _padded(weights, window), np.full(window, _LEAST_SPREAD**2), sites)


def learn_footprints(
    lessons: Sequence[SiteLesson],
    shape: tuple[int, int, int],
    *,
    known: Mapping[Cell, LearntFootprint] | None = None,
) -> dict[Cell, LearntFootprint]:
    """Learn a footprint for each cell.

    Parameters
    ----------
    lessons : sequence of SiteLesson
        May be empty.
    shape : (int, int, int)
        (C, side, side) of the windows.
    known : mapping of (int, int) to LearntFootprint, optional
        What earlier shots of the camera taught.

    Notes
    -----
    The demosaic and layout that explain most, over all photosites, are where learning begins: four
    layouts of two demosaics, a pixel by itself, and what is known. From there a cell's footprint is
    refined by least squares, in turn with the amplitudes, and drawn back to the start by how little
    evidence there is, against how far this plate's footprints are from it at all.
    """
    starts = _start(lessons, shape, known or {})
    learnt = {}
    for cell in CELLS:
        mine = [each for each in lessons if each.cell == cell]
        learnt[cell] = _refine(cell, mine, starts[cell])
    return learnt


def _start(
    lessons: Sequence[SiteLesson], shape: tuple[int, int, int], known: Mapping[Cell, LearntFootprint]
) -> dict[Cell, LearntFootprint]:
    """Return what learning begins with in each cell."""
    priors = [_padded(each.shape, shape) for each in prior_footprints(shape[0])]
    ways = _layouts(len(priors))
    gains = {cell: np.zeros(len(priors) + len(known)) for cell in CELLS}
    library = list(known)
    shapes = [*priors, *(known[cell].shape for cell in library)]
    for lesson in lessons:
        gains[lesson.cell] += fit_shapes(lesson, shapes).gain.sum(axis=0)
    if library:
        ways.append({cell: len(priors) + library.index(cell) if cell in known else 0 for cell in CELLS})
    best = max(ways, key=lambda way: sum(float(gains[cell][way[cell]]) for cell in CELLS))
    starts = {}
    for cell in CELLS:
        own = int(gains[cell].argmax())
        chosen = own if gains[cell][own] > gains[cell][best[cell]] + _OWN_MIND else best[cell]
        starts[cell] = (
            known[library[chosen - len(priors)]] if chosen >= len(priors) else _untold(cell, priors[chosen])
        )
    return starts


def _layouts(priors: int) -> list[dict[Cell, int]]:
    """Return which prior each cell has, in every way in which a plate may have been developed."""
    whole_pixel = dict.fromkeys(CELLS, priors - 1)
    return [
        {(y, x): first + 2 * ((y + down) % 2) + (x + right) % 2 for y, x in CELLS}
        for first in range(0, priors - 1, len(CELLS))
        for down, right in CELLS
    ] + [whole_pixel]


def _padded(shape: NDArray[np.float64], window: tuple[int, int, int]) -> NDArray[np.float64]:
    padded = np.zeros(window)
    first = (window[1] - shape.shape[1]) // 2
    padded[:, first : first + shape.shape[1], first : first + shape.shape[2]] = shape
    return padded


def _untold(cell: Cell, shape: NDArray[np.float64]) -> LearntFootprint:
    return LearntFootprint(cell, shape, np.where(shape != 0.0, _UNTOLD_SPREAD**2, _LEAST_SPREAD**2), 0)


def _refine(cell: Cell, lessons: Sequence[SiteLesson], start: LearntFootprint) -> LearntFootprint:
    """Return the footprint of one cell, by what its photosites show."""
    found = start.shape
    for _ in range(_ROUNDS):
        taught, information, sites = _least_squares(lessons, found)
        told = information > 0
        if sites == 0 or not told.any():
            return start
        # Amplitudes and shape share one scale: if lies were measured too small, all of the shape looks too large.
        size = float((information * taught * start.shape)[told].sum())
        size /= max(float((information * start.shape**2)[told].sum()), 1e-300)
        if size > 0.0:
            taught, information = taught / size, information * size**2
        away = (taught - start.shape)[told] ** 2 - 1.0 / information[told]
        spread = max(float(away.mean()), _LEAST_SPREAD**2)
        share = spread / (spread + 1.0 / np.maximum(information, 1e-30))
        found = start.shape + share * (taught - start.shape)
        found = found / np.abs(found).max()
    return LearntFootprint(cell, found, spread * (1.0 - share), start.sites + sites)


def _least_squares(
    lessons: Sequence[SiteLesson], shape: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Return the shape that photosites show, what is known of each sample (1 / variance), and how many they are."""
    product, information = np.zeros(shape.shape), np.zeros(shape.shape)
    sites = 0
    for lesson in lessons:
        fit = fit_shapes(lesson, [shape])
        teaches = fit.amplitude[:, 0] ** 2 > _TEACHES * fit.variance[:, 0]
        sites += bool(teaches.any())
        for number in np.flatnonzero(teaches).tolist():
            seen = lesson.glimpses[number]
            amplitude = plain_amplitude(seen, shape)
            spread = seen.table.variance * max(fit.misfit[number, 0], 1.0) * seen.roughness * seen.noise**2
            product[seen.is_core] += amplitude * excess_of(seen) * seen.noise / spread
            information[seen.is_core] += amplitude**2 / spread
    return np.where(information > 0, product / np.maximum(information, 1e-300), shape), information, sites
