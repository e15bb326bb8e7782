# SPDX-License-Identifier: Apache-2.0
"""The lie of a column or row is taken off: the true picture, with its true grain, is left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._answers import Answers, Wishes
from pixmend.fill._band import Band
from pixmend.fill._frame_defects import FrameDefects
from pixmend.fill._line_lessons import SeenSamples, look_at_samples, noise_at
from pixmend.fill._line_plan import LinePlan
from pixmend.fill._recovery_plan import StoredLight
from pixmend.fill._windows import Scale
from pixmend.model import Method

__all__ = ["LineRecovery", "recover_line", "recover_lines"]

_AT_END = 0.5  # of the lie: a sample there is made of photosites that lie and of others
_END_DOUBT = 0.35
_LEAST_SIGNAL = 4.0  # sigma of the noise
_STRONG_SAMPLES = 0.9
_MOST_LOST = 0.4
_USUAL_SHARE = 0.5  # of its strongest sample's lie, that others have; where what was learned is doubtful
_ALIKE = 4.0  # samples whose predictions err together
_GRAINED = 2.0  # the error of a prediction that gets its grain, against without


@dataclass(frozen=True, slots=True, eq=False)
class LineRecovery:
    """Samples of a line in one frame.

    Attributes
    ----------
    light : (N,) float32 ndarray
        Without the lie, scene-linear.
    variance : (N,) float64 ndarray
        Expected square of the error of that, in units of the noise's; Inf where the light is lost.
    variance_as_it_is : (N,) float64 ndarray
        Likewise, of the samples as they came.
    is_inner : (N,) bool ndarray
        Where it is far enough from the line's ends.
    leak : (N,) float64 ndarray
        Likewise, of what the prediction has of the lie: debayer spreads a little of it over samples
        that are too faintly spoiled to be named, but that predictions lean on.
    """

    light: NDArray[np.float32]
    variance: NDArray[np.float64]
    variance_as_it_is: NDArray[np.float64]
    is_inner: NDArray[np.bool_]
    leak: NDArray[np.float64]


def recover_lines(
    answers: Answers,
    found: FrameDefects,
    bands: Sequence[Band],
    *,
    plans: Mapping[str, LinePlan],
    scale: Scale,
    stored: StoredLight,
    wishes: Wishes,
) -> None:
    """Let each line that is better recovered than predicted be recovered, and each that is better left be left.

    Parameters
    ----------
    answers : Answers
        Holds the spatial prediction; changed in place.

    Notes
    -----
    As with photosites, the mean over its samples of the expected square of the error decides; but a
    line is recovered as a whole: where it changes from sample to sample how it was mended, it would
    show. Samples that another defect spoils, too, stay predicted, as those near its ends may.
    """
    for defect, members in zip(found.defects, found.members, strict=True):
        wish = wishes.methods.get(defect.id)
        if defect.id not in plans or defect.id in wishes.refused or wish not in {None, Method.RECOVER}:
            continue
        said = answers.value[members], answers.variance[members]
        plan = plans[defect.id]
        line = recover_line(found.holes.spoiled[members], said, bands, plan=plan, scale=scale, stored=stored)
        predicted = said[1] + line.leak
        variance = np.where(_is_shared(found)[members], np.inf, line.variance)
        is_better = np.isfinite(variance) if wish else _is_better(variance, predicted, line.is_inner)
        if wish is None and plan.is_doubtful:
            is_better[:] = False
        told = np.isfinite(line.variance_as_it_is)
        stays = wish is None and told.any() and not is_better.any()
        if stays and line.variance_as_it_is[told].mean() <= predicted[told].mean():
            answers.leave(members, line.variance_as_it_is)
        elif is_better.any():
            places, light = members[is_better], line.light[is_better]
            value = scale.values_of(light, found.holes.spoiled[places, 0])
            answers.recover(places, light, value, variance[is_better])


def recover_line(
    samples: NDArray[np.intp],
    said: tuple[NDArray[np.float32], NDArray[np.float64]],
    bands: Sequence[Band],
    *,
    plan: LinePlan,
    scale: Scale,
    stored: StoredLight,
) -> LineRecovery:
    """Take a line's lie off its samples (N, 3) of (channel, y, x), of which `said` is the prediction.

    Notes
    -----
    What a compositor's kernel does to a pixel: light less an offset of the site, times 1, the noise or the
    light that the prediction says belongs there.
    """
    seen = look_at_samples(samples, said, bands, scale=scale, stored=stored)
    segment, kind = plan.line.segment(samples), plan.line.kind(samples)
    is_inner = plan.line.is_inner(samples)
    lie = plan.lie[segment, kind] * np.where(is_inner, 1.0, _AT_END)
    doubt = plan.variance[segment, kind] + np.where(
        is_inner, 0.0, (_END_DOUBT * plan.lie[segment, kind]) ** 2
    )
    unit, unit_error = seen.units[plan.unit], seen.unit_errors[plan.unit]
    added = lie * unit
    known = np.isfinite(doubt) & (not _is_dead(added, seen))
    louder = noise_at(seen.belongs + np.maximum(added, 0.0), samples[:, 0], scale)
    shot_noise = np.maximum(louder**2 - seen.noise**2, 0.0)
    scatter = (plan.restless * added**2 + (lie * unit_error) ** 2 + shot_noise) / seen.noise**2
    wrong = np.where(known, doubt, 0.0) * (unit / seen.noise) ** 2
    light = (seen.light - added).astype(np.float32)
    rounding = stored.step_variance(light) / seen.noise**2
    lost = ~known | ~np.isfinite(seen.variance)
    as_it_is = (added / seen.noise) ** 2 + wrong + scatter
    if np.isfinite(plan.amplitude_sigma):
        share = np.abs(lie) / max(float(np.abs(plan.lie).max()), 1e-30)
        share = np.minimum(share, _USUAL_SHARE) if plan.is_doubtful else share
        as_it_is = np.minimum(as_it_is, (plan.amplitude_sigma * share) ** 2)
    return LineRecovery(
        light,
        np.where(lost, np.inf, wrong + scatter + rounding),
        np.where(lost, np.inf, as_it_is),
        is_inner,
        _leak((seen.belongs - light) / seen.noise, kind, np.where(lost, np.inf, wrong), seen.variance),
    )


def _leak(
    off: NDArray[np.float64],
    kind: NDArray[np.intp],
    wrong: NDArray[np.float64],
    variance: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the square of what predictions of a kind are off together, beyond chance and what may be `wrong`."""
    told = np.isfinite(wrong) & np.isfinite(variance)
    count = np.bincount(kind[told], minlength=int(kind.max(initial=0)) + 1)
    mean, doubt, spread = (
        np.bincount(kind[told], each[told], len(count)) / np.maximum(count, 1)
        for each in (off, wrong, variance)
    )
    chance = doubt + spread * _ALIKE / np.maximum(count, 1)
    return np.asarray(np.maximum(mean**2 - chance, 0.0)[kind])


def _is_dead(added: NDArray[np.float64], seen: SeenSamples) -> bool:
    """Tell whether a line lost so much of its light that little of its picture is left in it."""
    lost = -added / np.maximum(seen.belongs, _LEAST_SIGNAL * seen.noise)
    return bool(np.quantile(lost, _STRONG_SAMPLES) > _MOST_LOST)


def _is_better(
    variance: NDArray[np.float64], predicted: NDArray[np.float64], is_inner: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Tell which samples are better recovered: all that can be, or none; near the ends each by itself."""
    inner = is_inner & np.isfinite(variance)
    if not inner.any() or variance[inner].mean() >= _GRAINED * predicted[inner].mean():
        return np.zeros(len(variance), bool)
    return inner | (~is_inner & (variance < predicted))


def _is_shared(found: FrameDefects) -> NDArray[np.bool_]:
    """Tell which spoiled samples belong to more than one defect."""
    owners = np.bincount(
        np.concatenate([*found.members, np.zeros(0, np.intp)]), minlength=len(found.holes.spoiled)
    )
    return np.asarray(owners > 1)
