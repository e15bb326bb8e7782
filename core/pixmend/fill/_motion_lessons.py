# SPDX-License-Identifier: Apache-2.0
"""Sound places of a shot, each as its frame and as the frames beside show it: what fusion learns from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._blend import Blend, blend, nearness_to
from pixmend.fill._covariances import phase_of
from pixmend.fill._kriging import Kriging
from pixmend.fill._motion import Compensated, Neighbour, compensate

__all__ = ["Lesson", "LessonBook", "describe", "lesson_at", "open_book", "phase_in"]

_HOLE_RADIUS_PX = 1  # of the hole that a sound place is treated as having


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """A sound place, as its frame and as the frames beside show it.

    Attributes
    ----------
    window : (C, side, side) float32 ndarray
        Sigma scale, finite.
    neighbours : tuple of Compensated
        Matched as if there were a hole in the middle, of this and of all other frames; one or more.
    place : (int, int)
        Array row and column of the middle.
    """

    window: NDArray[np.float32]
    neighbours: tuple[Compensated, ...]
    place: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class LessonBook:
    """Lessons as arrays; M of them, each place twice: with all neighbours and with one or two.

    Attributes
    ----------
    windows, blends : (M, D) float32 ndarray
        Of the frame, and of its neighbours together.
    is_seen : (M, D) bool ndarray
        Where neighbours told.
    contrast_class, phase : (M,) int ndarray
        As of kriging; all phases are 0 where the shot shows no mosaic.
    where : (M, 3) float64 ndarray
        As `describe` tells it.
    noise : (C,) float64 ndarray
        Variance of each channel's noise, as frames differ from neighbours that fit.
    """

    windows: NDArray[np.float32]
    blends: NDArray[np.float32]
    is_seen: NDArray[np.bool_]
    contrast_class: NDArray[np.intp]
    phase: NDArray[np.intp]
    where: NDArray[np.float64]
    noise: NDArray[np.float64]


def lesson_at(
    current: NDArray[np.float32], neighbours: Sequence[Neighbour], place: tuple[int, int], *, side: int
) -> Lesson | None:
    """Return what a sound place teaches; None where it teaches nothing.

    Parameters
    ----------
    current, neighbours
        As of `compensate`, without a hole in the middle.
    place : (int, int)
        Array row and column of the middle.
    side : int
        Of the windows that kriging knows.
    """
    middle, reach = current.shape[-1] // 2, side // 2
    window = current[:, middle - reach : middle + reach + 1, middle - reach : middle + reach + 1]
    if not np.isfinite(window).all():
        return None
    pierced = [Neighbour(each.step, _pierced(each.samples)) for each in neighbours]
    hole = _middle(side)
    is_target = np.zeros(window.shape, bool)
    is_target[:, hole, hole] = True
    found = compensate(_pierced(current), pierced, is_target)
    showing = tuple(each for each in found if np.isfinite(each.values[:, hole, hole]).all())
    return Lesson(window.copy(), showing, place) if showing else None


def open_book(lessons: Sequence[Lesson], kriging: Kriging) -> LessonBook | None:
    """Return lessons as fusion reads them; None without any."""
    if not lessons:
        return None
    is_target = np.zeros(lessons[0].window.shape, bool)
    hole = _middle(kriging.side)
    is_target[:, hole, hole] = True
    nearness = nearness_to(is_target, ~is_target)
    noise = _noise_of(lessons, nearness)
    rows = []
    for number, lesson in enumerate(lessons):
        predicted = kriging.at(*lesson.place).predict(lesson.window, is_target, ~is_target)
        phase = phase_in(kriging, lesson.place)
        for chosen in (lesson.neighbours, _few(lesson.neighbours, number)):
            found = blend(lesson.window, nearness, chosen, noise)
            if found is not None:
                rows.append((lesson.window, found, predicted.contrast_class, phase))
    size = is_target.size
    return LessonBook(
        np.array([window.reshape(size) for window, *_ in rows]),
        np.array([found.values.reshape(size) for _, found, *_ in rows], np.float32),
        np.array([found.is_seen.reshape(size) for _, found, *_ in rows]),
        np.array([number for _, _, number, _ in rows], np.intp),
        np.array([phase for *_, phase in rows], np.intp),
        np.array([describe(window, ~is_target, found) for window, found, *_ in rows]),
        noise,
    )


def phase_in(kriging: Kriging, place: tuple[int, int]) -> int:
    """Return the phase of the mosaic at a place; 0 everywhere where kriging knows of none."""
    return phase_of(*place) if kriging.at(0, 0) is not kriging else 0


def describe(window: NDArray[np.float32], is_known: NDArray[np.bool_], found: Blend) -> NDArray[np.float64]:
    """Return what makes places alike, (3,): misfit, contrast and how much noise neighbours bring."""
    known = np.where(is_known, window, 0.0).astype(np.float64)
    count = np.maximum(is_known.sum(axis=(1, 2)), 1)
    level = known.sum(axis=(1, 2)) / count
    contrast = (np.where(is_known, known - level[:, None, None], 0.0) ** 2).sum() / count.sum()
    return np.array([np.log(found.misfit + 1e-3), np.log(contrast + 1.0), 2.0 * found.noise_gain])


def _few(neighbours: tuple[Compensated, ...], number: int) -> tuple[Compensated, ...]:
    """Return one or two of the neighbours, others from lesson to lesson."""
    first = number % len(neighbours)
    second = (first + 1 + number // 2) % len(neighbours)
    return (neighbours[first],) if number % 2 or first == second else (neighbours[first], neighbours[second])


def _noise_of(lessons: Sequence[Lesson], nearness: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return half of what frames and neighbours differ by, where they fit best; (C,)."""
    squares = []
    for lesson in lessons:
        off = lesson.window - lesson.neighbours[0].values
        off = np.where(np.isfinite(off) & (nearness > 0.0), off, np.nan)
        squares.append(np.nanvar(off, axis=(1, 2)))
    return np.asarray(np.maximum(0.5 * np.nanquantile(np.array(squares), 0.4, axis=0), 1e-3), np.float64)


def _pierced(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    pierced = samples.copy()
    hole = _middle(samples.shape[-1])
    pierced[:, hole, hole] = np.nan
    return pierced


def _middle(side: int) -> slice:
    return slice(side // 2 - _HOLE_RADIUS_PX, side // 2 + _HOLE_RADIUS_PX + 1)
