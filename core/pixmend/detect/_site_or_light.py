# SPDX-License-Identifier: Apache-2.0
"""One excess: a photosite that lies, or a point of light."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._point_shapes import BAYER_CAMERAS, REACH_PX, Camera, point_shapes
from pixmend.detect._whitened_patches import LEAST, Lights

__all__ = ["SiteOrLight", "resized_site_or_light", "site_or_light"]

_UNTOLD = 0.03  # of the excess, that no footprint explains exactly: it says nothing for either


@dataclass(frozen=True, slots=True)
class SiteOrLight:
    """How well each explains an excess.

    Attributes
    ----------
    site, light : float
        Share of the excess that the best photosite, and the best point of light, explains, 0 to 1.
    """

    site: float
    light: float

    @property
    def contest(self) -> float:
        """What the photosite leaves over what the light leaves.

        A light has more freedom, so that a photosite's is a little above 1 as a rule; of a
        lamp or a star it is far more.
        """
        return (1.0 - self.site + _UNTOLD) / (1.0 - self.light + _UNTOLD)


def site_or_light(
    excess: NDArray[np.float64],
    unit: NDArray[np.float64],
    place: tuple[int, int],
    *,
    red: tuple[int, int] | None,
) -> SiteOrLight:
    """Fit one photosite, and any point of light, to an excess over the scene.

    Parameters
    ----------
    excess : (C, S, S) float64 ndarray
        Linear light in `unit`; S is odd and at most 7. NaN is not allowed.
    unit : (C,) float64 ndarray
        Linear light; above 0. The better known a channel, the smaller.
    place : (int, int)
        Row and column of its middle in the plate.
    red : (int, int) or None
        Row and column of the red photosite in the plate's first 2 x 2 pixels; None where it is
        not known: then each order of colours is tried.

    Notes
    -----
    As `fit_shapes`, for one excess and independent samples: the point has any colour, a few
    spreads and sub-pixel places, and goes through the same mosaic, demosaic and matrix.
    """
    total = float(np.square(excess).sum())
    if total <= 0.0:
        return SiteOrLight(0.0, 0.0)
    fits = [_explained(excess, unit, place, camera) for camera in _cameras(len(excess), red)]
    site, light = np.clip(np.max(fits, axis=0) / total, 0.0, 1.0)
    return SiteOrLight(float(site), float(light))


def resized_site_or_light(
    excess: NDArray[np.float64], unit: NDArray[np.float64], sites: NDArray[np.float64]
) -> SiteOrLight:
    """As `site_or_light`, of a plate that was resized: `sites` (K, C, S, S) is what photosites became there.

    No mosaic is left that would colour a point of light: it is as it fell, of any colour.
    """
    points = point_shapes(Camera(""), 0, 0, channels=len(excess)).points
    middle = slice(REACH_PX - excess.shape[-1] // 2, REACH_PX + excess.shape[-1] // 2 + 1)
    own, lit = sites / unit[:, None, None], points[..., middle, middle] / unit[:, None, None]
    patch, own, lit = excess.ravel(), own.reshape(len(own), -1), lit.reshape(*lit.shape[:2], -1)
    total = max(float(patch @ patch), LEAST)
    explained = (
        (np.square(own @ patch) / np.square(own).sum(axis=1)).max(),
        Lights(lit).explain(patch[None])[0],
    )
    return SiteOrLight(*(float(np.clip(each / total, 0.0, 1.0)) for each in explained))


def _cameras(channels: int, red: tuple[int, int] | None) -> list[Camera]:
    if channels != 3:
        return [Camera("")]
    return [camera for camera in BAYER_CAMERAS if red is None or red == (camera.row, camera.column)]


def _explained(
    excess: NDArray[np.float64], unit: NDArray[np.float64], place: tuple[int, int], camera: Camera
) -> tuple[float, float]:
    """Return the energy that the photosite in the middle, and the best point, of a camera explains."""
    shapes = point_shapes(camera, place[0] % 2, place[1] % 2, channels=len(excess), few=True)
    reach = excess.shape[-1] // 2
    middle = slice(REACH_PX - reach, REACH_PX + reach + 1)

    def seen(shapes: NDArray[np.float64]) -> NDArray[np.float64]:
        cut = shapes[..., middle, middle] / unit[:, None, None]
        return np.asarray(cut.reshape(*cut.shape[:-3], -1))

    sites, patch = seen(shapes.photosites), excess.ravel()
    in_middle = shapes.photosites[:, :, REACH_PX, REACH_PX]
    own = sites[np.abs(in_middle).max(axis=1) >= np.abs(shapes.photosites).max(axis=(1, 2, 3))]
    explained = np.square(own @ patch) / np.square(own).sum(axis=1)
    return float(explained.max()), float(Lights(seen(shapes.points)).explain(patch[None])[0])
