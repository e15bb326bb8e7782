# SPDX-License-Identifier: Apache-2.0
"""pixmend itself, as the accuracy benchmarks call it: through the doors of its rooms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from pixmend.frames import MemoryShot, choose_encoding
from pixmend.model import Channel, Defect, DefectMap, PlateInfo, Raster, Repair, SampleType
from pixmend.pipeline import Sampling, detect, train_mender
from pixmend.progress import Silent

__all__ = ["Mended", "MendedShot", "detect_frames", "plate_of"]

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


@dataclass(frozen=True, slots=True, eq=False)
class Mended:
    """A frame as `pixmend fix` leaves it.

    Attributes
    ----------
    samples : (H, W, C) ndarray
        As stored.
    repairs : tuple of Repair
        What was done about each defect.
    """

    samples: NDArray[Any]
    repairs: tuple[Repair, ...]


class MendedShot:
    """A shot in memory whose frames are mended as `pixmend fix` does.

    Parameters
    ----------
    frames : mapping of int to (H, W, C) ndarray
        As stored, by number.
    defects : sequence of Defect
        Each says how it is to be mended.
    sample : SampleType
    encoding : str
        As `--encoding` names it.
    """

    def __init__(
        self,
        frames: Mapping[int, NDArray[Any]],
        defects: Sequence[Defect],
        *,
        sample: SampleType = SampleType.HALF,
        encoding: str = "linear",
    ) -> None:
        height, width, count = next(iter(frames.values())).shape
        plate = plate_of((height, width), sample=sample, count=count)
        shot = MemoryShot(plate, frames)
        self._frames = frames
        self._sample = sample
        self._map = DefectMap(raster=plate.raster, defects=tuple(defects))
        self._mender = train_mender(shot, self._map, choose_encoding(plate, encoding), Silent())

    def mend(self, frame: int) -> Mended:
        """Return one frame, mended."""
        mend = self._mender.mend(frame, self._map.to_mend(frame))
        samples, patch = self._frames[frame].copy(), mend.patch
        samples[patch.y, patch.x, patch.channel] = self._sample.from_bits(patch.new)
        return Mended(samples, mend.repairs)
