# SPDX-License-Identifier: Apache-2.0
"""The simulated sensor: scene light to electrons, noise, and development back to linear RGB."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from pixmend.simulate._kernels import demosaic_bilinear, demosaic_edge, demosaic_malvar

__all__ = ["Demosaic", "Sensor", "add_noise", "add_white_light", "camera_light", "develop"]

# Linear RGB of a typical single-chip cinema camera from its white-balanced RGB. Each row sums to 1.
_CAMERA_TO_LINEAR = np.array(
    [[1.60, -0.45, -0.15], [-0.22, 1.52, -0.30], [0.02, -0.50, 1.48]], dtype=np.float32
)
_LINEAR_TO_CAMERA = np.linalg.inv(_CAMERA_TO_LINEAR.astype(np.float64)).astype(np.float32)
_WHITE_BALANCE = np.array([1.9, 1.0, 1.6], dtype=np.float32)


class Demosaic(StrEnum):
    """How photosites become pixels; `EDGE` looks along edges, and is not linear."""

    MALVAR = "malvar"
    BILINEAR = "bilinear"
    EDGE = "edge"

    @property
    def reach_px(self) -> int:
        """How far one photosite spreads, along each axis."""
        return _REACHES_PX[self]


_REACHES_PX = {Demosaic.MALVAR: 2, Demosaic.BILINEAR: 1, Demosaic.EDGE: 3}
_KERNELS = {
    Demosaic.MALVAR: demosaic_malvar,
    Demosaic.BILINEAR: demosaic_bilinear,
    Demosaic.EDGE: demosaic_edge,
}
_PADDING_PX = {Demosaic.MALVAR: 2, Demosaic.BILINEAR: 2, Demosaic.EDGE: 4}


@dataclass(frozen=True, slots=True)
class Sensor:
    """What one photosite does.

    Attributes
    ----------
    electrons_per_unit : float
        Electrons of a green photosite at scene-linear 1.0 (18 % grey: 360).
    read_noise_e : float
        Standard deviation of the read-out, in electrons.
    full_well_e : float
        Where a photosite saturates, in electrons.
    """

    electrons_per_unit: float = 2000.0
    read_noise_e: float = 4.0
    full_well_e: float = 60000.0

    def gains(self) -> NDArray[np.float32]:
        """Return electrons per unit of white-balanced camera R, G and B, (3,) float32."""
        return (np.float32(self.electrons_per_unit) / _WHITE_BALANCE).astype(np.float32)

    def noise_sigma_e(self, electrons: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the noise of photosites at a mean level, in electrons, same shape."""
        return np.sqrt(np.maximum(electrons, 0.0) + np.float32(self.read_noise_e**2)).astype(np.float32)


def camera_light(picture: NDArray[np.float32], sensor: Sensor) -> NDArray[np.float32]:
    """Return what photosites of each colour would collect, everywhere in a picture.

    Parameters
    ----------
    picture : (H, W, 3) float32 ndarray
        Scene-linear RGB.
    sensor : Sensor

    Returns
    -------
    (3, H, W) float32 ndarray
        Expected electrons under the red, green and blue filter, 0 or more.
    """
    planes = np.einsum("ij,hwj->ihw", _LINEAR_TO_CAMERA * sensor.gains()[:, None], picture)
    return np.ascontiguousarray(np.maximum(planes, 0.0), dtype=np.float32)


def add_white_light(electrons: NDArray[np.float32], light: NDArray[np.float32], sensor: Sensor) -> None:
    """Add white light, (H, W) in scene-linear units, to photosites (H, W), in place."""
    gains = sensor.gains()  # white is the same in every white-balanced colour
    electrons[0::2, 0::2] += gains[0] * light[0::2, 0::2]
    electrons[0::2, 1::2] += gains[1] * light[0::2, 1::2]
    electrons[1::2, 0::2] += gains[1] * light[1::2, 0::2]
    electrons[1::2, 1::2] += gains[2] * light[1::2, 1::2]


def add_noise(
    electrons: NDArray[np.float32], sensor: Sensor, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return photosites with shot noise (Poisson) and read-out noise (Gauss), same shape, electrons."""
    noisy = rng.poisson(electrons).astype(np.float32)
    noisy += rng.standard_normal(electrons.shape, dtype=np.float32) * np.float32(sensor.read_noise_e)
    return noisy


def develop(
    electrons: NDArray[np.float32], sensor: Sensor, demosaic: Demosaic = Demosaic.MALVAR
) -> NDArray[np.float32]:
    """Develop an RGGB mosaic to scene-linear RGB.

    Parameters
    ----------
    electrons : (H, W) float32 ndarray
        Photosites; the top-left one is red. H and W are 5 or more.
    sensor : Sensor
        Values are clipped at its full well.
    demosaic : Demosaic

    Returns
    -------
    (H, W, 3) float32 ndarray
        Scene-linear; may be negative, as a camera's is.

    Raises
    ------
    ValueError
        If the mosaic is not two-dimensional or smaller than 5x5.

    Notes
    -----
    A NaN photosite spoils its footprint, `demosaic.reach_px` around it, and nothing else. Mirrored at the
    borders without repeating the border, which keeps the colour order.
    """
    if electrons.ndim != 2 or min(electrons.shape) < 5:
        raise ValueError(f"a mosaic is (H, W) with H and W of 5 or more, not {electrons.shape}")
    balanced = np.minimum(electrons, np.float32(sensor.full_well_e))
    gains = sensor.gains()
    balanced[0::2, 0::2] /= gains[0]
    balanced[0::2, 1::2] /= gains[1]
    balanced[1::2, 0::2] /= gains[1]
    balanced[1::2, 1::2] /= gains[2]
    method = Demosaic(demosaic)
    padded = np.pad(balanced, _PADDING_PX[method], mode="reflect")
    developed: NDArray[np.float32] = _KERNELS[method](padded, _CAMERA_TO_LINEAR)
    return developed
