# SPDX-License-Identifier: Apache-2.0
"""What one photosite became in this very plate, told by its strongest defects.

Demosaics differ, and a plate may have been resized, desqueezed, turned to grey or
denoised without anybody knowing: the few strongest defects say what all look like.
They are asked once. Only what one photosite or one blob explains well can tell, and
only where three agree; what is learned finds more, and teaches nothing in turn.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pixmend.arrays import MAD_TO_SIGMA
from pixmend.detect._sites import MeanPicture, Site
from pixmend.footprints import Footprint

__all__ = ["LEARNED_RADIUS_PX", "STRONG", "learn_footprints"]

LEARNED_RADIUS_PX = 4
"""Learned footprints have (2 * LEARNED_RADIUS_PX + 1) pixels a side."""

STRONG = 15.0
"""Bold score from which a site may teach."""

_SHIFT_PX = 1  # a class agrees up to a shift of so much
_RING_PX = 9  # the background is a plane through what lies between the footprint and here
_RINGS_PX = 6  # so near, a weaker site is a part of the stronger
_ALONE_PX, _DISTURBS = 12, 0.1  # no other site is as near and as strong as so much of it
_MOST_SITES = 400  # the strongest; more tell nothing new
_CLEAR = 10.0  # times the ring's scatter
_EXPLAINED = 0.6  # of the excess, by one photosite or by one blob
_ALIKE = 0.9  # cosine of two footprints of one class
_SURE, _FAINT = 4.0, 0.01  # errors of a sample; of the strongest
_LEAST_MEMBERS, _MOST_CLASSES = 3, 6
_BLOBS_PX = ((0.7, 0.7), (1.0, 1.0), (1.4, 1.4), (1.9, 1.9), (0.8, 1.6), (1.6, 0.8))
_SIDE = 2 * LEARNED_RADIUS_PX + 1

_Patches = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Class:
    """Patches that agree: their common shape in sigma, and how sure each sample of it is."""

    shape: NDArray[np.float64]
    error: NDArray[np.float64]
    members: int


def learn_footprints(
    sites: Sequence[Site], picture: MeanPicture, priors: Sequence[Footprint]
) -> tuple[Footprint, ...]:
    """Learn the footprints of a plate from its strongest defects.

    Parameters
    ----------
    sites : sequence of Site
        All that score high, whatever they are.
    picture : MeanPicture
        Of a shot that moves; else lamps would teach.
    priors : sequence of Footprint
        What one photosite may look like; a learned one leans on the nearest where its own
        samples are not sure.

    Returns
    -------
    tuple of Footprint
        At most 6 of (C, 9, 9), those with most members first; none where no three agree.
    """
    patches, noise = _clear_patches(sites, picture)
    if len(patches) < _LEAST_MEMBERS:
        return ()
    sigma = np.median(picture.sigma[:, ::8, ::8], axis=(1, 2))[:, None, None]
    whitened = patches / sigma
    shapes = [_framed(prior.shape / sigma) for prior in priors]
    inner = slice(_SHIFT_PX, -_SHIFT_PX)
    explained = np.array([_best_prior(each[:, inner, inner], shapes)[1] for each in whitened])
    explained = np.maximum(explained, [_blob_share(each[:, inner, inner]) for each in whitened])
    teaching = whitened[(explained >= _EXPLAINED) & (noise >= _CLEAR)]
    classes = sorted(_classes(teaching), key=lambda each: -each.members)[:_MOST_CLASSES]
    return tuple(
        Footprint(f"learned from {each.members}", _sure_shape(each, shapes) * sigma) for each in classes
    )


def _clear_patches(sites: Sequence[Site], picture: MeanPicture) -> tuple[_Patches, NDArray[np.float64]]:
    """Return the excess (N, C, 11, 11) of sites that stand alone, strongest first, and how clear each is."""
    height, width = picture.light.shape[1:]
    places = np.array([(site.y, site.x) for site in sites], np.intp).reshape(-1, 2)
    strength = np.array([abs(site.amplitude_sigma) for site in sites])
    fits = ((places >= _RING_PX) & (places < np.array([height, width]) - _RING_PX)).all(axis=1)
    chosen = np.flatnonzero(fits & _stand_alone(places, strength))
    chosen = chosen[np.argsort(-strength[chosen], kind="stable")][:_MOST_SITES]
    reach = range(-_RING_PX, _RING_PX + 1)
    rows, columns = (places[chosen, axis][:, None] + np.array(reach) for axis in (0, 1))
    windows = np.moveaxis(picture.light[:, rows[:, :, None], columns[:, None, :]], 0, 1).astype(np.float64)
    return _without_background(windows)


def _stand_alone(places: NDArray[np.intp], strength: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which sites have no other near that matters beside them: what rings about one does not."""
    pairs = cKDTree(places).query_pairs(_ALONE_PX, p=np.inf, output_type="ndarray")
    first, second = np.concatenate([pairs, pairs[:, ::-1]]).T
    rings = np.abs(places[first] - places[second]).max(axis=1) <= _RINGS_PX
    matters = strength[second] > np.where(rings, 1.0, _DISTURBS) * strength[first]
    alone = np.ones(len(places), np.bool_)
    alone[first[matters]] = False
    return alone


