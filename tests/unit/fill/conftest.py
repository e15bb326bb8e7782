# SPDX-License-Identifier: Apache-2.0
"""A simulated night pan to learn a fill from, and the plate to fill."""

import numpy as np
import pytest

from pixmend.fill import train_kriging
from pixmend.model import SampleType
from pixmend.stats import train_scale
from tests.make.shots import LINEAR, small_shot, stored_frames


@pytest.fixture(scope="session")
def clean_shot():
    return small_shot((), exposure=0.3)


@pytest.fixture(scope="session")
def clean_frames(clean_shot):
    return stored_frames(clean_shot)


@pytest.fixture(scope="session")
def scale(clean_frames):
    few = [clean_frames[frame] for frame in (1001, 1008, 1016)]
    return train_scale(few, sample=SampleType.HALF, codec=LINEAR)[1]


@pytest.fixture(scope="session")
def values(clean_frames, scale):
    """One frame on the sigma scale, (3, H, W); do not write to it."""
    return scale.forward(clean_frames[1004])


@pytest.fixture(scope="session")
def kriging(clean_frames, scale):
    return train_kriging([scale.forward(clean_frames[frame]) for frame in (1001, 1008, 1016)])


@pytest.fixture(scope="session")
def mono_kriging(values):
    return train_kriging([np.ascontiguousarray(values[1:2])])
