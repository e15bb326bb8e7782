# SPDX-License-Identifier: Apache-2.0
"""Statistics of a shot that merge: whitened, clipped and summed as whole numbers.

Each frame is whitened by the shot's own covariance (every sample minus what its
neighbours predict, in sigma), scaled by its local busyness, clipped and added.
Summing first and matching footprints afterwards means that one pool serves any
footprint, and whole numbers make the sum the same to the bit in any order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from pixmend.errors import RangeError, UsageError
from pixmend.model import FrameRange, Raster
from pixmend.stats._kernels import accumulate, local_scale, quantise_excess, quantise_level
from pixmend.stats._model import ShotModel
from pixmend.stats._scale import SigmaCurve

__all__ = ["FrameEvidence", "ShotStatistics", "measure_frame"]

_POOL_SCHEMA = "pixmend.statistics/1"
_EXCESS_STEPS = 256  # per sigma, of one frame's clipped excess
_LEVEL_STEPS = 64  # per sigma, of one frame's level
_BUSYNESS_RADIUS_PX = 3  # a window of 7 px: texture is silenced where it is, and only there
_QUIETEST = 0.05  # of the model's own whitened sigma: nothing is scaled up more than 20 times
_MOST_FRAMES = 8192  # keeps the sums from overflowing, whatever the frames hold
_SUMS = ("excess", "level", "square", "seen")


@dataclass(frozen=True, slots=True, eq=False)
class FrameEvidence:
    """What one frame adds: whole numbers, (C, H, W) and (H, W)."""

    excess: NDArray[np.int16]
    level: NDArray[np.int32]
    seen: NDArray[np.bool_]


@dataclass(slots=True, eq=False)
class ShotStatistics:
    """Sums over frames; `merge` is associative and order-free to the bit.

    Attributes
    ----------
    excess : (C, H, W) int32 ndarray
        Sum of clipped whitened excess, in 1/256 sigma.
    level : (C, H, W) int64 ndarray
        Sum of the sample's own level on the sigma scale, in 1/64 sigma.
    square : (C, H, W) int64 ndarray
        Sum of the squares of what `level` sums: exact, so that a small spread about a
        high level is not lost.
    seen : (H, W) int32 ndarray
        Frames that count at each pixel (non-finite samples do not).
    frames : FrameRange
        Frames that were measured.
    stands_for : FrameRange
        Frames that the statistics speak for: those of the run that they were drawn from.
    """

    model: ShotModel
    excess: NDArray[np.int32]
    level: NDArray[np.int64]
    square: NDArray[np.int64]
    seen: NDArray[np.int32]
    frames: FrameRange
    stands_for: FrameRange

    @classmethod
    def empty(cls, model: ShotModel, *, stands_for: FrameRange) -> "ShotStatistics":
        """Return the statistics of no frame yet, to be drawn from `stands_for`."""
        raster = model.raster
        shape = (len(model.channels), raster.height, raster.width)
        return cls(
            model,
            np.zeros(shape, np.int32),
            np.zeros(shape, np.int64),
            np.zeros(shape, np.int64),
            np.zeros(shape[1:], np.int32),
            FrameRange(()),
            stands_for,
        )

    def add(self, frame: int, evidence: FrameEvidence) -> None:
        """Add one frame.

        Raises
        ------
        UsageError
            If the frame is in already, or there are too many.
        """
        self._check_new(FrameRange([frame]))
        accumulate(self.excess, self.level, self.square, evidence.excess, evidence.level)
        self.seen += evidence.seen
        self.frames |= FrameRange([frame])

    def merge(self, other: "ShotStatistics") -> None:
        """Add the frames of other statistics of the same shot model.

        Raises
        ------
        UsageError
            If the models differ, or a frame is in both.
        """
        if other.model.digest() != self.model.digest():
            raise UsageError(
                "the statistics were made with different shot models",
                hint="make them from one shot, with the same --train frames, encoding and pixmend version",
            )
        self._check_new(other.frames)
        self.excess += other.excess
        self.level += other.level
        self.square += other.square
        self.seen += other.seen
        self.frames |= other.frames
        self.stands_for |= other.stands_for

    def part(self, *, rows: tuple[int, int], columns: tuple[int, int]) -> "ShotStatistics":
        """Return the statistics of array rows and columns [first, stop); a view, not to be added to."""
        raster = self.model.raster
        place = (..., slice(*rows), slice(*columns))
        cut = Raster(raster.x + columns[0], raster.y + rows[0], columns[1] - columns[0], rows[1] - rows[0])
        sums = {name: getattr(self, name)[place] for name in _SUMS}
        return replace(self, model=replace(self.model, raster=cut), **sums)

    def mean_excess(self) -> NDArray[np.float32]:
        """Return the mean clipped excess times the root of the frames seen: (C, H, W), noise about 1."""
        weight = 1.0 / (_EXCESS_STEPS * np.sqrt(np.maximum(self.seen, 1)))
        return np.asarray(self.excess * weight, np.float32)

    def mean_level(self) -> NDArray[np.float32]:
        """Return the mean level on the sigma scale, (C, H, W)."""
        return np.asarray(self.level / (_LEVEL_STEPS * np.maximum(self.seen, 1)), np.float32)

    def level_sigma(self) -> NDArray[np.float32]:
        """Return the standard deviation of the level over time, (C, H, W), in sigma."""
        count = np.maximum(self.seen, 1).astype(np.int64)
        return np.stack(
            [_spread(level, square, count) for level, square in zip(self.level, self.square, strict=True)]
        )

    def mean_light(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the linear level of the mean, and one frame's noise sigma there; (C, H, W) each."""
        curve, noise = SigmaCurve(self.model.noise), self.model.noise
        light = self.mean_level()
        sigma = np.empty_like(light)
        for channel, plane in enumerate(light):
            level = curve.to_level(plane, channel)
            light[channel] = level
            sigma[channel] = noise.sigma(level, channel)
        return light, sigma

    def sigma_at(self, level: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the linear noise sigma of each channel at sigma-scale `level`, (C, ...), same shape."""
        curve = SigmaCurve(self.model.noise)
        rows = (self.model.noise.sigma(curve.to_level(row, index), index) for index, row in enumerate(level))
        return np.stack(list(rows))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything as named arrays, for an ``.npz`` file."""
        sums = {name: getattr(self, name) for name in _SUMS}
        ranges = {name: np.array(str(getattr(self, name))) for name in ("frames", "stands_for")}
        return {"schema": np.array(_POOL_SCHEMA), **ranges, **sums, **self.model.to_arrays()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], *, where: str = "") -> "ShotStatistics":
        """Rebuild statistics from `to_arrays`.

        Raises
        ------
        UsageError
            If the arrays are no statistics, or of another version.
        """
        try:
            if str(arrays["schema"]) != _POOL_SCHEMA:
                raise UsageError(f"statistics of schema {arrays['schema']}, not {_POOL_SCHEMA}", where=where)
            frames, stands_for = (_read_range(str(arrays[name])) for name in ("frames", "stands_for"))
            model = ShotModel.from_arrays(arrays)
            return cls(model, *_checked_sums(arrays, model, len(frames)), frames, stands_for)
        except (KeyError, ValueError, TypeError, OverflowError, RangeError) as exc:
            raise UsageError(
                "this is no statistics file", where=where, hint="`detect --stats-out` writes one"
            ) from exc

    def _check_new(self, frames: FrameRange) -> None:
        twice = self.frames & frames
        if len(twice):
            raise UsageError(f"frame {twice.frames[0]} is in the statistics twice")
        if len(self.frames) + len(frames) > _MOST_FRAMES:
            raise UsageError(
                f"more than {_MOST_FRAMES} frames in one shot's statistics", hint="pass --every N"
            )


