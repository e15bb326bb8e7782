# SPDX-License-Identifier: Apache-2.0
"""A pooled flat field -> the sites where it is not flat."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, median_filter, uniform_filter
from scipy.special import chdtri

from pixmend.arrays import MAD_TO_SIGMA, robust_sigma
from pixmend.detect._field_pool import FieldPool
from pixmend.detect._match import ScoreMap
from pixmend.detect._sites import MeanPicture, Site, find_sites
from pixmend.footprints import RADIUS_PX, Footprint, prior_footprints
from pixmend.stats import correlate

__all__ = ["FieldSite", "sites_of_field"]

THRESHOLD_SIGMA = 6.0
"""Nine footprints and three samples at 8.8 million pixels: normal noise passes it once in five plates."""

_LEAST_AMPLITUDE_SIGMA = 0.5  # of one frame: fainter ones cost less than their repair
_RIM_PX, _RIM_CAUTION = 2, 1.5  # debayer leaves a rim that is fixed too
_AROUND_PX = 5
_SURE_ENOUGH = np.float32(20.0)  # more would only tell how strong it is
_DEFECTS_ASIDE = 4.0
_CELL_PX = 2  # of the colour filter
_BLOCK_PX = 24
_LEAST_VARIANCE = np.float32(0.25)  # what a dead corner may have of the noise model's
_QUIETEST, _LEAST_NOISE = np.float32(0.8), 0.3
_RARE, _UNUSUAL = 1e-12, 1e-5  # chance of a spread: anywhere in a plate, at a site that was found otherwise
_HEAVY_TAILS = 1.25  # few electrons are not quite normal
_BLINKS = 0.35  # relative: what is there in nine of ten frames varies by 0.33
_STILLER_THAN_LIGHT = 0.002  # of the level: a full well of 100 000 electrons has a noise of 0.003
_FLOAT_ROUNDING = 4e-7  # of a square, what sums of 32-bit floats may lose
_LEAST_FRAMES_ON = 2  # what stands out in one frame is a particle's hit
_ECHO_PX, _ECHO = 6, 30.0  # the whitening rings so far, and to so small a part


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FieldSite:
    """A site in one field, and how it behaves there.

    Attributes
    ----------
    site : Site
    frames_seen, frames : int
        In how many frames its strongest pixel stood out by itself, of how many.
    fluctuation : float
        Relative change of its excess from frame to frame, one standard deviation.
    blinks : bool
        It varies more than its noise, and by a good part of itself.
    is_still : bool
        It varies less than light can.
    """

    site: Site
    frames_seen: int
    frames: int
    fluctuation: float
    blinks: bool
    is_still: bool


@dataclass(frozen=True, slots=True, eq=False)
class _OverTime:
    """A pool, its mean in linear light, and its mean, variance and spread ratio on the sigma scale."""

    pool: FieldPool
    picture: MeanPicture
    mean: NDArray[np.float32]
    variance: NDArray[np.float32]
    spread: NDArray[np.float32]


def sites_of_field(
    pool: FieldPool, picture: MeanPicture, *, threshold_sigma: float = THRESHOLD_SIGMA
) -> list[FieldSite]:
    """Find what is fixed in a flat field and is no part of it, in reading order.

    Parameters
    ----------
    pool : FieldPool
        Of one frame or more.
    picture : MeanPicture
        Its mean in linear light.
    threshold_sigma : float
        In standard deviations of the field's own small-scale unevenness: what a sensor
        has everywhere (its fixed pattern) is no defect.

    Notes
    -----
    Two things are looked for: a mean excess that matches the footprint of a photosite,
    by the generalised least-squares filter; and a spread over time that noise cannot
    have, which a blinking photosite has even when it is mostly off.
    """
    footprints = prior_footprints(len(picture.light))
    scores = _stronger(_match(pool, picture, footprints), _single_samples(pool))
    spread = _spread_ratio(pool)
    loudness = threshold_sigma * spread.max(axis=0) / (_HEAVY_TAILS * _most_spread(pool.count, _RARE))
    better = loudness > np.maximum(np.abs(scores.score), threshold_sigma)
    score = np.where(better, loudness, scores.score).astype(np.float32)
    score[~pool.is_sound()] = 0.0
    found = find_sites(
        ScoreMap(score, scores.best), picture, footprints, threshold=_thresholds(score.shape, threshold_sigma)
    )
    over_time = _OverTime(pool, picture, pool.mean(), pool.variance(), spread)
    kept = (_behaviour(site, over_time) for site in _without_echoes(found))
    return [each for each in kept if _is_believable(each)]


def _match(pool: FieldPool, picture: MeanPicture, footprints: Sequence[Footprint]) -> ScoreMap:
    """Score the best footprint at each pixel, in deviations of the local unevenness of its own response."""
    excess = pool.excess()
    sigma = np.median(picture.sigma, axis=(1, 2))
    reach = (RADIUS_PX, RADIUS_PX)
    padded = np.pad(excess, ((0, 0), reach, reach))
    score = np.zeros(excess.shape[1:], np.float32)
    best = np.zeros(excess.shape[1:], np.int8)
    for index, footprint in enumerate(footprints):
        shape = footprint.shape / sigma[:, None, None]
        weights = (shape / np.abs(shape).max() * pool.whitener.gain[:, None, None])[None]
        response = correlate(padded, np.ascontiguousarray(weights, np.float32))[0]
        noise = robust_sigma(response[response != 0], centre=0.0)
        response /= np.float32(max(noise, _LEAST_NOISE * float(np.linalg.norm(weights))))
        response /= np.maximum(_local_noise(response), _QUIETEST)
        better = np.abs(response) > np.abs(score)
        score[better] = response[better]
        best[better] = index
    return ScoreMap(score, best)


def _stronger(scores: ScoreMap, other: NDArray[np.float32]) -> ScoreMap:
    score = np.where(np.abs(other) > np.abs(scores.score), other, scores.score)
    return ScoreMap(score, scores.best)


def _single_samples(pool: FieldPool) -> NDArray[np.float32]:
    """Score the strongest single sample of each pixel, (H, W), signed.

    Debayer leaves a photosite's own colour as it was read: its noise is that of no
    stationary covariance, and where it alone stands out, whitening costs more than it gains.
    """
    score = np.zeros(pool.shape[1:], np.float32)
    for plane in pool.mean():
        excess = plane - _usual_of_cells(plane)
        excess /= np.maximum(_local_noise(excess), _LEAST_NOISE / np.float32(np.sqrt(pool.count)))
        score = np.where(np.abs(excess) > np.abs(score), excess, score)
    return np.clip(score, -_SURE_ENOUGH, _SURE_ENOUGH)


def _usual_of_cells(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return for each sample the mean of the eight at its place of the cells around it.

    What is far from the median of the nine is taken for that much only: a strong defect
    hardly moves its neighbours, and noise stays normal.
    """
    usual = np.empty_like(plane)
    for top, left in np.ndindex(_CELL_PX, _CELL_PX):
        phase = (slice(top, None, _CELL_PX), slice(left, None, _CELL_PX))
        middle = median_filter(plane[phase], size=3, mode="reflect")
        most = np.float32(_DEFECTS_ASIDE * robust_sigma(plane[phase] - middle, centre=0.0))
        kept = np.clip(plane[phase], middle - most, middle + most)
        usual[phase] = (9 * uniform_filter(kept, size=3, mode="reflect") - kept) / 8
    return usual


