# SPDX-License-Identifier: Apache-2.0
"""Hits of all frames -> the few that may be a flash, and the places that are hit again and again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.special import pdtrc

from pixmend.detect._recurring_kernels import stand_for
from pixmend.stats import Hits

__all__ = [
    "LONE_SCORE",
    "FlashCandidate",
    "RecurringPlace",
    "crowd_of",
    "flash_candidates",
    "recurring_places",
]

LONE_SCORE = 11.5
"""What a flash must score in the end, with all that follows, where no other hit is nearly as strong."""


_KNOWN_PX = 3  # a known defect scores up to here
_SAME_PX = 1
_TILE_PX = 32  # how dense hits are is judged in tiles of so many px a side, over all frames
_CHANCE = 2e-3  # a place is hit again if chance does that less often
_NEIGHBOURHOOD_PX = 64
# Neighbours in the shot; more is rain, snow, glitter or texture, and the strongest stand for it.
_AS_STRONG = 6
_MOST_A_FRAME, _MOST_AGAIN_A_FRAME = 12, 3  # on average
# Hits are matched with photosites that were not resized: flashes are not the strongest there.
_MOST_RESIZED_A_FRAME = 24
_NEARLY = 0.6  # times as strong
_MOST_TILES, _STRONGEST = 1 << 16, 4096.0  # tiles in a row; a score is less
_LEAST_SCORE = 10.0  # of a hit: what was weaker never was a flash in the end, and most hits are
# A hit scores so much of what its flash must in the end: of 674 that were found in training shots 2 did not.
_OF_LIMIT = 0.7
# For each e-fold of hits around that are nearly as strong, so much more score: fine texture that moves scores up
# to 17 among a hundred of its like. Of a resized plate each photosite has many hits.
_CROWD, _CROWD_RESIZED = 0.12, 0.03
_SELDOM = 3  # in at most one of so many frames
_MUCH_ALIKE = 0.5
_FAINT = 8.0
_LIKE_AGREE_MORE, _ALL_AGREE_MORE = 1.3, 1.5
_AGREE_SURELY = 4.0  # times the chance error of the difference


@dataclass(frozen=True, slots=True)
class FlashCandidate:
    """A hit that is worth a second look.

    Attributes
    ----------
    frame : int
    y, x : int
        Array position.
    score : float
        As `Hits.score`.
    red : (int, int) or None
        Row and column of the red photosite in the plate's first 2 x 2 pixels, where the shot
        tells; None where it does not.
    also : tuple of int
        Frames in which its place is hit too: it comes and goes.
    neighbours : int
        Hits of the whole shot in its neighbourhood that are nearly as strong.
    """

    frame: int
    y: int
    x: int
    score: float
    red: tuple[int, int] | None = None
    also: tuple[int, ...] = ()
    neighbours: int = 0


@dataclass(frozen=True, slots=True)
class RecurringPlace:
    """A place that is hit in more frames than chance would: a blinking or static defect, or still scene.

    Attributes
    ----------
    y, x : int
        Array position of its strongest hit.
    frames : tuple of int
        In which it was hit, ascending.
    score : float
        Of its strongest hit, signed.
    """

    y: int
    x: int
    frames: tuple[int, ...]
    score: float


def flash_candidates(
    hits: Hits,
    known_places: Sequence[tuple[int, int]],
    shape: tuple[int, int],
    *,
    is_resized: bool = False,
) -> list[FlashCandidate]:
    """Choose the hits of a shot that may be a flash, the most likely first.

    Parameters
    ----------
    hits : Hits
        Of all frames that were looked at.
    known_places : sequence of (int, int)
        Array positions (y, x) of defects that are explained already.
    shape : (int, int)
        Height and width of the frames.
    is_resized : bool
        Whether the shot was resized.

    Notes
    -----
    Left out is what is weak, or weak in its crowd, what comes again at its place, what has the colour of no photosite there, and
    what has many neighbours as strong, in space and over the shot: what a neighbourhood does
    often is no rare event there (the a-contrario principle of Desolneux, Moisan and Morel, 2000).
    Of a place that is hit again, but seldom, the strongest hit stands for all.
    """
    comes_again = _comes_again(hits.table, shape)
    red = _red_photosite(Hits(hits.table[~comes_again]))
    is_new = ~_is_known(hits.table, known_places)
    is_open = is_new if red is None else is_new & _has_own_colour(hits.table, red)
    table = hits.table[is_open & ~comes_again]
    strength = np.abs(Hits(table).score)
    # A resized photosite is unlike those that hits are matched with: there the score says little.
    least = 0.0 if is_resized else _LEAST_SCORE
    is_rare = (_stronger_around(table, strength) <= _AS_STRONG) & (strength >= least)
    table, strength = table[is_rare], strength[is_rare]
    frames = len(np.unique(hits.table["frame"]))
    most = frames * (_MOST_RESIZED_A_FRAME if is_resized else _MOST_A_FRAME)
    order = np.lexsort((table["x"], table["y"], table["frame"], -strength))[:most]
    seldom = [each for each in recurring_places(hits, shape) if len(each.frames) <= frames // _SELDOM]
    coming = _coming_and_going(Hits(hits.table[is_open & comes_again]), seldom, red)
    coming = [each for each in coming if abs(each.score) >= least]
    chosen = [_candidate(row, red) for row in table[order]] + coming[: _MOST_AGAIN_A_FRAME * frames]
    told = _with_neighbours(chosen, hits.table[is_new])
    return told if is_resized else [each for each in told if _may_reach_its_limit(each)]


def crowd_of(neighbours: int, *, is_resized: bool = False) -> float:
    """Return how much more a flash must score among so many hits nearly as strong: 1 or more."""
    return 1.0 + (_CROWD_RESIZED if is_resized else _CROWD) * float(np.log1p(neighbours))


def _may_reach_its_limit(candidate: FlashCandidate) -> bool:
    return abs(candidate.score) >= _OF_LIMIT * LONE_SCORE * crowd_of(candidate.neighbours)


def _candidate(row: Any, red: tuple[int, int] | None, also: tuple[int, ...] = ()) -> FlashCandidate:
    score = float(Hits(row[None]).score[0])
    return FlashCandidate(int(row["frame"]), int(row["y"]), int(row["x"]), score, red, also)


def _with_neighbours(chosen: Sequence[FlashCandidate], table: NDArray[Any]) -> list[FlashCandidate]:
    """Count the hits in the tile of each that are nearly as strong, less itself."""
    by_strength = np.sort(_tile(table["y"], table["x"]) * _STRONGEST + np.abs(Hits(table).score))
    places = np.array([(each.y, each.x) for each in chosen], np.int64).reshape(-1, 2)
    own = _tile(*places.T) * _STRONGEST
    least = own + _NEARLY * np.array([abs(each.score) for each in chosen])
    count = np.searchsorted(by_strength, own + _STRONGEST) - np.searchsorted(by_strength, least) - 1
    return [replace(each, neighbours=max(int(n), 0)) for each, n in zip(chosen, count, strict=True)]


def _tile(y: NDArray[np.integer], x: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the numbers of the tiles that places are in."""
    return np.asarray((y // _NEIGHBOURHOOD_PX) * float(_MOST_TILES) + x // _NEIGHBOURHOOD_PX)


def _coming_and_going(
    hits: Hits, places: Sequence[RecurringPlace], red: tuple[int, int] | None
) -> list[FlashCandidate]:
    """Return the strongest hit of each place, the strongest first."""
    table, strength = hits.table, np.abs(hits.score)
    found = []
    for place in places:
        own = np.flatnonzero((table["y"] == place.y) & (table["x"] == place.x))
        if len(own):
            best = table[own[strength[own].argmax()]]
            also = tuple(frame for frame in place.frames if frame != best["frame"])
            found.append(_candidate(best, red, also))
    return sorted(found, key=lambda each: (-abs(each.score), each.y, each.x))


def recurring_places(hits: Hits, shape: tuple[int, int]) -> list[RecurringPlace]:
    """Return the places that are hit in more frames than chance explains, in reading order.

    Parameters
    ----------
    hits : Hits
    shape : (int, int)
        Height and width of the frames.
    """
    table = hits.table[_comes_again(hits.table, shape)]
    table = table[np.lexsort((table["frame"], table["x"], table["y"], -np.abs(Hits(table).score)))]
    stride = shape[1] + 2 * _KNOWN_PX
    pixels, strongest, at = np.unique(
        table["y"] * np.int64(stride) + table["x"], return_index=True, return_inverse=True
    )
    stands_for = stand_for(pixels, stride, np.argsort(strongest), _KNOWN_PX)[at]
    by_place = np.lexsort((table["frame"], stands_for))
    leaders, starts = np.unique(stands_for[by_place], return_index=True)
    frames = np.split(table["frame"][by_place], starts[1:]) if len(table) else []
    best = table[strongest[leaders]]
    score = Hits(best).score.tolist()
    return [
        RecurringPlace(y, x, tuple(sorted(set(own.tolist()))), each)
        for y, x, own, each in zip(best["y"].tolist(), best["x"].tolist(), frames, score, strict=True)
    ]


def _red_photosite(hits: Hits) -> tuple[int, int] | None:
    """Return where in 2 x 2 pixels red photosites are, as the colours of hits agree; None if they do not.

    Even noise that debayer spread looks more like a photosite of the colour that is there. What is
    faint and yet like a photosite is such noise, and tells best; then what a footprint explains
    well, be it scene; then all.
    """
    is_like = hits.likeness >= _MUCH_ALIKE
    is_noise = is_like & (np.abs(hits.score) < _FAINT)
    return (
        _agreed(hits.table[is_noise], _LIKE_AGREE_MORE)
        or _agreed(hits.table[is_like], _LIKE_AGREE_MORE)
        or _agreed(hits.table, _ALL_AGREE_MORE)
    )


def _agreed(table: NDArray[Any], times: float) -> tuple[int, int] | None:
    """Return with which order of colours so many times as many agree as with each other one."""
    agree = {red: _has_own_colour(table, red) for red in ((0, 0), (0, 1), (1, 0), (1, 1))}
    best = max(agree, key=lambda red: int(agree[red].sum()))
    is_clear = all(_beats(agree[best], other, times) for red, other in agree.items() if red != best)
    return best if is_clear else None


def _beats(agree: NDArray[np.bool_], other: NDArray[np.bool_], times: float) -> bool:
    """Tell whether clearly more agree with the one than with the other, of those that do not with both."""
    won, lost = int((agree & ~other).sum()), int((other & ~agree).sum())
    return won > times * lost and won - lost > _AGREE_SURELY * float(np.sqrt(won + lost))


def _has_own_colour(table: NDArray[Any], red: tuple[int, int]) -> NDArray[np.bool_]:
    """Tell which hits have the colour of the photosite that is there: 0 red, 1 green, 2 blue."""
    colour = (table["y"] + red[0]) % 2 + (table["x"] + red[1]) % 2
    return np.asarray(table["channel"] == colour)


def _places(table: NDArray[Any]) -> NDArray[np.int32]:
    return np.stack([table["y"], table["x"]], axis=1)


def _is_known(table: NDArray[Any], known_places: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    if not len(known_places) or not len(table):
        return np.zeros(len(table), bool)
    distance, _ = cKDTree(np.array(known_places)).query(_places(table), p=np.inf)
    return np.asarray(distance <= _KNOWN_PX)


def _comes_again(table: NDArray[Any], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Tell which hits have more of other frames at their place than the density around makes likely."""
    reach = range(-_SAME_PX, _SAME_PX + 1)
    height, width = shape
    count = np.zeros((height + 2 * _SAME_PX, width + 2 * _SAME_PX), np.int32)
    y, x = table["y"] + _SAME_PX, table["x"] + _SAME_PX
    np.add.at(count, (y, x), 1)
    at_place = np.sum([count[y + dy, x + dx] for dy in reach for dx in reach], axis=0, dtype=np.int64)
    tile = table["y"] // _TILE_PX * (width // _TILE_PX + 1) + table["x"] // _TILE_PX
    in_tile = np.bincount(tile, minlength=1)[tile] if len(tile) else at_place
    share = (2 * _SAME_PX + 1) ** 2 / _TILE_PX**2
    expected = share * np.maximum(in_tile - at_place, 0)
    # Not `scipy.stats.poisson.sf`, which is this: to import that takes 0.3 s of each start.
    is_surprise = pdtrc(np.maximum(at_place - 2, 0), expected) < _CHANCE
    return np.asarray((at_place > 1) & is_surprise)


def _stronger_around(table: NDArray[Any], strength: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return how many hits of the shot in the same neighbourhood (a tile) are stronger than each."""
    tile = _tile(table["y"], table["x"])
    count = np.zeros(len(table), np.intp)
    order = np.lexsort((-strength, tile))
    rank = _rank_in_runs(tile[order])
    count[order] = rank
    return count


def _rank_in_runs(keys: NDArray[Any]) -> NDArray[np.intp]:
    """Return the index of each key within its run of equal keys."""
    index = np.arange(len(keys))
    starts = np.concatenate([np.ones(min(len(keys), 1), bool), keys[1:] != keys[:-1]])
    return index - np.maximum.accumulate(np.where(starts, index, 0))
