# SPDX-License-Identifier: Apache-2.0
"""Scenes that move by a known step a frame, sharp between pixels too: on the sigma scale."""

import numpy as np
from numpy.typing import NDArray

from pixmend.fill import CURRENT_RADIUS_PX, NEIGHBOUR_RADIUS_PX, Neighbour

SIDE = 9
_WAVES = 40


class MovingScene:
    """A sum of waves that travels; no wave is shorter than 5 px."""

    def __init__(self, step: tuple[float, float], *, seed: int, contrast: float = 8.0) -> None:
        rng = np.random.default_rng(seed)
        angle = rng.uniform(0, 2 * np.pi, _WAVES)
        number = 2 * np.pi / rng.uniform(5.0, 24.0, _WAVES)
        self._down, self._right = number * np.sin(angle), number * np.cos(angle)
        self._phase = rng.uniform(0, 2 * np.pi, (3, _WAVES))
        self._height = contrast * np.sqrt(2.0 / _WAVES)
        self._step = step

    def frame(
        self,
        time: int,
        size: tuple[int, int],
        *,
        noise: float = 0.0,
        corner: tuple[float, float] = (0.0, 0.0),
    ) -> NDArray[np.float32]:
        """Return (3, H, W); noise of this time is always the same."""
        y = np.arange(size[0])[:, None] + corner[0] - time * self._step[0]
        x = np.arange(size[1])[:, None] + corner[1] - time * self._step[1]
        down, right = np.exp(1j * self._down * y), np.exp(1j * self._right * x)
        planes = [100.0 + ((down * wave) @ right.T).real for wave in self._height * np.exp(1j * self._phase)]
        rng = np.random.default_rng([time + 100, *(round(each) + 1000 for each in corner)])
        clean = np.stack(planes)
        return np.asarray(clean + noise * rng.standard_normal(clean.shape), np.float32)


def hole(side_px: int) -> NDArray[np.bool_]:
    """Return the targets (3, 9, 9) of a hole of some width in the middle of a window."""
    first = SIDE // 2 - side_px // 2
    is_target = np.zeros((3, SIDE, SIDE), bool)
    is_target[:, first : first + side_px, first : first + side_px] = True
    return is_target


def pierced(samples: NDArray[np.float32], side_px: int) -> NDArray[np.float32]:
    """Return samples with a hole of some width in the middle."""
    first = samples.shape[-1] // 2 - side_px // 2
    copy = samples.copy()
    copy[:, first : first + side_px, first : first + side_px] = np.nan
    return copy


def surroundings(
    scene: MovingScene,
    steps: tuple[int, ...],
    *,
    side_px: int,
    noise: float = 0.0,
    corner: tuple[float, float] = (0.0, 0.0),
) -> tuple[NDArray[np.float32], NDArray[np.float32], list[Neighbour]]:
    """Return the true window, what is known around a hole in its middle, and the frames beside.

    The hole is in all frames; `corner` is where in the scene.
    """
    wide = 2 * NEIGHBOUR_RADIUS_PX + 1
    frame = scene.frame(0, (wide, wide), noise=noise, corner=corner)
    middle = NEIGHBOUR_RADIUS_PX
    near = slice(middle - CURRENT_RADIUS_PX, middle + CURRENT_RADIUS_PX + 1)
    window = slice(middle - SIDE // 2, middle + SIDE // 2 + 1)
    beside = [
        Neighbour(step, pierced(scene.frame(step, (wide, wide), noise=noise, corner=corner), side_px))
        for step in steps
    ]
    return frame[:, window, window].copy(), pierced(frame, side_px)[:, near, near].copy(), beside
