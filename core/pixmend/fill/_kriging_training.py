# SPDX-License-Identifier: Apache-2.0
"""Windows of a shot -> the kriging that is trained on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.arrays import patch_places, sound_patches
from pixmend.fill._covariances import PHASES, ClassCovariances, class_covariances
from pixmend.fill._kriging import Kriging
from pixmend.fill._table_kernels import describe_windows

__all__ = ["SoundWindows", "kriging_of", "sound_windows", "train_kriging", "window_places"]

_RADIUS_PX = 4  # windows of 9 x 9 pixels
_PATCHES = 60_000
_SEED = 19_510_101  # of the patch places; any number, but for ever the same
_CLASSES = 5  # flat areas want other weights than edges; more classes gain little
_EXAM = (6, 7)  # sixteenths of the windows: between them lie those that are kept for the exam
_FEWEST_EXAMINED = 200
_GAIN = 0.95  # of the mean square, which phases have to reach to be believed
_HOLE_PX = 3


@dataclass(frozen=True, slots=True, eq=False)
class SoundWindows:
    """Windows that may teach.

    Attributes
    ----------
    samples : (N, C, side, side) ndarray
    phase : (N,) uint8 ndarray
        Place of each centre in a 2 x 2 mosaic, as `phase_of` tells it.
    """

    samples: NDArray[Any]
    phase: NDArray[np.uint8]


def window_places(shapes: Sequence[tuple[int, int]]) -> list[NDArray[np.intp]]:
    """Return where to learn from pictures of some heights and widths: (N, 2) rows and columns in each."""
    return patch_places(shapes, radius_px=_RADIUS_PX, count=_PATCHES, seed=_SEED)


def sound_windows(
    picture: NDArray[Any],
    places: NDArray[np.intp],
    *,
    top: int = 0,
    is_bad: NDArray[np.bool_] | None = None,
) -> SoundWindows:
    """Return the windows at some places of a picture (C, H, W), which is array row `top` onward, that may teach.

    Left out are those with a non-finite sample, or a pixel of `is_bad`, (H, W): known defects.
    """
    samples, is_sound = sound_patches(picture, places, 2 * _RADIUS_PX + 1, is_bad=is_bad)
    row, column = (places[is_sound] + np.array([top, 0]) + _RADIUS_PX).T
    return SoundWindows(samples, (row % 2 * 2 + column % 2).astype(np.uint8))


def train_kriging(
    frames: Sequence[NDArray[np.float32]], *, is_bad: Sequence[NDArray[np.bool_]] | None = None
) -> Kriging:
    """Learn the covariances of a shot from a few frames of it.

    Parameters
    ----------
    frames : sequence of (C, H, W) float32 ndarray
        Sigma scale; one or more.
    is_bad : sequence of (H, W) bool ndarray, optional
        One a frame: pixels of known defects; they teach nothing.

    Notes
    -----
    NaN and Inf are left out. Same frames, same weights, to the bit.
    """
    places = window_places([(frame.shape[1], frame.shape[2]) for frame in frames])
    masks = is_bad or [np.zeros(frame.shape[1:], bool) for frame in frames]
    taught = [
        sound_windows(frame, where, is_bad=bad)
        for frame, where, bad in zip(frames, places, masks, strict=True)
    ]
    return kriging_of(
        np.concatenate([each.samples for each in taught]),
        phase=np.concatenate([each.phase for each in taught]),
    )


def kriging_of(windows: NDArray[np.float32], *, phase: NDArray[np.uint8] | None = None) -> Kriging:
    """Learn the covariances of a shot from windows of it.

    Parameters
    ----------
    windows : (N, C, side, side) float32 ndarray
        Sigma scale, finite, frame after frame. N may be 0: then the fill is one of local means.
    phase : (N,) uint8 ndarray, optional
        Of each window; None where it is not known.

    Notes
    -----
    Same windows in the same order, same weights, to the bit. The classes of contrast
    hold equal numbers of windows. A sixteenth of the windows teaches nothing: on them predictions
    are examined, and their variances set right. Phases are parted where that makes the
    examined predictions better: a plate that was resized has none.
    """
    first, stop = (len(windows) * share // 16 for share in _EXAM)
    is_exam = np.zeros(len(windows), bool)
    is_exam[first:stop] = stop - first >= _FEWEST_EXAMINED
    exam, taught = windows[is_exam], windows[~is_exam]
    contrast = describe_windows(taught)
    classes = np.array_split(np.argsort(contrast, kind="stable"), _CLASSES if len(taught) >= _CLASSES else 1)
    edges = [float(contrast[part[0]]) for part in classes[1:]]
    if phase is None:
        return Kriging([class_covariances(taught[part], None).of_all for part in classes], edges, exam)
    known = phase[~is_exam]
    covariances = [class_covariances(taught[part], known[part]) for part in classes]
    return _with_phases(covariances, edges, exam, phase[is_exam])


def _with_phases(
    covariances: Sequence[ClassCovariances],
    edges: Sequence[float],
    exam: NDArray[np.float32],
    phase: NDArray[np.uint8],
) -> Kriging:
    """Return kriging with its phases apart, if that pays."""
    whole = Kriging([each.of_all for each in covariances], edges, exam)
    parted = [
        Kriging(
            [each.of_phases[number] if each.of_phases else each.of_all for each in covariances],
            edges,
            exam[phase == number],
        )
        for number in range(PHASES)
    ]
    if not any(each.of_phases for each in covariances) or len(exam) < _FEWEST_EXAMINED:
        return whole
    is_target = np.zeros(exam.shape[1:], bool)
    middle = slice(whole.radius_px - _HOLE_PX // 2, whole.radius_px + _HOLE_PX // 2 + 1)
    is_target[:, middle, middle] = True
    together = [whole.mean_square(is_target, ~is_target, exam[phase == number]) for number in range(PHASES)]
    apart = [each.mean_square(is_target, ~is_target, each.exam) for each in parted]
    return whole.with_phases(parted) if sum(apart) < _GAIN * sum(together) else whole
