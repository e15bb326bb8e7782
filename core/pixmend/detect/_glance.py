# SPDX-License-Identifier: Apache-2.0
"""The second look: what each suspect shows in single frames.

The pools say where something is; they hold no single frame any more. So the surroundings of
each suspect are read again, frame by frame, and every footprint that it may have is matched
there by generalised least squares, at the suspect and at places around it: what the places
around show is what chance and texture can do in that very frame.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.arrays import MAD_TO_SIGMA
from pixmend.stats import correlate

__all__ = ["MATCH_PX", "WINDOW_PX", "Glance", "Query", "Trace", "glance", "queries_of", "trace_of"]

WINDOW_PX = 25
"""Side of the window that is read around a suspect."""

MATCH_PX = 7
"""Side of its middle, in which footprints are matched."""

_SHIFTS_PX = WINDOW_PX - MATCH_PX + 1  # a side: places at which footprints are matched
_CLEAR_PX = 7  # so far from the suspect a match holds none of it
_PLACES = np.abs(np.arange(_SHIFTS_PX) - _SHIFTS_PX // 2)
# Only every other place down and across: there photosites of the same colour are, and a sample
# that was measured is noisier than one that debayer made of its neighbours.
_IS_ALIKE = (_PLACES % 2 == 0)[:, None] & (_PLACES % 2 == 0)[None, :]
_IS_CLEAR = (np.maximum(_PLACES[:, None], _PLACES[None, :]) >= _CLEAR_PX) & _IS_ALIKE
_CLIPS = (4.0, 16.0)  # what one frame may count in the pooled match, in its own errors
_TYPICAL = 0.4  # of what most frames show: a shape that explains so much is the one
_NOTHING = 1e-12
_LEAST_ERROR = 0.3  # of what the shot's covariance expects: in flat dark places less can be seen than that


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """A place to look at, and for what.

    Attributes
    ----------
    y, x : int
        Array position.
    shapes : (K, C, 7, 7) float64 ndarray
        What it may show, on the sigma scale; the brightest sample of each is 1.
    weights : (K, C, 7, 7) float32 ndarray
        Correlated with a window they give the amplitude of each shape.
    expected_error : (K,) float64 ndarray
        Of an amplitude in one frame, if all the shot were like its covariance.
    trust : (K,) float64 ndarray
        How much each shape's match counts when the best is chosen: one that was drawn
        from the very frames has their noise and texture on its side.
    whitening : (D, D) float64 ndarray
        Patches times this are independent in the shot's noise and texture, each sample of
        variance 1; shared by all queries of the shot.
    sign : int
        1 where it is known to be bright, -1 dark, 0 where nothing is known.
    """

    y: int
    x: int
    shapes: NDArray[np.float64]
    weights: NDArray[np.float32]
    expected_error: NDArray[np.float64]
    trust: NDArray[np.float64]
    whitening: NDArray[np.float64]
    sign: int = 0


def queries_of(
    places: Sequence[tuple[int, int]],
    shapes: Sequence[NDArray[np.float64]],
    covariance: NDArray[np.float64],
    *,
    signs: Sequence[int] | None = None,
    trusts: Sequence[float] | None = None,
) -> list[Query]:
    """Return what to look for at each place.

    Parameters
    ----------
    places : sequence of (int, int)
        Array positions, y and x.
    shapes : sequence of (K, C, 7, 7) float64 ndarray
        For each place, its own excess in the mean picture first (of a dark one, what is
        missing); each with a sample above 0.
    covariance : (D, D) float64 ndarray
        Of the shot's 7 x 7 patches.
    signs : sequence of int, optional
        For each place, as `Query.sign`.
    trusts : sequence of float, optional
        For each place, the `Query.trust` in its first shape.
    """
    whitening = np.linalg.cholesky(np.linalg.inv(covariance)).astype(np.float64)
    signs = [0] * len(places) if signs is None else signs
    trusts = [1.0] * len(places) if trusts is None else trusts
    return [_query(*each, whitening=whitening) for each in zip(places, shapes, signs, trusts, strict=True)]


def _query(
    place: tuple[int, int],
    shapes: NDArray[np.float64],
    sign: int,
    own_trust: float,
    *,
    whitening: NDArray[np.float64],
) -> Query:
    flat = shapes.reshape(len(shapes), -1)
    flat = flat / flat.max(axis=1, keepdims=True)
    matched = flat @ whitening @ whitening.T
    information = np.einsum("kd,kd->k", matched, flat)
    weights = (matched / information[:, None]).reshape(shapes.shape).astype(np.float32)
    trust = np.ones(len(shapes))
    trust[0] = own_trust
    error = 1.0 / np.sqrt(information)
    return Query(*place, flat.reshape(shapes.shape), weights, error, trust, whitening, sign)


@dataclass(frozen=True, slots=True, eq=False)
class Glance:
    """What one frame shows at one suspect.

    Attributes
    ----------
    amplitude, error : (K,) float32 ndarray
        Of each shape, in sigma of its brightest sample; the error is the spread of the
        same match at places around.
    match : (K, 33) float32 ndarray
        The match at the suspect, then at the places around it, in errors.
    core : (C, 7, 7) float32 ndarray
        The samples themselves.
    """

    amplitude: NDArray[np.float32]
    error: NDArray[np.float32]
    match: NDArray[np.float32]
    core: NDArray[np.float32]


def glance(window: NDArray[np.float32], query: Query) -> Glance:
    """Look at one frame.

    Parameters
    ----------
    window : (C, 25, 25) float32 ndarray
        Around the suspect, on the sigma scale. Non-finite samples count as 0.
    """
    window = np.nan_to_num(window, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    match = correlate(window, query.weights)
    amplitude, around = match[:, _SHIFTS_PX // 2, _SHIFTS_PX // 2], match[:, _IS_CLEAR]
    spread = MAD_TO_SIGMA * np.median(np.abs(around), axis=1)
    error = np.maximum(spread, _LEAST_ERROR * query.expected_error)
    reach = slice((WINDOW_PX - MATCH_PX) // 2, (WINDOW_PX + MATCH_PX) // 2)
    return Glance(
        amplitude=amplitude.copy(),
        error=error.astype(np.float32),
        match=(np.concatenate([amplitude[:, None], around], axis=1) / error[:, None]).astype(np.float32),
        core=window[:, reach, reach].copy(),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """What one suspect showed in all frames that were looked at; T of them.

    Attributes
    ----------
    frames : (T,) int ndarray
        Ascending.
    amplitude, error : (T,) float64 ndarray
        Of its profile, in sigma of its brightest sample.
    score : float
        Of all frames together, in spreads of the same at places around; signed as `amplitude`.
    unrest : float
        Spread of the matches of all frames together at places around, in errors: 1 is noise
        alone, more is a scene that stays.
    profile : (C, 7, 7) float64 ndarray
        The shape that it shows, of those that were asked for.
    whitening : (D, D) float64 ndarray
        As `Query.whitening`.
    cores : (T, C, 7, 7) float32 ndarray
    typical_fit : float
        Share of what most frames show, whitened, that the profile explains; signed as `amplitude`.
    """

    frames: NDArray[np.int64]
    amplitude: NDArray[np.float64]
    error: NDArray[np.float64]
    score: float
    unrest: float
    profile: NDArray[np.float64]
    whitening: NDArray[np.float64]
    cores: NDArray[np.float32]
    typical_fit: float

    @property
    def rim(self) -> NDArray[np.bool_]:
        """Which samples of a core no photosite's footprint reaches, (7, 7)."""
        rim = np.ones(self.cores.shape[2:], bool)
        rim[1:-1, 1:-1] = False
        return rim

    @property
    def peak(self) -> tuple[int, int, int]:
        """The strongest sample of the profile: channel, y, x of the core."""
        channel, y, x = np.unravel_index(self.profile.argmax(), self.profile.shape)
        return int(channel), int(y), int(x)


