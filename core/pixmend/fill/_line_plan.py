# SPDX-License-Identifier: Apache-2.0
"""What training frames tell of a line: one lie, a little stronger here and weaker there."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._line_lessons import LineGlimpse
from pixmend.fill._line_profile import find_profile
from pixmend.fill._lines import Line
from pixmend.fill._solve_kernels import solve_positive

__all__ = ["LinePlan", "plan_line"]

_LEAST_FRAMES = 2
_ROUNDS = 4
_HUBER = 1.5
_CLEARLY = 0.5
_MOST_SPREAD = 0.25  # of strengths: photosites of one line are alike
_LEAST_RESTLESS = 0.1**2  # no photosite adds the same to every frame
_MOST_RESTLESS = 1.0
_STRONGEST = 2.0  # of a piece, against the whole line
_TRUST = 1.5  # a line is not stronger than so many times what was measured when it was found
_LEAST_BESIDE = 4
_LEAST_PIECES = 3
_NOTHING = 1e-30


@dataclass(frozen=True, slots=True, eq=False)
class LinePlan:
    """How one line is recovered.

    Attributes
    ----------
    line : Line
    unit : int
        What the lie is proportional to; see `SeenSamples.units`.
    lie : (G, K) float64 ndarray
        By piece and kind of sample, in that unit; what a sample has too much.
    variance : (G, K) float64 ndarray
        Of that; Inf where nothing is known.
    restless : float
        Variance of the lie from place to place and frame to frame, as a share of its square.
    amplitude_sigma : float
        Excess of the strongest sample as it was measured when the line was found, in units of the
        noise's standard deviation; Inf where it was not.
    is_doubtful : bool
        Whether leaving the line is expected to be no worse, on average over the shot: decided once,
        so that it does not come and go.
    """

    line: Line
    unit: int
    lie: NDArray[np.float64]
    variance: NDArray[np.float64]
    restless: float
    amplitude_sigma: float
    is_doubtful: bool


def plan_line(
    line: Line, glimpses: Sequence[LineGlimpse], *, amplitude_sigma: float | None = None
) -> LinePlan | None:
    """Learn how a line lies; None where too little of it was seen.

    Parameters
    ----------
    line : Line
    glimpses : sequence of LineGlimpse
    amplitude_sigma : float, optional
        Excess of its strongest sample as it was measured when the line was found, in sigma of the noise.

    Notes
    -----
    The excess of a sample over its prediction, in units of the noise, is a lie by kind of
    sample times a strength by piece, plus the prediction's error. How large such errors are on
    average over a piece, and how much of them stands still with the picture, is told by lines
    of the same shape beside it, which do not lie. Strengths are drawn towards the line's own by
    what is left of their scatter beyond that (C. N. Morris, "Parametric empirical Bayes inference",
    Journal of the American Statistical Association 78 (1983) 47-55), and strange frames and
    places count for less (P. J. Huber, Annals of Mathematical Statistics 35 (1964) 73-101).
    """
    if len(glimpses) < _LEAST_FRAMES:
        return None
    products = np.stack([each.products for each in glimpses], axis=1).astype(np.float64)
    information = np.stack([each.information for each in glimpses], axis=1).astype(np.float64)
    unit = _best_unit(products, information)
    told = _Told(products[unit], information[unit])
    if not told.enough:
        return None
    amplitude = np.inf if amplitude_sigma is None else abs(amplitude_sigma)
    per_sigma = information[1, :, 0].sum() / information[unit, :, 0].sum()
    lie, variance = told.lie(line, _TRUST * amplitude * float(np.sqrt(per_sigma)))
    squares, count = (
        np.sum([getattr(each, name) for each in glimpses], axis=0, dtype=np.float64)
        for name in ("squares", "count")
    )
    raw = np.stack([products[unit].sum(axis=0), information[unit].sum(axis=0), squares, count])
    restless = _restlessness(lie, raw)
    left = lie**2 * (1.0 + restless) + variance
    if np.isfinite(amplitude):
        share = lie / max(float(np.abs(lie).max()), _NOTHING)
        left = np.minimum(left, (amplitude * share) ** 2 * per_sigma)
    known = np.isfinite(variance)
    is_doubtful = bool(left[known].mean() <= (variance + restless * lie**2)[known].mean())
    return LinePlan(line, unit, lie, variance, restless, amplitude, is_doubtful)


def _best_unit(products: NDArray[np.float64], information: NDArray[np.float64]) -> int:
    """Return the unit in which one lie a kind of sample explains clearly most; arrays (U, T, L, G, K).

    The first, a lie that is always the same, unless another is better beyond what chance makes.
    """
    across, own = (each.sum(axis=(1, 3)) for each in (products, information))
    explained = (across**2 / np.maximum(own, _NOTHING)).sum(axis=-1)  # (U, L)
    gain = explained[:, 0] - explained[0, 0] - _CLEARLY * explained[:, 1:].mean(axis=1)
    gain[0] = 0.0
    return int(np.argmax(gain))


class _Told:
    """Sums over frames of a line (0) and those beside it; (T, L, G, K)."""

    def __init__(self, products: NDArray[np.float64], information: NDArray[np.float64]) -> None:
        kept = _robust(products, information)
        self._information = (information * kept).sum(axis=0)
        self._root = np.sqrt(self._information)
        self._white = (products * kept).sum(axis=0) / np.maximum(self._root, _NOTHING)
        beside = self._white[1:][(self._information[1:] > 0.0).any(axis=-1)]
        self.enough = len(beside) >= _LEAST_BESIDE and bool((self._information[0] > 0.0).any())
        self._error = self._whole_error(beside) if self.enough else np.eye(products.shape[-1])

    def _whole_error(self, beside: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the covariance (K, K) of a piece's errors, each in units of what its information says."""
        covariance = np.einsum("nk,nl->kl", beside, beside) / len(beside)
        usual = max(float(np.trace(covariance)) / len(covariance), 1.0)
        doubt = len(covariance) / (len(covariance) + len(beside))
        drawn = (1.0 - doubt) * covariance + doubt * usual * np.eye(len(covariance))
        mean = self._mean() * self._root[0]
        pieces = (self._information[0] > 0.0).any(axis=-1)
        own = (
            ((self._white[0] - mean)[pieces] ** 2).mean()
            * len(self._root[0])
            / max(len(self._root[0]) - 1, 1)
        )
        return np.asarray(drawn * max(1.0, float(own) / usual))

    def _mean(self) -> NDArray[np.float64]:
        return np.asarray(
            (self._white[0] * self._root[0]).sum(axis=0)
            / np.maximum(self._information[0].sum(axis=0), _NOTHING)
        )

    def lie(self, line: Line, most: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the lie and its variance, (G, K); it is expected to be no stronger than `most`."""
        total = self._information[0].sum(axis=0)
        seen = total > 0.0
        root = np.sqrt(np.where(seen, total, 1.0))
        measured = np.where(seen, self._mean(), np.nan)
        profile = find_profile(line, measured, self._error / np.outer(root, root), most=most)
        doubt = np.diag(profile.covariance)
        strength, spread = self._strengths(profile.lie)
        variance = strength[:, None] ** 2 * doubt + spread[:, None] * (profile.lie**2 + doubt)
        return strength[:, None] * profile.lie, np.where(seen, variance, np.inf)

    def _strengths(self, profile: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return how strong the lie is in each piece, about 1, and the variance of that, (G,)."""
        expected = self._root * profile
        flat = np.ascontiguousarray(expected.reshape(-1, len(profile)).T)
        weights = solve_positive(self._error, flat).T.reshape(expected.shape)
        across, own = (weights * self._white).sum(axis=-1), (weights * expected).sum(axis=-1)
        told, beside = own[0] > 0.0, own[1:] > 0.0
        pieces = np.count_nonzero(told)
        if pieces < _LEAST_PIECES or not beside.any():
            return np.ones(len(told)), np.zeros(len(told))
        error = max(float((across[1:][beside] ** 2 / own[1:][beside]).mean()), 1.0) / np.maximum(
            own[0], _NOTHING
        )
        found = across[0] / np.maximum(own[0], _NOTHING)
        scatter = float(((found - 1.0)[told] ** 2 / error[told]).sum()) / pieces
        spread = min(max(scatter - 1.0, 0.0) * pieces / float((1.0 / error[told]).sum()), _MOST_SPREAD)
        share = np.where(told, spread / (spread + error), 0.0) if spread > 0.0 else np.zeros(len(found))
        return np.clip(1.0 + share * (found - 1.0), 0.0, _STRONGEST), (1.0 - share) * spread


def _robust(products: NDArray[np.float64], information: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights 0 to 1 of what each frame tells of each piece; arrays (T, L, G, K)."""
    root = np.sqrt(information)
    off = products / np.maximum(root, _NOTHING)
    beside = np.abs(off[:, 1:][information[:, 1:] > 0.0])
    usual = float(np.median(beside)) / 0.6745 if len(beside) else np.inf
    kept = np.ones_like(products)
    for _ in range(_ROUNDS):
        total, known = ((each * kept)[:, 0].sum(axis=(0, 1)) for each in (products, information))
        rest = off.copy()
        rest[:, 0] -= total / np.maximum(known, _NOTHING) * root[:, 0]
        kept = np.minimum(1.0, _HUBER * usual / np.maximum(np.abs(rest), _NOTHING))
    return kept


def _restlessness(lie: NDArray[np.float64], raw: NDArray[np.float64]) -> float:
    """Return the mean square of what the lie leaves beyond what is usual beside it, as its share.

    `raw` (4, L, G, K) holds sums of products, information, squares and counts. Of pieces the median
    counts: a few that lie in rough picture say nothing.
    """
    products, information, squares, count = (each[0] for each in raw)
    lies = lie**2 * information
    strong = lies.sum(axis=0) / np.maximum(count.sum(axis=0), 1.0)
    left = squares - 2.0 * lie * products + lies
    counted, left, squared = ((each * strong).sum(axis=-1) for each in (count, left, lies))
    usual, beside = ((each * strong).sum(axis=-1) for each in raw[2:, 1:])
    seen, known = counted > 0.0, beside > 0.0
    if not seen.any() or not known.any():
        return _LEAST_RESTLESS
    beyond = np.median(left[seen] / counted[seen]) - np.median(usual[known] / beside[known])
    share = float(np.median(squared[seen] / counted[seen]))
    return float(np.clip(beyond / max(share, _NOTHING), _LEAST_RESTLESS, _MOST_RESTLESS))
