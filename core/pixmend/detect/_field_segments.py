# SPDX-License-Identifier: Apache-2.0
"""A pixel-check clip -> which of its frames show a lens cap or black card, and which a lit card."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.model import FrameRange
from pixmend.stats import FlatBlocks, NoiseModel

__all__ = ["FieldSegment", "FrameLook", "find_segments", "look_at_frame"]

_DARK_LEVEL = 0.05  # scene-linear: a black card in good light shows about 0.03, a grey one 0.18
_FLAT_SHARE = 0.85  # of a frame's blocks; the rest may be a hand, a rim, defects
_NOISE_ALONE = 1.6  # times the noise model; the roughness of a block of 61 degrees of freedom is 9 % unsure
_FLAT_CONTRAST = 0.006  # of the level: paper out of focus
_FLAT_DARK = 3e-4  # scene-linear; one code of a log plate near black
_STEADY, _STEADY_DARK = 0.05, 0.003  # how far a frame's level may be from its segment's
_FALL_OFF = 0.3  # what a lens may leave of the light in the corners
_LEAST_FRAMES = 4


@dataclass(frozen=True, slots=True)
class FrameLook:
    """What one frame looks like as a whole.

    Attributes
    ----------
    level : float
        Median scene-linear level over the picture, mean of the channels.
    darkest, brightest : float
        Levels that all but a tenth of the picture reach, and that a tenth exceeds.
    flat_share : float
        Share of the blocks, in the worst channel, that hold noise and nothing else.
    """

    level: float
    darkest: float
    brightest: float
    flat_share: float


@dataclass(frozen=True, slots=True)
class FieldSegment:
    """Frames one after the other that show the same flat field."""

    frames: FrameRange
    level: float

    @property
    def is_dark(self) -> bool:
        """True for a lens cap and a black card."""
        return self.level < _DARK_LEVEL


def look_at_frame(bands: Iterable[FlatBlocks], noise: NoiseModel) -> FrameLook:
    """Say what a frame looks like, by the blocks of its bands.

    Notes
    -----
    A block is flat when it is no rougher than the noise at its level, or than paper out
    of focus. Blocks that hold NaN or Inf do not count; a frame of nothing else is not flat.
    """
    given = list(bands)
    channels = range(len(noise.coefficients))
    means = [np.concatenate([each.mean[channel] for each in given]) for channel in channels]
    sigmas = [np.concatenate([each.sigma[channel] for each in given]) for channel in channels]
    if min(len(mean) for mean in means) == 0:
        return FrameLook(0.0, 0.0, 0.0, 0.0)
    flat = [
        _is_flat(mean, sigma, noise.sigma(mean, channel)).mean()
        for channel, (mean, sigma) in enumerate(zip(means, sigmas, strict=True))
    ]
    darkest, level, brightest = np.mean([np.quantile(mean, (0.1, 0.5, 0.9)) for mean in means], axis=0)
    return FrameLook(float(level), float(darkest), float(brightest), float(min(flat)))


def _is_flat(
    mean: NDArray[np.float64], sigma: NDArray[np.float64], noise: NDArray[np.float64]
) -> NDArray[np.bool_]:
    paper = np.maximum(_FLAT_CONTRAST * np.abs(mean), _FLAT_DARK)
    is_flat: NDArray[np.bool_] = sigma <= _NOISE_ALONE * np.hypot(noise, paper)
    return is_flat


def find_segments(looks: Mapping[int, FrameLook]) -> tuple[FieldSegment, ...]:
    """Find the runs of frames that show one flat field each, in order of frames.

    Parameters
    ----------
    looks : mapping of int to FrameLook
        By frame number, rising.

    Notes
    -----
    A run goes on while frames are flat and as bright as it was so far. What is dark in
    most places and lit in some is no field; transitions, hands and fades end a run.
    Runs of fewer than four frames are left out.
    """
    runs: list[list[int]] = [[]]
    for frame, look in looks.items():
        if not _is_field(look):
            runs.append([])
            continue
        if not _goes_on([looks[each].level for each in runs[-1]], look.level):
            runs.append([])
        runs[-1].append(frame)
    return tuple(
        FieldSegment(FrameRange(run), float(np.median([looks[frame].level for frame in run])))
        for run in runs
        if len(run) >= _LEAST_FRAMES
    )


def _is_field(look: FrameLook) -> bool:
    if look.level < _DARK_LEVEL:
        is_even = look.brightest < _DARK_LEVEL
    else:
        is_even = look.darkest >= _FALL_OFF * look.level
    return is_even and look.flat_share >= _FLAT_SHARE


def _goes_on(levels: list[float], level: float) -> bool:
    if not levels:
        return True
    usual = float(np.median(levels))
    return abs(level - usual) <= max(_STEADY * usual, _STEADY_DARK)
