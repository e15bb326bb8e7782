# SPDX-License-Identifier: Apache-2.0
"""What the frames of one shot are mended with: learnt once, then frame by frame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.fill import (
    Band,
    FrameDefects,
    Graining,
    Learnt,
    LearntFootprint,
    Mend,
    Neighbour,
    SoundWindows,
    Wishes,
    bad_pixels,
    data_samples,
    defects_of_frame,
    grain_of,
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
from pixmend.model import Defect, DefectMap, Method
from pixmend.pipeline._line_training import learn_lines
from pixmend.pipeline._motion_training import MotionOnDemand, learn_motion
from pixmend.pipeline._neighbours import Surroundings
from pixmend.pipeline._recovery_training import learn_recovery
from pixmend.pipeline._training import learn_from_rows, training_frames, training_rows
from pixmend.progress import Progress
from pixmend.stats import FlatBlocks, SigmaScale, fit_noise, flat_blocks

__all__ = ["Mender", "train_mender"]

_GRAIN_SEED = 19_510_101  # any number, but for ever the same: frame and place tell draws apart
_SETS_KEPT = 64  # of defects that are alive together; blinking ones make many


class Mender:
    """Mends frames of one shot, from any thread.

    Parameters
    ----------
    shot : FrameSource
    defect_map : DefectMap
        Whose defects are to be mended.
    learnt : Learnt
        What they are mended with.
    around : Surroundings
        Of the same shot and map.
    wishes : Wishes
        How they are to be mended.
    """

    def __init__(
        self,
        shot: FrameSource,
        defect_map: DefectMap,
        learnt: Learnt,
        *,
        around: Surroundings,
        wishes: Wishes,
    ) -> None:
        self._shot = shot
        self._map = defect_map
        self._defects = {each.id: each for each in defect_map.defects}
        self._learnt = learnt
        self._around = around
        self.wishes = wishes
        self._found_of = lru_cache(maxsize=_SETS_KEPT)(self._look_at)

    def wishing(self, wishes: Wishes) -> "Mender":
        """Return a mender that has learnt the same, and is asked for something else."""
        return Mender(self._shot, self._map, self._learnt, around=self._around, wishes=wishes)

    @property
    def scale(self) -> SigmaScale:
        """Stored samples <-> the shot's sigma scale."""
        return self._around.scale

    @property
    def footprints(self) -> Mapping[tuple[int, int], LearntFootprint]:
        """What photosites were learned to look like, by array row and column modulo 2; may be empty."""
        return {} if self._learnt.recoveries is None else self._learnt.recoveries.footprints

    def mend(self, frame: int, defects: tuple[Defect, ...]) -> Mend:
        """Read what is around a frame's defects, of the map, and mend them; errors as `FrameSource.read`."""
        found, data = self._found_of(tuple(each.id for each in defects))
        samples = self._shot.read_bands(frame, found.rows)
        bands = [Band(first, band) for (first, _), band in zip(found.rows, samples, strict=True)]
        mend = mend_frame(
            frame,
            bands,
            found,
            plate=self._shot.plate,
            learnt=self._learnt,
            wishes=self.wishes,
            beside=partial(self._beside, frame),
        )
        return self._with_data(mend, frame, data)

    def _beside(
        self, frame: int, places: Sequence[tuple[int, int]]
    ) -> list[tuple[NDArray[np.float32], list[Neighbour]]]:
        current, beside = self._around.current(frame, places), self._around.neighbours(frame, places)
        return list(zip(current, beside, strict=True))

    def _look_at(self, ids: tuple[str, ...]) -> tuple[FrameDefects, dict[str, NDArray[np.intp]]]:
        defects, plate = [self._defects[each] for each in ids], self._shot.plate
        found = defects_of_frame(defects, plate, radius_px=self._learnt.kriging.radius_px)
        return found, data_samples(defects, plate)

    def _with_data(self, mend: Mend, frame: int, data: Mapping[str, NDArray[np.intp]]) -> Mend:
        """Mend what the map names in channels that hold no picture, too."""
        plate = self._shot.plate
        channels = {each.name: each for each in plate.channels}
        for name, places in data.items():
            rows = rows_of_data(places, plate.raster.height)
            band = Band(rows[0], self._shot.read_bands(frame, [rows], channels=[name])[0])
            patch = mend_data_channel(frame, band, places, channels[name], plate)
            mend = replace(mend, patch=mend.patch.joined(patch))
        return mend


def train_mender(
    shot: FrameSource,
    defect_map: DefectMap,
    encoding: Encoding,
    progress: Progress,
    *,
    method: Method | None = None,
    skip_bad_frames: bool = False,
    workers: int = 1,
) -> Mender:
    """Learn noise, texture and lies from frames of the whole shot, and motion when a hole first asks for it.

    `method` is how defects are mended of which the map does not say; None chooses by predicted
    error.

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
    windows = [windows for each in lessons for windows in each.windows]
    taught = scaled_windows(np.concatenate([each.samples for each in windows]), scale)
    phase = np.concatenate([each.phase for each in windows])
    kriging, grain = kriging_of(taught, phase=phase), grain_of(taught, phase=phase)
    around = Surroundings(shot, defect_map, scale)
    wishes = Wishes({each.id: wish for each in defect_map.defects if (wish := each.method or method)})
    graining = None if grain is None else Graining(grain, kriging, _GRAIN_SEED)
    learnt = Learnt(scale, kriging, graining=graining)
    asked = [wishes.methods.get(each.id) for each in defect_map.defects]
    if None in asked or Method.RECOVER in asked:
        recoveries = learn_recovery(shot, defect_map, learnt, encoding, progress, workers=workers)
        lines = learn_lines(shot, defect_map, learnt, recoveries.stored, progress, workers=workers)
        learnt = replace(learnt, recoveries=replace(recoveries, lines=lines))
    motion = partial(learn_motion, shot, defect_map, scale, kriging, workers=workers)
    learnt = replace(learnt, motion=MotionOnDemand(motion))
    return Mender(shot, defect_map, learnt, around=around, wishes=wishes)


@dataclass(frozen=True, slots=True, eq=False)
class _Lesson:
    """What is kept of a frame that is learned from: of each band its blocks, and stored windows."""

    blocks: list[FlatBlocks]
    windows: list[SoundWindows]


class _Teacher:
    """Takes from frames what there is to learn of them; called from several threads."""

    def __init__(self, shot: FrameSource, defect_map: DefectMap, encoding: Encoding) -> None:
        plate = shot.plate
        height, width = plate.raster.height, plate.raster.width
        rows = training_rows(plate)
        bad = bad_pixels(spoiled_samples(defect_map.defects, plate), height, width, block_px=plate.block_px)
        self._is_bad = [bad[first:stop].copy() for first, stop in rows]
        self._tops = [first for first, _ in rows]
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
            [
                sound_windows(np.moveaxis(band, -1, 0), where, top=top, is_bad=bad)
                for (band, bad, where), top in zip(taught, self._tops, strict=True)
            ],
        )
