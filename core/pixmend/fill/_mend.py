# SPDX-License-Identifier: Apache-2.0
"""One frame's defects -> a patch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._band import Band
from pixmend.fill._code_values import has_reserved, off_reserved
from pixmend.fill._frame_defects import FrameDefects
from pixmend.fill._holes import Holes
from pixmend.fill._kriging import Kriging
from pixmend.fill._prediction import Predicted, predict_holes
from pixmend.fill._windows import Scale, cut_windows, scaled_windows
from pixmend.model import Channel, Method, Patch, PlateInfo, Repair

__all__ = ["Learnt", "Mend", "mend_frame"]


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """What the frames of a shot are mended with.

    Attributes
    ----------
    scale : Scale
    kriging : Kriging
        Trained on the shot.
    """

    scale: Scale
    kriging: Kriging


@dataclass(frozen=True, slots=True, eq=False)
class Mend:
    """One frame's patch, how many spoiled samples nothing could tell, and what was done about each defect."""

    patch: Patch
    unfillable: int
    repairs: tuple[Repair, ...] = ()


def mend_frame(
    frame: int, bands: Sequence[Band], found: FrameDefects, *, plate: PlateInfo, learnt: Learnt
) -> Mend:
    """Mend the defects of one frame.

    Parameters
    ----------
    bands : sequence of Band
        The rows that `found` asks for, or more.
    found : FrameDefects

    Returns
    -------
    Mend
        The patch holds only samples whose stored bits change. A sample that nothing
        around it can predict (all neighbours non-finite) is not in it.
    """
    channels = tuple(Channel(name, plate.sample_type(name)) for name in plate.colour)
    holes = found.holes
    if not len(holes.spoiled):
        return Mend(Patch.empty(frame, channels), 0)
    stored = cut_windows(bands, holes.origins, learnt.kriging.side)
    windows = scaled_windows(np.moveaxis(stored, -1, 1), learnt.scale)
    predicted = predict_holes(windows, holes, learnt.kriging)
    light = _light(predicted.value, holes, learnt.scale)
    patch = _patch(frame, light, stored, holes, plate, learnt.scale)
    return Mend(patch, int((~np.isfinite(light)).sum()), _repairs(found, predicted))


def _light(values: NDArray[np.float32], holes: Holes, scale: Scale) -> NDArray[np.float32]:
    """Return the light of sigma-scale values; NaN stays."""
    light = np.full(len(values), np.nan, np.float32)
    told = np.isfinite(values)
    light[told] = scale.light_of(values[told], holes.spoiled[told, 0])
    return light


def _patch(
    frame: int,
    light: NDArray[np.float32],
    stored: NDArray[Any],
    holes: Holes,
    plate: PlateInfo,
    scale: Scale,
) -> Patch:
    """Return the samples whose stored bits change; `stored` is (T, side, side, C)."""
    channels = tuple(Channel(name, plate.sample_type(name)) for name in plate.colour)
    sample = channels[0].sample
    samples = np.moveaxis(stored, -1, 1)
    old = np.empty(len(light), stored.dtype)
    old[holes.places] = samples[holes.is_target]
    beside = np.any(has_reserved(samples, sample) & holes.is_sound, axis=(2, 3))
    allowed = np.zeros(len(light), bool)
    tile, channel, _, _ = np.nonzero(holes.is_target)
    allowed[holes.places] = beside[tile, channel]
    done = np.isfinite(light)
    channel, y, x = holes.spoiled[done].T
    return Patch(
        frame,
        channels,
        (x + plate.raster.x).astype(np.int32),
        (y + plate.raster.y).astype(np.int32),
        channel.astype(np.int16),
        sample.to_bits(old[done]),
        off_reserved(scale.light_to_bits(light[done]), sample, allowed=allowed[done]),
    ).changes_only()


def _repairs(found: FrameDefects, predicted: Predicted) -> tuple[Repair, ...]:
    repairs = []
    for defect, members in zip(found.defects, found.members, strict=True):
        variance = predicted.variance[members]
        told = variance[np.isfinite(variance)]
        if len(told):
            error = float(np.sqrt(told.mean()))
            repairs.append(Repair(defect=defect.id, method=Method.SPATIAL, predicted_sigma=error))
    return tuple(repairs)
