# SPDX-License-Identifier: Apache-2.0
"""How an answer is scored against the truth: pure functions, tested by themselves."""

from collections.abc import Hashable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, stats

from pixmend.model import FrameRange
from pixmend.simulate import NEAR_PX, Found, PlantedDefect

__all__ = [
    "AREA_PX",
    "SampleShares",
    "best_threshold",
    "hits_and_asked",
    "poisson_interval",
    "pooled_recall",
    "range_overlap",
    "recall",
    "rmse_over_sigma",
    "sample_shares",
    "score_map",
    "variance_ratio",
    "wilson_interval",
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


def hits_and_asked(
    answers: Iterable[tuple[Found, Sequence[PlantedDefect]]], labels: Iterable[str]
) -> tuple[int, int]:
    """Return how many of the planted defects of some classes were found, and how many there are."""
    wanted = set(labels)
    hits = asked = 0
    for found, planted in answers:
        numbers = {number for number, each in enumerate(planted) if each.label in wanted}
        asked += len(numbers)
        hits += len(numbers & found.hits)
    return hits, asked


def pooled_recall(answers: Iterable[tuple[Found, Sequence[PlantedDefect]]], labels: Iterable[str]) -> float:
    """Return the recall over all the planted defects (of some classes) of several shots together."""
    hits, asked = hits_and_asked(answers, labels)
    return hits / asked if asked else float("nan")


def wilson_interval(hits: int, asked: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson, JASA 22 (1927) 209); NaN where nothing was asked."""
    if not asked:
        return float("nan"), float("nan")
    z2 = 1.959964**2
    middle = (hits + z2 / 2) / (asked + z2)
    half = np.sqrt(z2 * (hits * (asked - hits) / asked + z2 / 4)) / (asked + z2)
    return max(float(middle - half), 0.0), min(float(middle + half), 1.0)


def poisson_interval(count: int) -> tuple[float, float]:
    """Return the 95 % interval of a Poisson mean of which `count` were seen (Garwood, 1936)."""
    low = float(stats.chi2.ppf(0.025, 2 * count) / 2) if count else 0.0
    return low, float(stats.chi2.ppf(0.975, 2 * count + 2) / 2)


def range_overlap(found: FrameRange | None, truth: FrameRange | None, shot: FrameRange) -> float:
    """Return the frames in both ranges over those in either, 0 to 1; None stands for all of the shot."""
    mine, theirs = (set(shot if each is None else each & shot) for each in (found, truth))
    return len(mine & theirs) / len(mine | theirs) if mine | theirs else 1.0


@dataclass(frozen=True, slots=True)
class SampleShares:
    """Spoiled samples: how many there truly are, how many are named, and how many are both."""

    truly: int = 0
    named: int = 0
    both: int = 0

    def __add__(self, other: "SampleShares") -> "SampleShares":
        """Return the counts of both together."""
        return SampleShares(self.truly + other.truly, self.named + other.named, self.both + other.both)

    @property
    def recall(self) -> float:
        """Share of the truly spoiled that are named; NaN where there are none."""
        return self.both / self.truly if self.truly else float("nan")

    @property
    def precision(self) -> float:
        """Share of the named that are truly spoiled; NaN where none are named."""
        return self.both / self.named if self.named else float("nan")


def sample_shares(named: AbstractSet[Hashable], truly: AbstractSet[Hashable]) -> SampleShares:
    """Compare the samples that a map names with those that are spoiled."""
    return SampleShares(len(truly), len(named), len(named & truly))


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
