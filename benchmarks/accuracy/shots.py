# SPDX-License-Identifier: Apache-2.0
"""The shots that repairs are measured on: crops of the test scenes, their frames as stored and as seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.accuracy.scene import Group, Scene, Storage, stored_frame
from benchmarks.accuracy.scenes import TEST
from benchmarks.pictures import load_picture
from pixmend.model import FrameRange, SampleType
from pixmend.simulate import (
    Distractor,
    Motion,
    PlantedDefect,
    ShotSpec,
    SimulatedShot,
    procedural_street,
    to_acescct,
)

__all__ = [
    "FILL_SHOTS",
    "OTHER_PLATES",
    "SEED",
    "Plate",
    "after_a_cut",
    "busiest_part",
    "fill_shot",
    "plate_of_shot",
    "scene_called",
    "seen",
]

SEED = 4711  # not the seed of the tests, nor of the study that the methods come from

_CROP = (384, 512)
_ROOM_PX = 40  # around the crop, for the camera to move in
_MOST_STEP = 4.0  # stops, of the Sobel sum: one glaring edge is not a busy place
_TAKES = 6  # of the noise, to know its sigma in every sample
_TAKE_BLUR_PX = 7


def scene_called(name: str) -> Scene:
    """Return a test scene by its name."""
    return next(scene for scene in TEST if scene.name == name)


FILL_SHOTS = tuple(scene for scene in TEST if scene.group is Group.DRY)
OTHER_PLATES = tuple(
    scene_called(name)
    for name in (
        "parallax",
        "locked day",
        "fade from black",
        "10-bit log",
        "bilinear",
        "edge-directed",
        "resized 1.33",
        "mildly denoised",
    )
)
_KEPT = frozenset({Distractor.PARALLAX, Distractor.OBJECTS})


@dataclass(frozen=True, slots=True, eq=False)
class Plate:
    """A rendered shot.

    Attributes
    ----------
    storage : Storage
    clean, spoiled : mapping of int to (H, W, 3) ndarray
        By frame number, as stored: without defects, and with those that were planted.
    sigmas : mapping of int to (H, W, 3) float32 ndarray
        Noise of the middle frame, and of others that are scored, as it is seen, in ACEScct.
    """

    storage: Storage
    clean: Mapping[int, NDArray[Any]]
    spoiled: Mapping[int, NDArray[Any]]
    sigmas: Mapping[int, NDArray[np.float32]]

    @property
    def sigma(self) -> NDArray[np.float32]:
        """Noise of the middle frame."""
        return self.sigmas[self.middle]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in px."""
        return self.sigma.shape[0], self.sigma.shape[1]

    @property
    def middle(self) -> int:
        """The number of the frame in the middle."""
        return tuple(self.clean)[len(self.clean) // 2]

    @property
    def sample(self) -> SampleType:
        """How its samples are stored."""
        return SampleType.HALF if self.storage is Storage.HALF else SampleType.UINT10

    @property
    def encoding(self) -> str:
        """What its samples mean, as `--encoding` names it."""
        return "linear" if self.storage is Storage.HALF else "acescct"


def fill_shot(
    scene: Scene,
    *,
    frames: int,
    motion: Motion | None = None,
    planted: tuple[PlantedDefect, ...] = (),
    crop: tuple[int, int] = _CROP,
) -> SimulatedShot:
    """Return a crop, 512x384 by default, of a scene where its picture is busiest, with these defects alone."""
    scale = scene.finish.scale
    spec = ShotSpec(
        width=round(crop[1] / scale),
        height=round(crop[0] / scale),
        frames=FrameRange(range(1001, 1001 + frames)),
        motion=scene.motion if motion is None else motion,
        exposure=scene.exposure,
        demosaic=scene.demosaic,
        sensor=scene.sensor,
        recipe=(),
        distractors=scene.distractors & _KEPT,
        finish=scene.finish,
        seed=SEED,
    )
    still = load_picture(scene.picture)
    whole = procedural_street(1080, 1920) if still is None else still
    return SimulatedShot(spec, picture=busiest_part(whole, crop), planted=planted)


def busiest_part(picture: NDArray[np.float32], crop: tuple[int, int] = _CROP) -> NDArray[np.float32]:
    """Return the crop with the most edges and texture, large enough for the camera to move in.

    A hole in a flat field tells little: there the mean of the ring beats the truth,
    noise and all.
    """
    stops = np.log2(np.maximum(picture.mean(axis=-1), 1e-3))
    steps = np.hypot(ndimage.sobel(stops, axis=0), ndimage.sobel(stops, axis=1))
    busy = ndimage.uniform_filter(np.minimum(steps, _MOST_STEP), crop)
    height, width = (side + 2 * _ROOM_PX for side in crop)
    inside = busy[height // 2 : -(height // 2) or None, width // 2 : -(width // 2) or None]
    top, left = np.unravel_index(inside.argmax(), inside.shape)
    return picture[top : top + height, left : left + width]


def seen(stored: NDArray[Any], storage: Storage) -> NDArray[np.float32]:
    """Return stored samples in ACEScct, 0 to 1: there errors look about alike, dark or bright."""
    if storage is Storage.HALF:
        return to_acescct(stored.astype(np.float32))
    return np.asarray(stored / np.float32(1023), np.float32)


def plate_of_shot(shot: SimulatedShot, storage: Storage, *, scored: FrameRange | None = None) -> Plate:
    """Render a shot to its stored form, and the noise of its middle frame and of those that are scored."""
    pairs = {frame: shot.render_pair(frame) for frame in shot.frames}
    spoiled = {frame: stored_frame(pair[0], storage) for frame, pair in pairs.items()}
    clean = {frame: stored_frame(pair[1], storage) for frame, pair in pairs.items()}
    middle = shot.frames.frames[len(shot.frames) // 2]
    numbers = sorted({middle, *(scored or ())})
    return Plate(storage, clean, spoiled, {number: _noise_of(shot, number, storage) for number in numbers})


def after_a_cut(plate: Plate, other: Plate) -> Plate:
    """Return a plate whose frames before the middle are those of another shot of the same frame numbers."""
    clean = {number: (other if number < plate.middle else plate).clean[number] for number in plate.clean}
    return Plate(plate.storage, clean, clean, plate.sigmas)


def _noise_of(shot: SimulatedShot, number: int, storage: Storage) -> NDArray[np.float32]:
    takes = [
        seen(stored_frame(shot.render_clean(number, take=take), storage), storage)
        for take in range(1, _TAKES + 1)
    ]
    variance = ndimage.uniform_filter(np.var(takes, axis=0, ddof=1), (_TAKE_BLUR_PX, _TAKE_BLUR_PX, 0))
    return np.asarray(np.sqrt(variance), np.float32)
