# SPDX-License-Identifier: Apache-2.0
"""Where nothing moves, only the shape tells: which sites are photosites that lie."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._optical import ShapeFit, fit_resized, fit_shapes
from pixmend.detect._point_shapes import Camera
from pixmend.detect._sites import MeanPicture, Site
from pixmend.detect._whitened_patches import StillPicture
from pixmend.footprints import DEMOSAICS
from pixmend.stats import ShotStatistics, train_covariance

__all__ = ["photosites_only", "with_fits"]

_SITE_PX = 2  # a site's own excess reaches so far
_CONTEST = 1.1  # a photosite leaves at most so much of what a point of light leaves
_CLEAR_CONTEST = 1.2  # at most so much of what is clear: no footprint is exactly the camera's
_CLEAR, _CLEARER = 20.0, 40.0  # surprise times score: from there on more, up to that
_KNOWN_CLEAR_CONTEST, _KNOWN_CLEARER = 1.25, 45.0  # the same of a camera whose matrix is known
_CLEARLY_LIGHT = 3.0  # so much more is left by a photosite where a lamp hides one that is known
# Surprise times score: chance makes neither large where the other is. What is dark is no light, and
# seldom texture.
_BRIGHT_SURPRISE, _DARK_SURPRISE = 6.0, 3.5
# Less, where a photosite fits no worse than light, and the plain excess is like one too. If the footprint is
# known, and nothing of it lies outside the picture, the more the worse it fits: small coloured lamps fit so.
_AGREED_CONTEST, _AGREED_LIKENESS, _AGREED_SURPRISE, _HARDLY_AGREED_SURPRISE = 1.03, 0.4, 3.0, 8.0
# A cluster is clearer than texture could be, and no single photosite.
_JOINED_SHARE, _JOINED_SURPRISE, _ALONE = 0.875, 12.0, 0.7
_JOINED_CONTEST = 1.0
_UNLIKE_LIGHT = 0.6  # so much is like no light, whatever its colour
_A_LAMP, _CLEAR_LAMP, _MOST_LAMPS = 0.95, 1.2, 2  # share; contest; lamps for each cluster
# A sharp lamp in the corner of four photosites looks the same. Where there are more lamps their colour must
# tell: photosites that lie are magenta, for red and blue are amplified more, and lamps are seldom.
_MAGENTA, _MOST_GREEN = 0.7, 0.95  # times the red and the blue
_MAGENTA_CONTEST, _HARDLY_GREEN_CONTEST = 1.03, 1.01


def with_fits(
    sites: Sequence[Site],
    statistics: ShotStatistics,
    picture: MeanPicture,
    *,
    resized_from: float = np.inf,
    is_still: bool = False,
) -> tuple[list[Site], ShapeFit]:
    """Return the sites with what a photosite and a point of light explain of them, and all of the fit.

    Parameters
    ----------
    resized_from : float
        Score from which a photosite, or four joined ones, may be as wide as in a plate that
        was resized; what scores less could be so by chance.
    is_still : bool
        Whether nothing moves, so that only the shape tells.
    """
    still = StillPicture(light=picture.light, sigma=picture.sigma, covariance=_texture(sites, statistics))
    places = np.array([(site.y, site.x) for site in sites], np.intp).reshape(-1, 2)
    telling = np.array([site.score for site in sites], np.float64)
    fit = fit_shapes(still, places, telling=telling, closely=is_still)
    if np.isfinite(resized_from):
        wider = np.where(np.abs(telling) >= resized_from, fit_resized(still, places, telling=telling), 0.0)
        fit = replace(fit, photosite=np.maximum(fit.photosite, wider))
    fitted = [
        replace(site, photosite_fit=round(float(photosite), 3), optical_fit=round(float(optical), 3))
        for site, photosite, optical in zip(sites, fit.photosite, fit.optical, strict=True)
    ]
    return fitted, fit


def _texture(sites: Sequence[Site], statistics: ShotStatistics) -> NDArray[np.float64]:
    """Return the covariance of the scene's own patches: what is to be judged teaches nothing."""
    level = statistics.mean_level()
    for site in sites:
        rows, columns = (slice(max(each - _SITE_PX, 0), each + _SITE_PX + 1) for each in (site.y, site.x))
        level[:, rows, columns] = np.nan
    return train_covariance([level])


