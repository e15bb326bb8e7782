# SPDX-License-Identifier: Apache-2.0
"""What the frames of one shot are mended with: learnt once, then frame by frame."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.fill import (
    Band,
    Holes,
    Kriging,
    Mend,
    bad_pixels,
    data_samples,
    doubtful_samples,
    find_holes,
    kriging_of,
    mend_data_channel,
    mend_frame,
    rows_of_data,
    scaled_windows,
    sound_windows,
    spoiled_samples,
    window_places,
)
from pixmend.frames import Encoding, FrameSource
from pixmend.model import Defect, DefectMap
from pixmend.pipeline._training import learn_from_rows, training_frames, training_rows
from pixmend.progress import Progress
from pixmend.stats import FlatBlocks, SigmaScale, fit_noise, flat_blocks

__all__ = ["Mender", "train_mender"]

_SETS_KEPT = 64  # of defects that are alive together; blinking ones make many


class Mender:
    """Mends frames of one shot, from any thread.

    Parameters
    ----------
    shot : FrameSource
    defect_map : DefectMap
        Whose defects are to be mended.
    scale : SigmaScale
        Stored samples <-> the shot's sigma scale.
    kriging : Kriging
        Trained on the shot.
    """

    def __init__(self, shot: FrameSource, defect_map: DefectMap, scale: SigmaScale, kriging: Kriging) -> None:
        self._shot = shot
        self._defects = {each.id: each for each in defect_map.defects}
        self._scale = scale
        self._kriging = kriging
        self._holes_of = lru_cache(maxsize=_SETS_KEPT)(self._find_holes)

    def mend(self, frame: int, defects: tuple[Defect, ...]) -> Mend:
        """Read what is around a frame's defects, of the map, and fill them; errors as `FrameSource.read`."""
        holes = self._holes_of(tuple(each.id for each in defects))
        samples = self._shot.read_bands(frame, holes.rows)
        bands = [Band(first, band) for (first, _), band in zip(holes.rows, samples, strict=True)]
        mend = mend_frame(
            frame, bands, holes, plate=self._shot.plate, scale=self._scale, kriging=self._kriging
        )
        return self._with_data(mend, frame, defects)

    def _with_data(self, mend: Mend, frame: int, defects: tuple[Defect, ...]) -> Mend:
        """Mend what the map names in channels that hold no picture, too."""
        plate = self._shot.plate
        channels = {each.name: each for each in plate.channels}
        for name, places in data_samples(defects, plate).items():
            rows = rows_of_data(places, plate.raster.height)
            band = Band(rows[0], self._shot.read_bands(frame, [rows], channels=[name])[0])
            patch = mend_data_channel(frame, band, places, channels[name], plate)
            mend = replace(mend, patch=mend.patch.joined(patch))
        return mend

    def _find_holes(self, ids: tuple[str, ...]) -> Holes:
        plate = self._shot.plate
        defects = [self._defects[each] for each in ids]
        return find_holes(
            spoiled_samples(defects, plate),
            (len(plate.colour), plate.raster.height, plate.raster.width),
            radius_px=self._kriging.radius_px,
            doubtful=doubtful_samples(defects, plate),
        )


def train_mender(
    shot: FrameSource,
    defect_map: DefectMap,
    encoding: Encoding,
    progress: Progress,
    *,
    skip_bad_frames: bool = False,
    workers: int = 1,
) -> Mender:
    """Learn noise and texture from frames of the whole shot.

    The map's defects teach nothing, whatever their status and frames, nor does what a lossy
    codec may move with them: the frames that an earlier run mended in place teach the same,
    to the bit, as they did before.

    Raises
    ------
    FrameError
        At the first frame that cannot be read, unless `skip_bad_frames`.
    """
    lessons = learn_from_rows(
        shot,
        shot.frames,
        progress,
        _Teacher(shot, defect_map, encoding),
        skip_bad_frames=skip_bad_frames,
        workers=workers,
    )
    noise = fit_noise([blocks for each in lessons for blocks in each.blocks])
    scale = SigmaScale(encoding, shot.plate.sample_type(shot.plate.colour[0]), noise)
    stored = np.concatenate([windows for each in lessons for windows in each.windows])
    return Mender(shot, defect_map, scale, kriging_of(scaled_windows(stored, scale)))


@dataclass(frozen=True, slots=True, eq=False)
class _Lesson:
    """What is kept of a frame that is learned from: of each band its blocks, and stored windows."""

    blocks: list[FlatBlocks]
    windows: list[NDArray[Any]]


class _Teacher:
    """Takes from frames what there is to learn of them; called from several threads."""

    def __init__(self, shot: FrameSource, defect_map: DefectMap, encoding: Encoding) -> None:
        plate = shot.plate
        height, width = plate.raster.height, plate.raster.width
        rows = training_rows(plate)
        bad = bad_pixels(spoiled_samples(defect_map.defects, plate), height, width, block_px=plate.block_px)
        self._is_bad = [bad[first:stop].copy() for first, stop in rows]
        shapes = [(stop - first, width) for first, stop in rows]
        self._places = window_places(shapes * len(training_frames(shot.frames)))
        self._sample = plate.sample_type(plate.colour[0])
        self._encoding = encoding

    def __call__(self, number: int, bands: list[NDArray[Any]]) -> _Lesson:
        places = self._places[number * len(bands) : (number + 1) * len(bands)]
        taught = list(zip(bands, self._is_bad, places, strict=True))
        return _Lesson(
            [
                flat_blocks(band, sample=self._sample, codec=self._encoding, is_bad=bad)
                for band, bad, _ in taught
            ],
            [sound_windows(np.moveaxis(band, -1, 0), where, is_bad=bad) for band, bad, where in taught],
        )
