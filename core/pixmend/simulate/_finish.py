# SPDX-License-Identifier: Apache-2.0
"""What happens to a plate after its development: noise taken out, grain put in, fades, another size."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse

from pixmend.simulate._sensor import Sensor

__all__ = ["Fade", "Finish", "fade_gain", "finish_plate", "resized_place"]

_SOFT_PX = 0.8
_GRAIN_PX = 0.8
_DEAD_SHARE, _RAMP_SHARE = 0.1, 0.5  # of the shot: black, then getting brighter


class Fade(StrEnum):
    """How a shot begins or ends in black."""

    NONE = "none"
    FROM_BLACK = "from-black"
    TO_BLACK = "to-black"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """What is done to the developed plate, in this order; the default is nothing.

    Attributes
    ----------
    denoise : float
        Share of the detail within the noise that a spatial denoiser takes away, 0 to 1.
    grain_stops : float
        Standard deviation of film grain, in stops; a grain is about two pixels wide.
    fade : Fade
    scale : float
        Size of the plate over that of the sensor; bicubic.
    """

    denoise: float = 0.0
    grain_stops: float = 0.0
    fade: Fade = Fade.NONE
    scale: float = 1.0

    def plate_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return the height and width of the plate of a sensor's."""
        return round(size[0] * self.scale), round(size[1] * self.scale)


def finish_plate(
    linear: NDArray[np.float32], finish: Finish, sensor: Sensor, *, gain: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return the finished plate.

    Parameters
    ----------
    linear : (H, W, 3) float32 ndarray
        As developed.
    finish : Finish
    sensor : Sensor
        Its noise tells the denoiser what is detail.
    gain : float
        Of the fade, in this frame.
    rng : Generator
        Of this frame's grain.

    Returns
    -------
    (H', W', 3) float32 ndarray
        Scene-linear.
    """
    if finish.denoise:
        linear = _denoised(linear, finish.denoise, sensor)
    if finish.grain_stops:
        linear = linear * np.exp2(np.float32(finish.grain_stops) * _grain(linear.shape, rng))
    if finish.fade is not Fade.NONE:
        linear = linear * np.float32(gain)
    if finish.scale != 1.0:
        linear = _resized(linear, finish.plate_size((linear.shape[0], linear.shape[1])))
    return linear


def fade_gain(fade: Fade, index: int, count: int) -> float:
    """Return what is left of the light in frame `index` of `count`, 0 to 1."""
    if fade is Fade.NONE:
        return 1.0
    passed = index if fade is Fade.FROM_BLACK else count - 1 - index
    return float(np.clip((passed / count - _DEAD_SHARE) / _RAMP_SHARE, 0.0, 1.0))


def resized_place(place: int, side: int, new_side: int) -> int:
    """Return the pixel of the resized plate that holds the centre of a photosite, along one axis."""
    return min(int((place + 0.5) * new_side / side), new_side - 1)


def _denoised(linear: NDArray[np.float32], share: float, sensor: Sensor) -> NDArray[np.float32]:
    """Core the detail: what is smaller than twice the noise goes, by a share, and edges stay."""
    soft = ndimage.gaussian_filter(linear, (_SOFT_PX, _SOFT_PX, 0), truncate=3.0)
    detail = linear - soft
    units = np.float32(sensor.electrons_per_unit)
    limit = 2 * sensor.noise_sigma_e(soft * units) / units
    kept = (1 - np.float32(share)) + np.float32(share) * detail**2 / (detail**2 + limit**2)
    return np.asarray(soft + detail * kept, dtype=np.float32)


def _grain(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return noise of standard deviation 1 with a grain's width, (H, W, 3)."""
    white = rng.standard_normal(shape, dtype=np.float32)
    soft: NDArray[np.float32] = ndimage.gaussian_filter(white, (_GRAIN_PX, _GRAIN_PX, 0), truncate=3.0)
    return soft * np.float32(2 * np.sqrt(np.pi) * _GRAIN_PX)  # what a Gaussian leaves of white noise


def _resized(linear: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    height, width, channels = linear.shape
    rows = _bicubic_weights(height, size[0]) @ linear.reshape(height, -1)
    across = rows.reshape(size[0], width, channels).transpose(1, 0, 2).reshape(width, -1)
    columns = (_bicubic_weights(width, size[1]) @ across).reshape(size[1], size[0], channels)
    return np.ascontiguousarray(columns.transpose(1, 0, 2), dtype=np.float32)


@lru_cache(maxsize=8)
def _bicubic_weights(side: int, new_side: int) -> sparse.csr_array:
    """Return the (new_side, side) weights of Keys' cubic, stretched where the plate gets smaller."""
    stretch = max(side / new_side, 1.0)
    centre = (np.arange(new_side) + 0.5) * side / new_side - 0.5
    reach = int(np.ceil(2 * stretch))
    taps = np.floor(centre)[:, None] + np.arange(1 - reach, reach + 1)
    d = np.abs(taps - centre[:, None]) / stretch
    weight = np.where(
        d < 1, (1.5 * d - 2.5) * d * d + 1, np.where(d < 2, ((2.5 - 0.5 * d) * d - 4) * d + 2, 0)
    )
    weight = (weight / weight.sum(axis=1, keepdims=True)).astype(np.float32)
    rows = np.repeat(np.arange(new_side), taps.shape[1])
    columns = np.clip(taps, 0, side - 1).astype(np.int64).ravel()
    return sparse.csr_array((weight.ravel(), (rows, columns)), shape=(new_side, side))
