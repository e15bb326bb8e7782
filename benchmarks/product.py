# SPDX-License-Identifier: Apache-2.0
"""pixmend itself, as the accuracy benchmarks call it: through the doors of its rooms."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.fill import Band, find_holes, mend_frame, train_kriging
from pixmend.frames import MemoryShot, choose_encoding
from pixmend.model import Channel, DefectMap, Patch, PlateInfo, Raster, SampleType
from pixmend.pipeline import Sampling, detect
from pixmend.stats import SigmaScale, fit_noise, flat_blocks

__all__ = ["detect_frames", "plate_of", "train_filler"]

_NAMES = ("R", "G", "B")
_WORKERS = 2


def plate_of(size: tuple[int, int], *, sample: SampleType = SampleType.HALF, count: int = 3) -> PlateInfo:
    """Return the header facts of a plate of some height and width: RGB, or one channel Y."""
    height, width = size
    names = _NAMES if count == 3 else ("Y",)
    channels = tuple(Channel(name, sample) for name in names)
    form = "exr" if sample.is_float else "dpx"
    return PlateInfo(Raster(0, 0, width, height), (width, height), channels, names, form, "")


def detect_frames(
    frames: Mapping[int, NDArray[Any]],
    *,
    sample: SampleType = SampleType.HALF,
    encoding: str = "linear",
    prior: DefectMap | None = None,
    every: int | None = None,
) -> DefectMap:
    """Return the map that `pixmend detect` makes of stored frames, (H, W, C) by frame number, by its defaults."""
    height, width, count = next(iter(frames.values())).shape
    plate = plate_of((height, width), sample=sample, count=count)
    found = detect(
        MemoryShot(plate, frames),
        choose_encoding(plate, encoding),
        sampling=Sampling(every=every),
        prior=prior,
        workers=_WORKERS,
    )
    return found.defect_map


def train_filler(
    frames: Sequence[NDArray[np.float32]], is_bad: NDArray[np.bool_]
) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """Return pixmend's fill of the bad samples, (H, W, 3), of linear frames; it learns from `frames`.

    Frames are stored as half, as plates are, and the result is what stands in the mended plate.
    """
    plate = plate_of((is_bad.shape[0], is_bad.shape[1]))
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