def photosites_only(sites: Sequence[Site], fit: ShapeFit, *, is_spared: Callable[[Site], bool]) -> list[Site]:
    """Return the sites of a still shot that look like one photosite, or like joined ones.

    Parameters
    ----------
    sites : sequence of Site
    fit : ShapeFit
        Of these sites.
    is_spared : callable
        Tells where other evidence speaks, as where the camera is known to have a defect:
        there the shape need not. Only a clear point of light is left out all the same, since a lamp that happens to stand there would be painted
        over; not where the camera is unclear, as in a resized plate, whose defects are
        as soft as lamps.
    """
    score = np.array([site.score for site in sites], np.float64)
    likeness = np.array([site.likeness for site in sites], np.float64)
    looks_it = _looks_like_photosite(fit, score, likeness) | _looks_like_cluster(fit, score)
    is_light = (fit.contest > _CLEARLY_LIGHT) & (fit.joined_contest > _CLEAR_LAMP) & (fit.camera is not None)
    return [
        site
        for site, alike, light in zip(sites, looks_it, is_light, strict=True)
        if alike or (is_spared(site) and not light)
    ]


def _looks_like_photosite(
    fit: ShapeFit, score: NDArray[np.float64], likeness: NDArray[np.float64]
) -> NDArray[np.bool_]:
    camera = fit.camera or Camera("")
    is_alike = likeness >= _AGREED_LIKENESS
    agreed = np.where(is_alike & (fit.contest < _AGREED_CONTEST), _AGREED_SURPRISE, _BRIGHT_SURPRISE)
    if camera.matrix and camera.demosaic in DEMOSAICS:
        hardly = (_AGREED_CONTEST, _CONTEST), (_AGREED_SURPRISE, _HARDLY_AGREED_SURPRISE)
        needed = np.interp(fit.contest, *hardly)
        agreed = np.where(is_alike & fit.is_whole, needed, np.maximum(agreed, needed))
    needed = np.where(score < 0, _DARK_SURPRISE, agreed)
    told = fit.surprise * np.abs(score)
    clear = (_KNOWN_CLEARER, _KNOWN_CLEAR_CONTEST) if camera.matrix else (_CLEARER, _CLEAR_CONTEST)
    most = np.interp(told, (_CLEAR, clear[0]), (_CONTEST, clear[1]))
    return np.asarray((fit.contest < most) & (told >= needed))


def _looks_like_cluster(fit: ShapeFit, score: NDArray[np.float64]) -> NDArray[np.bool_]:
    if fit.camera is None or not fit.camera.demosaic:
        return np.zeros(len(score), np.bool_)  # without a mosaic joined photosites are any small spot
    is_joined = (fit.joined >= _JOINED_SHARE) & (fit.photosite < _ALONE)
    is_joined &= fit.joined_surprise * np.abs(score) >= _JOINED_SURPRISE
    is_lamp = (fit.optical >= _A_LAMP) & (np.minimum(fit.joined_contest, fit.contest) > _CLEAR_LAMP)
    fits = is_joined & (fit.joined_contest <= _JOINED_CONTEST)
    fits &= is_lamp.sum() <= _MOST_LAMPS * fits.sum()
    if fit.camera.matrix:
        most = np.where(fit.joined_green <= _MAGENTA, _MAGENTA_CONTEST, _HARDLY_GREEN_CONTEST)
        fits |= is_joined & (fit.joined_contest <= most) & (fit.joined_green <= _MOST_GREEN)
        fits |= is_joined & (fit.joined_contest <= _UNLIKE_LIGHT)
    return np.asarray(fits)
