# SPDX-License-Identifier: Apache-2.0
"""Reels: shots of known cameras one after the other, each camera with its own defects."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import OpenEXR
from numpy.typing import NDArray

from pixmend.cli import main
from pixmend.model import FrameRange, Kind
from pixmend.simulate import Ingredient, Motion, PlantedDefect, ShotSpec, SimulatedShot, plant_defects

__all__ = ["SIZE", "mend_reel", "mended_in", "planted_of", "reel_frames", "shot_of", "write_reel"]

SIZE = (120, 160)
_RECIPE = (
    Ingredient(label="hot", kind=Kind.HOT, count=3, amplitude_sigma=25.0),
    Ingredient(label="stuck", kind=Kind.STUCK, count=2, saturated=True),
)


@cache
def planted_of(camera: str, frames: str) -> tuple[PlantedDefect, ...]:
    """Return the defects of a camera: the same places in every shot."""
    return plant_defects(_RECIPE, SIZE, FrameRange.parse(frames), seed=sum(map(ord, camera)))


@cache
def shot_of(camera: str, frames: str, seed: int, exposure: float = 0.3) -> SimulatedShot:
    """Return a shot that a camera made of some place."""
    spec = ShotSpec(
        width=SIZE[1],
        height=SIZE[0],
        frames=FrameRange.parse(frames),
        motion=Motion.PAN,
        exposure=exposure,
        recipe=(),
        seed=seed,
    )
    return SimulatedShot(spec, planted=planted_of(camera, frames))


def reel_frames(cameras: str, *, length: int, first: int = 1001) -> Mapping[int, NDArray[np.float16]]:
    """Return a reel with one shot of `length` frames for each letter of `cameras`."""
    frames: dict[int, NDArray[np.float16]] = {}
    for number, camera in enumerate(cameras):
        begin = first + number * length
        shot = shot_of(camera, f"{begin}-{begin + length - 1}", 11 + number, _exposure(number))
        frames |= {frame: shot.render(frame).astype(np.float16) for frame in shot.frames}
    return frames


def write_reel(folder: Path, cameras: str, *, length: int) -> None:
    """Write a reel, `reel.#.exr`, into a folder that it makes."""
    folder.mkdir()
    for frame, samples in reel_frames(cameras, length=length).items():
        header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
        path = folder / f"reel.{frame}.exr"
        OpenEXR.File(header, {"RGB": np.ascontiguousarray(samples)}).write(str(path))


def mend_reel(folder: Path) -> None:
    """Do by hand, in `folder`, with its `reel`, what jobs do: `map.json`, and the frames in `mended`."""
    reel, found = str(folder / "reel"), str(folder / "map.json")
    assert main(["detect", reel, "-o", found, "-q"]) == 0
    assert main(["fix", reel, "--map", found, "-o", str(folder / "mended"), "-q"]) == 0


def mended_in(folder: Path) -> Mapping[str, bytes]:
    """Return the mended frames of a folder, and the ledgers beside them: every byte that a job leaves there."""
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert {Path(name).suffix for name in found} <= {".exr", ".ledger"}, sorted(found)
    return found


def _exposure(number: int) -> float:
    levels: Sequence[float] = (0.3, 0.1, 0.6)
    return levels[number % len(levels)]
