# SPDX-License-Identifier: Apache-2.0
"""The lies of photosites are taken off: the true picture, with its true grain, is left."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._lit_sites import LitWindows, Measured, SeenSite, look_at_sites, measure_sites
from pixmend.fill._recovery_plan import RecoveryPlan, StoredLight
from pixmend.fill._rings import Rings
from pixmend.fill._windows import Scale

__all__ = ["Recovery", "light_at_strongest", "recover_sites"]


@dataclass(frozen=True, slots=True, eq=False)
class Recovery:
    """A photosite without its lie.

    Attributes
    ----------
    amplitude, amplitude_variance : float
        Of the lie in this frame, linear light; after what all frames tell.
    light : (C, side, side) float32 ndarray
        The window without the lie.
    variance : (C, side, side) float64 ndarray
        Expected square of the error of that, in units of the noise's; Inf where it is lost
        (clipped, unknown or out of reach).
    doubt : (C, side, side) float64 ndarray
        What of it is the footprint's and storage's: were these exact, no prediction from around could
        be better than the recovery, which knows the same and more.
    variance_as_it_is : (C, side, side) float64 ndarray
        Likewise, of the window as it came. Where it is clipped that is at most the lie: finite there.
    misfit : float
        Mean square of what the footprint does not explain, over what noise and texture of the
        shot do; about 1.
    roughness : float
        By what errors of a prediction from around are larger here than in most windows like this, squared;
        1 or more.
    """

    amplitude: float
    amplitude_variance: float
    light: NDArray[np.float32]
    variance: NDArray[np.float64]
    doubt: NDArray[np.float64]
    variance_as_it_is: NDArray[np.float64]
    misfit: float
    roughness: float


def recover_sites(
    windows: LitWindows,
    plans: Sequence[RecoveryPlan],
    *,
    rings: Rings,
    scale: Scale,
    stored: StoredLight,
) -> list[Recovery | None]:
    """Take the lies of N photosites off their windows; None where too little of one and around it is known.

    Notes
    -----
    In linear light, after a linear demosaic, the samples that a photosite spoils are the true
    picture plus one unknown number times its footprint. That number is measured against what
    the ring around predicts, drawn towards what all frames tell of it by how uncertain it
    is, and its footprint is subtracted. What comes of one depends on no other.
    """
    seen = look_at_sites(
        windows,
        np.stack([plan.is_core for plan in plans]),
        [plan.cell for plan in plans],
        rings=rings,
        scale=scale,
        stored=stored,
    )
    numbers = [number for number, each in enumerate(seen) if each is not None]
    sites = [each for each in seen if each is not None]
    measured = measure_sites(sites, [plans[number].footprint for number in numbers], scale)
    told = [
        _Lie(number, site, *_posterior(site, found, plans[number]), found.misfit)
        for number, site, found in zip(numbers, sites, measured, strict=True)
        if found is not None
    ]
    recoveries: list[Recovery | None] = [None] * len(plans)
    if told:
        taken_off = _taken_off(windows.light, told, [plans[each.number] for each in told], stored)
        for lie, recovery in zip(told, taken_off, strict=True):
            recoveries[lie.number] = recovery
            _bear_with_clipped(recovery, windows, lie, plans[lie.number], scale)
    return recoveries


@dataclass(frozen=True, slots=True, eq=False)
class _Lie:
    """One of N photosites, and what its lie is taken for in this frame; as of `Recovery`."""

    number: int
    seen: SeenSite
    amplitude: float
    variance: float
    misfit: float


def _posterior(seen: SeenSite, measured: Measured, plan: RecoveryPlan) -> tuple[float, float]:
    return plan.prior.posterior(
        measured.amplitude,
        measured.variance * plan.restlessness[seen.contrast_class],
        light_at_strongest(seen, plan.footprint),
    )


def _taken_off(
    light: NDArray[np.float32], lies: Sequence[_Lie], plans: Sequence[RecoveryPlan], stored: StoredLight
) -> list[Recovery]:
    """Subtract lies from their windows; `light` (N, C, side, side) is of all of them."""
    is_core = np.stack([each.seen.is_core for each in lies])
    footprints = np.stack([plan.footprint for plan in plans])
    sizes = [len(each.seen.light) for each in lies]
    variance = np.repeat([each.variance for each in lies], sizes)
    squared = np.repeat([each.amplitude**2 + each.variance for each in lies], sizes)
    unexplained = np.repeat(np.array([plan.unexplained for plan in plans], np.float32), sizes)
    noise = np.concatenate([each.seen.noise for each in lies]).astype(np.float64) ** 2
    lie = footprints[is_core]
    doubt = np.stack([plan.doubt for plan in plans])[is_core] * squared
    doubt += unexplained * np.concatenate([each.seen.table.variance for each in lies]) * noise
    lost = doubt + stored.step_variance(np.concatenate([each.seen.light for each in lies]))
    errors = np.full((len(lies), 3, *is_core.shape[1:]), np.inf)
    for number, error in enumerate((variance * lie**2 + lost, lost, squared * lie**2 + doubt)):
        errors[:, number][is_core] = error / noise
    amplitude = np.array([each.amplitude for each in lies], np.float32)[:, None, None, None]
    left = light[[each.number for each in lies]] - amplitude * footprints.astype(np.float32)
    return [
        Recovery(
            each.amplitude,
            each.variance,
            own,
            of_error[0],
            of_error[1],
            of_error[2],
            each.misfit,
            each.seen.roughness,
        )
        for each, own, of_error in zip(lies, left, errors, strict=True)
    ]


def _bear_with_clipped(
    recovery: Recovery, windows: LitWindows, lie: _Lie, plan: RecoveryPlan, scale: Scale
) -> None:
    """Say how far off clipped samples may be as they came: it is the scene that clips most of them.

    Whatever belongs there, the lie moved it by no more than itself; where it was clipped without
    the lie, by less.
    """
    is_clipped = plan.is_core & windows.is_known[lie.number] & ~lie.seen.is_core
    if not is_clipped.any():
        return
    light, value = windows.light[lie.number][is_clipped], windows.values[lie.number][is_clipped]
    size = np.sqrt(plan.footprint[is_clipped] ** 2 + plan.doubt[is_clipped])
    most = np.hypot(lie.amplitude, np.sqrt(lie.variance)) * size
    channel = np.nonzero(is_clipped)[0]
    moved = [
        np.abs(scale.values_of((light + way * most).astype(np.float32), channel) - value)
        for way in (-1.0, 1.0)
    ]
    worst = np.maximum(*moved).astype(np.float64) ** 2 + plan.unexplained
    recovery.variance_as_it_is[is_clipped] = np.where(np.isfinite(worst), worst, np.inf)


def light_at_strongest(seen: SeenSite, footprint: NDArray[np.float64]) -> tuple[float, float]:
    """Return the light that belongs to the strongest known sample of a footprint, and its variance."""
    place = int(np.abs(footprint[seen.is_core]).argmax())
    return float(seen.belongs[place]), float(seen.table.variance[place] * seen.noise[place] ** 2)
