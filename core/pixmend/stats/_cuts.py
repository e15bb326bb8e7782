# SPDX-License-Identifier: Apache-2.0
"""Where one shot ends and the next begins, from a small signature of each frame.

A cut is a change far above what the shots on both sides do from frame to frame, and one
that does not come back: a flash of light, a lightning, a photographer's strobe is over
after a frame or two, a fast pan changes as much in the next frame again. High change
alone is looked for; that nothing changes is never taken for a sign of anything. Dissolves
are told in another way (`find_dissolves`); a shot ends in the middle of one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pixmend.stats._dissolves import find_dissolves
from pixmend.stats._signatures import are_black, changes

__all__ = ["SHORTEST_SHOT", "Cut", "find_cuts", "frames_to_compare"]

SHORTEST_SHOT = 3
"""Frames. What is over sooner is a flash of light, not a shot."""

_FLOOR = 0.25  # stops: less than that is no cut, however still the shot
_FAR_ABOVE = 3.0  # a cut changes the picture that many times as much as the shot's own motion does
_ABOVE_NEXT = 2.0  # and so many times as much as the frame before and after it: a whip pan goes on
_NEAR = 6  # frames before and after, whose change is the shot's own
_ROWS_AT_ONCE = 4096  # of the signatures of a long reel


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a new shot begins.

    Attributes
    ----------
    index : int
        Of its first frame.
    mixed : range
        Indices of the frames that show the shots before and after it, both: a dissolve.
    """

    index: int
    mixed: range = range(0)


def frames_to_compare(
    count: int, indices: Sequence[int] = (), signatures: NDArray[np.float16] | None = None
) -> list[int]:
    """Return which frames of a sequence need a signature so that `find_cuts` misses no cut.

    To begin with, every third: no shot fits between two of them. Then, once these have
    theirs, all frames around a change.

    Parameters
    ----------
    count : int
        Frames in the sequence.
    indices : sequence of int
        Those that have a signature, ascending; none to begin with.
    signatures : (len(indices), K) float16 ndarray

    Returns
    -------
    list of int
        Ascending; without `indices`.
    """
    if signatures is None or not len(indices):
        return sorted({*range(0, count, SHORTEST_SHOT), *range(count - 1, count)})
    wanted = np.zeros(count, np.bool_)
    for change in np.flatnonzero(changes(signatures, 1)[1:] > _FLOOR).tolist():
        wanted[max(indices[change] - _NEAR, 0) : indices[change + 1] + _NEAR + 1] = True
    wanted[list(indices)] = False
    return [int(index) for index in np.flatnonzero(wanted)]


