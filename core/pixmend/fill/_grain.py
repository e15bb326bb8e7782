# SPDX-License-Identifier: Apache-2.0
"""The noise that a fill lacks: how the shot's noise varies together, and a draw that is the same on every machine."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._covariances import PHASES, phase_of
from pixmend.fill._table_kernels import weighted_sums

__all__ = ["Grain", "add_grain", "draw_grain", "grain_of"]

_CALM = 0.1  # of the windows: those in which there is hardly more than noise
_SELECTED = 1.25  # the calmest of noise are calmer than noise, by about so much
_LEAST_WINDOWS = 300
_ENOUGH = 0.93  # of the neighbours' variance: nobody sees the rest, and all that is added is error

_HALVES = 8  # of 16 bits, whose sum is nearly normal
_MIDDLE = _HALVES * 65535 // 2
_SPREAD = np.sqrt(_HALVES * (65536.0**2 - 1) / 12)


class Grain:
    """The noise of a shot on the sigma scale.

    Parameters
    ----------
    covariance : (D, D) float64 ndarray
        Of the noise in a window, D = C * side**2, channel-major.
    phases : sequence of (D, D) float64 ndarray
        Likewise at each phase of the mosaic; empty where they are not known.
    """

    def __init__(self, covariance: NDArray[np.float64], phases: Sequence[NDArray[np.float64]] = ()) -> None:
        self.covariance = covariance
        self._phases = tuple(phases)

    def at(self, row: int, column: int) -> "Grain":
        """Return the grain of windows whose centre is at an array row and column of the frame."""
        return Grain(self._phases[phase_of(row, column)]) if self._phases else self

    def carried(self, weights: NDArray[np.floating], is_known: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the covariance (N, N) of the noise that a prediction takes over from its neighbours.

        Parameters
        ----------
        weights : (N, K) ndarray
            Of the known samples, as of `Prediction`.
        is_known : (C, side, side) bool ndarray
        """
        known = is_known.reshape(-1)
        wide = weights.astype(np.float64)
        return np.asarray(wide @ self.covariance[np.ix_(known, known)] @ wide.T)

    def lacking(
        self, own: NDArray[np.float64], is_target: NDArray[np.bool_], *, enough: float = _ENOUGH
    ) -> NDArray[np.float32]:
        """Return what makes of standard normals the noise that a fill lacks.

        Parameters
        ----------
        own : (N, N) float64 ndarray
            Covariance of the noise that the fill has by itself: what it carried over, or of a fusion.
        is_target : (C, side, side) bool ndarray
        enough : float
            Share of the noise's variance that the fill has to reach; what it has beyond that is left to it.

        Returns
        -------
        (N, N) float32 ndarray
            Symmetric; all zero where nothing lacks.

        Notes
        -----
        What a fill lacks is the noise's covariance less its own. Of that so much is taken that
        the variances together reach what is enough: each bit of it is error. What a prediction
        leaves over does not depend on the ring, so nothing of it is conditioned on that.
        """
        target = is_target.reshape(-1)
        whole = self.covariance[np.ix_(target, target)]
        value, vector = np.linalg.eigh(whole - own)
        value = np.maximum(value, 0.0)
        missing = enough * float(np.trace(whole)) - float(np.trace(own))
        share = min(max(missing, 0.0) / max(float(value.sum()), 1e-12), 1.0)
        return np.asarray((vector * np.sqrt(share * value)) @ vector.T, np.float32)


