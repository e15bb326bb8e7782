# SPDX-License-Identifier: Apache-2.0
"""Small shots with flashes, as stored, and the scale that their hits are found on."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from pixmend.footprints import prior_footprints
from pixmend.model import Kind, SampleType
from pixmend.simulate import Distractor, Ingredient, Motion, SimulatedShot
from pixmend.stats import HitFinder, Hits, SigmaScale, train_covariance, train_scale
from tests.make.shots import LINEAR, small_spec

FLASHES = (Ingredient(label="flash", kind=Kind.FLASH, count=6, amplitude_sigma=40.0),)

FOOTPRINTS = np.stack([each.shape for each in prior_footprints(3)])


@cache
def flash_shot(
    motion: Motion = Motion.PAN, distractors: frozenset[Distractor] = frozenset(), *, seed: int = 5
) -> SimulatedShot:
    """Return a small shot with six flashes."""
    return SimulatedShot(small_spec(motion=motion, recipe=FLASHES, distractors=distractors, seed=seed))


@cache
def stored_frames(shot: SimulatedShot) -> dict[int, NDArray[np.float16]]:
    """Return the frames of a shot as half floats, (H, W, 3)."""
    return {frame: shot.render(frame).astype(np.float16) for frame in shot.frames}


@cache
def scale_of(shot: SimulatedShot) -> SigmaScale:
    """Return the sigma scale of a shot, learned from two of its frames."""
    return train_scale(_few_frames(shot), sample=SampleType.HALF, codec=LINEAR)[1]


@cache
def covariance_of(shot: SimulatedShot) -> NDArray[np.float64]:
    """Return the covariance of the patches of a shot, learned from two of its frames."""
    return train_covariance([scale_of(shot).forward(each) for each in _few_frames(shot)])


def finder_of(shot: SimulatedShot) -> HitFinder:
    """Return what finds the hits of frames of a shot."""
    return HitFinder(scale_of(shot), SampleType.HALF, FOOTPRINTS, covariance_of(shot))


def _few_frames(shot: SimulatedShot) -> list[NDArray[np.float16]]:
    return list(stored_frames(shot).values())[:8:7]


@cache
def hits_of(shot: SimulatedShot) -> Hits:
    """Return the hits of all frames of a shot."""
    finder = finder_of(shot)
    return Hits.joined([finder.find(samples, frame) for frame, samples in stored_frames(shot).items()])
