# SPDX-License-Identifier: Apache-2.0
"""Burnt-in lettering: it stands still, whatever the camera does."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["burn_in", "burn_in_mask"]

_LIGHT = np.float32(0.8)


def burn_in(linear: NDArray[np.float32], *, seed: int) -> NDArray[np.float32]:
    """Return a plate (H, W, 3) with two lines of lettering in it."""
    height, width = linear.shape[:2]
    cover = burn_in_mask((height, width), seed=seed)[..., None]
    return linear * (1 - cover) + _LIGHT * cover


@lru_cache(maxsize=4)
def burn_in_mask(size: tuple[int, int], *, seed: int) -> NDArray[np.float32]:
    """Return the cover of two lines of lettering, (H, W) float32, 0 to 1; do not write to it."""
    rng = np.random.default_rng([seed, 108])
    height, width = size
    unit = max(height // 540, 1)
    cover = np.zeros(size, dtype=np.float32)
    letters = min(40, (width - 4 * unit) // (6 * unit))
    for y in (height // 30, height - height // 30 - 7 * unit):
        glyphs = np.zeros((7, 6 * letters), dtype=np.float32)
        for k in range(letters):
            glyphs[:, 6 * k : 6 * k + 5] = rng.random((7, 5)) < 0.45
        line = np.kron(glyphs, np.ones((unit, unit), dtype=np.float32))
        cover[y : y + line.shape[0], 2 * unit : 2 * unit + line.shape[1]] = line
    cover.flags.writeable = False
    return cover
