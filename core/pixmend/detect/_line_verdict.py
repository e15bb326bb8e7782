# SPDX-License-Identifier: Apache-2.0
"""Whether a line that scores is one of bad photosites, and worth a repair."""

import numpy as np

from pixmend.detect._line import Line, LinePicture
from pixmend.detect._line_scores import Run

__all__ = ["APART_PX", "LEAST_ROWS", "LIKE_AT_ALL", "is_believable", "is_in_rim", "is_worth_measuring"]

APART_PX = 6
"""What scores so near a line is its ringing."""

LEAST_ROWS = 10
"""Photosites along a line."""

LIKE_AT_ALL = 0.55
"""Share of a profile that bad columns must explain."""

# Debayer, resize and codecs leave a rim that is fixed too: all of it, or more faintly.
_RIM_PX, _RIM_CAUTION, _NEAR_RIM_PX = 2, 3.0, 4
_LEAST_AMPLITUDE = 0.3  # sigma; what is fainter nobody sees, and its repair adds more than it takes
_MOST_COLUMNS, _MOST_SHORT = 3, 2  # three short ones are a stroke of lettering
_MOST_STILL = 1  # where nothing moves joined ones are the scene's joints and edges
_CAUTION = 1.25  # times the threshold, that the profile of any must score
_FEW, _FEW_SHARE = 3, 0.6  # photosites that make more than so much of a line's excess are no line
_PART_CAUTION = 1.1  # times the threshold, of what does not span the picture
_CAUTION_WITH_TEXTURE = 1.45  # ... of short ones, and of any in a still shot: texture makes such lines
_WEAK_LIKE = 0.94  # of a profile, at that score
_LESS_LIKE, _LESS_LIKE_RESIZED = 0.2, 0.36  # for each threshold that it scores more; resized ones vary more
_LIKE, _UNLIKE = (0.65, 0.9), 18.0  # of one that does not span the picture; by how clear it is
_SHORT, _LIKE_STILL = 32, 0.96  # photosites; short ones, and any in a still shot, must be more like it
_CONTEST = 1.3  # times what bad columns leave, a line of light must leave where nothing moves
_LONG, _CONTEST_LONG = 100, 1.1  # photosites; of a long one less, for little in a scene is so straight
_JUST_LIKE, _CONTEST_JUST_LIKE = 0.97, 1.05  # of a profile; edges and letters are never quite like it
_CLEAR_SLIDING = 5.0  # times the threshold, that the profile of any must score where the scene's lines stay
_ENDS = 0.65  # of the picture's height: so much of a rim shows through a scene
_MAY_SPAN = 0.5  # of the picture's height; its profile may tell that a line goes on
_AROUND_PX, _LAG_PX, _OFTEN = 28, 4, 0.75  # px to the sides; px along; quantile of the changes
_BROKEN, _LEAST_CHANGE = 4.0, 0.3  # times what is usual around; sigma
_SPANNING, _LIKE_WHOLE = 0.88, 0.85  # of the picture's height: few things of a scene do that
_UNLIKE_WHOLE = 5.0  # by how clear it is, as `_UNLIKE`
_ANY, _LIKE_JOINED = 3, 0.97  # three columns, each of its own strength, are like any edge or wire


def is_in_rim(run: Run, picture: LinePicture, threshold: float) -> bool:
    """Tell whether a run lies in the picture's rim, and is not strong for one."""
    is_outside = min(run.x, picture.light.shape[2] - 1 - run.x) < _RIM_PX
    return is_outside and abs(run.score) < _RIM_CAUTION * threshold


def is_worth_measuring(run: Run, extent: tuple[int, int], picture: LinePicture, threshold: float) -> bool:
    """Tell whether a run that reaches so far may be believed in the end: a weak one must span the picture."""
    length = extent[1] - extent[0]
    if (
        length < _MAY_SPAN * picture.light.shape[1]
        and abs(run.score) < _least_of_part(length, picture) * threshold
    ):
        return False
    return length >= LEAST_ROWS


