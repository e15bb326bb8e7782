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
        Likewise, of the window as it came; Inf where the same is.
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
    recoveries: list[Recovery | None] = [None] * len(plans)
    for number, site, found in zip(numbers, sites, measured, strict=True):
        if found is not None:
            recoveries[number] = _recovered(windows.light[number], site, found, plans[number], stored)
    return recoveries


def _recovered(
    light: NDArray[np.float32], seen: SeenSite, measured: Measured, plan: RecoveryPlan, stored: StoredLight
) -> Recovery:
    amplitude, variance = plan.prior.posterior(
        measured.amplitude,
        measured.variance * plan.restlessness[seen.contrast_class],
        light_at_strongest(seen, plan.footprint),
    )
    squared = amplitude**2 + variance
    lie = plan.footprint[seen.is_core]
    noise = seen.noise.astype(np.float64) ** 2
    doubt = plan.doubt[seen.is_core] * squared
    doubt += plan.unexplained * seen.table.variance * noise
    lost = doubt + stored.step_variance(seen.light)
    return Recovery(
        amplitude,
        variance,
        light - np.float32(amplitude) * plan.footprint.astype(np.float32),
        _spread(seen, (variance * lie**2 + lost) / noise),
        _spread(seen, lost / noise),
        _spread(seen, (squared * lie**2 + doubt) / noise),
        measured.misfit,
        seen.roughness,
    )


def light_at_strongest(seen: SeenSite, footprint: NDArray[np.float64]) -> tuple[float, float]:
    """Return the light that belongs to the strongest known sample of a footprint, and its variance."""
    place = int(np.abs(footprint[seen.is_core]).argmax())
    return float(seen.belongs[place]), float(seen.table.variance[place] * seen.noise[place] ** 2)


def _spread(seen: SeenSite, error: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what belongs to the core, (N,), as a window (C, side, side); Inf elsewhere."""
    window = np.full(seen.is_core.shape, np.inf)
    window[seen.is_core] = error
    return window
