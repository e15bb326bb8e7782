# SPDX-License-Identifier: Apache-2.0
"""Windows of a shot -> how their samples vary together, class by class and phase by phase."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.arrays import exact_gram, patch_covariance, structure_of

__all__ = ["PHASES", "ClassCovariances", "class_covariances", "phase_of"]

PHASES = 4
"""A mosaic of 2 x 2 photosites repeats after 2 px, down and across."""

_CONTRAST_FLOOR = 4.0  # in medians of the energy: stronger edges do not speak for the class
_LEVEL_WEIGHT = 20.0
_NUGGET = 1e-4  # of the mean variance; more would blur what debayer ties together exactly


@dataclass(frozen=True, slots=True, eq=False)
class ClassCovariances:
    """Those of one class of windows, (D, D) float64, positive definite.

    Attributes
    ----------
    of_all : ndarray
    of_phases : tuple of ndarray
        One a phase; empty where they are not known.
    """

    of_all: NDArray[np.float64]
    of_phases: tuple[NDArray[np.float64], ...]


def phase_of(row: int, column: int) -> int:
    """Return the phase of a window by the array row and column of its centre: its place in a 2 x 2 mosaic."""
    return row % 2 * 2 + column % 2


def class_covariances(windows: NDArray[np.float32], phase: NDArray[np.uint8] | None) -> ClassCovariances:
    """Learn the covariances of one class.

    Parameters
    ----------
    windows : (N, C, side, side) float32 ndarray
        Sigma scale, finite.
    phase : (N,) uint8 ndarray, optional
        As `phase_of` tells it; None: all are taken together.

    Notes
    -----
    After debayer the same photosites speak in several samples, in other ways at each phase of
    the mosaic: with the phases apart, samples tell far more of each other. A window
    counts as in `patch_covariance`, by the energies of the whole class. The covariance of a
    stationary picture is the same turned by half a turn, so both views are taken together.
    Where a phase has too few windows, phases are not parted.
    """
    size = int(np.prod(windows.shape[1:]))
    parts = [windows] if phase is None else [windows[phase == each] for each in range(PHASES)]
    structures = [structure_of(part.astype(np.float64)) for part in parts]
    if min(len(flat) for flat, _ in structures) < size:
        few = patch_covariance(windows.astype(np.float64), contrast_floor=_CONTRAST_FLOOR)
        return ClassCovariances(few, ())
    floor = _CONTRAST_FLOOR * float(np.median(np.concatenate([energy for _, energy in structures])))
    grams, totals = [], []
    for flat, energy in structures:
        weight = 1.0 / (energy + floor)
        grams.append(exact_gram(flat * np.sqrt(weight)[:, None]))
        totals.append(float(weight.sum()))
    channels = windows.shape[1]
    whole = _finished(np.sum(grams, axis=0) / sum(totals), channels)
    phases = [_finished(gram / total, channels) for gram, total in zip(grams, totals, strict=True)]
    return ClassCovariances(whole, () if phase is None else tuple(phases))


def _finished(covariance: NDArray[np.float64], channels: int) -> NDArray[np.float64]:
    """Return a covariance with its half turn, the unknown levels of channels and a little noise."""
    size = len(covariance)
    turned = np.arange(size).reshape(channels, -1)[:, ::-1].reshape(-1)
    covariance = (covariance + covariance[np.ix_(turned, turned)]) / 2
    same_channel = np.kron(np.eye(channels), np.ones((size // channels, size // channels)))
    mean_variance = float(np.trace(covariance)) / size
    covariance += mean_variance * (_LEVEL_WEIGHT * same_channel + _NUGGET * np.eye(size))
    return covariance
