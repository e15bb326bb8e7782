# SPDX-License-Identifier: Apache-2.0
"""Where nothing moves: one lying photosite, or a point of light, or texture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._camera_matrix import MISFIT, learned_camera
from pixmend.detect._joined import explained_by_six, fit_joined
from pixmend.detect._light_fit import explained_by_any_light
from pixmend.detect._point_shapes import (
    BAYER_CAMERAS,
    REACH_PX,
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
_CLOSELY, _JOINED = (
    28.0,
    0.8,
)  # surprise times telling, and share that is joined photosites, of what is asked again
_STRONG = 12.0  # surprise times telling, of what may be six joined photosites
_SIX_CONTEST = 0.6  # six leave at most so much of what a light leaves: they explain much
_CLEAR, _CLEARLY = 4.0, 1.25  # more evidence than for the best other camera, and times as much


@dataclass(frozen=True, slots=True, eq=False)
class ShapeFit:
    """What the excess at each site looks like; all (N,), float64 but for `is_whole`.

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
        The same of a cluster: up to four joined photosites of one sign, or six that no light comes near.
    joined_green : ndarray
        Its strongest green photosite over its strongest red or blue one; infinite where
        joined photosites explain little.
    is_whole : ndarray of bool
        Whether the picture has all of the patch.
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
    joined_green: NDArray[np.float64]
    is_whole: NDArray[np.bool_]
    camera: Camera | None


def fit_shapes(
    picture: StillPicture, places: NDArray[np.intp], *, telling: NDArray[np.float64], closely: bool = False
) -> ShapeFit:
    """Fit one photosite, and any point of light, to the mean picture about some places.

    Parameters
    ----------
    picture : StillPicture
    places : (N, 2) int ndarray
        Array positions, y and x.
    telling : (N,) float64 ndarray
        How much each stands out; the strongest tell which camera it was.
    closely : bool
        Whether they tell its matrix too, so that what is clear, and what may be joined photosites, can be
        fitted more closely: for a picture that the shape alone must judge.

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
        shares, contests = (nothing, nothing), (nothing, nothing, nothing)
        return ShapeFit(*shares, *contests, *contests, is_whole=np.zeros(0, np.bool_), camera=None)
    white = whitened(picture, places)
    plain = Camera("")
    cameras = (*BAYER_CAMERAS, plain) if channels == 3 else (plain,)
    strongest = np.sort(np.argsort(-np.abs(telling), kind="stable")[:_TELLING])
    camera = _agreed_camera(white.part(strongest), cameras)
    misfit = MISFIT
    if closely and camera is not None:
        camera, misfit = learned_camera(white.part(strongest), camera)
    explained = _explained(white, cameras if camera is None else (camera,))
    joined = fit_joined(white, camera)
    size = np.array(picture.light.shape[1:])
    is_whole = np.asarray(((places >= REACH_PX) & (places < size - REACH_PX)).all(axis=1))
    is_clear, by_light, by_joined = np.zeros(len(places), np.bool_), explained[1], joined.explained
    if camera is not None and camera.matrix:
        is_clear = _surprise(white, explained[0]) * np.abs(telling) >= _CLOSELY
        is_strong = is_whole & (_surprise(white, white.energy) * np.abs(telling) >= _STRONG)
        close = _fitted_closely(
            white, camera, by_joined, is_clear=is_clear, is_strong=is_strong, misfit=misfit
        )
        by_light, by_joined = np.maximum(by_light, close[0]), close[1]
    judged = _judged(white, (*explained, by_light, by_joined), is_clear, misfit=misfit)
    return ShapeFit(**judged, joined_green=joined.green, is_whole=is_whole, camera=camera)


def _fitted_closely(
    white: WhitenedPatches,
    camera: Camera,
    by_four: NDArray[np.float64],
    *,
    is_clear: NDArray[np.bool_],
    is_strong: NDArray[np.bool_],
    misfit: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the energies (N,) that any light explains where that is in question, and joined photosites.

    These are up to four, or six where no light comes near them.
    """
    by_six = explained_by_six(white, camera, is_strong & (by_four < _JOINED * white.energy))
    asked = is_clear | (np.maximum(by_four, by_six) >= _JOINED * white.energy)
    by_light = explained_by_any_light(white, camera, asked)
    rest = misfit * white.energy
    is_six = asked & (white.left_by(by_six) + rest <= _SIX_CONTEST * (white.left_by(by_light) + rest))
    return by_light, np.where(is_six, by_six, by_four)


def _surprise(white: WhitenedPatches, explained: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.log(white.left_by(0.0) / white.left_by(np.clip(explained, 0.0, white.energy))))


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


def _judged(
    white: WhitenedPatches,
    explained: Sequence[NDArray[np.float64]],
    is_clear: NDArray[np.bool_],
    *,
    misfit: float,
) -> dict[str, NDArray[np.float64]]:
    """Judge patches by what photosites, points, finer points and joined photosites explain.

    What is clear is judged by what this camera's footprints leave, the rest by what a footprint may.
    """
    energy, busy = white.energy + LEAST, white.busy + LEAST
    by_site, by_point, by_fine_point, by_joined = (energy - np.clip(each, 0.0, energy) for each in explained)
    known, usual = busy + misfit * energy, busy + MISFIT * energy
    contest = (by_site + usual) / (by_point + usual)
    close_contest = (by_site + known) / (by_fine_point + known)
    return {
        "photosite": 1.0 - by_site / energy,
        "optical": 1.0 - by_point / energy,
        "contest": np.where(is_clear, close_contest, contest),
        "surprise": _surprise(white, explained[0]),
        "joined": 1.0 - by_joined / energy,
        "joined_contest": (by_joined + known) / (by_fine_point + known),
        "joined_surprise": _surprise(white, explained[3]),
    }