def _least_of_part(length: int, picture: LinePicture) -> float:
    """Return the score, in thresholds, of a line that does not span the picture."""
    return _CAUTION_WITH_TEXTURE if picture.is_still or length < _SHORT else _PART_CAUTION


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
    is_own = np.abs(places - line.middle) < APART_PX
    around = np.median(usual[:, ~is_own], axis=1)
    return bool((usual[:, is_own].max(axis=1) > _BROKEN * (around + _LEAST_CHANGE)).any())


def is_believable(line: Line, picture: LinePicture, threshold: float) -> bool:
    """Tell whether a line looks like bad photosites, and is worth a repair."""
    fit = line.fit
    is_inside = all(0 <= column < picture.light.shape[2] for column in line.across)
    if not is_inside or len(line.across) > _most_columns(line, picture):
        return False
    if _is_one_site(line, picture) or _is_broken(line, picture) or _is_rim(line, picture):
        return False
    caution = _CLEAR_SLIDING if _is_sliding(picture) else _CAUTION
    is_faint = abs(fit.amplitude) < _LEAST_AMPLITUDE or fit.score < caution * threshold
    is_whole = _is_whole(line, picture)
    if is_faint or (not is_whole and abs(line.score) < _least_of_part(line.length, picture) * threshold):
        return False
    return fit.photosites >= _least_likeness(line, picture, threshold) and fit.contest >= _least_contest(
        line, picture
    )


def _most_columns(line: Line, picture: LinePicture) -> int:
    if picture.is_still:
        return _MOST_STILL
    return _MOST_SHORT if line.length < _SHORT else _MOST_COLUMNS


def _least_likeness(line: Line, picture: LinePicture, threshold: float) -> float:
    """Return how much of a line's profile bad columns must explain.

    The clearer a line shows, the more like one it must look. What is left of texture is
    short where the picture moves; where it does not, little in a scene spans the picture.
    """
    if _is_sliding(picture):
        least = _LIKE_STILL
    elif _is_whole(line, picture):
        least = (
            _clear_likeness(line, _UNLIKE_WHOLE, (_LIKE_WHOLE, _LIKE_STILL))
            if picture.is_still
            else LIKE_AT_ALL
        )
    elif picture.is_still or line.length < _SHORT:
        least = _LIKE_STILL
    else:
        least = max(_clear_likeness(line, _UNLIKE, _LIKE), _weak_likeness(line, picture, threshold))
    return least if len(line.across) < _ANY else max(least, _LIKE_JOINED)


def _clear_likeness(line: Line, unlike: float, limits: tuple[float, float]) -> float:
    return float(np.clip(1.0 - unlike / line.fit.score, *limits))


def _weak_likeness(line: Line, picture: LinePicture, threshold: float) -> float:
    """Return how like bad columns a line must be for its score; texture is least sure at the rim."""
    beyond = picture.light.shape[2] - _NEAR_RIM_PX
    if any(not _NEAR_RIM_PX <= column < beyond for column in line.across):
        return _LIKE[1]
    less = _LESS_LIKE if picture.has_mosaic else _LESS_LIKE_RESIZED
    return _WEAK_LIKE - less * (abs(line.score) / threshold - _PART_CAUTION)


def _least_contest(line: Line, picture: LinePicture) -> float:
    """Return how much more than bad columns a line of light must leave; of a short one where nothing moves all."""
    if not picture.is_still:
        return _CONTEST if _is_sliding(picture) else 0.0
    if _is_whole(line, picture):
        return 1.0
    if line.length < _SHORT:
        return np.inf
    if line.fit.photosites >= _JUST_LIKE:
        return _CONTEST_JUST_LIKE
    return _CONTEST_LONG if line.length >= _LONG else _CONTEST


def _is_whole(line: Line, picture: LinePicture) -> bool:
    return bool(line.length >= _SPANNING * picture.light.shape[1])


def _is_sliding(picture: LinePicture) -> bool:
    """Tell whether the picture moves, and only along such lines: those of the scene stay as bad ones do."""
    return picture.slides[0] and not picture.is_still


def _is_rim(line: Line, picture: LinePicture) -> bool:
    """Tell whether a line is what ends the picture."""
    beyond = picture.light.shape[2] - _RIM_PX
    is_long = line.length >= _ENDS * picture.light.shape[1]
    return is_long and any(not _RIM_PX <= column < beyond for column in line.across)
