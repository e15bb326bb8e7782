# SPDX-License-Identifier: Apache-2.0
"""4K frames on disk for the speed benchmarks, with a map of their defects."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from pixmend.model import FrameRange, Kind, map_to_json
from pixmend.simulate import Ingredient, ShotFormat, ShotSpec, SimulatedShot, true_map, write_shot

__all__ = ["Plates", "size_of", "small_shot", "write_plates"]

_RECIPE = (Ingredient(label="8 sigma", kind=Kind.HOT, count=20, amplitude_sigma=8.0),)
_DRAWN = 4  # frames that are truly rendered; the rest repeat them


@dataclass(frozen=True, slots=True)
class Plates:
    """Frames of one format in a folder, and the map beside it."""

    folder: Path
    map_file: Path
    count: int
    megabytes: float


def size_of(*, quick: bool) -> tuple[int, int]:
    """Return width and height of the frames."""
    return (1024, 540) if quick else (4096, 2160)


def small_shot(*, quick: bool) -> SimulatedShot:
    """Return the shot that the frames show, with 20 defects a frame."""
    width, height = size_of(quick=quick)
    frames = FrameRange(range(1001, 1001 + _DRAWN))
    return SimulatedShot(ShotSpec(width=width, height=height, frames=frames, recipe=_RECIPE))


def write_plates(shot: SimulatedShot, root: Path, file_format: ShotFormat, *, count: int) -> Plates:
    """Write `count` frames: the shot's own, repeated as real copies under the next numbers."""
    folder = root / f"{file_format}-plate"
    drawn = write_shot(shot, folder, file_format=file_format)
    (folder / "truth.json").unlink()  # nothing but frames is copied and mended
    for number in range(len(drawn), count):
        shutil.copyfile(drawn[number % len(drawn)], folder / f"plate.{1001 + number}{file_format.suffix}")
    map_file = root / f"{file_format}.json"
    map_file.write_text(map_to_json(true_map(shot)), encoding="utf-8")
    size = sum(path.stat().st_size for path in folder.iterdir())
    return Plates(folder, map_file, count, size / 1e6)
