# SPDX-License-Identifier: Apache-2.0
"""One frame's defects -> a patch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._answers import LEFT, Answers, Wishes, answers_of
from pixmend.fill._band import Band
from pixmend.fill._code_values import has_reserved, off_reserved
from pixmend.fill._frame_defects import FrameDefects
from pixmend.fill._fusing import Beside, Motion, askers_of, fuse_holes
from pixmend.fill._graining import Graining
from pixmend.fill._holes import Holes
from pixmend.fill._kriging import Kriging
from pixmend.fill._prediction import Predicted, predict_holes
from pixmend.fill._recovering import Recoveries, recover_defects
from pixmend.fill._repairs import repairs_of
from pixmend.fill._windows import Scale, cut_windows, scaled_windows
from pixmend.model import Channel, Patch, PlateInfo, Repair

__all__ = ["Learnt", "Mend", "Trace", "mend_frame"]


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """What the frames of a shot are mended with.

    Attributes
    ----------
    scale : Scale
    kriging : Kriging
        Trained on the shot.
    recoveries : Recoveries or None
        None where nothing is recovered.
    motion : callable or None
        Gives what the frames beside tell; asked for only where a hole needs it. None where nothing is asked.
    graining : Graining or None
        None where predictions stay as smooth as they are.
    """

    scale: Scale
    kriging: Kriging
    recoveries: Recoveries | None = None
    motion: Motion | None = None
    graining: Graining | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """How a frame's patch came about: enough for another program to do the same.

    Attributes
    ----------
    holes : Holes
    stored : (T, side, side, C) ndarray
        The holes' windows as stored.
    predicted : Predicted
        From the frame alone, without grain.
    answers : Answers
        What stands there in the end, on the sigma scale.
    """

    holes: Holes
    stored: NDArray[Any]
    predicted: Predicted
    answers: Answers


@dataclass(frozen=True, slots=True, eq=False)
class Mend:
    """One frame's patch, and how it was found.

    Attributes
    ----------
    patch : Patch
    unfillable : int
        How many spoiled samples nothing could tell.
    repairs : tuple of Repair
        What was done about each defect.
    trace : Trace or None
        None where the frame has no spoiled sample.
    """

    patch: Patch
    unfillable: int
    repairs: tuple[Repair, ...] = ()
    trace: Trace | None = None


def mend_frame(
    frame: int,
    bands: Sequence[Band],
    found: FrameDefects,
    *,
    plate: PlateInfo,
    learnt: Learnt,
    wishes: Wishes | None = None,
    beside: Beside | None = None,
) -> Mend:
    """Mend the defects of one frame.

    Parameters
    ----------
    bands : sequence of Band
        The rows that `found` asks for, or more.
    found : FrameDefects
    wishes : Wishes, optional
        By default each defect is mended as is expected to be best.
    beside : callable, optional
        Gives what is around holes in the frames beside; without it these tell nothing.

    Returns
    -------
    Mend
        The patch holds only samples whose stored bits change. A sample that nothing
        around it can predict (all neighbours non-finite) is not in it.
    """
    holes = found.holes
    if not len(holes.spoiled):
        return Mend(Patch.empty(frame, _colours(plate)), 0)
    wishes = wishes or Wishes()
    stored = cut_windows(bands, holes.origins, learnt.kriging.side)
    windows = scaled_windows(np.moveaxis(stored, -1, 1), learnt.scale)
    predicted = predict_holes(windows, holes, learnt.kriging)
    answers = answers_of(predicted)
    if learnt.recoveries is not None:
        recover_defects(
            answers, found, bands, recoveries=learnt.recoveries, scale=learnt.scale, wishes=wishes
        )
    fused = (
        {}
        if learnt.motion is None or beside is None
        else fuse_holes(
            answers,
            found,
            predicted,
            windows,
            askers=askers_of(found, wishes, learnt.recoveries),
            motion=learnt.motion,
            beside=beside,
        )
    )
    if learnt.graining is not None:
        corner = plate.raster.y, plate.raster.x
        learnt.graining.add(answers, holes, predicted, fused=fused, frame=frame, corner=corner)
    _leave(answers, found, windows, wishes)
    light = answers.light(holes.spoiled[:, 0], learnt.scale)
    patch = _patch(frame, light, stored, holes, plate, learnt.scale)
    unfillable = int(np.count_nonzero(np.isnan(predicted.value) & (answers.method == LEFT)))
    trace = Trace(holes, stored, predicted, answers)
    return Mend(patch, unfillable, repairs_of(found, answers, predicted), trace)


def _leave(answers: Answers, found: FrameDefects, windows: NDArray[np.float32], wishes: Wishes) -> None:
    """Let what is refused stay as it is, and let what stays have the values that it has."""
    for defect, members in zip(found.defects, found.members, strict=True):
        if defect.id in wishes.refused:
            answers.method[members] = LEFT
    stays = answers.method == LEFT
    observed = np.empty_like(answers.value)
    observed[found.holes.places] = windows[found.holes.is_target]
    answers.value[stays] = observed[stays]


def _colours(plate: PlateInfo) -> tuple[Channel, ...]:
    return tuple(Channel(name, plate.sample_type(name)) for name in plate.colour)


def _patch(
    frame: int,
    light: NDArray[np.float32],
    stored: NDArray[Any],
    holes: Holes,
    plate: PlateInfo,
    scale: Scale,
) -> Patch:
    """Return the samples whose stored bits change; `stored` is (T, side, side, C)."""
    channels = _colours(plate)
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
