# SPDX-License-Identifier: Apache-2.0
"""Where nothing moves: one lying photosite, or a point of light, or texture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._point_shapes import (
    BAYER_CAMERAS,
    SATURATIONS,
    Camera,
    point_shapes,
)
from pixmend.detect._resized_points import SCALES, resized_photosites
from pixmend.detect._whitened_patches import (
    LEAST,
    SIDE,
    Lights,
    StillPicture,
    WhitenedPatches,
    in_chunks,
    whitened,
)

__all__ = ["ShapeFit", "fit_resized", "fit_shapes"]

_TELLING = 160  # the strongest sites tell which camera it was
_MOST_SAY = 3.0  # of one site, in which camera it was
_CLEAR, _CLEARLY = 4.0, 1.25  # more evidence than for the best other camera, and times as much
_MISFIT = 0.04  # of the excess: no prior footprint is exactly the camera's


@dataclass(frozen=True, slots=True, eq=False)
class ShapeFit:
    """What the excess at each site looks like; all (N,) float64.

    Attributes
    ----------
    photosite, optical : ndarray
        Share, 0 to 1, of the whitened excess that the best single photosite, and the
        best point of light (or hole), explains.
    contest : ndarray
        What the photosite leaves over what the point leaves: under 1 the photosite fits
        better. What nobody could tell counts on both sides.
    surprise : ndarray
        Logarithm of what is there over what the photosite leaves, on the same terms:
        near 0 where the surroundings are as busy as the site.
    joined, joined_contest, joined_surprise : ndarray
        The same of a cluster: up to four joined photosites of one sign.
    camera : Camera or None
        What the sites agree on; None where they do not: then each is fitted with the
        camera that suits it best.
    """

    photosite: NDArray[np.float64]
    optical: NDArray[np.float64]
    contest: NDArray[np.float64]
    surprise: NDArray[np.float64]
    joined: NDArray[np.float64]
    joined_contest: NDArray[np.float64]
    joined_surprise: NDArray[np.float64]
    camera: Camera | None


def fit_shapes(picture: StillPicture, places: NDArray[np.intp], *, telling: NDArray[np.float64]) -> ShapeFit:
    """Fit one photosite, and any point of light, to the mean picture about some places.

    Parameters
    ----------
    picture : StillPicture
    places : (N, 2) int ndarray
        Array positions, y and x.
    telling : (N,) float64 ndarray
        How much each stands out; the strongest tell which camera it was.

    Raises
    ------
    ValueError
        If the covariance is not that of 7 x 7 patches of the picture's channels.

    Notes
    -----
    A photosite lights samples of one CFA colour; a point of light, however sharp, lights
    others too, and demosaic turns the two into different shapes. Both are fitted by
    generalised least squares (the covariance knows how the scene's own texture looks),
    the point with any spread, sub-pixel place and colour through the same mosaic,
    demosaic and matrix. Which camera it was (order of colours, demosaic, saturation)
    is the same all over the shot: the sites choose it together, which leaves texture
    far less freedom to look like a photosite.
    """
    channels = len(picture.light)
    if picture.covariance.shape != (channels * SIDE**2,) * 2:
        raise ValueError(f"covariance {picture.covariance.shape} is not of {channels} x 7 x 7 patches")
    if not len(places):
        nothing = np.zeros(0)
        return ShapeFit(nothing, nothing, nothing, nothing, nothing, nothing, nothing, camera=None)
    white = whitened(picture, places)
    plain = Camera("")
    cameras = (*BAYER_CAMERAS, plain) if channels == 3 else (plain,)
    strongest = np.sort(np.argsort(-np.abs(telling), kind="stable")[:_TELLING])
    camera = _agreed_camera(white.part(strongest), cameras)
    explained = _explained(white, cameras if camera is None else (camera,))
    return _judged(white, (*explained, _explained_by_blocks(white, camera)), camera=camera)


def fit_resized(
    picture: StillPicture, places: NDArray[np.intp], *, telling: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Fit one photosite, or four joined ones, of a plate that was resized; as `fit_shapes` does.

    Returns
    -------
    (N,) float64 ndarray
        Share, 0 to 1, of the whitened excess that the best explains; 0 of a plate that
        shows no sign of a mosaic before it was resized.

    Notes
    -----
    By how much is the same all over the plate: the strongest sites choose it together. They
    must be explained clearly better than by points of light of any colour and spread: the
    texture of a soft clip is as wide as a photosite that was resized.
    """
    if not len(places) or len(picture.light) != 3:
        return np.zeros(len(places))
    white = whitened(picture, places)
    some = white.part(np.sort(np.argsort(-np.abs(telling), kind="stable")[:_TELLING]))
    shapes = resized_photosites(_agreed_scale(some))
    by_points = some.left_by(np.max(_explained(some, (Camera(""),)), axis=0))
    if np.clip(np.log(by_points / some.left_by(_best_of(some, shapes))), -1.0, 1.0).sum() < _CLEAR:
        return np.zeros(len(places))
    explained = _best_of(white, shapes)
    return np.asarray(np.clip(explained / (white.energy + LEAST), 0.0, 1.0))


def _agreed_scale(white: WhitenedPatches) -> float:
    """Return by how much the plate was resized, as most patches say; no single one says much."""
    support = [
        np.minimum(
            np.log(white.left_by(0.0) / white.left_by(_best_of(white, resized_photosites(scale, few=True)))),
            _MOST_SAY,
        ).sum()
        for scale in SCALES
    ]
    return SCALES[int(np.argmax(support))]


def _best_of(white: WhitenedPatches, shapes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the energy of each patch that the best of some shapes explains, (N,)."""
    basis = white.basis(shapes)
    basis /= np.sqrt(np.square(basis).sum(axis=1, keepdims=True)) + LEAST
    most = np.zeros(len(white.patches))
    for chunk in in_chunks(len(most)):
        most[chunk] = np.square(white.patches[chunk] @ basis.T).max(axis=1)
    return most


def _agreed_camera(white: WhitenedPatches, cameras: Sequence[Camera]) -> Camera | None:
    """Return the camera that explains most, if clearly more than any with its colours elsewhere."""
    support = [_support(white, camera) for camera in cameras]
    best = cameras[int(np.argmax(support))]
    place = (bool(best.demosaic), best.row, best.column)
    others = [
        own
        for own, each in zip(support, cameras, strict=True)
        if (bool(each.demosaic), each.row, each.column) != place
    ]
    if max(support) < max([0.0, *(max(other + _CLEAR, _CLEARLY * other) for other in others)]):
        return None
    if not best.demosaic:
        return best
    tuned = [best._replace(saturation=each) for each in SATURATIONS]
    return tuned[int(np.argmax([_support(white, each) for each in tuned]))]


def _support(white: WhitenedPatches, camera: Camera) -> float:
    """Return how well a camera explains the patches, no matter by what; no single one says much."""
    best = np.max(_explained(white, (camera,), few=True), axis=0)
    return float(np.minimum(np.log(white.left_by(0.0) / white.left_by(best)), _MOST_SAY).sum())


def _explained(
    white: WhitenedPatches, cameras: Sequence[Camera], *, few: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the energy that the best photosite, and the best point, of any camera explains; (N,) each."""
    photosite, optical = np.zeros(len(white.patches)), np.zeros(len(white.patches))
    for camera in cameras:
        for y, x, members in white.by_parity():
            shapes = point_shapes(camera, y, x, channels=len(white.typical), few=few)
            sites, lights = white.basis(shapes.photosites), Lights(white.basis(shapes.points))
            norms = np.square(sites).sum(axis=1)
            for chunk in in_chunks(len(members)):
                own = members[chunk]
                patches = white.patches[own]
                fits = (np.square(patches @ sites.T) / norms).max(axis=1)
                photosite[own] = np.maximum(photosite[own], fits)
                optical[own] = np.maximum(optical[own], lights.explain(patches))
    return photosite, optical


def _explained_by_blocks(white: WhitenedPatches, camera: Camera | None) -> NDArray[np.float64]:
    """Return the energy that the best cluster explains, (N,); 0 where the camera is not known."""
    joined = np.zeros(len(white.patches))
    if camera is None:
        return joined
    for y, x, members in white.by_parity():
        blocks = Lights(white.basis(point_shapes(camera, y, x, channels=len(white.typical)).blocks))
        for chunk in in_chunks(len(members)):
            joined[members[chunk]] = blocks.explain(white.patches[members[chunk]])
    return joined


def _judged(
    white: WhitenedPatches,
    explained: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    *,
    camera: Camera | None,
) -> ShapeFit:
    energy, busy = white.energy + LEAST, white.busy + LEAST
    left = [energy - np.clip(each, 0.0, energy) for each in explained]
    photosite, optical, joined = (1.0 - each / energy for each in left)
    untold = busy + _MISFIT * energy
    contest, _, joined_contest = ((each + untold) / (left[1] + untold) for each in left)
    surprise, _, joined_surprise = (np.log((energy + busy) / (each + busy)) for each in left)
    return ShapeFit(
        photosite, optical, contest, surprise, joined, joined_contest, joined_surprise, camera=camera
    )
