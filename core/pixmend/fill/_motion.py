# SPDX-License-Identifier: Apache-2.0
"""Where the scene around a hole stands in the frames beside: matched locally, to parts of a pixel."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._motion_kernels import interpolate, match_costs, slope_equations

__all__ = ["CURRENT_RADIUS_PX", "NEIGHBOUR_RADIUS_PX", "Compensated", "Neighbour", "compensate"]

CURRENT_RADIUS_PX = 10
"""Of the window of the frame itself: what is matched lies in it."""

NEIGHBOUR_RADIUS_PX = 38
"""Of the windows of the frames beside: they hold a scene that moves by up to 12 px a frame."""

_TEMPLATE_RADIUS_PX = 8
_FASTEST_PX = 12  # a frame; what moves faster is not found
_FARTHEST_PX = 24  # in all
_AROUND_PX = 3  # of where the nearer frame says that the farther one has it
_NEAR_STEPS, _ENOUGH = 2, 2
_LOBES = 3  # of the interpolation: 6 samples along each axis
_MOST_UNKNOWN = 0.12  # magnitude of interpolation weights that may fall on unknown samples
_STEPS = 2  # of refinement after the parabola
_SHY = 8.0  # slope energy (sigma**2) that doubts a refinement, against flat places


@dataclass(frozen=True, slots=True, eq=False)
class Neighbour:
    """What stands around a hole's place in a frame beside.

    Attributes
    ----------
    step : int
        How many frames later, not 0; negative for earlier ones.
    samples : (C, S, S) float32 ndarray
        Sigma scale, S = 2 * NEIGHBOUR_RADIUS_PX + 1; the hole's centre is the middle. NaN
        where a sample is unknown, beyond the borders too.
    """

    step: int
    samples: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Compensated:
    """A neighbour, moved so that its scene lies on that of the frame itself.

    Attributes
    ----------
    step : int
        As of `Neighbour`.
    shift : (float, float)
        Rows and columns that the scene is off in the neighbour.
    values : (C, side, side) float32 ndarray
        Around the hole; NaN where the neighbour does not tell.
    taps : (2, 6) float32 ndarray
        Interpolation weights, down and right: how it makes the noise weaker.
    cost : float
        Mean squared difference of the matched surroundings, sigma**2, less channel means.
    """

    step: int
    shift: tuple[float, float]
    values: NDArray[np.float32]
    taps: NDArray[np.float32]
    cost: float


def compensate(
    current: NDArray[np.float32], neighbours: Sequence[Neighbour], is_target: NDArray[np.bool_]
) -> list[Compensated]:
    """Find where the scene around a hole stands in each neighbour.

    Parameters
    ----------
    current : (C, T, T) float32 ndarray
        Sigma scale, T = 2 * CURRENT_RADIUS_PX + 1; NaN where a sample is unknown: in the
        hole, in other defects and beyond the borders.
    neighbours : sequence of Neighbour
        In any order; nearer ones tell where to look in farther ones. More than 2 frames off they
        are asked only while fewer than 2 show the whole hole: slow motion leaves it covered.
    is_target : (C, side, side) bool ndarray
        The hole, in the window to return around the centre; side is odd.

    Returns
    -------
    list of Compensated
        Nearest first; a neighbour without a place where the surroundings fit is left out.

    Notes
    -----
    The surroundings (17 x 17 px, the nearer ones count more) are compared at all whole
    shifts of up to 12 px a frame [1]_, each channel less its own mean: a change of exposure
    is no difference. Parabolas through the least difference and a few Gauss-Newton steps [2]_
    give the parts of a pixel. What stands there comes of Lanczos' kernel of 6 x 6 samples.

    References
    ----------
    .. [1] C. Stiller, J. Konrad, "Estimating motion in image sequences", IEEE Signal
           Processing Magazine 16 (4) (1999) 70-91.
    .. [2] B. D. Lucas, T. Kanade, "An iterative image registration technique with an
           application to stereo vision", Proc. IJCAI (1981) 674-679.
    """
    template = _Template(current)
    found: list[Compensated] = []
    speeds: dict[int, tuple[float, float]] = {}
    showing = 0
    for neighbour in sorted(neighbours, key=lambda each: (abs(each.step), each.step)):
        if abs(neighbour.step) > _NEAR_STEPS and showing >= _ENOUGH:
            break
        one = _compensated(template, neighbour, speeds, is_target.shape[-1])
        if one is not None:
            found.append(one)
            showing += bool(np.isfinite(one.values[is_target]).all())
            speeds[neighbour.step] = (one.shift[0] / neighbour.step, one.shift[1] / neighbour.step)
    return found


class _Template:
    """The known surroundings of a hole."""

    def __init__(self, current: NDArray[np.float32]) -> None:
        middle, reach = current.shape[-1] // 2, _TEMPLATE_RADIUS_PX
        near = slice(middle - reach, middle + reach + 1)
        cut = current[:, near, near]
        is_known = np.isfinite(cut)
        self.values = np.where(is_known, cut, np.float32(0.0))
        self.weight = np.where(is_known, _NEARNESS, np.float32(0.0))
        self.side = 2 * reach + 1


def _nearness() -> NDArray[np.float32]:
    """Return how much the samples of a template count: less, the farther off."""
    place = np.arange(-_TEMPLATE_RADIUS_PX, _TEMPLATE_RADIUS_PX + 1, dtype=np.float64)
    bell = np.exp(-0.5 * (place / 5.0) ** 2)
    return (bell[:, None] * bell).astype(np.float32)


_NEARNESS = _nearness()


def _compensated(
    template: _Template, neighbour: Neighbour, speeds: dict[int, tuple[float, float]], side: int
) -> Compensated | None:
    is_known = np.isfinite(neighbour.samples)
    samples = np.where(is_known, neighbour.samples, np.float32(0.0))
    known = is_known.astype(np.float32)
    place = _whole_shift(template, (samples, known), neighbour.step, speeds)
    if place is None:
        return None
    shift = _refined(template, (samples, known), place)
    values, taps = _moved(samples, known, shift, side)
    cost = _cost_at(template, (samples, known), shift)
    return Compensated(neighbour.step, shift, values, taps, cost)


def _whole_shift(
    template: _Template,
    planes: tuple[NDArray[np.float32], NDArray[np.float32]],
    step: int,
    speeds: dict[int, tuple[float, float]],
) -> tuple[float, float] | None:
    """Return the shift of least cost, parabolas through it; None where nothing can be compared."""
    guess, reach = _where_to_look(step, speeds)
    middle = planes[0].shape[-1] // 2
    corner = (
        middle + guess[0] - reach - _TEMPLATE_RADIUS_PX,
        middle + guess[1] - reach - _TEMPLATE_RADIUS_PX,
    )
    costs = match_costs(template.values, template.weight, *planes, corner, 2 * reach + 1)
    row, column = divmod(int(np.argmin(costs)), costs.shape[1])
    if not np.isfinite(costs[row, column]):
        return None
    down, right = _valley(costs[:, column], row), _valley(costs[row], column)
    return guess[0] - reach + row + down, guess[1] - reach + column + right


def _where_to_look(step: int, speeds: dict[int, tuple[float, float]]) -> tuple[tuple[int, int], int]:
    """Return the shift to look around at, and how far around."""
    nearer = [each for each in speeds if each * step > 0 and abs(each) < abs(step)]
    if not nearer:
        return (0, 0), min(_FASTEST_PX * abs(step), _FARTHEST_PX)
    down, right = speeds[max(nearer, key=abs)]
    most = _FARTHEST_PX - _AROUND_PX
    return (
        int(np.clip(round(down * step), -most, most)),
        int(np.clip(round(right * step), -most, most)),
    ), _AROUND_PX


def _valley(costs: NDArray[np.float32], at: int) -> float:
    """Return how far from a least cost the parabola through it and its neighbours is least."""
    if not 0 < at < len(costs) - 1:
        return 0.0
    before, here, after = (float(each) for each in costs[at - 1 : at + 2])
    bend = before - 2.0 * here + after
    if not np.isfinite(bend) or bend <= 0.0:
        return 0.0
    return float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5))


def _refined(
    template: _Template,
    planes: tuple[NDArray[np.float32], NDArray[np.float32]],
    start: tuple[float, float],
) -> tuple[float, float]:
    """Return a shift to parts of a pixel, at most 1 px from where it started."""
    down, right = start
    for _ in range(_STEPS):
        found, unknown, _taps = _between(*planes, (down, right), template.side + 2)
        dd, dr, rr, do, ro, _ = slope_equations(
            template.values, template.weight, found, unknown <= _MOST_UNKNOWN
        )
        dd, rr = dd + _SHY, rr + _SHY
        span = dd * rr - dr * dr
        down = float(np.clip(down + (rr * do - dr * ro) / span, start[0] - 1.0, start[0] + 1.0))
        right = float(np.clip(right + (dd * ro - dr * do) / span, start[1] - 1.0, start[1] + 1.0))
    return down, right


def _moved(
    samples: NDArray[np.float32], known: NDArray[np.float32], shift: tuple[float, float], side: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    values, unknown, taps = _between(samples, known, shift, side)
    values[unknown > _MOST_UNKNOWN] = np.nan
    return values, taps


def _cost_at(
    template: _Template, planes: tuple[NDArray[np.float32], NDArray[np.float32]], shift: tuple[float, float]
) -> float:
    values, unknown, _ = _between(*planes, shift, template.side)
    usable = (unknown <= _MOST_UNKNOWN).astype(np.float32)
    return float(match_costs(template.values, template.weight, values, usable, (0, 0), 1)[0, 0])


def _between(
    samples: NDArray[np.float32], known: NDArray[np.float32], shift: tuple[float, float], side: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return values around the middle, off by a shift, the share of each that is unknown, and the taps."""
    middle = samples.shape[-1] // 2 - side // 2
    whole = [int(np.floor(each)) for each in shift]
    taps = np.stack([_lanczos(part - floor) for part, floor in zip(shift, whole, strict=True)])
    corner = (middle + whole[0] - _LOBES + 1, middle + whole[1] - _LOBES + 1)
    values = np.empty((len(samples), side, side), np.float32)
    unknown = np.empty_like(values)
    interpolate(samples, known, corner, taps, values, unknown)
    return values, unknown, taps


def _lanczos(part: float) -> NDArray[np.float32]:
    """Return Lanczos' weights of the 6 samples around a place, `part` of a pixel after the third; they sum to 1."""
    off = np.arange(1 - _LOBES, _LOBES + 1) - part
    weights = np.sinc(off) * np.sinc(off / _LOBES)
    return np.asarray(weights / weights.sum(), np.float32)
