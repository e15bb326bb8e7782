# SPDX-License-Identifier: Apache-2.0
"""A shot of many frames for the speed of detection: a few rendered frames, each shown at many places.

Repeating frames would be wrong in both directions: their noise repeats, and what stands out
of one is taken for a blinking defect. So the scene and its noise move on by an even number
of photosites with each turn of the rendered frames, which keeps the colours of the mosaic,
while the defects stay.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import OpenImageIO
from numpy.typing import NDArray

from pixmend.model import FrameRange, Kind
from pixmend.simulate import Ingredient, ShotSpec, SimulatedShot, to_acescct

__all__ = ["FORMS", "MovingShot", "shorter_shot", "write_moving_shot"]

_RECIPE = (
    Ingredient(label="8 sigma", kind=Kind.HOT, count=20, amplitude_sigma=8.0),
    Ingredient(label="3 sigma", kind=Kind.HOT, count=20, amplitude_sigma=3.0),
    Ingredient(label="dead", kind=Kind.DEAD, count=4, gain=0.0),
)
_RENDERED, _EVERY = 12, 4  # frames that are rendered; one of so many of a pan
_TURN_PX = (6, 8)  # by which the scene goes on with each turn of them: more is a cut, now and then


@dataclass(frozen=True, slots=True, eq=False)
class MovingShot:
    """Rendered frames without defects, (H, W, 3) half, and what the defects add to each."""

    clean: tuple[NDArray[np.float16], ...]
    added: tuple[tuple[NDArray[np.intp], NDArray[np.float32]], ...]

    @classmethod
    def rendered(cls, size: tuple[int, int]) -> "MovingShot":
        """Render the frames of some width and height."""
        frames = FrameRange(range(1001, 1001 + _RENDERED * _EVERY))
        shot = SimulatedShot(ShotSpec(width=size[0], height=size[1], frames=frames, recipe=_RECIPE))
        clean, added = [], []
        for frame in frames.every(_EVERY):
            spoiled, without = shot.render_pair(frame)
            places = np.argwhere((spoiled != without).any(axis=-1))
            more = spoiled - without
            clean.append(without.astype(np.float16))
            added.append((places, more[places[:, 0], places[:, 1]]))
        return cls(tuple(clean), tuple(added))

    def frame(self, number: int) -> NDArray[np.float32]:
        """Return frame `number` of as many as one likes, (H, W, 3), scene-linear."""
        turn, which = divmod(number, len(self.clean))
        which = len(self.clean) - 1 - which if turn % 2 else which  # and back, or it were a cut
        shift = (turn * _TURN_PX[0], turn * _TURN_PX[1])
        frame = np.roll(self.clean[which], shift, axis=(0, 1)).astype(np.float32)
        places, more = self.added[which]
        frame[places[:, 0], places[:, 1]] += more
        return frame


def write_moving_shot(shot: MovingShot, form: str, folder: Path, *, distinct: int) -> None:
    """Write frames of a form named in `FORMS`."""
    suffix, write = FORMS[form]
    folder.mkdir()
    for number in range(distinct):
        write(shot.frame(number), folder / f"plate.{1001 + number}{suffix}")


def shorter_shot(folder: Path, target: Path, *, count: int) -> None:
    """Make a shot of the first `count` frames of another, as links."""
    target.mkdir()
    for source in sorted(folder.iterdir())[:count]:
        os.link(source, target / source.name)


def _write_exr(compression: Any) -> Callable[[NDArray[np.float32], Path], None]:
    def write(frame: NDArray[np.float32], path: Path) -> None:
        header = {"compression": compression, "type": OpenEXR.scanlineimage}
        OpenEXR.File(header, {"RGB": frame.astype(np.float16)}).write(str(path))

    return write


def _write_dpx(frame: NDArray[np.float32], path: Path) -> None:
    codes = np.rint(to_acescct(frame) * np.float32(1023)).astype(np.uint16)
    spec = OpenImageIO.ImageSpec(frame.shape[1], frame.shape[0], 3, OpenImageIO.UINT16)
    spec.attribute("oiio:BitsPerSample", 10)
    spec.attribute("oiio:Endian", "big")
    output = OpenImageIO.ImageOutput.create("dpx")
    upper = (codes << 6) | (codes >> 4)  # the writer takes the upper ten bits
    if output is None or not (output.open(str(path), spec) and output.write_image(upper) and output.close()):
        raise RuntimeError(f"{path} cannot be written: {OpenImageIO.geterror()}")


FORMS = {
    "EXR ZIP": (".exr", _write_exr(OpenEXR.ZIP_COMPRESSION)),
    "EXR none": (".exr", _write_exr(OpenEXR.NO_COMPRESSION)),
    "DPX 10-bit": (".dpx", _write_dpx),
}
"""Suffix and writer of each form."""