def _local_noise(response: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the unevenness around each pixel, (H, W), of those at its own place of the 2 x 2 cells.

    Debayer makes noise that differs from place to place of a cell. Medians of blocks: no
    defect, however strong, moves them.
    """
    noise = np.empty_like(response)
    for top, left in np.ndindex(_CELL_PX, _CELL_PX):
        phase = (slice(top, None, _CELL_PX), slice(left, None, _CELL_PX))
        noise[phase] = _block_medians(np.abs(response[phase]))
    return np.float32(MAD_TO_SIGMA) * noise


def _block_medians(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return for each pixel the largest median of the 3 x 3 blocks around it."""
    height, width = plane.shape
    padding = [(0, -side % _BLOCK_PX) for side in plane.shape]
    blocks = np.pad(plane, padding, mode="symmetric")
    rows, columns = (side // _BLOCK_PX for side in blocks.shape)
    usual = np.median(blocks.reshape(rows, _BLOCK_PX, columns, _BLOCK_PX), axis=(1, 3))
    wide = np.repeat(np.repeat(maximum_filter(usual, size=3), _BLOCK_PX, axis=0), _BLOCK_PX, axis=1)
    return wide[:height, :width]


def _spread_ratio(pool: FieldPool) -> NDArray[np.float32]:
    """Return the variance over time by what is usual around, (C, H, W); 0 where too few frames were seen."""
    variance = pool.variance()
    if pool.count <= _LEAST_FRAMES_ON:
        return np.zeros_like(variance)
    for plane in variance:
        for top, left in np.ndindex(_CELL_PX, _CELL_PX):
            phase = (slice(top, None, _CELL_PX), slice(left, None, _CELL_PX))
            plane[phase] /= np.maximum(_block_medians(plane[phase]), _LEAST_VARIANCE)
    return variance


def _most_spread(frames: int, chance: float) -> float:
    """Return the ratio of variances that normal noise exceeds with this chance."""
    freedom = max(frames - 1, 1)
    return float(chdtri(freedom, chance)) / freedom


def _thresholds(size: tuple[int, ...], threshold_sigma: float) -> NDArray[np.float32]:
    threshold = np.full(size, _RIM_CAUTION * threshold_sigma, np.float32)
    threshold[_RIM_PX:-_RIM_PX, _RIM_PX:-_RIM_PX] = threshold_sigma
    return threshold


def _without_echoes(sites: list[Site]) -> list[Site]:
    """Leave out what a far stronger site nearby explains."""
    place = np.array([(site.y, site.x) for site in sites]).reshape(-1, 2)
    strength = np.array([abs(site.amplitude_sigma) for site in sites])

    def is_echo(index: int) -> bool:
        is_near = (np.abs(place - place[index]) <= _ECHO_PX).all(axis=1)
        return bool((strength[is_near] > _ECHO * strength[index]).any())

    return [site for index, site in enumerate(sites) if not is_echo(index)]


def _behaviour(site: Site, field: _OverTime) -> FieldSite:
    peak = (site.peak_channel, site.peak_y, site.peak_x)
    around: tuple[Any, ...] = (
        site.peak_channel,
        slice(max(site.peak_y - _AROUND_PX, 0), site.peak_y + _AROUND_PX + 1),
        slice(max(site.peak_x - _AROUND_PX, 0), site.peak_x + _AROUND_PX + 1),
    )
    excess = abs(float(field.mean[peak]) - float(np.median(field.mean[around])))
    usual, own = float(np.median(field.variance[around])), float(field.variance[peak])
    fluctuation = float(np.sqrt(max(own - usual, 0.0))) / max(excess, 1e-3)
    is_unusual = float(field.spread[peak]) > _HEAVY_TAILS * _most_spread(field.pool.count, _UNUSUAL)
    return FieldSite(
        site=site,
        frames_seen=field.pool.stood_out(site.peak_y, site.peak_x),
        frames=field.pool.count,
        fluctuation=fluctuation,
        blinks=is_unusual and fluctuation >= _BLINKS,
        is_still=_is_still(peak, field),
    )


def _is_still(peak: tuple[int, int, int], field: _OverTime) -> bool:
    """Tell whether a sample varies less than light of its level can."""
    rounding = _FLOAT_ROUNDING * float(field.mean[peak]) ** 2
    own = float(np.sqrt(max(float(field.variance[peak]) - rounding, 0.0)))
    return own * float(field.picture.sigma[peak]) < _STILLER_THAN_LIGHT * float(field.picture.light[peak])


def _is_believable(found: FieldSite) -> bool:
    """Tell a site that is worth a repair, and no hit of a particle in one frame."""
    if found.blinks and found.frames_seen < _LEAST_FRAMES_ON:
        return False
    return abs(found.site.amplitude_sigma) >= _LEAST_AMPLITUDE_SIGMA
