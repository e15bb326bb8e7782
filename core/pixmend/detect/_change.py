# SPDX-License-Identifier: Apache-2.0
"""Where nothing moves: what a place has more in some frames than in others is no scene."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._glance import Trace
from pixmend.detect._site_or_light import site_or_light
from pixmend.detect._timeline import Course, Pattern

__all__ = ["LightAt", "changed_like_photosite"]

LightAt = Callable[[NDArray[np.float32]], tuple[NDArray[np.float64], NDArray[np.float64]]]
"""Levels (C, ...) on the sigma scale -> linear level and linear noise sigma, of the same shape each."""

_LEAST_FRAMES, _LEAST_STATE = 12, 4  # frames in all, and in either state
_SHOWS = 0.4  # of the frames in which it is on, in which it shows by itself
_MOST_SWING = 0.5  # of its amplitude when on; a glint swings more
_PHOTOSITE, _CONTEST = 0.55, 1.25  # of the change is one; it leaves at most so much of what a light leaves


def changed_like_photosite(trace: Trace, course: Course, light_at: LightAt) -> bool:
    """Tell whether a place of a still shot changed by one photosite, be it once or again and again.

    The scene is the same in on frames and in off frames, so their difference holds no
    texture: nothing but noise and what came. A lamp that is switched on is a point of
    light, what walks by is larger.
    """
    is_on = course.is_on
    states = int(is_on.sum()), int((~is_on).sum())
    if course.pattern is Pattern.STEADY or len(is_on) < _LEAST_FRAMES or min(states) < _LEAST_STATE:
        return False
    if course.seen < _SHOWS * states[0] or course.fluctuation > _MOST_SWING:
        return False
    light, sigma = light_at(np.moveaxis(trace.cores, 1, 0))
    change = light[:, is_on].mean(axis=1) - light[:, ~is_on].mean(axis=1)
    change -= np.median(change, axis=(1, 2), keepdims=True)
    fit = site_or_light(change, np.median(sigma, axis=(1, 2, 3)), (0, 0), red=None)
    return fit.site >= _PHOTOSITE and fit.contest <= _CONTEST
