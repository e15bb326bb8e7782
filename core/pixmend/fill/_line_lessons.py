# SPDX-License-Identifier: Apache-2.0
"""What one frame shows of a line: by how much its samples are off what lies around says."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._band import Band
from pixmend.fill._holes import Holes, find_holes
from pixmend.fill._kriging import Kriging
from pixmend.fill._lines import Line
from pixmend.fill._prediction import predict_holes
from pixmend.fill._recovery_plan import StoredLight
from pixmend.fill._windows import Scale, cut_windows, scaled_windows

__all__ = ["LineGlimpse", "LineStudy", "SeenSamples", "look_at_samples", "noise_at"]

_UNITS = 3
_LEAST_VARIANCE = 0.05
_DARKEST = 1e-9  # linear light


@dataclass(frozen=True, slots=True, eq=False)
class SeenSamples:
    """Samples beside what lies around says of them, linear light.

    Attributes
    ----------
    light, belongs, noise : (N,) float64 ndarray
        As they are; as predicted; one standard deviation of the noise there.
    units : (U, N) float64 ndarray
        What a lie may be proportional to: nothing, the noise, the light that belongs there.
    unit_errors : (U, N) float64 ndarray
        One standard deviation of the units' errors.
    variance : (N,) float64 ndarray
        Of the prediction, in units of the noise's; Inf where the light is lost or nothing is known.
    """

    light: NDArray[np.float64]
    belongs: NDArray[np.float64]
    noise: NDArray[np.float64]
    units: NDArray[np.float64]
    unit_errors: NDArray[np.float64]
    variance: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class LineGlimpse:
    """What a frame tells of a line, and of sound places beside it, summed up by piece and kind of sample.

    Attributes
    ----------
    products, information : (U, L, G, K) float32 ndarray
        Sums of unit times excess, and unit times unit, weighted, by unit, line (0: itself), piece, kind.
    squares, count : (L, G, K) float32 ndarray
        Sums of the squared excess, weighted, and of how many there are.
    """

    products: NDArray[np.float32]
    information: NDArray[np.float32]
    squares: NDArray[np.float32]
    count: NDArray[np.float32]


def look_at_samples(
    samples: NDArray[np.intp],
    said: tuple[NDArray[np.float32], NDArray[np.float64]],
    bands: Sequence[Band],
    *,
    scale: Scale,
    stored: StoredLight,
) -> SeenSamples:
    """Compare samples with predictions.

    Parameters
    ----------
    samples : (N, 3) int ndarray
        (channel, y, x).
    said : (N,) float32 ndarray, (N,) float64 ndarray
        Their predictions on the sigma scale, NaN where there is none, and the variances of these.
    bands : sequence of Band
        That hold them.
    """
    channel = samples[:, 0]
    light = _light_at(samples, bands, scale)
    is_lost = stored.is_clipped(light) | ~np.isfinite(said[0])
    value = np.where(is_lost, np.float32(0.0), said[0])
    variance = np.where(is_lost, np.inf, said[1])
    error = np.sqrt(np.where(is_lost, 0.0, variance)).astype(np.float32)
    belongs, noise = _light_and_noise(value, channel, scale)
    above, louder = _light_and_noise(value + error, channel, scale)
    units = np.stack([np.ones_like(belongs), noise, belongs])
    errors = np.stack([np.zeros_like(belongs), np.abs(louder - noise), np.abs(above - belongs)])
    finite = np.where(is_lost, belongs, light.astype(np.float64))
    return SeenSamples(finite, belongs, noise, units, errors, variance)


class LineStudy:
    """Looks at one line, frame by frame.

    Parameters
    ----------
    line : Line
    unsound : (M, 3) int ndarray
        Samples (channel, y, x) of other defects, and those that these make doubtful.
    shape : (int, int, int)
        C, H, W of the frames.
    """

    def __init__(
        self, line: Line, unsound: NDArray[np.intp], shape: tuple[int, int, int], *, radius_px: int
    ) -> None:
        self.line = line
        numbers = _numbers(unsound[((unsound >= 0) & (unsound < shape)).all(axis=1)], shape)
        own = line.box(0, shape)
        self._parts: list[tuple[Holes, NDArray[np.bool_], NDArray[np.intp]]] = []
        for step in line.beside():
            box = line.box(step, shape)
            doubtful = unsound if step == 0 else np.concatenate([unsound, own])
            holes = find_holes(box, shape, radius_px=radius_px, doubtful=doubtful)
            moved = box.copy()
            moved[:, 3 - line.axis] -= step
            counts = line.is_inner(moved) & ~np.isin(_numbers(box, shape), numbers)
            self._parts.append((holes, counts, line.segment(moved) * line.kinds + line.kind(moved)))
        self.tops = [row for holes, _, _ in self._parts for row in holes.origins[:, 0].tolist()]

    def look(
        self, bands: Sequence[Band], *, kriging: Kriging, scale: Scale, stored: StoredLight
    ) -> LineGlimpse:
        """Return what a frame tells, of which `bands` hold the rows of all windows."""
        size = self.line.segments * self.line.kinds
        sums = np.zeros((2 * _UNITS + 2, len(self._parts), size))
        for number, (holes, counts, cells) in enumerate(self._parts):
            if not len(holes.spoiled):
                continue
            windows = scaled_windows(
                np.moveaxis(cut_windows(bands, holes.origins, kriging.side), -1, 1), scale
            )
            said = predict_holes(windows, holes, kriging)
            seen = look_at_samples(
                holes.spoiled, (said.value, said.variance), bands, scale=scale, stored=stored
            )
            weight = np.where(counts, 1.0 / np.maximum(seen.variance, _LEAST_VARIANCE), 0.0)
            excess = (seen.light - seen.belongs) / seen.noise
            unit = seen.units / seen.noise
            terms = [*(weight * unit * excess), *(weight * unit**2), weight * excess**2, weight > 0.0]
            for place, term in enumerate(terms):
                sums[place, number] = np.bincount(cells, term, size)
        shaped = sums.reshape(*sums.shape[:2], self.line.segments, self.line.kinds).astype(np.float32)
        return LineGlimpse(shaped[:_UNITS], shaped[_UNITS : 2 * _UNITS], shaped[-2], shaped[-1])


def _numbers(samples: NDArray[np.intp], shape: tuple[int, int, int]) -> NDArray[np.intp]:
    return np.asarray(np.ravel_multi_index(tuple(samples.T), shape), np.intp)


def _light_at(samples: NDArray[np.intp], bands: Sequence[Band], scale: Scale) -> NDArray[np.float32]:
    """Return the linear light (N,) of samples."""
    channel, row, column = samples.T
    which = np.searchsorted([band.top for band in bands], row, side="right") - 1
    light = np.empty(len(samples), np.float32)
    for number in np.unique(which).tolist():
        mine = which == number
        band = bands[number]
        pixels = band.samples[row[mine] - band.top, column[mine]]
        light[mine] = scale.light(pixels[:, None])[channel[mine], np.arange(len(pixels)), 0]
    return light


def _light_and_noise(
    value: NDArray[np.float32], channel: NDArray[np.intp], scale: Scale
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    belongs, above, below = (
        scale.light_of(value + np.float32(half), channel).astype(np.float64) for half in (0.0, 0.5, -0.5)
    )
    return belongs, np.maximum(above - below, _DARKEST)


def noise_at(light: NDArray[np.float64], channel: NDArray[np.intp], scale: Scale) -> NDArray[np.float64]:
    """Return one standard deviation of the noise at linear light (N,) of channels (N,)."""
    return _light_and_noise(scale.values_of(light.astype(np.float32), channel), channel, scale)[1]
