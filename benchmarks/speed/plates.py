# SPDX-License-Identifier: Apache-2.0
"""4K frames on disk for the speed benchmarks, in every form, with a map of their defects."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import OpenEXR
import tifffile

from pixmend.frames import open_shot
from pixmend.model import FrameRange, Kind, map_to_json
from pixmend.simulate import Ingredient, ShotFormat, ShotSpec, SimulatedShot, true_map, write_shot

__all__ = ["FORMS", "Plates", "drawn_frames", "size_of", "write_plates"]

_RECIPE = (Ingredient(label="8 sigma", kind=Kind.HOT, count=20, amplitude_sigma=8.0),)
_DRAWN = 4  # frames that are truly rendered; the rest repeat them

Writer = Callable[[Path, Path], None]


@dataclass(frozen=True, slots=True)
class Plates:
    """Frames of one form in a folder, and the map beside it.

    Attributes
    ----------
    encoding : tuple of str
        What the command line must be told of it.
    """

    folder: Path
    map_file: Path
    count: int
    megabytes: float
    encoding: tuple[str, ...]


def size_of(*, quick: bool) -> tuple[int, int]:
    """Return width and height of the frames."""
    return (1024, 540) if quick else (4096, 2160)


def drawn_frames(root: Path, *, quick: bool) -> Path:
    """Render a few frames with 20 defects, half EXR, and their map; return their folder."""
    width, height = size_of(quick=quick)
    frames = FrameRange(range(1001, 1001 + _DRAWN))
    shot = SimulatedShot(ShotSpec(width=width, height=height, frames=frames, recipe=_RECIPE))
    folder = root / "drawn"
    for form in (ShotFormat.EXR_NONE, ShotFormat.DPX10, ShotFormat.DPX16):
        write_shot(shot, folder / form, file_format=form)
    (folder / "map.json").write_text(map_to_json(true_map(shot)), encoding="utf-8")
    return folder


def write_plates(drawn: Path, name: str, *, count: int) -> Plates:
    """Write `count` frames of the form `name` of FORMS: the drawn ones, and real copies of them."""
    form, write = FORMS[name]
    folder = drawn.parent / "plate"
    folder.mkdir()
    sources = sorted((drawn / form).glob("plate.*.*"))
    suffix = ".tif" if name.startswith("TIFF") else sources[0].suffix
    for number in range(count):
        target = folder / f"plate.{1001 + number}{suffix}"
        if number < len(sources):
            write(sources[number], target)
        else:
            shutil.copyfile(folder / f"plate.{1001 + number % len(sources)}{suffix}", target)
    size = sum(path.stat().st_size for path in folder.iterdir())
    is_log = form is not ShotFormat.EXR_NONE
    encoding = ("--encoding", "acescct") if is_log else ()
    return Plates(folder, drawn / "map.json", count, size / 1e6, encoding)


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


def _packed(compression: Any, source: Path, target: Path) -> None:
    header = {"compression": compression, "type": OpenEXR.scanlineimage}
    pixels = OpenEXR.File(str(source)).channels()["RGB"].pixels
    OpenEXR.File(header, {"RGB": pixels}).write(str(target))


def _as_tiff(compression: str | None, source: Path, target: Path) -> None:
    shot = open_shot(source)
    pixels = shot.read(shot.frames.frames[0])
    predictor = compression is not None
    tifffile.imwrite(
        target, pixels, photometric="rgb", compression=compression, predictor=predictor, rowsperstrip=16
    )


def _exr(name: str) -> tuple[ShotFormat, Writer]:
    return ShotFormat.EXR_NONE, partial(_packed, getattr(OpenEXR, f"{name}_COMPRESSION"))


FORMS: dict[str, tuple[ShotFormat, Writer]] = {
    "DPX 10-bit": (ShotFormat.DPX10, _copy),
    "DPX 16-bit": (ShotFormat.DPX16, _copy),
    "EXR none": (ShotFormat.EXR_NONE, _copy),
    "EXR RLE": _exr("RLE"),
    "EXR ZIPS": _exr("ZIPS"),
    "EXR ZIP": _exr("ZIP"),
    "EXR PIZ": _exr("PIZ"),
    "EXR PXR24": _exr("PXR24"),
    "EXR B44": _exr("B44"),
    "EXR B44A": _exr("B44A"),
    "EXR DWAA": _exr("DWAA"),
    "EXR DWAB": _exr("DWAB"),
    "EXR HTJ2K32": _exr("HTJ2K32"),
    "EXR HTJ2K256": _exr("HTJ2K256"),
    "EXR ZSTD": _exr("ZSTD"),
    "TIFF none": (ShotFormat.DPX16, partial(_as_tiff, None)),
    "TIFF LZW": (ShotFormat.DPX16, partial(_as_tiff, "lzw")),
    "TIFF Deflate": (ShotFormat.DPX16, partial(_as_tiff, "adobe_deflate")),
    "TIFF ZSTD": (ShotFormat.DPX16, partial(_as_tiff, "zstd")),
}