def trace_of(query: Query, glances: Mapping[int, Glance]) -> Trace:
    """Join what single frames showed of one suspect; the same in whatever order they came."""
    frames = sorted(glances)
    seen = [glances[frame] for frame in frames]
    amplitude = np.array([each.amplitude for each in seen], np.float64)
    error = np.array([each.error for each in seen], np.float64)
    scores, unrest = _scores(np.array([each.match for each in seen], np.float64))
    cores = np.stack([each.core for each in seen])
    fits = _typical_fits(cores, query)
    # The whitened energy that a shape explains; in it a few strong frames count as well as many faint.
    explained = (amplitude * np.abs(amplitude)).sum(axis=0) / query.expected_error**2
    best = _best_shape(fits * query.trust, query.sign)
    if abs(fits[best]) < _TYPICAL:
        best = _best_shape(explained * query.trust, query.sign)
    return Trace(
        frames=np.array(frames, np.int64),
        amplitude=amplitude[:, best],
        error=error[:, best],
        score=float(scores[best]),
        unrest=float(unrest[best]),
        profile=query.shapes[best],
        whitening=query.whitening,
        cores=cores,
        typical_fit=float(fits[best]),
    )


def _typical_fits(cores: NDArray[np.float32], query: Query) -> NDArray[np.float64]:
    """Return the share of what most frames show that each shape explains, (K,), signed.

    Each frame counts the same, whatever moves over it: of all samples, whitened and in units
    of their frame's own, the median over time.
    """
    white = _without_level(cores.astype(np.float64)) @ query.whitening
    white /= np.sqrt(np.square(white).mean(axis=1, keepdims=True)) + _NOTHING
    typical = np.median(white, axis=0)
    shapes = _without_level(query.shapes) @ query.whitening
    onto = shapes @ typical
    energy = np.square(shapes).sum(axis=1) * np.square(typical).sum() + _NOTHING
    return np.asarray(onto * np.abs(onto) / energy)


def _without_level(patches: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return patches (N, C, 7, 7) less the mean of each channel, as (N, D)."""
    return np.asarray((patches - patches.mean(axis=(2, 3), keepdims=True)).reshape(len(patches), -1))


def _best_shape(told: NDArray[np.float64], sign: int) -> int:
    """Return the shape that is told most, of those that are as bright or dark as the place is known to be.

    The colours that a camera's matrix takes away from a strong photosite are the negative of another's.
    """
    agrees = sign * told > 0
    return int(np.where(agrees | ~agrees.any(), np.abs(told), -1.0).argmax())


def _scores(match: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the pooled match of (T, K, 33) at the suspect, in spreads of that around it, and that spread, (K,).

    Frames are clipped hard, so that a few do not decide, or hardly, so that a strong defect
    in restless surroundings is not brought down to them; the better of both counts.
    """
    best, spread = np.zeros(match.shape[1]), np.zeros(match.shape[1])
    for clip in _CLIPS:
        pooled = np.clip(match, -clip, clip).sum(axis=0) / np.sqrt(len(match))
        spread = MAD_TO_SIGMA * np.median(np.abs(pooled[:, 1:]), axis=1)
        score = pooled[:, 0] / np.maximum(spread, 1.0)
        best = np.where(np.abs(score) > np.abs(best), score, best)
    return best, spread
