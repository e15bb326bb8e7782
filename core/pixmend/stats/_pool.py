# SPDX-License-Identifier: Apache-2.0
"""Statistics of a shot that merge: whitened, clipped and summed as whole numbers.

Each frame is whitened by the shot's own covariance (every sample minus what its
neighbours predict, in sigma), scaled by its local busyness, clipped and added.
Summing first and matching footprints afterwards means that one pool serves any
footprint, and whole numbers make the sum the same to the bit in any order.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import RangeError, UsageError
from pixmend.model import FrameRange, Raster
from pixmend.stats._hits import Hits
from pixmend.stats._kernels import accumulate
from pixmend.stats._measure import EXCESS_STEPS, LEVEL_STEPS, FrameEvidence
from pixmend.stats._model import ShotModel
from pixmend.stats._scale import curve_of
from pixmend.stats._whiten import train_summed_covariance

__all__ = ["ShotStatistics"]

_POOL_SCHEMA = "pixmend.statistics/2"
_GRID_PX = 8  # every so many pixels one is followed closely: does anything move?
_STRIP_PX = 128  # rows that are brought to light at a time
_MOST_FRAMES = 340  # keeps the sums from overflowing, whatever the frames hold
_SUMS = ("excess", "level", "seen", "grid_level", "grid_square")
_RANGES = ("frames", "watched", "stands_for")


@dataclass(slots=True, eq=False)
class ShotStatistics:
    """Sums over frames; `merge` is associative and order-free to the bit.

    Attributes
    ----------
    excess : (C, H, W) int16 ndarray
        Sum of clipped whitened excess, in 1/32 sigma.
    level : (C, H, W) int32 ndarray
        Sum of the sample's own level on the sigma scale, in 1/16 sigma.
    seen : (H, W) int16 ndarray
        Frames that count at each pixel (non-finite samples do not).
    grid_level, grid_square : (C, ceil(H / 8), ceil(W / 8)) int64 ndarray
        At every eighth pixel down and across, the sums of its level and of the level's
        square: exact, so that a small spread about a high level is not lost.
    hits : Hits
        What stood out of single frames, of all frames that were watched.
    frames : FrameRange
        Frames that were measured.
    watched : FrameRange
        Frames that were searched for hits.
    stands_for : FrameRange
        Frames that the statistics speak for: those of the run that they were drawn from.
    """

    model: ShotModel
    excess: NDArray[np.int16]
    level: NDArray[np.int32]
    seen: NDArray[np.int16]
    grid_level: NDArray[np.int64]
    grid_square: NDArray[np.int64]
    hits: Hits
    frames: FrameRange
    watched: FrameRange
    stands_for: FrameRange
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    @classmethod
    def empty(cls, model: ShotModel, *, stands_for: FrameRange) -> "ShotStatistics":
        """Return the statistics of no frame yet, to be drawn from `stands_for`."""
        sums = {name: np.zeros(shape, kind) for name, (shape, kind) in _forms(model).items()}
        nothing = FrameRange(())
        return cls(model, **sums, hits=Hits.none(), frames=nothing, watched=nothing, stands_for=stands_for)

    def add(self, frame: int, evidence: Iterable[FrameEvidence]) -> None:
        """Add one frame, band by band; several threads may add frames at the same time.

        Raises
        ------
        UsageError
            If the frame is in already, or there are too many.
        """
        with self._lock:
            self._check_new(FrameRange([frame]))
            self.frames |= FrameRange([frame])
        for band in evidence:
            with self._lock:
                self._add_band(band)

    def add_hits(self, frames: FrameRange, hits: Sequence[Hits]) -> None:
        """Add the hits of frames that were watched, each frame once; UsageError if one is in already."""
        with self._lock:
            self._check_unwatched(frames)
            self.hits = Hits.joined([self.hits, *hits])
            self.watched |= frames

    def _add_band(self, band: FrameEvidence) -> None:
        sums = self.excess, self.level, self.seen
        on_grid = self.grid_level, self.grid_square, _GRID_PX
        accumulate(sums, on_grid, (band.top, band.left), (band.excess, band.level, band.seen))

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
        self._check_unwatched(other.watched)
        for name in _SUMS:
            getattr(self, name)[...] += getattr(other, name)
        self.hits = Hits.joined([self.hits, other.hits])
        self.frames |= other.frames
        self.watched |= other.watched
        self.stands_for |= other.stands_for

    def part(self, *, rows: tuple[int, int], columns: tuple[int, int]) -> "ShotStatistics":
        """Return the statistics of array rows and columns [first, stop); a view, not to be added to."""
        raster = self.model.raster
        place = (..., slice(*rows), slice(*columns))
        cut = Raster(raster.x + columns[0], raster.y + rows[0], columns[1] - columns[0], rows[1] - rows[0])
        on_grid = (
            ...,
            *(slice(-(-first // _GRID_PX), -(-stop // _GRID_PX)) for first, stop in (rows, columns)),
        )
        return replace(
            self,
            model=replace(self.model, raster=cut),
            **{name: getattr(self, name)[place] for name in ("excess", "level", "seen")},
            **{name: getattr(self, name)[on_grid] for name in ("grid_level", "grid_square")},
        )

    def mean_excess(self) -> NDArray[np.float32]:
        """Return the mean clipped excess times the root of the frames seen: (C, H, W), noise about 1."""
        weight = 1.0 / (EXCESS_STEPS * np.sqrt(np.maximum(self.seen, 1), dtype=np.float32))
        excess: NDArray[np.float32] = np.multiply(self.excess, weight, dtype=np.float32)
        return excess

    def mean_level(self, *, every: int = 1) -> NDArray[np.float32]:
        """Return the mean level of each row, or every so many, on the sigma scale: (C, rows, W)."""
        weight = 1.0 / (LEVEL_STEPS * np.maximum(self.seen[::every], 1).astype(np.float32))
        level: NDArray[np.float32] = np.multiply(self.level[:, ::every], weight, dtype=np.float32)
        return level

    def mean_covariance(self, *, is_bad: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
        """Return `train_covariance` of `mean_level`, of patches that hold no bad pixel (H, W)."""
        return train_summed_covariance(self.level, self.seen, LEVEL_STEPS, is_bad=is_bad)

    def grid_sigma(self) -> NDArray[np.float32]:
        """Return the standard deviation of the level over time at every eighth pixel, in sigma."""
        count = np.maximum(self.seen[::_GRID_PX, ::_GRID_PX], 1).astype(np.int64)
        height, width = self.grid_level.shape[1:]
        return np.stack(
            [
                _spread(level, square, count[:height, :width])
                for level, square in zip(self.grid_level, self.grid_square, strict=True)
            ]
        )

    def mean_light(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the linear level of the mean, and one frame's noise sigma there; (C, H, W) each."""
        curve, (height, width) = curve_of(self.model.noise), self.seen.shape
        light, sigma = (np.empty(self.level.shape, np.float32) for _ in range(2))
        for first in range(0, height, _STRIP_PX):
            rows = slice(first, min(first + _STRIP_PX, height))
            level = self.part(rows=(rows.start, rows.stop), columns=(0, width)).mean_level()
            light[:, rows], sigma[:, rows] = curve.light_and_sigma(level)
        return light, sigma

    def sigma_at(self, level: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the linear noise sigma of each channel at sigma-scale `level`, (C, ...), same shape."""
        return self.light_at(level)[1]

    def light_at(self, level: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the linear level at sigma-scale `level` (C, ...), and the noise sigma there; same shape."""
        curve, noise = curve_of(self.model.noise), self.model.noise
        light = np.stack([curve.to_level(row, index) for index, row in enumerate(level)])
        return light, np.stack([noise.sigma(row, index) for index, row in enumerate(light)])

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything as named arrays, for an ``.npz`` file."""
        sums = {name: getattr(self, name) for name in _SUMS}
        ranges = {name: np.array(str(getattr(self, name))) for name in _RANGES}
        arrays = {**ranges, **sums, **self.hits.to_arrays(), **self.model.to_arrays()}
        return {"schema": np.array(_POOL_SCHEMA), **arrays}

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
                raise UsageError(
                    f"statistics of schema {arrays['schema']}, not {_POOL_SCHEMA}",
                    where=where,
                    hint="measure the frames again with this version",
                )
            ranges = {name: _read_range(str(arrays[name])) for name in _RANGES}
            model = ShotModel.from_arrays(arrays)
            size = (model.raster.height, model.raster.width)
            hits = Hits.from_arrays(arrays, channels=len(model.channels), shape=size)
            sums = _checked_sums(arrays, model, len(ranges["frames"]))
            return cls(
                model,
                excess=sums["excess"],
                level=sums["level"],
                seen=sums["seen"],
                grid_level=sums["grid_level"],
                grid_square=sums["grid_square"],
                hits=hits,
                frames=ranges["frames"],
                watched=ranges["watched"],
                stands_for=ranges["stands_for"],
            )
        except (KeyError, ValueError, TypeError, OverflowError, RangeError) as exc:
            raise UsageError(
                "this is no statistics file", where=where, hint="`detect --stats-out` writes one"
            ) from exc

    def _check_unwatched(self, frames: FrameRange) -> None:
        twice = self.watched & frames
        if len(twice):
            raise UsageError(f"frame {twice.frames[0]} is in the statistics twice")

    def _check_new(self, frames: FrameRange) -> None:
        twice = self.frames & frames
        if len(twice):
            raise UsageError(f"frame {twice.frames[0]} is in the statistics twice")
        if len(self.frames) + len(frames) > _MOST_FRAMES:
            raise UsageError(
                f"more than {_MOST_FRAMES} frames in one shot's statistics", hint="pass --every N"
            )


def _forms(model: ShotModel) -> dict[str, tuple[tuple[int, ...], type[np.signedinteger[Any]]]]:
    """Return shape and type of each sum."""
    size = (model.raster.height, model.raster.width)
    whole = (len(model.channels), *size)
    on_grid = (len(model.channels), *(-(-side // _GRID_PX) for side in size))
    return {
        "excess": (whole, np.int16),
        "level": (whole, np.int32),
        "seen": (size, np.int16),
        "grid_level": (on_grid, np.int64),
        "grid_square": (on_grid, np.int64),
    }


def _checked_sums(
    arrays: Mapping[str, NDArray[Any]], model: ShotModel, frames: int
) -> dict[str, NDArray[Any]]:
    """Return copies of the sums; ValueError if they cannot be sums of so many frames of the shot."""
    sums = {}
    for name, (shape, kind) in _forms(model).items():
        each = sums[name] = np.array(arrays[name])
        if each.shape != shape or each.dtype != kind or each.size == 0:
            raise ValueError(f"{name} of shape {each.shape} and type {each.dtype}")
    least, most = int(sums["seen"].min()), int(sums["seen"].max())
    if least < 0 or most > frames:
        raise ValueError(f"counts of {least} to {most} in {frames} frames")
    return sums


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
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)) / LEVEL_STEPS, np.float32)


def _read_range(text: str) -> FrameRange:
    return FrameRange.parse(text) if text else FrameRange(())
