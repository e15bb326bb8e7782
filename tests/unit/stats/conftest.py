# SPDX-License-Identifier: Apache-2.0
"""A shot of noise, small enough to measure often."""

import numpy as np
import pytest

from pixmend.model import Raster, SampleType
from pixmend.stats import NoiseModel, ShotModel, clip_for, train_covariance

SIZE = (30, 41)
SIGMA = np.array([1.0, 2.0, 0.5])


@pytest.fixture(scope="session")
def pictures():
    """Twelve frames on the sigma scale, (3, H, W), with a level and white noise."""
    rng = np.random.default_rng(4)
    return [(20 + rng.normal(0, 1, (3, *SIZE))).astype(np.float32) for _ in range(12)]


@pytest.fixture(scope="session")
def model(pictures):
    return ShotModel(
        raster=Raster(5, -3, SIZE[1], SIZE[0]),
        channels=("R", "G", "B"),
        sample=SampleType.HALF,
        encoding="linear",
        noise=NoiseModel(np.array([[1e-6, 1e-5, 1e-7]] * 3)),
        covariance=train_covariance(pictures[:4]),
        clip_sigma=clip_for(len(pictures)),
    )
