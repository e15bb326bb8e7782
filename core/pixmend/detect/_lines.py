# SPDX-License-Identifier: Apache-2.0
"""Pooled statistics -> bad columns and rows, whole and in part."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._line_extent import extent_by_profile, extent_of_run
from pixmend.detect._line_fit import LineFit, LineProfile, fit_line, measure_profile
from pixmend.detect._line_scores import LineView, Run, strong_runs
from pixmend.detect._line_shapes import NEIGHBOURS, line_shapes

__all__ = ["Line", "LinePicture", "find_lines"]

_LEAST_ROWS = 10
_RIM_PX, _RIM_CAUTION = (
    2,
    3.0,
)  # debayer, resize and codecs leave a rim that is fixed too: all of it, or more faintly
_CLAIMED = 0.1  # of a run: it is what a better one has been
_APART_PX = 6  # what scores so near a line is its ringing
_LEAST_AMPLITUDE = 0.3  # sigma; what is fainter nobody sees, and its repair adds more than it takes
_FITS = 0.75  # of a profile; a run that fits less may be beside its line
_MOST_COLUMNS, _MOST_SHORT = 3, 2  # three short ones are a stroke of lettering
_MOST_STILL = 1  # where nothing moves joined ones are the scene's joints and edges
_CAUTION = 1.25  # times the threshold, that the profile of any must score
_FEW, _FEW_SHARE = 3, 0.6  # photosites that make more than so much of a line's excess are no line
_PART_CAUTION = 1.45  # times the threshold, of what does not span the picture: texture makes short lines
_LIKE_AT_ALL = 0.55  # of a profile, that bad columns must explain
_LIKE, _UNLIKE = (0.65, 0.9), 18.0  # of one that does not span the picture; by how clear it is
_SHORT, _LIKE_STILL = 32, 0.96  # photosites; short ones, and any in a still shot, must be more like it
_CONTEST = 1.3  # times what bad columns leave, a line of light must leave where nothing moves
_LONG, _CONTEST_LONG = 100, 1.1  # photosites; of a long one less, for little in a scene is so straight
_MAY_SPAN = 0.5  # of the picture's height; its profile may tell that a line goes on
_AROUND_PX, _LAG_PX, _OFTEN = 28, 4, 0.75  # px to the sides; px along; quantile of the changes
_BROKEN, _LEAST_CHANGE = 4.0, 0.3  # times what is usual around; sigma
_SPANNING, _LIKE_WHOLE = 0.88, 0.85  # of the picture's height: few things of a scene do that
_UNLIKE_WHOLE = 5.0  # by how clear it is, as `_UNLIKE`
_ANY, _LIKE_JOINED = 3, 0.97  # three columns, each of its own strength, are like any edge or wire


@dataclass(frozen=True, slots=True, eq=False)
class LinePicture:
    """The two views that lines are found in, and the picture that they are measured in.

    Attributes
    ----------
    views : tuple of LineView
        The clipped excess of all frames, and the whitened mean picture.
    light, sigma : (C, H, W) float ndarray
        Mean over time in linear light, and one frame's noise there.
    is_still : bool
        Nothing moves: the scene's own lines are fixed too.
    """

    views: tuple[LineView, LineView]
    light: NDArray[np.floating]
    sigma: NDArray[np.floating]
    is_still: bool

    def transposed(self) -> "LinePicture":
        """Return the picture whose columns are this one's rows."""
        pooled, meant = (view.transposed() for view in self.views)
        return LinePicture(
            (pooled, meant), self.light.swapaxes(1, 2), self.sigma.swapaxes(1, 2), self.is_still
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Line:
    """A bad column or row, or two or three joined ones.

    Attributes
    ----------
    is_row : bool
    first, stop : int
        Where along the line it begins, and the place after its end; array positions.
    across : tuple of int
        Its columns (or rows), array positions, sorted.
    middle : int
        Column (or row) that `fit` and `profile` are about.
    score : float
        In standard deviations; negative where it is too dark.
    profile : LineProfile
    fit : LineFit
    """

    is_row: bool
    first: int
    stop: int
    across: tuple[int, ...]
    middle: int
    score: float
    profile: LineProfile
    fit: LineFit

    @property
    def length(self) -> int:
        """Photosites along it."""
        return self.stop - self.first


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
        if claimed[run.first : run.stop, run.x].mean() > _CLAIMED or _in_rim(run, picture, threshold):
            continue
        extent = extent_of_run(run, picture.views, shapes[run.shape])
        columns = slice(max(run.x - _APART_PX, 0), run.x + _APART_PX + 1)
        if extent is not None and _is_worth_measuring(run, extent, picture, threshold):
            line = _with_ends(
                _best_measured(picture, run, extent, is_bad=is_bad, is_row=is_row), run, picture, is_bad
            )
            extent = line.first, line.stop
            if _is_believable(line, picture, threshold):
                found.append(line)
                is_bad[slice(*extent), columns] = True
        claimed[slice(*extent or (run.first, run.stop)), columns] = True
    return sorted(_joined(found, picture, is_bad), key=lambda line: (line.across, line.first))


def _sigma_profiles(picture: LinePicture) -> list[NDArray[np.float64]]:
    """Return the profiles to look for, on the sigma scale of the picture's typical brightness."""
    typical = np.median(picture.sigma[:, ::4, ::4], axis=(1, 2))
    profiles = (shape.middle / typical[:, None] for shape in line_shapes(len(picture.light)))
    return [profile / np.abs(profile).max() for profile in profiles]


def _in_rim(run: Run, picture: LinePicture, threshold: float) -> bool:
    is_outside = min(run.x, picture.light.shape[2] - 1 - run.x) < _RIM_PX
    return is_outside and abs(run.score) < _RIM_CAUTION * threshold


def _is_worth_measuring(run: Run, extent: tuple[int, int], picture: LinePicture, threshold: float) -> bool:
    """Tell whether a run that reaches so far may be believed in the end: a weak one must span the picture."""
    length = extent[1] - extent[0]
    if abs(run.score) < _PART_CAUTION * threshold and length < _MAY_SPAN * picture.light.shape[1]:
        return False
    return length >= _LEAST_ROWS


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
    fits = {0: line.fit, **{dx: fit_line(line.profile.beside(dx)) for dx in beside}}
    best = max(fits, key=lambda dx: fits[dx].photosites * fits[dx].score)
    return line if best == 0 else at(run.x + best)


def _with_ends(line: Line, run: Run, picture: LinePicture, is_bad: NDArray[np.bool_]) -> Line:
    """Find the ends of a line again, now that its profile is known, and measure it there."""
    if line.fit.photosites < _LIKE_AT_ALL:
        return line
    middle = (run.first + run.stop) // 2
    extent = extent_by_profile(picture.light, picture.sigma, line.middle, line.fit.model, middle=middle)
    if extent == (line.first, line.stop) or extent[1] - extent[0] < _LEAST_ROWS:
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
    fit = fit_line(profile)
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


def _is_one_site(line: Line, picture: LinePicture) -> bool:
    """Tell whether a few photosites make all of a line: a very strong site rings along its column."""
    window = picture.light[:, line.first : line.stop, max(line.middle - 5, 0) : line.middle + 6]
    own = picture.light[:, line.first : line.stop, line.middle] - np.median(window, axis=2)
    excess = np.sort(np.maximum(np.sign(line.score) * own, 0.0), axis=1)
    strongest = int(excess.sum(axis=1).argmax())
    return bool(excess[strongest, -_FEW:].sum() > _FEW_SHARE * excess[strongest].sum())


def _is_broken(line: Line, picture: LinePicture) -> bool:
    """Tell whether a line, or what is close beside it, changes along its course as nothing around: lettering."""
    places = np.arange(
        max(line.middle - _AROUND_PX, 0), min(line.middle + _AROUND_PX + 1, picture.light.shape[2])
    )
    along = picture.light[:, line.first : line.stop, places[0] : places[-1] + 1]
    change = np.abs(along[:, _LAG_PX:] - along[:, :-_LAG_PX])
    usual = np.quantile(change, _OFTEN, axis=1) / line.profile.sigma[:, None]
    is_own = np.abs(places - line.middle) < _APART_PX
    around = np.median(usual[:, ~is_own], axis=1)
    return bool((usual[:, is_own].max(axis=1) > _BROKEN * (around + _LEAST_CHANGE)).any())


def _is_believable(line: Line, picture: LinePicture, threshold: float) -> bool:
    """Tell whether a line looks like bad photosites, and is worth a repair."""
    fit = line.fit
    is_inside = all(0 <= column < picture.light.shape[2] for column in line.across)
    if not is_inside or len(line.across) > _most_columns(line, picture):
        return False
    if _is_one_site(line, picture) or _is_broken(line, picture) or _is_rim(line, picture):
        return False
    is_faint = abs(fit.amplitude) < _LEAST_AMPLITUDE or fit.score < _CAUTION * threshold
    is_whole = _is_whole(line, picture)
    if is_faint or (not is_whole and abs(line.score) < _PART_CAUTION * threshold):
        return False
    return fit.photosites >= _least_likeness(line, picture) and (
        not picture.is_still or fit.contest >= _least_contest(line, picture)
    )


def _most_columns(line: Line, picture: LinePicture) -> int:
    if picture.is_still:
        return _MOST_STILL
    return _MOST_SHORT if line.length < _SHORT else _MOST_COLUMNS


def _least_likeness(line: Line, picture: LinePicture) -> float:
    """Return how much of a line's profile bad columns must explain.

    The clearer a line shows, the more like one it must look. What is left of texture is
    short where the picture moves; where it does not, little in a scene spans the picture.
    """
    if _is_whole(line, picture):
        least = (
            _clear_likeness(line, _UNLIKE_WHOLE, (_LIKE_WHOLE, _LIKE_STILL))
            if picture.is_still
            else _LIKE_AT_ALL
        )
    elif picture.is_still or line.length < _SHORT:
        least = _LIKE_STILL
    else:
        least = _clear_likeness(line, _UNLIKE, _LIKE)
    return least if len(line.across) < _ANY else max(least, _LIKE_JOINED)


def _clear_likeness(line: Line, unlike: float, limits: tuple[float, float]) -> float:
    return float(np.clip(1.0 - unlike / line.fit.score, *limits))


def _least_contest(line: Line, picture: LinePicture) -> float:
    """Return how much more a line of light must leave of one where nothing moves; of a short one all."""
    if _is_whole(line, picture):
        return 1.0
    if line.length < _SHORT:
        return np.inf
    return _CONTEST_LONG if line.length >= _LONG else _CONTEST


def _is_whole(line: Line, picture: LinePicture) -> bool:
    return bool(line.length >= _SPANNING * picture.light.shape[1])


def _is_rim(line: Line, picture: LinePicture) -> bool:
    """Tell whether a line is what ends the picture."""
    beyond = picture.light.shape[2] - _RIM_PX
    return _is_whole(line, picture) and any(not _RIM_PX <= column < beyond for column in line.across)


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
