# SPDX-License-Identifier: Apache-2.0
"""The second look at one hit: what of it the frames beside do not explain."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._flash_scene import FLASH_MATCH_PX, SceneExcess, excess_over_scene
from pixmend.detect._point_shapes import REACH_PX, Camera, point_shapes
from pixmend.detect._resized_points import resized_photosites, scale_told_by
from pixmend.detect._whitened_patches import LEAST
from pixmend.footprints import RADIUS_PX, Footprint, prior_footprints
from pixmend.stats import SigmaCurve

__all__ = ["FlashFit", "fit_flash", "flash_footprints", "resized_footprints"]

_MIDDLE = slice(REACH_PX - RADIUS_PX, REACH_PX + RADIUS_PX + 1)
_INNER = slice(RADIUS_PX - 1, RADIUS_PX + 2)
_LEAST_LEFT = 0.6  # of what the shot's covariance lets expect of a sample: noise alone, with no texture


@dataclass(frozen=True, slots=True, eq=False)
class FlashFit(SceneExcess):
    """What is left of a candidate once the frames beside it have told what the scene is there.

    Attributes
    ----------
    model : (C, 5, 5) float64 ndarray
        The footprint that explains it best, at its amplitude.
    explained, left : float
        Squared score of the match by generalised least squares, and what it leaves of the
        excess in the same measure.
    size : int
        How many samples of the excess there are.
    """

    model: NDArray[np.float64]
    explained: float
    left: float
    size: int

    @property
    def score(self) -> float:
        """The match over what it leaves, where that is more than noise; negative where too dark."""
        peak = self.model.ravel()[np.abs(self.model).argmax()]
        return float(np.copysign(np.sqrt(self.explained / max(self.left / self.size, _LEAST_LEFT)), peak))

    @property
    def strength(self) -> float:
        """Root of the sum of squares of the model, in scatter: how far it stands out of noise."""
        return float(np.sqrt(np.square(self.model / self.scatter[:, None, None]).sum()))

    @property
    def energy(self) -> float:
        """Sum of squares of the excess, in scatter."""
        return float(np.square(self.excess / self.scatter[:, None, None]).sum())

    @property
    def share(self) -> float:
        """Share of the excess that the model explains, 0 to 1."""
        rest = np.square((self.excess - self.model) / self.scatter[:, None, None]).sum()
        return max(1.0 - float(rest) / max(self.energy, 1e-9), 0.0)


def flash_footprints(channels: int, learned: Sequence[Footprint] = ()) -> tuple[Footprint, ...]:
    """Return what one photosite may look like in one frame, in plates of `channels` colour channels.

    Beside the prior footprints those of a demosaic that looks along edges: it spreads a lone
    spike of red or blue far less (one of green it leaves alone, as a pixel). And those that
    the shot's lasting defects taught, their middle 5 x 5 pixels: of a resized plate they alone know.
    """
    priors = (*prior_footprints(channels), *(_middle_of(each) for each in learned))
    if channels != 3:
        return priors
    return (*priors, *(_along_edges(name, y, x) for name, y, x in (("red", 0, 0), ("blue", 1, 1))))


def resized_footprints(learned: Sequence[Footprint]) -> tuple[Footprint, ...]:
    """Return what one photosite may look like in one frame of a plate that was resized.

    Wherever between pixels it lies, whatever its colour; none where the shot's lasting defects
    do not tell by how much the plate was resized.
    """
    scale = scale_told_by(learned)
    if scale is None:
        return ()
    shapes = resized_photosites(scale, alone=True)
    shapes = shapes[:, :, _MIDDLE, _MIDDLE] / np.abs(shapes).max(axis=(1, 2, 3), keepdims=True)
    in_middle = np.abs(shapes[:, :, _INNER, _INNER]).max(axis=(1, 2, 3)) == 1.0
    return tuple(Footprint(f"resized {scale}", shape) for shape in shapes[in_middle])


def _middle_of(footprint: Footprint) -> Footprint:
    spare = footprint.shape.shape[-1] // 2 - RADIUS_PX
    return Footprint(
        footprint.name, footprint.shape[:, spare : spare + FLASH_MATCH_PX, spare : spare + FLASH_MATCH_PX]
    )


def _along_edges(name: str, y: int, x: int) -> Footprint:
    nearby = point_shapes(Camera("along edges"), y, x, few=True).photosites
    own = nearby[len(nearby) // 2][:, _MIDDLE, _MIDDLE]
    return Footprint(f"{name}, along edges", own / np.abs(own).max())


def fit_flash(
    windows: NDArray[np.float32],
    curve: SigmaCurve,
    footprints: Sequence[Footprint],
    *,
    covariance: NDArray[np.float64],
    inside: NDArray[np.bool_],
    smooths: bool = True,
) -> FlashFit | None:
    """Tell the excess of a candidate over the scene, and how well one photosite explains it.

    Parameters
    ----------
    windows, curve, smooths
        As `excess_over_scene` takes them; what is no number is allowed.
    footprints : sequence of Footprint
    covariance : (C * 25, C * 25) float64 ndarray
        Of the shot's 5 x 5 patches: what is left of scene and noise is alike, only less.
    inside : (5, 5) bool ndarray
        Which pixels of the middle the plate has; the others say nothing.

    Returns
    -------
    FlashFit or None
        None where a sample that is needed is no number.
    """
    if not np.isfinite(windows).all():
        return None
    found = excess_over_scene(windows, curve, smooths=smooths)
    shapes = np.stack([inside * footprint.shape for footprint in footprints])
    return _best_match(replace(found, excess=inside * found.excess), shapes, covariance, inside=inside)


def _best_match(
    found: SceneExcess,
    lit: NDArray[np.float64],
    covariance: NDArray[np.float64],
    *,
    inside: NDArray[np.bool_],
) -> FlashFit:
    """Match shapes (K, C, 5, 5) in linear light with an excess."""
    excess, scatter = found.excess, found.scatter
    shapes = lit / found.sigma[:, None, None]
    is_in = np.broadcast_to(inside, excess.shape).ravel()
    own, matched = (
        (each / scatter[:, None, None]).reshape(-1, len(is_in))[:, is_in] for each in (excess[None], shapes)
    )
    weighed = np.linalg.solve(covariance[np.ix_(is_in, is_in)], np.concatenate([own, matched]).T)
    inner = matched @ weighed[:, 0]
    norm = np.maximum(np.einsum("kd,dk->k", matched, weighed[:, 1:]), LEAST)  # 0 of what lies outside
    best = int((inner**2 / norm).argmax())
    explained = float(inner[best] ** 2 / norm[best])
    left = max(float(own[0] @ weighed[:, 0]) - explained, 0.0)
    model = inner[best] / norm[best] * shapes[best]
    return FlashFit(excess, found.sigma, scatter, model, explained, left, int(is_in.sum()))