def find_cuts(count: int, indices: Sequence[int], signatures: NDArray[np.float16]) -> list[Cut]:
    """Return where new shots begin; the first frame is not among them.

    Parameters
    ----------
    count : int
        Frames in the sequence.
    indices : sequence of int
        Those that have a signature, ascending; what `frames_to_compare` named. Between them
        the picture is taken to change evenly.
    signatures : (len(indices), K) float16 ndarray
        Finite.

    Returns
    -------
    list of Cut
        In order; each shot has `SHORTEST_SHOT` frames or more.
    """
    if count < 2 * SHORTEST_SHOT or not len(indices):
        return []
    whole = _filled(count, np.asarray(indices), signatures)
    change = changes(whole, 1)
    lasting = _lasting_change(whole)
    still = np.full_like(change, _FLOOR)
    beside = np.fmax(np.roll(change, 1), np.roll(change, -1))
    bound = np.maximum.reduce([_FAR_ABOVE * _own_change(change), _ABOVE_NEXT * beside, still])
    found = [int(index) for index in np.flatnonzero(lasting > bound)]
    cuts = _spaced(_with_short_black(found, whole), lasting, count)
    dissolves = find_dissolves(whole)
    # Before a picture that stays, the first or the last frame of a dissolve looks like a cut.
    cuts = [cut for cut in cuts if not any(each.start - 1 <= cut <= each.stop for each in dissolves)]
    middles = [Cut((each.start + each.stop) // 2, each) for each in dissolves]
    return sorted([*map(Cut, cuts), *middles], key=lambda each: each.index)


def _filled(count: int, indices: NDArray[np.int64], signatures: NDArray[np.float16]) -> NDArray[np.float16]:
    """Return a signature for each frame: between known ones on the straight line from one to the other."""
    whole = np.empty((count, signatures.shape[1]), np.float16)
    after = np.clip(np.searchsorted(indices, np.arange(count)), 0, len(indices) - 1)
    before = np.maximum(after - 1, 0)
    way = (np.arange(count) - indices[before]) / np.maximum(indices[after] - indices[before], 1)
    way = np.clip(way, 0.0, 1.0).astype(np.float32)[:, None]
    for first in range(0, count, _ROWS_AT_ONCE):
        rows = slice(first, first + _ROWS_AT_ONCE)
        here, there = (signatures[each[rows]].astype(np.float32) for each in (before, after))
        whole[rows] = here + way[rows] * (there - here)
    return whole


def _lasting_change(signatures: NDArray[np.float16]) -> NDArray[np.float32]:
    """Return the change between what is before a frame and what is from it on, at each index.

    The least of all pairs up to `SHORTEST_SHOT` frames apart: what comes back sooner has
    not lasted. 0 where too few frames are left on a side.
    """
    count = len(signatures)
    least = np.full(count, np.inf, np.float32)
    for lag in range(1, SHORTEST_SHOT + 1):
        at_lag = changes(signatures, lag)
        for after in range(lag):
            # The pair (index - (lag - after), index + after) spans the cut before `index`.
            spans = slice(lag - after, count - after)
            least[spans] = np.minimum(least[spans], at_lag[lag:])
    least[:SHORTEST_SHOT] = 0.0
    least[count - SHORTEST_SHOT + 1 :] = 0.0
    return least


def _own_change(change: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what is usual between two frames before and after each index, whichever is more."""
    known = change.copy()
    known[0] = np.nan
    pad = np.full(_NEAR, np.nan, np.float32)
    windows = sliding_window_view(np.concatenate([pad, known, pad]), _NEAR)
    before, after = windows[: len(change)], windows[_NEAR + 1 : _NEAR + 1 + len(change)]
    return np.fmax(_median(before), _median(after))


def _median(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the median of the known numbers of each row; 0 where there is none."""
    ordered = np.sort(windows, axis=1)  # NaN last
    known = np.isfinite(ordered).sum(axis=1)
    middle = ordered[np.arange(len(ordered)), np.maximum((known - 1) // 2, 0)]
    return np.where(known > 0, middle, np.float32(0.0)).astype(np.float32)


def _with_short_black(found: list[int], signatures: NDArray[np.float16]) -> list[int]:
    """Return the cuts with those at each short run of black frames made one, in its middle, or none.

    A fade to black and up again is one cut; a picture that is back after the black has none.
    """
    is_black = are_black(signatures)
    edges = np.flatnonzero(np.diff(is_black.astype(np.int8))) + 1
    for first, stop in pairwise(edges.tolist()):
        if not is_black[first] or stop - first > 2 * _NEAR:
            continue
        found = [each for each in found if not first - SHORTEST_SHOT < each < stop + SHORTEST_SHOT]
        # The darkest frames of a fade tell little of its picture: it is compared from further away.
        if _differ(signatures, first - _NEAR, stop - 1 + _NEAR):
            found.append((first + stop) // 2)
    return found


def _differ(signatures: NDArray[np.float16], before: int, after: int) -> bool:
    pair = signatures[[max(before, 0), min(after, len(signatures) - 1)]]
    return bool(changes(pair, 1)[1] > _FLOOR)


def _spaced(found: list[int], lasting: NDArray[np.float32], count: int) -> list[int]:
    """Return the cuts in order, without those that would leave a shot too short: the weaker go."""
    kept: list[int] = []
    for index in sorted(found, key=lambda each: (-float(lasting[each]), each)):
        if all(abs(index - each) >= SHORTEST_SHOT for each in (0, count, *kept)):
            kept.append(index)
    return sorted(kept)
