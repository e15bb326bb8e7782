# SPDX-License-Identifier: Apache-2.0
"""What is measured in a window around a repair: from its form alone, the same at every place."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve

__all__ = ["MARGIN_PX", "Measures", "measures_of"]

MARGIN_PX = 3
"""What is looked at around the mended samples."""

_LENGTH_PX = 6.0  # how far a picture's structure reaches
_STRUCTURE = 4.0  # variance of a picture's structure, in that of the noise
_ALIKE = 0.9  # correlation of the structure of two channels
_LEVEL = 1e7  # variance of the unknown level of a channel: far above any level on the sigma scale
_FORMS_KEPT = 256
_SIDES = ((0, -1), (0, 1), (-1, 0), (1, 0))


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """Linear measures of a window's used samples, D of them; each sums to zero.

    Attributes
    ----------
    shape : (int, int, int)
        C, rows, columns of the window.
    used : (D,) int ndarray
        Which of its samples, channel-major: the mended ones and the known ones around.
    colour : (K, D) float64 ndarray
        Mean of the mended samples less what the known ones predict: all of them, each
        channel, and each channel against the others; and the innermost sample of each.
    outline : (L, D) float64 ndarray
        Step from the outer to the inner side of the rim, less how the picture goes on
        outside: each of the four sides, and all around, in all channels and in each.
    inside : (N, D) float64 ndarray
        Each mended sample less what the known ones predict.
    fine : (P, 2) int ndarray
        Pairs of adjacent mended samples of a channel, as places among the used ones.
    ring : (R, 2) int ndarray
        Pairs of adjacent known samples: how busy it is around.
    """

    shape: tuple[int, int, int]
    used: NDArray[np.intp]
    colour: NDArray[np.float64]
    outline: NDArray[np.float64]
    inside: NDArray[np.float64]
    fine: NDArray[np.intp]
    ring: NDArray[np.intp]


def measures_of(is_mended: NDArray[np.bool_], is_known: NDArray[np.bool_]) -> Measures:
    """Return the measures of a window, (C, rows, columns) both."""
    return _cached(is_mended.shape, is_mended.tobytes(), is_known.tobytes())


@lru_cache(maxsize=_FORMS_KEPT)
def _cached(shape: tuple[int, int, int], mended: bytes, known: bytes) -> Measures:
    is_mended, is_known = (np.frombuffer(each, bool).reshape(shape) for each in (mended, known))
    is_used = is_mended | is_known
    number = np.full(shape, -1)
    number[is_used] = np.arange(is_used.sum())
    channel, y, x = np.nonzero(is_used)
    inner = is_mended[is_used]
    residual = _residuals(np.stack([channel, y, x], axis=1), inner)
    return Measures(
        shape,
        np.flatnonzero(is_used),
        np.concatenate([_colour(residual, channel[inner]), _innermost(residual, np.argwhere(is_mended))]),
        _outline(is_mended, is_known, number),
        residual,
        _pairs(is_mended, number),
        _pairs(is_known, number),
    )


def _residuals(at: NDArray[np.intp], inner: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return what each mended sample is less the best linear prediction from the known ones, (N, D).

    The covariance is one for all pictures: structure that falls off with distance, alike
    in all channels, and white noise. It need not be the shot's own, since what it
    leaves is compared with the same at other places.
    """
    residual = np.zeros((int(inner.sum()), len(at)))
    residual[:, inner] = np.eye(len(residual))
    if inner.all():
        return residual
    same = at[:, None, 0] == at[None, :, 0]
    distance = np.hypot(*np.moveaxis(at[:, None, 1:] - at[None, :, 1:], -1, 0))
    covariance = _STRUCTURE * np.exp(-distance / _LENGTH_PX) * np.where(same, 1.0, _ALIKE) + _LEVEL * same
    known = covariance[np.ix_(~inner, ~inner)] + np.eye(int((~inner).sum()))
    residual[:, ~inner] = -solve(known, covariance[np.ix_(~inner, inner)], assume_a="pos").T
    return residual


def _colour(residual: NDArray[np.float64], channel: NDArray[np.intp]) -> NDArray[np.float64]:
    by_channel = [residual[channel == each].mean(axis=0) for each in np.unique(channel)]
    if len(by_channel) == 1:
        return np.stack(by_channel)
    total = np.sum(by_channel, axis=0)
    chroma = [each - (total - each) / (len(by_channel) - 1) for each in by_channel]
    return np.stack([residual.mean(axis=0), *by_channel, *chroma])


def _innermost(residual: NDArray[np.float64], at: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the residual of each channel's sample that is nearest to the middle of all."""
    off = np.square(at[:, 1:] - at[:, 1:].mean(axis=0)).sum(axis=1)
    nearest = [np.where(at[:, 0] == each, off, np.inf).argmin() for each in np.unique(at[:, 0])]
    return np.asarray(residual[nearest])


def _outline(
    is_mended: NDArray[np.bool_], is_known: NDArray[np.bool_], number: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the steps across the rim, less the next step outward, (L, D)."""
    steps = [
        _steps(is_mended & (np.arange(len(number)) == channel)[:, None, None], is_known, number)
        for channel in range(len(number))
    ]
    by_side = [np.concatenate([each[side] for each in steps]) for side in range(len(_SIDES))]
    rims = [*by_side, np.concatenate(by_side), *(np.concatenate(each) for each in steps)]
    means = [each.mean(axis=0) for each in rims if len(each)]
    return np.stack(means) if means else np.zeros((0, int((number >= 0).sum())))


def _steps(
    is_mended: NDArray[np.bool_], is_known: NDArray[np.bool_], number: NDArray[np.intp]
) -> list[NDArray[np.float64]]:
    """Return one row a mended sample at the rim, by side: inner - 2 outer + next outer."""
    found = []
    for down, right in _SIDES:
        near, far = (_moved(is_known, down * far, right * far) for far in (1, 2))
        channel, y, x = np.nonzero(is_mended & near & far)
        rows = np.zeros((len(y), int((number >= 0).sum())))
        for far_px, weight in ((0, 1.0), (1, -2.0), (2, 1.0)):
            rows[np.arange(len(y)), number[channel, y + far_px * down, x + far_px * right]] = weight
        found.append(rows)
    return found


def _moved(mask: NDArray[np.bool_], down: int, right: int) -> NDArray[np.bool_]:
    """Return whether the sample `down` and `right` of each is in the mask."""
    moved = np.zeros_like(mask)
    height, width = mask.shape[1:]
    to = np.s_[:, max(-down, 0) : height - max(down, 0), max(-right, 0) : width - max(right, 0)]
    here = np.s_[:, max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)]
    moved[to] = mask[here]
    return moved


def _pairs(chosen: NDArray[np.bool_], number: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the pairs of adjacent samples of a channel, both chosen."""
    found = []
    for down, right in ((0, 1), (1, 0)):
        channel, y, x = np.nonzero(chosen & _moved(chosen, down, right))
        found.append(np.stack([number[channel, y, x], number[channel, y + down, x + right]], axis=1))
    return np.concatenate(found)
