# SPDX-License-Identifier: Apache-2.0
"""One frame of a repair and of the sound places around it; looks of several frames add up."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.audit._site import Piece, RepairSite

__all__ = ["Look", "log_energy", "look_at", "pooled", "step_energy"]

_QUIET = 0.5  # of the noise's mean squared step; a stiller place says no more
_NO_ENERGY = 1e-3  # in sigma squared


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """Sums over frames, for the repair (row 0) and each sound place of one piece.

    Attributes
    ----------
    weight : (S + 1,) float64 ndarray
        A frame counts for less where its surroundings are busy, for nothing where a sample says
        nothing.
    picture : (S + 1, D) float64 ndarray
        Weighted sum of the used samples.
    energy : (S + 1, 3) float64 ndarray
        Weighted sums of mean squares: what is inside less its prediction; steps of
        adjacent samples inside; steps in the ring.
    ratio : (S + 1, 2) float64 ndarray
        Weighted sums of the logarithms of the first and the second over the third.
    frames : (S + 1,) int ndarray
        How many frames count.
    """

    weight: NDArray[np.float64]
    picture: NDArray[np.float64]
    energy: NDArray[np.float64]
    ratio: NDArray[np.float64]
    frames: NDArray[np.intp]

    def __add__(self, other: "Look") -> "Look":
        return Look(
            self.weight + other.weight,
            self.picture + other.picture,
            self.energy + other.energy,
            self.ratio + other.ratio,
            self.frames + other.frames,
        )


def look_at(site: RepairSite, regions: Sequence[NDArray[np.float32]]) -> tuple[Look, ...]:
    """Measure one frame.

    Parameters
    ----------
    site : RepairSite
    regions : sequence of (C, R, Q) float32 ndarray
        For each piece its rows and columns of the frame, on the sigma scale; NaN where a
        sample says nothing.

    Returns
    -------
    tuple of Look
        One a piece.
    """
    return tuple(_look(piece, region) for piece, region in zip(site.pieces, regions, strict=True))


def pooled(looks: Sequence[tuple[Look, ...]]) -> tuple[Look, ...]:
    """Add up the looks at some frames, one or more, in their order."""
    total = looks[0]
    for each in looks[1:]:
        total = tuple(before + more for before, more in zip(total, each, strict=True))
    return total


def _look(piece: Piece, region: NDArray[np.float32]) -> Look:
    samples, measures = piece.windows(region), piece.measures
    is_there = np.asarray(np.isfinite(samples).all(axis=1))
    samples = np.where(is_there[:, None], samples, 0.0)
    rest = np.square(samples @ measures.inside.T).mean(axis=1)
    energy = np.stack(
        [rest, *(step_energy(samples, each) for each in (measures.fine, measures.ring))], axis=1
    )
    weight = is_there / (_QUIET + energy[:, 2])
    logarithm = log_energy(energy)
    ratio = logarithm[:, :2] - logarithm[:, 2:]
    by_place = weight[:, None]
    return Look(weight, samples * by_place, energy * by_place, ratio * by_place, is_there.astype(np.intp))


def step_energy(samples: NDArray[np.float64], pairs: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the mean squared step of pairs of samples, at each place; 0 without pairs."""
    steps = samples[:, pairs[:, 0]] - samples[:, pairs[:, 1]]
    energy: NDArray[np.float64] = np.einsum("sp,sp->s", steps, steps) / max(len(pairs), 1)
    return energy


def log_energy(energy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithm of energies; what is next to nothing (clipped, black) is all alike."""
    return np.asarray(np.log(np.maximum(energy, 0.0) + _NO_ENERGY))
