# SPDX-License-Identifier: Apache-2.0
"""Pooled statistics -> bad columns and rows, whole and in part."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._line import Line, LinePicture
from pixmend.detect._line_extent import extent_by_profile, extent_of_run
from pixmend.detect._line_fit import clearness, fit_line, measure_profile
from pixmend.detect._line_scores import Run, strong_runs
from pixmend.detect._line_shapes import NEIGHBOURS, line_shapes
from pixmend.detect._line_verdict import (
    APART_PX,
    LEAST_ROWS,
    LIKE_AT_ALL,
    is_believable,
    is_in_rim,
    is_worth_measuring,
)

__all__ = ["find_lines"]

_CLAIMED = 0.1  # of a run: it is what a better one has been
_FITS = 0.75  # of a profile; a run that fits less may be beside its line


def find_lines(picture: LinePicture, *, threshold: float) -> tuple[Line, ...]:
    """Find bad columns and rows, bright and dark, down to ten photosites long.

    Parameters
    ----------
    picture : LinePicture
    threshold : float
        Score, in standard deviations, from which a line is believed.

    Returns
    -------
    tuple of Line
        Columns, then rows; each by place.

    Notes
    -----
    A matched filter with the profile across a bad column (`line_shapes`), summed along
    runs of many lengths. Where a line begins and ends is the stretch that has the most
    excess over half the line's own. Then it must look like photosites across: not like
    an edge, a wire or a glow; in a still shot better than any thin line of light.
    """
    return (
        *_columns(picture, threshold=threshold, is_row=False),
        *_columns(picture.transposed(), threshold=threshold, is_row=True),
    )


def _columns(picture: LinePicture, *, threshold: float, is_row: bool) -> list[Line]:
    shapes = _sigma_profiles(picture)
    claimed, is_bad = (np.zeros(picture.light.shape[1:], bool) for _ in range(2))
    found = []
    for run in strong_runs(picture.views, shapes, threshold=threshold):
        if claimed[run.first : run.stop, run.x].mean() > _CLAIMED or is_in_rim(run, picture, threshold):
            continue
        extent = extent_of_run(run, picture.views, shapes[run.shape])
        columns = slice(max(run.x - APART_PX, 0), run.x + APART_PX + 1)
        if extent is not None and is_worth_measuring(run, extent, picture, threshold):
            line = _with_ends(
                _best_measured(picture, run, extent, is_bad=is_bad, is_row=is_row), run, picture, is_bad
            )
            extent = line.first, line.stop
            if is_believable(line, picture, threshold):
                found.append(line)
                is_bad[slice(*extent), columns] = True
        claimed[slice(*extent or (run.first, run.stop)), columns] = True
    return sorted(_joined(found, picture, is_bad), key=lambda line: (line.across, line.first))


def _sigma_profiles(picture: LinePicture) -> list[NDArray[np.float64]]:
    """Return the profiles to look for, on the sigma scale of the picture's typical brightness."""
    typical = np.median(picture.sigma[:, ::4, ::4], axis=(1, 2))
    profiles = (shape.middle / typical[:, None] for shape in line_shapes(len(picture.light)))
    return [profile / np.abs(profile).max() for profile in profiles]


def _best_measured(
    picture: LinePicture,
    run: Run,
    extent: tuple[int, int],
    *,
    is_bad: NDArray[np.bool_],
    is_row: bool,
) -> Line:
    """Measure the line of a run; beside it where that fits better: joined columns score at their sides."""

    def at(x: int) -> Line:
        return _measured(picture, x, extent, is_bad=is_bad, is_row=is_row, score=abs(run.score))

    line = at(run.x)
    if line.fit.photosites >= _FITS:
        return line
    beside = [dx for dx in NEIGHBOURS if dx and 0 <= run.x + dx < picture.light.shape[2]]
    resized = picture.may_be_resized
    others = {dx: clearness(line.profile.beside(dx), resized=resized) for dx in beside}
    clear = {0: line.fit.photosites * line.fit.score, **others}
    best = max(clear, key=lambda dx: clear[dx])
    return line if best == 0 else at(run.x + best)


def _with_ends(line: Line, run: Run, picture: LinePicture, is_bad: NDArray[np.bool_]) -> Line:
    """Find the ends of a line again, now that its profile is known, and measure it there."""
    if line.fit.photosites < LIKE_AT_ALL:
        return line
    middle = (run.first + run.stop) // 2
    extent = extent_by_profile(picture.light, picture.sigma, line.middle, line.fit.model, middle=middle)
    if extent == (line.first, line.stop) or extent[1] - extent[0] < LEAST_ROWS:
        return line
    again = _measured(picture, line.middle, extent, is_bad=is_bad, is_row=line.is_row, score=abs(line.score))
    return again if again.fit.photosites >= min(line.fit.photosites, _FITS) else line


def _measured(
    picture: LinePicture,
    x: int,
    extent: tuple[int, int],
    *,
    is_bad: NDArray[np.bool_],
    is_row: bool,
    score: float,
) -> Line:
    """Measure the profile of a line; lines that are known by now do not count as scene."""
    rows = np.arange(*extent)
    others = np.asarray(is_bad[rows].any(axis=0))
    profile = measure_profile(picture.light, picture.sigma, x, rows, is_bad=others)
    fit = fit_line(profile, resized=picture.may_be_resized)
    return Line(
        is_row=is_row,
        first=extent[0],
        stop=extent[1],
        across=tuple(x + dx for dx in fit.columns),
        middle=x,
        score=float(np.copysign(score, fit.amplitude)),
        profile=profile,
        fit=fit,
    )


def _joined(lines: Sequence[Line], picture: LinePicture, is_bad: NDArray[np.bool_]) -> Iterator[Line]:
    """Join stretches of the same column with less between them than they have themselves."""
    waiting = sorted(lines, key=lambda line: (line.across, line.first))
    while waiting:
        line = waiting.pop(0)
        follower = waiting[0] if waiting else None
        if follower is None or not _belong_together(line, follower):
            yield line
            continue
        extent, score = (line.first, max(line.stop, follower.stop)), max(abs(line.score), abs(follower.score))
        waiting[0] = _measured(picture, line.middle, extent, is_bad=is_bad, is_row=line.is_row, score=score)


def _belong_together(line: Line, follower: Line) -> bool:
    return (
        line.across == follower.across
        and line.score * follower.score > 0
        and follower.first - line.stop <= line.length + follower.length
    )