def _checked_sums(
    arrays: Mapping[str, NDArray[Any]], model: ShotModel, frames: int
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return copies of the four sums; ValueError if they cannot be sums of so many frames of the shot."""
    size = (model.raster.height, model.raster.width)
    excess, level, square, seen = (np.array(arrays[name]) for name in _SUMS)
    for each, kind in ((excess, np.int32), (level, np.int64), (square, np.int64)):
        if each.shape != (len(model.channels), *size) or each.dtype != kind:
            raise ValueError(f"sums of shape {each.shape} and type {each.dtype}")
    if seen.shape != size or seen.dtype != np.int32 or seen.size == 0:
        raise ValueError(f"counts of shape {seen.shape} and type {seen.dtype}")
    if seen.min() < 0 or seen.max() > frames:
        raise ValueError(f"counts of {seen.min()} to {seen.max()} in {frames} frames")
    return excess, level, square, seen


def _spread(
    level: NDArray[np.int64], square: NDArray[np.int64], count: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the standard deviation of `count` whole numbers by their sum and sum of squares, in sigma.

    The squares are taken about a whole number near the mean, exactly: else a small
    spread about a high level is lost to rounding, or the product to overflow.
    """
    middle = level // count
    beside = level - middle * count
    about_middle = square - middle * (level + beside)
    variance = about_middle / count - (beside / count) ** 2
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)) / _LEVEL_STEPS, np.float32)


def _read_range(text: str) -> FrameRange:
    return FrameRange.parse(text) if text else FrameRange(())


def measure_frame(values: NDArray[np.float32], model: ShotModel) -> FrameEvidence:
    """Whiten one frame and quantise what it says.

    Parameters
    ----------
    values : (C, H, W) float32 ndarray
        On the sigma scale, as `SigmaScale.forward` gives it: no value is beyond
        a few hundred thousand.

    Notes
    -----
    NaN: a non-finite sample counts at no pixel whose whitening window holds it, and
    changes nothing else. At the borders the picture is mirrored.
    """
    finite: NDArray[np.bool_] = np.asarray(np.isfinite(values).all(axis=0))
    if not finite.all():
        values = np.where(np.isfinite(values), values, np.float32(0.0))
    whitened = model.whitener.whiten(values)
    excess = np.empty(values.shape, np.int16)
    level = np.empty(values.shape, np.int32)
    for channel, plane in enumerate(whitened):
        busyness = np.maximum(local_scale(plane, _BUSYNESS_RADIUS_PX), np.float32(_QUIETEST))
        excess[channel] = quantise_excess(plane, busyness, model.clip_sigma, _EXCESS_STEPS)
        level[channel] = quantise_level(values[channel], _LEVEL_STEPS)
    if finite.all():
        return FrameEvidence(excess, level, finite)
    reach = model.whitener.radius_px + 2 * _BUSYNESS_RADIUS_PX
    is_near_bad = binary_dilation(~finite, np.ones((2 * reach + 1, 2 * reach + 1), bool))
    excess[:, is_near_bad] = 0
    level[:, is_near_bad] = 0
    return FrameEvidence(excess, level, ~is_near_bad)
