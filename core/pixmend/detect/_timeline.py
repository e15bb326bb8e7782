# SPDX-License-Identifier: Apache-2.0
"""When a defect shows: in every frame, from one on, until one, or on and off."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from pixmend.arrays import MAD_TO_SIGMA

__all__ = ["Course", "Pattern", "course_of"]

_LEAST_SHARE = 0.5  # of the usual error: in a fade a frame that is all but black would decide alone
_CLEAR = 3.0  # errors, of a frame in which it shows by itself
_TELLING = 6.0  # errors: from there on single frames tell on from off
_LIVELY = 4.0  # times the variance of the errors: it does more than they do
_STRONG = 4.0  # errors, of a frame in which it is surely on
_LEAST_PART = 3  # frames before and after a change that single frames do not tell
_LEAST_ON = 3  # frames, of one that blinks
_LEAST_OFF_SHARE = 0.06  # of the frames: fewer are no off time
_NOTHING, _HARDLY = 6.0, 0.1  # errors of their mean, or of the amplitude when on: so little is nothing
_GAIN = 30.0  # of chi square, for a change that single frames do not tell
_APART = 4.0  # scatters between on and off; a normal distribution that is cut in two has 2.7
_OFF_LEVEL = 0.35  # of the amplitude when on; more is no off time


class Pattern(StrEnum):
    """How a defect comes and goes."""

    STEADY = "steady"
    RUN = "run"
    BLINKING = "blinking"


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """When a suspect is on, and how strong.

    Attributes
    ----------
    pattern : Pattern
    is_on : (T,) bool ndarray
    amplitude_sigma : float
        Where it is on, signed.
    fluctuation : float
        Relative change of the amplitude from frame to frame, one standard deviation, beyond
        what its error explains.
    seen : int
        Frames in which it shows by itself.
    steadiness : float
        Median over mean of the amplitude where it is on: about 1 for a defect, near 0 for
        what a few frames made.
    hint : float
        By how much chi square gains at most if it came or went once, believed or not.
    """

    pattern: Pattern
    is_on: NDArray[np.bool_]
    amplitude_sigma: float
    fluctuation: float
    seen: int
    steadiness: float
    hint: float = 0.0


def course_of(
    amplitude: NDArray[np.float64], error: NDArray[np.float64], *, may_change: bool = True
) -> Course:
    """Tell when a suspect is on, by its amplitude in each frame.

    Parameters
    ----------
    amplitude, error : (T,) float64 ndarray
        In the order of the frames; errors above 0.
    may_change : bool
        If not, it is taken to be on in every frame.

    Notes
    -----
    Where single frames tell on from off, each is judged by half of the amplitude that it
    has when on. Fainter ones are asked for one change only, by the gain of chi square.
    """
    sign = 1.0 if np.sum(amplitude / error**2) >= 0 else -1.0
    if np.sum(np.maximum(-sign * amplitude / error - _STRONG, 0.0)) > np.sum(
        np.maximum(sign * amplitude / error - _STRONG, 0.0)
    ):
        sign = -sign  # a few strong frames say more than the drift of all
    signed = sign * amplitude
    is_on = _on_frames(signed, error) if may_change else np.ones(len(signed), bool)
    pattern = _pattern_of(is_on)
    own, spread = signed[is_on], np.maximum(error, _LEAST_SHARE * float(np.median(error)))[is_on]
    mean = float(np.average(own, weights=1.0 / spread**2)) if is_on.any() else 0.0
    typical = float(np.median(own)) if is_on.any() else 0.0
    excess = max(float(np.var(own)) - float(np.mean(spread**2)), 0.0) if is_on.sum() > 2 else 0.0
    return Course(
        pattern=pattern,
        is_on=is_on,
        amplitude_sigma=sign * mean,
        fluctuation=float(np.sqrt(excess)) / max(abs(mean), 1e-9),
        seen=int((is_on & (signed > _CLEAR * error)).sum()),
        steadiness=typical / mean if mean > 0 else 0.0,
        hint=float(_gains(signed, error).max(initial=0.0)),
    )


def _on_frames(signed: NDArray[np.float64], error: NDArray[np.float64]) -> NDArray[np.bool_]:
    everywhere = np.ones(len(signed), bool)
    strong = signed > _STRONG * error
    if strong.sum() < _LEAST_ON:
        return _changed_once(signed, error)
    level, usual = float(np.median(signed[strong])), float(np.median(error))
    if level < _TELLING * usual or float(np.var(signed)) < _LIVELY * usual**2:
        return _changed_once(signed, error)
    # Where the scene is restless a frame may tell neither: then it is as the nearest that does.
    is_on = (signed > 0.5 * level) | ((signed > _CLEAR * error) & (signed > _OFF_LEVEL * level))
    is_off = ~is_on & (signed < level - _CLEAR * error)
    tells = np.flatnonzero(is_on | is_off)
    between = 0.5 * (tells[1:] + tells[:-1])
    is_on = is_on[tells][np.searchsorted(between, np.arange(len(signed)))]
    return is_on if _are_two_states(signed, is_on) else everywhere


def _are_two_states(signed: NDArray[np.float64], is_on: NDArray[np.bool_]) -> bool:
    """Tell on and off apart from one state that was cut in two where it scatters most."""
    on, off = signed[is_on], signed[~is_on]
    if len(off) < max(2.0, _LEAST_OFF_SHARE * len(signed)) or len(on) < _LEAST_ON:
        return False
    levels = float(np.median(on)), float(np.median(off))
    # One state that is cut scatters as much on both sides; of two, the one of few frames is not known so well.
    scatter = np.mean(
        [np.median(np.abs(half - level)) for half, level in zip((on, off), levels, strict=True)]
    )
    apart = levels[0] - levels[1] > _APART * MAD_TO_SIGMA * float(scatter)
    return levels[1] < _OFF_LEVEL * levels[0] and apart


def _changed_once(signed: NDArray[np.float64], error: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return on and off by the best single change, or on everywhere where none is needed."""
    weight = 1.0 / error**2
    norm = _parts(weight)
    level = _parts(weight * signed) / norm
    rest, rest_norm = level[::-1], norm[::-1]  # what is before one is after the other
    is_off = (rest * np.sqrt(rest_norm) < _NOTHING) | (rest < _HARDLY * level)
    gain = np.where((rest < _OFF_LEVEL * level) & is_off, _gains(signed, error), 0.0)
    if gain.max(initial=0.0) <= _GAIN:
        return np.ones(len(signed), bool)
    since, part = np.unravel_index(int(gain.T.argmax()), gain.T.shape)
    is_late = np.arange(len(signed)) >= since + _LEAST_PART
    return is_late if part == 0 else ~is_late


def _gains(signed: NDArray[np.float64], error: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how much chi square gains with each single change: from then on there, then until then; (2, N)."""
    weight = 1.0 / error**2
    total = float(np.sum(weight * signed))
    sums, norms = _parts(weight * signed), _parts(weight)
    return np.asarray(sums * np.maximum(sums, 0.0) / norms - total * max(total, 0.0) / float(weight.sum()))


def _parts(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sums of (T,) values after and before each place where a change may be, (2, N).

    Each is summed by itself: beside a frame that knows everything, a difference of sums would lose the others.
    """
    places = np.arange(_LEAST_PART, len(values) - _LEAST_PART + 1)
    return np.stack([np.cumsum(values[::-1])[::-1][places], np.cumsum(values)[places - 1]])


def _pattern_of(is_on: NDArray[np.bool_]) -> Pattern:
    if is_on.all():
        return Pattern.STEADY
    turns = int(np.count_nonzero(is_on[1:] != is_on[:-1]))
    return Pattern.RUN if turns == 1 and is_on.sum() > 2 else Pattern.BLINKING