def grain_of(windows: NDArray[np.float32], *, phase: NDArray[np.uint8] | None = None) -> Grain | None:
    """Learn the noise of a shot from its calmest windows.

    Parameters
    ----------
    windows : (N, C, side, side) float32 ndarray
        Sigma scale, finite.
    phase : (N,) uint8 ndarray, optional
        Of each window; then the noise is learnt at each by itself.

    Returns
    -------
    Grain or None
        None with too few windows.

    Notes
    -----
    Each channel's plane is taken off. No channel's noise has a variance above 1: that is what
    the sigma scale says, and whatever is more is texture.
    """
    flat = _without_planes(windows)
    energy = np.einsum("nd,nd->n", flat, flat)
    alive = np.flatnonzero(energy > 0.0)
    calm = np.sort(alive[np.argsort(energy[alive], kind="stable")[: int(_CALM * len(alive))]])
    if len(calm) < _LEAST_WINDOWS:
        return None
    channels = windows.shape[1]
    whole = _noise_covariance(flat[calm], channels)
    parts = [] if phase is None else [flat[calm[phase[calm] == each]] for each in range(PHASES)]
    if not parts or min(len(part) for part in parts) < _LEAST_WINDOWS:
        return Grain(whole)
    return Grain(whole, [_noise_covariance(part, channels) for part in parts])


def _without_planes(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return windows as rows (N, D) less the plane through each channel."""
    count, channels, side, _ = windows.shape
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    basis = np.stack(
        [np.full(side**2, 1 / side), *(each.reshape(-1) / np.linalg.norm(each) for each in (y, x))]
    )
    basis = basis.astype(np.float32)
    flat = windows.reshape(count, channels, side**2)
    return np.asarray((flat - (flat @ basis.T) @ basis).reshape(count, -1))


def _noise_covariance(flat: NDArray[np.float32], channels: int) -> NDArray[np.float64]:
    wide = flat.astype(np.float64)
    covariance = _SELECTED * (wide.T @ wide) / len(wide)
    size = len(covariance)
    turned = np.arange(size).reshape(channels, -1)[:, ::-1].reshape(-1)
    covariance = (covariance + covariance[np.ix_(turned, turned)]) / 2
    variance = np.diag(covariance).reshape(channels, -1).mean(axis=1)
    gain = np.repeat(1.0 / np.sqrt(np.maximum(variance, 1.0)), size // channels)
    return np.asarray(covariance * gain[:, None] * gain)


def draw_grain(seed: int, frame: int, places: NDArray[np.integer]) -> NDArray[np.float32]:
    """Draw a standard normal for each sample: same seed, frame and place, same bits on every machine.

    Parameters
    ----------
    seed : int
        32 bits.
    frame : int
    places : (N, 3) integer ndarray
        Channel, and y and x of the sample in pixel space; may be negative.

    Returns
    -------
    (N,) float32 ndarray
        Of variance 1, within +- 4.9.

    Notes
    -----
    32-bit integers, and one product in 32-bit floats: seed, frame, channel, y and x go one after the
    other through a hash; of the four words that follow, the eight halves of 16 bits are added.

    References
    ----------
    .. [1] M. Jarzynski, M. Olano, "Hash functions for GPU rendering", Journal of Computer
           Graphics Techniques 9 (2020) 20-38; the hash is M. E. O'Neill's PCG RXS-M-XS.
    """
    state = np.full(len(places), seed & 0xFFFFFFFF, np.uint32)
    for part in (np.full(len(places), frame), *places.T):
        state = _hashed(state ^ part.astype(np.int64).astype(np.uint32))
    total = np.zeros(len(places), np.int64)
    for _ in range(_HALVES // 2):
        state = _hashed(state)
        total += (state & np.uint32(0xFFFF)).astype(np.int64) + (state >> np.uint32(16)).astype(np.int64)
    return (total - _MIDDLE).astype(np.float32) * np.float32(1.0 / _SPREAD)


def _hashed(words: NDArray[np.uint32]) -> NDArray[np.uint32]:
    state = words * np.uint32(747796405) + np.uint32(2891336453)
    word = ((state >> ((state >> np.uint32(28)) + np.uint32(4))) ^ state) * np.uint32(277803737)
    return np.asarray((word >> np.uint32(22)) ^ word)


def add_grain(
    value: NDArray[np.float32], lacking: NDArray[np.float32], normals: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return a fill (N,) with its grain: each sum begins at 0, in the order of the normals, in 32-bit floats."""
    return weighted_sums(np.ascontiguousarray(lacking.T), normals, value)
