# SPDX-License-Identifier: Apache-2.0
"""The verdict on one hit: a photosite's lie in one frame, or part of the scene."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label, maximum_filter, uniform_filter

from pixmend.detect._flash import LONE_SCORE, FlashCandidate, crowd_of
from pixmend.detect._flash_fit import FlashFit, fit_flash
from pixmend.detect._flash_scene import FLASH_WINDOW_PX, unrest_beside
from pixmend.detect._site_or_light import SiteOrLight, resized_site_or_light, site_or_light
from pixmend.footprints import RADIUS_PX, Footprint
from pixmend.model import Defect, Evidence, FrameRange, Kind, Raster, Sample
from pixmend.stats import SigmaCurve

__all__ = ["caution_of", "judge_flash", "least_score"]

_LEAST_UNSURE = 18.0  # where colours are unknown: photographs have points that score 15
_LEAST_RESIZED, _CONTEST_RESIZED = 16.0, 0.75  # resized photosites have colours that no point of light has
_LEAST_STRENGTH = 12.0  # sigma: in flat places debayered noise itself looks like a photosite
_LEAST_STRENGTH_RESIZED = 18.0  # and of hundreds of shapes one is like it
_SURE_CONTEST, _MORE = 1.1, 10.0  # a point of light explains it better: so much more score for each of it
# At the border less of a footprint is seen; too dark for one frame few are; or colours are unknown.
_CAUTION = 1.3
_LEAST_SHARE = 0.55  # of what the faithful prediction leaves, that the footprint explains
_MOST_SCATTER = 3.5  # of the prediction: where it is worse the excess has its errors
_USUAL_SCATTER, _LESS_SURE = 1.2, 0.15  # of each unit above, so much more score: errors are not normal there
_MOST_UNREST = 2.5  # so many times the score is enough, however badly the frames beside predict one another
_CONTEST = 1.7  # a photosite leaves at most so much of what a point of light leaves
_SURELY_STRONG, _SURELY_SITE = 18.0, 1.3  # score and contest of what no sharp light can be
_NOISE_LEFT, _SHAPE_LEFT = 150.0, 0.07  # squared sigma; share: what a true footprint may leave unexplained
_OWN_LIGHT_PX = 4  # what reaches so far from a candidate is its own light
_LIKE_IT = 0.35  # times as strong: it may be the same light, that falls between the photosites elsewhere
_CLEAR_SIGMA = 3.0  # of 3 x 3 pixels; less may be noise
_RING = np.ones((13, 13), bool)  # a lone light has nothing as strong in this ring around it
_RING[3:-3, 3:-3] = False
_VISIBLE_SIGMA = 0.5
_SIGNIFICANT = 4.0
_EXPECTED, _FALSE_AT_LEAST, _FALSE_DECAY = 5.0, 1.0, 2.0


def judge_flash(  # noqa: PLR0913 (each is one thing that is known of the shot)
    candidate: FlashCandidate,
    windows: NDArray[np.float32],
    curve: SigmaCurve,
    *,
    footprints: Sequence[Footprint],
    covariance: NDArray[np.float64],
    resized: Sequence[Footprint] = (),
    raster: Raster,
    channels: Sequence[str],
) -> Defect | None:
    """Return the defect that a candidate is, or None.

    Parameters
    ----------
    candidate : FlashCandidate
    windows : (N, C, 41, 41) float32 ndarray
        As `fit_flash` takes them; N is 2 or more.
    curve : SigmaCurve
    footprints : sequence of Footprint
    covariance : (C * 25, C * 25) float64 ndarray
        As `fit_flash` takes it.
    resized : sequence of Footprint
        Taken instead where the shot does not tell the order of its colours, because it was resized.
    raster : Raster
        Of the plate.
    channels : sequence of str
        Names of the C channels.

    Notes
    -----
    It must be strong beside both predictions of `fit_flash`, have the shape of one
    photosite's footprint up to noise, not that of a point of light, and, where nothing around tells the motion (a night
    sky), have no light as strong near it in the frames beside, unless its shape alone makes sure. Where its
    place is hit in other frames too, it blinks.
    """
    inside = _inside(candidate, raster)
    resized = () if candidate.red is not None else resized
    is_resized = bool(resized)
    fit_as = partial(fit_flash, windows, curve, resized or footprints, covariance=covariance, inside=inside)
    fit = fit_as()
    # What follows asks for no less; and to tell a photosite from light takes longest.
    enough = LONE_SCORE * crowd_of(candidate.neighbours, is_resized=is_resized)
    if fit is None or abs(fit.score) < enough or not _is_one_photosite(fit, is_resized=is_resized):
        return None
    shapes = _site_or_light(fit, candidate, resized)
    unrest = min(unrest_beside(windows, curve, covariance), _MOST_UNREST)
    least = least_score(shapes, is_resized=is_resized) * unrest
    if abs(fit.score) < least * caution_of(
        fit, candidate, is_known=shapes is not None, is_resized=is_resized, inside=inside
    ):
        return None
    if _moves_on(windows) and not _is_surely_site(shapes, fit.score):
        return None
    again = fit_as(smooths=False)
    if again is None or again.share < _LEAST_SHARE:
        return None
    return _defect_of(candidate, fit, shapes, inside=inside, raster=raster, channels=channels)


def least_score(shapes: SiteOrLight | None, *, is_resized: bool = False) -> float:
    """Return how strong a flash must be: the more, the better a point of light explains it."""
    if shapes is None:
        return _LEAST_UNSURE
    if shapes.contest > (_CONTEST_RESIZED if is_resized else _CONTEST):
        return float("inf")
    return _LEAST_RESIZED if is_resized else LONE_SCORE + _MORE * max(shapes.contest - _SURE_CONTEST, 0.0)


def caution_of(
    fit: FlashFit,
    candidate: FlashCandidate,
    *,
    is_known: bool,
    inside: NDArray[np.bool_],
    is_resized: bool = False,
) -> float:
    """Return how much more it must score the less there is to judge it by.

    Parameters
    ----------
    fit : FlashFit
    candidate : FlashCandidate
        What its neighbourhood does often is no rare event there.
    is_known : bool
        Whether the shot tells what photosites look like at this place.
    inside : (5, 5) bool ndarray
        As `fit_flash` takes it.
    is_resized : bool
        Whether the shot was resized.
    """
    doubts = (not inside.all()) + (fit.score < 0) + (not is_known)
    restless = max(float(fit.scatter.max()) - _USUAL_SCATTER, 0.0)
    crowded = crowd_of(candidate.neighbours, is_resized=is_resized)
    return float(_CAUTION**doubts) * (1.0 + _LESS_SURE * restless) * crowded


def _is_surely_site(shapes: SiteOrLight | None, score: float) -> bool:
    return shapes is not None and shapes.contest <= _SURELY_SITE and abs(score) >= _SURELY_STRONG


def _is_one_photosite(fit: FlashFit, *, is_resized: bool) -> bool:
    """Tell whether a fit stands out of noise, and what it leaves is noise and small change of the shape."""
    is_alike = (1.0 - fit.share) * fit.energy <= _NOISE_LEFT + _SHAPE_LEFT * fit.energy
    least = _LEAST_STRENGTH_RESIZED if is_resized else _LEAST_STRENGTH
    return bool(is_alike and fit.strength >= least and fit.scatter.max() <= _MOST_SCATTER)


def _site_or_light(
    fit: FlashFit, candidate: FlashCandidate, resized: Sequence[Footprint]
) -> SiteOrLight | None:
    """Return what explains the excess; None where the shot does not tell what photosites look like."""
    excess, unit = fit.excess / fit.scatter[:, None, None], fit.sigma * fit.scatter
    if resized:
        return resized_site_or_light(excess, unit, np.stack([each.shape for each in resized]))
    if candidate.red is None:
        return None
    return site_or_light(excess, unit, (candidate.y, candidate.x), red=candidate.red)


def _moves_on(windows: NDArray[np.float32]) -> bool:
    """Tell whether it is a lone light, and every frame beside has as many lone lights as its own: one is it.

    A lone light has nothing around that would tell its motion, so the fit cannot know.
    """
    level = np.median(windows, axis=(2, 3), keepdims=True)
    strength = np.abs(uniform_filter(windows - level, size=(0, 0, 3, 3))).max(axis=1)
    enough = max(_LIKE_IT * float(strength[0, FLASH_WINDOW_PX, FLASH_WINDOW_PX]), _CLEAR_SIGMA)
    around = maximum_filter(strength, footprint=_RING[None], mode="nearest")
    is_lone = (strength >= enough) & (around < enough)
    middle = slice(FLASH_WINDOW_PX - _OWN_LIGHT_PX, FLASH_WINDOW_PX + _OWN_LIGHT_PX + 1)
    if not is_lone[0, middle, middle].any():
        return False
    own, *beside = (label(each, structure=np.ones((3, 3)))[1] for each in is_lone)
    return all(count >= own for count in beside)


def _inside(candidate: FlashCandidate, raster: Raster) -> NDArray[np.bool_]:
    """Tell which of the 5 x 5 pixels around a candidate the raster has."""
    reach = np.arange(-RADIUS_PX, RADIUS_PX + 1)
    rows, columns = candidate.y + reach, candidate.x + reach
    return np.logical_and.outer(
        (rows >= 0) & (rows < raster.height), (columns >= 0) & (columns < raster.width)
    )


def _defect_of(
    candidate: FlashCandidate,
    fit: FlashFit,
    shapes: SiteOrLight | None,
    *,
    inside: NDArray[np.bool_],
    raster: Raster,
    channels: Sequence[str],
) -> Defect:
    frames = FrameRange(sorted({candidate.frame, *candidate.also}))
    samples, peak = _spoiled(fit, inside)
    middle = np.array([0, RADIUS_PX, RADIUS_PX])
    places = sorted((int(dy), int(dx), int(c)) for c, dy, dx in samples - middle)
    return Defect(
        id=f"f{candidate.frame}-{candidate.x}-{candidate.y}",
        x=candidate.x + raster.x,
        y=candidate.y + raster.y,
        kind=Kind.BLINKING if candidate.also else Kind.FLASH,
        frames=frames,
        samples=tuple(Sample(dx, dy, channels[c]) for dy, dx, c in places),
        amplitude_sigma=round(float(fit.excess[peak]), 2),
        confidence=_confidence(fit.score),
        evidence=Evidence(
            score=round(fit.score, 2),
            frames_seen=len(frames),
            frames_expected=len(frames),
            photosite_fit=round(fit.share, 4),
            optical_fit=None if shapes is None else round(shapes.light, 4),
        ),
    )


def _spoiled(fit: FlashFit, inside: NDArray[np.bool_]) -> tuple[NDArray[np.intp], tuple[int, ...]]:
    """Return the spoiled samples (N, 3) as indices into the fit, and which of them is the strongest."""
    seen = np.abs(fit.excess) >= (_SIGNIFICANT * fit.scatter)[:, None, None]
    spoiled = (seen | (np.abs(fit.model) >= _VISIBLE_SIGMA)) & inside
    peak = tuple(int(k) for k in np.unravel_index(np.abs(fit.model).argmax(), fit.model.shape))
    spoiled[peak] = True
    joined, _ = label(spoiled.any(axis=0), structure=np.ones((3, 3)))
    spoiled &= joined == joined[peak[1:]]
    return np.argwhere(spoiled), peak


def _confidence(score: float) -> float:
    """Return how likely it is a defect, by how fast what is no defect grows rare with its score."""
    false = _FALSE_AT_LEAST * float(np.exp((LONE_SCORE - abs(score)) / _FALSE_DECAY))
    return round(_EXPECTED / (_EXPECTED + false), 4)