def _without_background(windows: NDArray[np.float64]) -> tuple[_Patches, NDArray[np.float64]]:
    """Take a plane through the ring off each channel; return the middle, and its peak over the ring's scatter."""
    reach = np.arange(-_RING_PX, _RING_PX + 1)
    y, x = np.meshgrid(reach, reach, indexing="ij")
    is_ring = np.maximum(np.abs(y), np.abs(x)) > LEARNED_RADIUS_PX + _SHIFT_PX
    plane = np.stack([np.ones_like(y), y, x], axis=-1).astype(np.float64)
    fitted = np.einsum("kr,ncr->nck", np.linalg.pinv(plane[is_ring]), windows[:, :, is_ring])
    excess = windows - np.einsum("yxk,nck->ncyx", plane, fitted)
    scatter = MAD_TO_SIGMA * np.median(np.abs(excess[:, :, is_ring]), axis=-1)
    middle = slice(_RING_PX - LEARNED_RADIUS_PX - _SHIFT_PX, _RING_PX + LEARNED_RADIUS_PX + _SHIFT_PX + 1)
    patches = excess[:, :, middle, middle]
    peak = np.abs(patches).max(axis=(2, 3))
    return patches, (peak / np.maximum(scatter, 1e-12)).max(axis=1, initial=0.0)


def _framed(shape: NDArray[np.float64]) -> NDArray[np.float64]:
    spare = (_SIDE - shape.shape[-1]) // 2
    return np.pad(shape, ((0, 0), (spare, spare), (spare, spare)))


def _best_prior(
    patch: NDArray[np.float64], shapes: Sequence[NDArray[np.float64]]
) -> tuple[NDArray[np.float64], float]:
    """Return the best multiple of a prior, and the share of the patch's energy that it explains."""
    total = float((patch**2).sum())
    best, share = np.zeros_like(patch), 0.0
    for shape in shapes:
        amplitude = float((patch * shape).sum()) / float((shape**2).sum())
        explained = amplitude**2 * float((shape**2).sum()) / total if total > 0 else 0.0
        if explained > share:
            best, share = amplitude * shape, explained
    return best, share


def _blob_share(patch: NDArray[np.float64]) -> float:
    """Return the share of a patch (C, 9, 9) that one round or stretched blob of any colour explains."""
    reach = np.arange(-LEARNED_RADIUS_PX, LEARNED_RADIUS_PX + 1)
    total = float((patch**2).sum())
    shares = [0.0]
    for down, across in _BLOBS_PX:
        blob = np.outer(np.exp(-0.5 * (reach / down) ** 2), np.exp(-0.5 * (reach / across) ** 2))
        along = np.einsum("cyx,yx->c", patch, blob)
        shares.append(float((along**2).sum()) / float((blob**2).sum()) / max(total, 1e-30))
    return max(shares)


def _classes(patches: _Patches) -> Iterator[_Class]:
    """Gather patches (N, C, 11, 11), strongest first, about the strongest that is in no class yet."""
    left = patches
    while len(left) >= _LEAST_MEMBERS:
        leader = left[0][:, _SHIFT_PX:-_SHIFT_PX, _SHIFT_PX:-_SHIFT_PX]
        shape, error, is_member = _gathered(left, leader)
        for _ in range(2):
            if is_member.sum() >= _LEAST_MEMBERS:
                shape, error, is_member = _gathered(left, shape)
        if is_member.sum() >= _LEAST_MEMBERS:
            yield _Class(shape, error, int(is_member.sum()))
        is_member[0] = True
        left = left[~is_member]


def _gathered(
    patches: _Patches, leader: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return the median of those patches that are like the leader, its error, and which they are."""
    unit = leader / np.sqrt((leader**2).sum())
    shifts = range(2 * _SHIFT_PX + 1)
    moved = np.stack(
        [patches[:, :, dy : dy + _SIDE, dx : dx + _SIDE] for dy in shifts for dx in shifts], axis=1
    )
    along = np.einsum("nscyx,cyx->ns", moved, unit)
    cosine = np.abs(along) / np.maximum(np.sqrt(np.einsum("nscyx,nscyx->ns", moved, moved)), 1e-30)
    best = cosine.argmax(axis=1)
    every = np.arange(len(patches))
    is_member = cosine[every, best] >= _ALIKE
    aligned = moved[every, best][is_member] / along[every, best][is_member][:, None, None, None]
    if not is_member.any():
        return leader, np.zeros_like(leader), is_member
    middle = np.median(aligned, axis=0)
    scatter = MAD_TO_SIGMA * np.median(np.abs(aligned - middle), axis=0)
    return middle, scatter / np.sqrt(is_member.sum()), is_member


def _sure_shape(found: _Class, shapes: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Put the nearest prior where a class's own samples are faint or not sure; strongest sample 1.

    A learned sample of a thousandth is a visible one of the strongest defects: what may be
    scene must be nothing.
    """
    prior, _ = _best_prior(found.shape, shapes)
    error = np.maximum(found.error, np.median(found.error, axis=(1, 2), keepdims=True))
    size = np.abs(found.shape)
    shape = np.where(size > np.maximum(_SURE * error, _FAINT * size.max()), found.shape, prior)
    return np.asarray(shape / np.abs(shape).max())
