# SPDX-License-Identifier: Apache-2.0
"""What the frames of one shot are mended with: learnt once, then frame by frame."""

from functools import lru_cache

from pixmend.fill import (
    Band,
    Holes,
    Kriging,
    Mend,
    bad_pixels,
    doubtful_samples,
    find_holes,
    mend_frame,
    spoiled_samples,
    train_kriging,
)
from pixmend.frames import Encoding, FileShot
from pixmend.model import Defect, DefectMap
from pixmend.pipeline._frames_at_once import frames_at_once
from pixmend.pipeline._training import read_training_rows
from pixmend.progress import Progress
from pixmend.stats import SigmaScale, train_scale

__all__ = ["Mender", "train_mender"]

_SETS_KEPT = 64  # of defects that are alive together; blinking ones make many


class Mender:
    """Mends frames of one shot, from any thread.

    Parameters
    ----------
    shot : FileShot
    defect_map : DefectMap
        Whose defects are to be mended.
    scale : SigmaScale
        Stored samples <-> the shot's sigma scale.
    kriging : Kriging
        Trained on the shot.
    """

    def __init__(self, shot: FileShot, defect_map: DefectMap, scale: SigmaScale, kriging: Kriging) -> None:
        self._shot = shot
        self._defects = {each.id: each for each in defect_map.defects}
        self._scale = scale
        self._kriging = kriging
        self._holes_of = lru_cache(maxsize=_SETS_KEPT)(self._find_holes)

    def mend(self, frame: int, defects: tuple[Defect, ...]) -> Mend:
        """Read what is around a frame's defects, of the map, and fill them; errors as `FileShot.read`."""
        holes = self._holes_of(tuple(each.id for each in defects))
        samples = self._shot.read_bands(frame, holes.rows)
        bands = [Band(first, band) for (first, _), band in zip(holes.rows, samples, strict=True)]
        return mend_frame(
            frame, bands, holes, plate=self._shot.plate, scale=self._scale, kriging=self._kriging
        )

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
    shot: FileShot,
    defect_map: DefectMap,
    encoding: Encoding,
    progress: Progress,
    *,
    skip_bad_frames: bool = False,
    workers: int = 1,
) -> Mender:
    """Learn noise and texture from frames of the whole shot; the map's defects teach nothing.

    Raises
    ------
    FrameError
        At the first frame that cannot be read, unless `skip_bad_frames`.
    """
    plate = shot.plate
    bands = read_training_rows(shot, shot.frames, progress, skip_bad_frames=skip_bad_frames, workers=workers)
    _, scale = train_scale(
        [band.samples for band in bands], sample=plate.sample_type(plate.colour[0]), codec=encoding
    )
    spoiled = spoiled_samples(defect_map.defects, plate)
    bad = bad_pixels(spoiled, plate.raster.height, plate.raster.width)
    kriging = train_kriging(
        list(
            frames_at_once(
                lambda index: scale.forward(bands[index].samples), range(len(bands)), workers=workers
            )
        ),
        is_bad=[bad[band.top : band.top + len(band.samples)] for band in bands],
    )
    return Mender(shot, defect_map, scale, kriging)
