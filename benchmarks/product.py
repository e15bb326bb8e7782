# SPDX-License-Identifier: Apache-2.0
"""pixmend itself, as the accuracy benchmarks call it: through the doors of its rooms."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pixmend.fill import Band, find_holes, mend_frame, train_kriging
from pixmend.frames import MemoryShot, choose_encoding
from pixmend.model import Channel, Defect, Patch, PlateInfo, Raster, SampleType
from pixmend.pipeline import detect
from pixmend.simulate import SimulatedShot
from pixmend.stats import SigmaScale, fit_noise, flat_blocks

__all__ = ["detect_defects", "train_filler"]

_NAMES = ("R", "G", "B")


def half_plate(size: tuple[int, int]) -> PlateInfo:
    """Return the header facts of a linear half EXR of some height and width."""
    height, width = size
    channels = tuple(Channel(name, SampleType.HALF) for name in _NAMES)
    raster = Raster(0, 0, width, height)
    return PlateInfo(raster, (width, height), channels, _NAMES, "exr", "linear")


def detect_defects(shot: SimulatedShot, frames: Sequence[NDArray[np.float16]]) -> tuple[Defect, ...]:
    """Return what `pixmend detect` finds, by its defaults."""
    plate = half_plate(frames[0].shape[:2])
    source = MemoryShot(plate, dict(zip(shot.frames, frames, strict=True)))
    return detect(source, choose_encoding(plate, "linear")).defect_map.defects


def train_filler(
    frames: Sequence[NDArray[np.float32]], is_bad: NDArray[np.bool_]
) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """Return pixmend's fill of the bad samples, (H, W, 3), of linear frames; it learns from `frames`.

    Frames are stored as half, as plates are, and the result is what stands in the mended plate.
    """
    plate = half_plate(is_bad.shape[:2])
    stored = [frame.astype(np.float16) for frame in frames]
    codec = choose_encoding(plate, "linear")
    bad = np.asarray(is_bad.any(axis=-1))
    noise = fit_noise([flat_blocks(each, sample=SampleType.HALF, codec=codec, is_bad=bad) for each in stored])
    scale = SigmaScale(codec, SampleType.HALF, noise)
    kriging = train_kriging([scale.forward(frame) for frame in stored], is_bad=[bad] * len(stored))
    planes = np.moveaxis(is_bad, -1, 0)
    holes = find_holes(np.argwhere(planes), planes.shape, radius_px=kriging.radius_px)

    def fill(broken: NDArray[np.float32]) -> NDArray[np.float32]:
        band = Band(0, broken.astype(np.float16))
        mend = mend_frame(1001, [band], holes, plate=plate, scale=scale, kriging=kriging)
        return _patched(band.samples, mend.patch).astype(np.float32)

    return fill


def _patched(samples: NDArray[np.float16], patch: Patch) -> NDArray[np.float16]:
    mended = samples.copy()
    mended[patch.y, patch.x, patch.channel] = SampleType.HALF.from_bits(patch.new)
    return mended
