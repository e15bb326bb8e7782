# SPDX-License-Identifier: Apache-2.0
"""One photosite's lie in one frame is taken off: the true picture, with its true grain, is left."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._lit_sites import LitWindow, SeenSite, look_at_site, measure
from pixmend.fill._recovery_plan import RecoveryPlan, StoredLight
from pixmend.fill._rings import Rings
from pixmend.fill._windows import Scale

__all__ = ["Recovery", "recover"]


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


def recover(
    window: LitWindow, plan: RecoveryPlan, *, rings: Rings, scale: Scale, stored: StoredLight
) -> Recovery | None:
    """Take a photosite's lie off a window; None where too little of it and around it is known.

    Notes
    -----
    In linear light, after a linear demosaic, the samples that a photosite spoils are the true
    picture plus one unknown number times its footprint. That number is measured against what
    the ring around predicts, drawn towards what all frames tell of it by how uncertain it
    is, and its footprint is subtracted.
    """
    seen = look_at_site(window, plan.is_core, plan.cell, rings=rings, scale=scale, stored=stored)
    measured = None if seen is None else measure(seen, plan.footprint, scale)
    if seen is None or measured is None:
        return None
    amplitude, variance = plan.prior.posterior(
        measured.amplitude,
        measured.variance * plan.restlessness[seen.contrast_class],
        light_at_strongest(seen, plan.footprint),
    )
    squared = amplitude**2 + variance
    lie = plan.footprint[seen.is_core]
    doubt = plan.doubt[seen.is_core] * squared
    doubt += plan.unexplained * seen.table.variance * seen.noise.astype(np.float64) ** 2
    lost = doubt + stored.step_variance(seen.light)
    return Recovery(
        amplitude,
        variance,
        window.light - np.float32(amplitude) * plan.footprint.astype(np.float32),
        _spread(seen, plan, variance * lie**2 + lost),
        _spread(seen, plan, lost),
        _spread(seen, plan, squared * lie**2 + doubt),
        measured.misfit,
        seen.roughness,
    )


def light_at_strongest(seen: SeenSite, footprint: NDArray[np.float64]) -> tuple[float, float]:
    """Return the light that belongs to the strongest known sample of a footprint, and its variance."""
    place = int(np.abs(footprint[seen.is_core]).argmax())
    return float(seen.belongs[place]), float(seen.table.variance[place] * seen.noise[place] ** 2)


def _spread(seen: SeenSite, plan: RecoveryPlan, error: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return squares of linear light of the core, (N,), as a window (C, side, side) in units of the noise's."""
    window = np.full(plan.is_core.shape, np.inf)
    window[seen.is_core] = error / seen.noise.astype(np.float64) ** 2
    return window
