# SPDX-License-Identifier: Apache-2.0
"""Patches of a mean picture, whitened, so that shapes can be matched to them; and lights of free colour."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from pixmend.arrays import mirrored
from pixmend.detect._point_shapes import (
    REACH_PX,
)

__all__ = ["LEAST", "SIDE", "Lights", "StillPicture", "WhitenedPatches", "in_chunks", "whitened"]

SIDE = 2 * REACH_PX + 1
"""Samples across a patch."""
_AROUND = tuple(
    (dy, dx) for dy in (-10, -7, 0, 7, 10) for dx in (-10, -7, 0, 7, 10) if max(abs(dy), abs(dx)) >= 7
)
_AT_ONCE = 128  # sites; bounds the memory
LEAST = 1e-9
"""What no share is divided by less than."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class StillPicture:
    """The mean of a shot in which nothing moves.

    Attributes
    ----------
    light, sigma : (C, H, W) float ndarray
        Scene-linear level, and the noise of one frame at that level. Non-finite light
        counts as 0.
    covariance : (D, D) float64 ndarray
        Of C x 7 x 7 patches of the mean picture on the sigma scale; level free.
    """

    light: NDArray[np.floating]
    sigma: NDArray[np.floating]
    covariance: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WhitenedPatches:
    """Patches about the places, whitened: texture and noise have a variance of about 1 a sample.

    Attributes
    ----------
    parity : (N, 2) ndarray
        Of the places, y and x.
    patches : (N, D) ndarray
    busy : (N,) ndarray
        Energy of a patch in the surroundings.
    whitener : (D, D) ndarray
        From patches in units of `typical`.
    typical : (C,) ndarray
        Noise of one frame, in linear light.
    """

    parity: NDArray[np.intp]
    patches: NDArray[np.float64]
    busy: NDArray[np.float64]
    whitener: NDArray[np.float64]
    typical: NDArray[np.float64]

    @property
    def energy(self) -> NDArray[np.float64]:
        return np.asarray(np.square(self.patches).sum(axis=1))

    def left_by(self, explained: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Return what is left of each patch and its surroundings, of which so much energy is explained."""
        return np.asarray(self.busy + self.energy + LEAST - explained)

    def part(self, chosen: NDArray[np.intp]) -> "WhitenedPatches":
        return replace(self, parity=self.parity[chosen], patches=self.patches[chosen], busy=self.busy[chosen])

    def by_parity(self) -> Iterator[tuple[int, int, NDArray[np.intp]]]:
        """Yield each parity of places (y, x), and which have it, if any do."""
        for y, x in ((0, 0), (0, 1), (1, 0), (1, 1)):
            members = np.flatnonzero((self.parity == (y, x)).all(axis=1))
            if len(members):
                yield y, x, members

    def basis(self, shapes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return shapes (..., C, 7, 7) in linear light as the patches are, (..., D)."""
        scaled = shapes / self.typical[:, None, None]
        return np.asarray(scaled.reshape(*shapes.shape[:-3], -1) @ self.whitener.T)


def whitened(picture: StillPicture, places: NDArray[np.intp]) -> WhitenedPatches:
    whitener = np.linalg.cholesky(np.linalg.inv(picture.covariance)).T
    noise = np.median(_cut(picture.sigma, places), axis=(2, 3))
    typical = np.median(noise, axis=0)
    brightness = (noise / typical).mean(axis=1)

    def whiten(shift: tuple[int, int], chosen: slice) -> NDArray[np.float64]:
        cut = _cut(picture.light, places[chosen] + np.array(shift))
        excess = cut - np.median(cut, axis=(2, 3), keepdims=True)
        excess /= typical[:, None, None] * brightness[chosen, None, None, None]
        return np.asarray(excess.reshape(len(cut), -1) @ whitener.T)

    patches, busy = np.zeros((len(places), len(picture.covariance))), np.zeros(len(places))
    for chosen in in_chunks(len(places)):
        patches[chosen] = whiten((0, 0), chosen)
        around = [np.square(whiten(shift, chosen)).sum(axis=1) for shift in _AROUND]
        busy[chosen] = np.median(around, axis=0)
    return WhitenedPatches(parity=places % 2, patches=patches, busy=busy, whitener=whitener, typical=typical)


def _cut(planes: NDArray[np.floating], places: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the windows (N, C, 7, 7) about places (y, x), mirrored at the borders."""
    reach = np.arange(-REACH_PX, REACH_PX + 1)
    rows, columns = (mirrored(places[:, axis, None] + reach, planes.shape[1 + axis]) for axis in (0, 1))
    cut = planes[:, rows[:, :, None], columns[:, None, :]]
    return np.nan_to_num(np.moveaxis(cut, 0, 1).astype(np.float64), posinf=0.0, neginf=0.0)


def in_chunks(count: int) -> Iterator[slice]:
    return (slice(start, start + _AT_ONCE) for start in range(0, count, _AT_ONCE))


class Lights:
    """Whitened points of light (N, K, D): N by spread and place, each in K colours of free strength.

    Or blocks of joined photosites: N by place, each of K photosites.
    """

    def __init__(self, points: NDArray[np.float64]) -> None:
        self._points = points
        gram = points @ np.swapaxes(points, 1, 2)
        colours = range(points.shape[1])
        self._solvers = [
            (list(some), np.linalg.pinv(gram[:, some][:, :, some], hermitian=True))
            for size in range(1, len(colours) + 1)
            for some in combinations(colours, size)
        ]

    def explain_all(self, patches: NDArray[np.float64]) -> NDArray[np.float64]:
        """As `explain`, some patches at a time."""
        return np.concatenate(
            [np.zeros(0), *(self.explain(patches[some]) for some in in_chunks(len(patches)))]
        )

    def explain(self, patches: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the energy of each patch (S, D) that the best point explains, all its colours of one sign."""
        return np.asarray(self.explained_by_each(patches).max(axis=1))

    def explained_by_each(self, patches: NDArray[np.float64]) -> NDArray[np.float64]:
        """As `explain`, by each point, (S, N)."""
        count, colours, size = self._points.shape
        return self._explained((patches @ self._points.reshape(-1, size).T).reshape(-1, count, colours))

    def explained_each_of_its_own(self, patches: NDArray[np.float64]) -> NDArray[np.float64]:
        """As `explain`, by each point of the patch (N, D) in its place, (N,)."""
        return np.asarray(self._explained((self._points @ patches[:, :, None])[None, :, :, 0])[0])

    def _explained(self, onto: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the energies (S, N) that points explain, of what patches have along each of their colours (S, N, K)."""
        most = np.zeros(onto.shape[:2])
        for some, solver in self._solvers:
            strength = np.einsum("nij,snj->sni", solver, onto[:, :, some], optimize=True)
            is_light = (strength >= 0).all(axis=2) | (strength <= 0).all(axis=2)
            energy = np.where(is_light, (strength * onto[:, :, some]).sum(axis=2), 0.0)
            np.maximum(most, energy, out=most)
        return most
