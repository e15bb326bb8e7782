# SPDX-License-Identifier: Apache-2.0
"""Shapes held against what photosites show over the training frames."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._lit_sites import SeenSite, texture_of
from pixmend.fill._rings import Cell

__all__ = ["Fit", "SiteLesson", "excess_of", "fit_shapes", "plain_amplitude"]


@dataclass(frozen=True, slots=True, eq=False)
class SiteLesson:
    """A photosite in all training frames in which it shows.

    Attributes
    ----------
    defect : str
        Its id.
    cell : (int, int)
        Row and column in the 2 x 2 cells of the plate: photosites of the same one are alike.
    reach : (C, side, side) bool ndarray
        Samples that it may have spoiled.
    glimpses : tuple of SeenSite
        One a frame; maybe none: it shows in no training frame, or too little around it is known.
    """

    defect: str
    cell: Cell
    reach: NDArray[np.bool_]
    glimpses: tuple[SeenSite, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """How shapes fit what one photosite shows in some frames; (T, S) float64 ndarrays each.

    Attributes
    ----------
    amplitude, variance : of the best multiple of the shape, linear light
    gain : what of the mean square that multiple explains, in units of what texture and noise do
    misfit : of the rest; about 1
    """

    amplitude: NDArray[np.float64]
    variance: NDArray[np.float64]
    gain: NDArray[np.float64]
    misfit: NDArray[np.float64]


def excess_of(seen: SeenSite) -> NDArray[np.float64]:
    """Return what a core is more than its ring predicts, (N,), in units of the noise; linear in the lie."""
    return (seen.light.astype(np.float64) - seen.belongs) / seen.noise


def fit_shapes(lesson: SiteLesson, shapes: Sequence[NDArray[np.float64]]) -> Fit:
    """Fit each of some shapes (C, side, side), linear light per unit of amplitude, to each frame by itself."""
    if not lesson.glimpses:
        return Fit(*(np.zeros((0, len(shapes))) for _ in range(4)))
    found = [_fit_glimpse(each, shapes) for each in lesson.glimpses]
    return Fit(*(np.stack(column) for column in zip(*found, strict=True)))


def plain_amplitude(seen: SeenSite, shape: NDArray[np.float64]) -> float:
    """Return the amplitude by least squares of samples as if their errors had nothing to do with each other.

    Worse than that of `fit_shapes` for faint lies, but for strong ones it forgives what the
    shape has wrong.
    """
    lit = shape[seen.is_core] / seen.noise
    return float((excess_of(seen) * lit / seen.table.variance).sum() / (lit**2 / seen.table.variance).sum())


def _fit_glimpse(seen: SeenSite, shapes: Sequence[NDArray[np.float64]]) -> tuple[NDArray[np.float64], ...]:
    excess = excess_of(seen)
    lit = np.stack([shape[seen.is_core] for shape in shapes], axis=1) / seen.noise[:, None]
    matched = seen.table.precision @ lit
    information = np.maximum(np.einsum("ns,ns->s", lit, matched), 1e-30)
    amplitude = (excess @ matched) / information
    explained = amplitude**2 * information
    total = float(excess @ seen.table.precision @ excess)
    misfit = np.maximum(total - explained, 0.0) / max(len(excess) - 1, 1)
    texture = np.array([texture_of(float(each), len(excess)) for each in misfit])
    return amplitude, texture / information, explained / texture, misfit
