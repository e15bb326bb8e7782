# SPDX-License-Identifier: Apache-2.0
"""Where nothing moves: one lying photosite, or a point of light, or texture."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from pixmend.arrays import mirrored
from pixmend.detect._point_shapes import (
    BAYER_CAMERAS,
    REACH_PX,
    SATURATIONS,
    Camera,
    point_shapes,
)
from pixmend.detect._resized_points import SCALES, resized_photosites

__all__ = ["Lights", "ShapeFit", "StillPicture", "fit_resized", "fit_shapes"]

_SIDE = 2 * REACH_PX + 1
_AROUND = tuple(
    (dy, dx) for dy in (-10, -7, 0, 7, 10) for dx in (-10, -7, 0, 7, 10) if max(abs(dy), abs(dx)) >= 7
)
_AT_ONCE = 128  # sites; bounds the memory
_TELLING = 160  # the strongest sites tell which camera it was
_MOST_SAY = 3.0  # of one site, in which camera it was
_CLEAR, _CLEARLY = 4.0, 1.25  # more evidence than for the best other camera, and times as much
_MISFIT = 0.04  # of the excess: no prior footprint is exactly the camera's
_LEAST = 1e-9


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class StillPicture:
    """The mean of a shot in which nothing moves.

    Attributes
    ----------
    light, sigma : (C, H, W) float ndarray
        Scene-linear level, and the noise of one frame at that level. Non-finite light
        counts as 0.
    covariance : (D, D) float64 ndarray
        Of C x 7 x 7 patches of the mean picture on the sigma scale; level free.
    """

    light: NDArray[np.floating]
    sigma: NDArray[np.floating]
    covariance: NDArray[np.float64]


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
    if picture.covariance.shape != (channels * _SIDE**2,) * 2:
        raise ValueError(f"covariance {picture.covariance.shape} is not of {channels} x 7 x 7 patches")
    if not len(places):
        nothing = np.zeros(0)
        return ShapeFit(nothing, nothing, nothing, nothing, nothing, nothing, nothing, camera=None)
    white = _whitened(picture, places)
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
    white = _whitened(picture, places)
    some = white.part(np.sort(np.argsort(-np.abs(telling), kind="stable")[:_TELLING]))
    shapes = resized_photosites(_agreed_scale(some))
    by_points = some.left_by(np.max(_explained(some, (Camera(""),)), axis=0))
    if np.clip(np.log(by_points / some.left_by(_best_of(some, shapes))), -1.0, 1.0).sum() < _CLEAR:
        return np.zeros(len(places))
    explained = _best_of(white, shapes)
    return np.asarray(np.clip(explained / (white.energy + _LEAST), 0.0, 1.0))


def _agreed_scale(white: "_Whitened") -> float:
    """Return by how much the plate was resized, as most patches say; no single one says much."""
    support = [
        np.minimum(
            np.log(white.left_by(0.0) / white.left_by(_best_of(white, resized_photosites(scale, few=True)))),
            _MOST_SAY,
        ).sum()
        for scale in SCALES
    ]
    return SCALES[int(np.argmax(support))]


def _best_of(white: "_Whitened", shapes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the energy of each patch that the best of some shapes explains, (N,)."""
    basis = white.basis(shapes)
    basis /= np.sqrt(np.square(basis).sum(axis=1, keepdims=True)) + _LEAST
    most = np.zeros(len(white.patches))
    for chunk in _chunks(len(most)):
        most[chunk] = np.square(white.patches[chunk] @ basis.T).max(axis=1)
    return most


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Whitened:
    """Patches about the places, whitened: texture and noise have a variance of about 1 a sample.

    Attributes
    ----------
    parity : (N, 2) ndarray
        Of the places, y and x.
    patches : (N, D) ndarray
    busy : (N,) ndarray
        Energy of a patch in the surroundings.
    whitener : (D, D) ndarray
        From patches in units of `typical`.
    typical : (C,) ndarray
        Noise of one frame, in linear light.
    """

    parity: NDArray[np.intp]
    patches: NDArray[np.float64]
    busy: NDArray[np.float64]
    whitener: NDArray[np.float64]
    typical: NDArray[np.float64]

    @property
    def energy(self) -> NDArray[np.float64]:
        return np.asarray(np.square(self.patches).sum(axis=1))

    def left_by(self, explained: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Return what is left of each patch and its surroundings, of which so much energy is explained."""
        return np.asarray(self.busy + self.energy + _LEAST - explained)

    def part(self, chosen: NDArray[np.intp]) -> "_Whitened":
        return replace(self, parity=self.parity[chosen], patches=self.patches[chosen], busy=self.busy[chosen])

    def by_parity(self) -> Iterator[tuple[int, int, NDArray[np.intp]]]:
        """Yield each parity of places (y, x), and which have it, if any do."""
        for y, x in ((0, 0), (0, 1), (1, 0), (1, 1)):
            members = np.flatnonzero((self.parity == (y, x)).all(axis=1))
            if len(members):
                yield y, x, members

    def basis(self, shapes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return shapes (..., C, 7, 7) in linear light as the patches are, (..., D)."""
        scaled = shapes / self.typical[:, None, None]
        return np.asarray(scaled.reshape(*shapes.shape[:-3], -1) @ self.whitener.T)


def _whitened(picture: StillPicture, places: NDArray[np.intp]) -> _Whitened:
    whitener = np.linalg.cholesky(np.linalg.inv(picture.covariance)).T
    noise = np.median(_cut(picture.sigma, places), axis=(2, 3))
    typical = np.median(noise, axis=0)
    brightness = (noise / typical).mean(axis=1)

    def whiten(shift: tuple[int, int], chosen: slice) -> NDArray[np.float64]:
        cut = _cut(picture.light, places[chosen] + np.array(shift))
        excess = cut - np.median(cut, axis=(2, 3), keepdims=True)
        excess /= typical[:, None, None] * brightness[chosen, None, None, None]
        return np.asarray(excess.reshape(len(cut), -1) @ whitener.T)

    patches, busy = np.zeros((len(places), len(picture.covariance))), np.zeros(len(places))
    for chosen in _chunks(len(places)):
        patches[chosen] = whiten((0, 0), chosen)
        around = [np.square(whiten(shift, chosen)).sum(axis=1) for shift in _AROUND]
        busy[chosen] = np.median(around, axis=0)
    return _Whitened(parity=places % 2, patches=patches, busy=busy, whitener=whitener, typical=typical)


def _cut(planes: NDArray[np.floating], places: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the windows (N, C, 7, 7) about places (y, x), mirrored at the borders."""
    reach = np.arange(-REACH_PX, REACH_PX + 1)
    rows, columns = (mirrored(places[:, axis, None] + reach, planes.shape[1 + axis]) for axis in (0, 1))
    cut = planes[:, rows[:, :, None], columns[:, None, :]]
    return np.nan_to_num(np.moveaxis(cut, 0, 1).astype(np.float64), posinf=0.0, neginf=0.0)


def _chunks(count: int) -> Iterator[slice]:
    return (slice(start, start + _AT_ONCE) for start in range(0, count, _AT_ONCE))


def _agreed_camera(white: _Whitened, cameras: Sequence[Camera]) -> Camera | None:
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


def _support(white: _Whitened, camera: Camera) -> float:
    """Return how well a camera explains the patches, no matter by what; no single one says much."""
    best = np.max(_explained(white, (camera,), few=True), axis=0)
    return float(np.minimum(np.log(white.left_by(0.0) / white.left_by(best)), _MOST_SAY).sum())


def _explained(
    white: _Whitened, cameras: Sequence[Camera], *, few: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the energy that the best photosite, and the best point, of any camera explains; (N,) each."""
    photosite, optical = np.zeros(len(white.patches)), np.zeros(len(white.patches))
    for camera in cameras:
        for y, x, members in white.by_parity():
            shapes = point_shapes(camera, y, x, channels=len(white.typical), few=few)
            sites, lights = white.basis(shapes.photosites), Lights(white.basis(shapes.points))
            norms = np.square(sites).sum(axis=1)
            for chunk in _chunks(len(members)):
                own = members[chunk]
                patches = white.patches[own]
                fits = (np.square(patches @ sites.T) / norms).max(axis=1)
                photosite[own] = np.maximum(photosite[own], fits)
                optical[own] = np.maximum(optical[own], lights.explain(patches))
    return photosite, optical


def _explained_by_blocks(white: _Whitened, camera: Camera | None) -> NDArray[np.float64]:
    """Return the energy that the best cluster explains, (N,); 0 where the camera is not known."""
    joined = np.zeros(len(white.patches))
    if camera is None:
        return joined
    for y, x, members in white.by_parity():
        blocks = Lights(white.basis(point_shapes(camera, y, x, channels=len(white.typical)).blocks))
        for chunk in _chunks(len(members)):
            joined[members[chunk]] = blocks.explain(white.patches[members[chunk]])
    return joined


class Lights:
    """Whitened points of light (N, K, D): N by spread and place, each in K colours of free strength.

    Or blocks of joined photosites: N by place, each of K photosites.
    """

    def __init__(self, points: NDArray[np.float64]) -> None:
        self._points = points
        gram = points @ np.swapaxes(points, 1, 2)
        colours = range(points.shape[1])
        self._solvers = [
            (list(some), np.linalg.pinv(gram[:, some][:, :, some], hermitian=True))
            for size in range(1, len(colours) + 1)
            for some in combinations(colours, size)
        ]

    def explain(self, patches: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the energy of each patch (S, D) that the best point explains, all its colours of one sign."""
        count, colours, size = self._points.shape
        onto = (patches @ self._points.reshape(-1, size).T).reshape(len(patches), count, colours)
        most = np.zeros(len(patches))
        for some, solver in self._solvers:
            strength = np.einsum("nij,snj->sni", solver, onto[:, :, some], optimize=True)
            is_light = (strength >= 0).all(axis=2) | (strength <= 0).all(axis=2)
            energy = np.where(is_light, (strength * onto[:, :, some]).sum(axis=2), 0.0)
            np.maximum(most, energy.max(axis=1), out=most)
        return most


def _judged(
    white: _Whitened,
    explained: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    *,
    camera: Camera | None,
) -> ShapeFit:
    energy, busy = white.energy + _LEAST, white.busy + _LEAST
    left = [energy - np.clip(each, 0.0, energy) for each in explained]
    photosite, optical, joined = (1.0 - each / energy for each in left)
    untold = busy + _MISFIT * energy
    contest, _, joined_contest = ((each + untold) / (left[1] + untold) for each in left)
    surprise, _, joined_surprise = (np.log((energy + busy) / (each + busy)) for each in left)
    return ShapeFit(
        photosite, optical, contest, surprise, joined, joined_contest, joined_surprise, camera=camera
    )
