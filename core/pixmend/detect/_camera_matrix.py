# SPDX-License-Identifier: Apache-2.0
"""What a camera makes of the light in each of its colours, told by its own lying photosites."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._point_shapes import Camera, point_shapes
from pixmend.detect._whitened_patches import LEAST, Lights, WhitenedPatches

__all__ = ["MISFIT", "learned_camera"]

MISFIT = 0.04
"""Share of an excess that the footprint of a camera which is not well known may leave."""

_LEAST_MISFIT, _MOST_MISFIT = 0.01, 0.02  # however well sites agree; of more no one matrix is the camera's
_ALIKE, _ABOVE = 0.9, 10.0  # of the excess is a photosite; times the energy of the surroundings
_NO_LIGHT = 0.005  # of the excess: of lamps, points of light explain so much more
_LEAST_SITES = 6
_ROUNDS = 20  # amplitudes by the matrix, the matrix by amplitudes
_ASTRAY = 3.0  # times what is usually left: that is no photosite
_RIDGE = 1e-3  # towards the matrix before, for colours of which there is no site


@dataclass(frozen=True, slots=True, eq=False)
class _Teachers:
    """Whitened patches of lying photosites, (N, D), and what each entry of the matrix adds to them, (N, 9, D)."""

    patches: NDArray[np.float64]
    parts: NDArray[np.float64]

    def left_by(self, matrix: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the amplitudes (N,), and the share (N,) of each patch that they leave."""
        model = np.einsum("nkd,k->nd", self.parts, matrix.ravel())
        amplitude = (model * self.patches).sum(axis=1) / np.square(model).sum(axis=1)
        left = np.square(self.patches - amplitude[:, None] * model).sum(axis=1)
        return amplitude, left / self._energy

    def solved(
        self, amplitude: NDArray[np.float64], chosen: NDArray[np.bool_], before: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the matrix that explains the chosen ones best, each as much as any other."""
        weight = (1.0 / self._energy)[chosen]
        parts = self.parts[chosen] * amplitude[chosen, None, None]
        normal = np.einsum("n,nkd,nld->kl", weight, parts, parts, optimize=True)
        ridge = _RIDGE * np.trace(normal) / len(normal)
        onto = np.einsum("n,nkd,nd->k", weight, parts, self.patches[chosen], optimize=True)
        matrix = np.linalg.solve(normal + ridge * np.eye(9), onto + ridge * before.ravel()).reshape(3, 3)
        return np.asarray(matrix * (before.sum() / matrix.sum()))

    @property
    def _energy(self) -> NDArray[np.float64]:
        return np.asarray(np.square(self.patches).sum(axis=1))


def learned_camera(white: WhitenedPatches, camera: Camera) -> tuple[Camera, float]:
    """Return the camera with the matrix that its clearest sites tell of, and what its footprint may leave.

    Parameters
    ----------
    white : WhitenedPatches
        About the strongest sites.
    camera : Camera
        Whose colours and demosaic are known. It is returned as it is, with `MISFIT`, where too few sites
        look like its photosites, or no matrix suits them.

    Notes
    -----
    A lying photosite is developed as the camera develops all: its demosaic, then one 3 x 3 matrix.
    Least squares, in turn for the amplitudes and the matrix, drop what is left astray. Of ten sites
    and more the matrix is known to a percent.
    """
    if not camera.demosaic:
        return camera, MISFIT
    shapes, share, by_points = _best_photosites(white, camera)
    is_clear = (share >= _ALIKE) & (white.energy > _ABOVE * white.busy)
    clear = np.flatnonzero(is_clear & (share >= by_points - _NO_LIGHT))
    if len(clear) < _LEAST_SITES:
        return camera, MISFIT
    teachers = _Teachers(white.patches[clear], _parts(white, shapes[clear]))
    matrix = camera.to_plate
    for _ in range(_ROUNDS):
        amplitude, left = teachers.left_by(matrix)
        matrix = teachers.solved(amplitude, left <= _ASTRAY * np.median(left) + LEAST, matrix)
    _, left = teachers.left_by(matrix)
    beyond = left - white.busy[clear] / white.energy[clear]
    misfit = max(float(np.median(beyond)), _LEAST_MISFIT)
    if misfit > _MOST_MISFIT:
        return camera, MISFIT
    return camera._replace(matrix=tuple(matrix.ravel().tolist())), misfit


def _best_photosites(
    white: WhitenedPatches, camera: Camera
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return of each patch the photosite that explains most, (N, 3, 7, 7) in the camera's colours, its share, a point's."""
    plain = camera._replace(matrix=tuple(np.eye(3).ravel().tolist()))
    best = np.zeros((len(white.patches), *point_shapes(plain, 0, 0, few=True).photosites.shape[1:]))
    explained, by_points = np.zeros(len(best)), np.zeros(len(best))
    for y, x, members in white.by_parity():
        shapes = point_shapes(camera, y, x, few=True)
        sites = white.basis(shapes.photosites)
        fits = np.square(white.patches[members] @ sites.T) / np.square(sites).sum(axis=1)
        best[members] = point_shapes(plain, y, x, few=True).photosites[fits.argmax(axis=1)]
        explained[members] = fits.max(axis=1)
        by_points[members] = Lights(white.basis(shapes.points)).explain_all(white.patches[members])
    energy = white.energy + LEAST
    return best, explained / energy, by_points / energy


def _parts(white: WhitenedPatches, shapes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what each entry of the matrix adds to the photosites (N, 3, 7, 7), whitened, (N, 9, D)."""
    parts = np.zeros((len(shapes), 3, 3, *shapes.shape[1:]))
    for row in range(3):
        parts[:, row, :, row] = shapes
    return white.basis(parts.reshape(len(shapes), 9, *shapes.shape[1:]))
