# SPDX-License-Identifier: Apache-2.0
"""How an answer is scored against the truth: pure functions, tested by themselves."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pixmend.simulate import NEAR_PX, Found, PlantedDefect

__all__ = [
    "AREA_PX",
    "best_threshold",
    "pooled_recall",
    "recall",
    "rmse_over_sigma",
    "score_map",
    "variance_ratio",
]

AREA_PX = 8.8e6  # false defects are counted per this many pixels: one DCI 4K frame

_SKIRT_PX = 8  # a detection that reaches further from every planted photosite is no answer


def score_map(is_over: NDArray[np.bool_], truth: NDArray[np.int32]) -> Found:
    """Score a picture of flagged pixels, (H, W); those within 4 px of each other are one detection.

    One detection may find several defects. It is false when no pixel of it is near
    any, and when it sprawls further than a filter's skirt: else flagging the whole
    picture would be one detection that finds everything.
    """
    labels, count = ndimage.label(ndimage.binary_dilation(is_over, iterations=2))
    in_skirt = ndimage.maximum_filter(truth, size=2 * (_SKIRT_PX - NEAR_PX) + 1) >= 0
    is_true = np.zeros(count + 1, dtype=bool)
    is_true[labels[is_over & (truth >= 0)]] = True
    is_true[labels[is_over & ~in_skirt]] = False
    is_true[0] = False
    hits = np.unique(truth[is_over & (truth >= 0) & is_true[labels]])
    return Found(frozenset(int(each) for each in hits), count - int(is_true.sum()))


def best_threshold(
    score: NDArray[np.float32],
    truth: NDArray[np.int32],
    thresholds: Sequence[float],
    *,
    most_false: int = 0,
) -> tuple[float | None, Found]:
    """Return the threshold that finds most with at most so many false; None and nothing if none does."""
    best: tuple[float | None, Found] = (None, Found(frozenset(), 0))
    for threshold in thresholds:
        found = score_map(score > threshold, truth)
        if found.false <= most_false and (best[0] is None or len(found.hits) > len(best[1].hits)):
            best = threshold, found
    return best


def recall(found: Found, planted: Sequence[PlantedDefect], labels: Iterable[str] | None = None) -> float:
    """Return the share of the planted defects (of some classes) that were found; NaN if there are none."""
    wanted = None if labels is None else set(labels)
    asked = {number for number, each in enumerate(planted) if wanted is None or each.label in wanted}
    return len(asked & found.hits) / len(asked) if asked else float("nan")


def pooled_recall(answers: Iterable[tuple[Found, Sequence[PlantedDefect]]], labels: Iterable[str]) -> float:
    """Return the recall over all the planted defects (of some classes) of several shots together."""
    wanted = set(labels)
    hits = asked = 0
    for found, planted in answers:
        numbers = {number for number, each in enumerate(planted) if each.label in wanted}
        asked += len(numbers)
        hits += len(numbers & found.hits)
    return hits / asked if asked else float("nan")


def rmse_over_sigma(
    filled: NDArray[np.floating], clean: NDArray[np.floating], sigma: NDArray[np.floating]
) -> float:
    """Return the root mean square of (filled - clean), over that of the noise at the same samples."""
    error = np.sqrt(np.mean(np.square(filled - clean, dtype=np.float64)))
    return float(error / np.sqrt(np.mean(np.square(sigma, dtype=np.float64))))


def variance_ratio(filled: NDArray[np.floating], clean: NDArray[np.floating]) -> float:
    """Return how much a fill moves from frame to frame, against sound samples at the same places.

    Both are (F, N): samples over the frames of a shot in which only noise moves.
    1 is a fill that nobody can tell by its noise; under 1 it is too still.
    """
    return float(np.var(filled, axis=0, ddof=1).sum() / np.var(clean, axis=0, ddof=1).sum())
