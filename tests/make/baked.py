# SPDX-License-Identifier: Apache-2.0
"""Plates of several forms with defects of every kind, and what a compositor sees of a baked folder."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import OpenImageIO

from pixmend.frames import write_layers
from pixmend.model import FrameRange, Kind, Raster, map_to_json
from pixmend.simulate import Ingredient, Motion, ShotFormat, ShotSpec, SimulatedShot, true_map, write_shot

__all__ = ["FORMS", "all_kinds", "compositor_frame", "in_raster", "read_layers", "rounded", "write_plate"]

FORMS = ("half", "float", "dpx10")
"""Half EXR with overscan; float EXR whose data window is smaller than its display; log DPX."""

_WINDOWS = {"half": (Raster(-6, -4, 192, 144), (180, 136)), "float": (Raster(4, 2, 192, 144), (200, 150))}

_RECIPE = (
    Ingredient(label="column", kind=Kind.COLUMN, count=1, amplitude_sigma=4.0, size=(60, 1)),
    Ingredient(label="cluster", kind=Kind.CLUSTER, count=1, amplitude_sigma=15.0, size=(2, 2)),
    *(Ingredient(label="hot", kind=Kind.HOT, count=2, amplitude_sigma=sigma) for sigma in (3.0, 8.0, 20.0)),
    Ingredient(label="stuck", kind=Kind.STUCK, count=2, saturated=True),
    Ingredient(label="dead", kind=Kind.DEAD, count=2, gain=0.0),
    Ingredient(label="blinking", kind=Kind.BLINKING, count=3, amplitude_sigma=12.0, duty=0.4),
    Ingredient(label="flash", kind=Kind.FLASH, count=2, amplitude_sigma=12.0, duty=0.1),
)


@cache
def all_kinds(frames: str = "1001-1006") -> SimulatedShot:
    """Return a small moving shot with defects of every kind."""
    spec = ShotSpec(
        width=192,
        height=144,
        frames=FrameRange.parse(frames),
        motion=Motion.PAN,
        exposure=0.06,
        recipe=_RECIPE,
    )
    return SimulatedShot(spec)


def write_plate(folder: Path, form: str) -> list[str]:
    """Write ``FORM/plate.####.*`` and ``FORM.json``; return the options that tell the encoding."""
    shot = all_kinds()
    found = true_map(shot)
    if form == "dpx10":
        write_shot(shot, folder / form, file_format=ShotFormat.DPX10)
    else:
        raster, display = _WINDOWS[form]
        moved = (replace(each, x=each.x + raster.x, y=each.y + raster.y) for each in found.defects)
        found = replace(found, raster=raster, defects=tuple(moved))
        (folder / form).mkdir()
        for frame in shot.frames:
            light = shot.render(frame).astype(np.float16 if form == "half" else np.float32)
            layers = {name: light[..., c] for c, name in enumerate("RGB")}
            write_layers(folder / form / f"plate.{frame:04d}.exr", layers, raster, display)
    (folder / f"{form}.json").write_text(map_to_json(found))
    return ["--encoding", "acescct"] if form == "dpx10" else []


def read_layers(path: Path) -> tuple[Raster, dict[str, np.ndarray]]:
    """Read all channels of a picture, as a compositor does that is told to take raw data: (H, W) float32 each."""
    opened = OpenImageIO.ImageInput.open(str(path))
    spec = opened.spec()
    samples = opened.read_image(0, 0, 0, spec.nchannels, OpenImageIO.FLOAT)
    opened.close()
    raster = Raster(spec.x - spec.full_x, spec.y - spec.full_y, spec.width, spec.height)
    return raster, {name: samples[..., number] for number, name in enumerate(spec.channelnames)}


def compositor_frame(path: Path) -> tuple[Raster, np.ndarray]:
    """Read R, G and B (H, W, 3) of a frame."""
    raster, layers = read_layers(path)
    if path.suffix != ".dpx":
        return raster, np.stack([layers[each] for each in "RGB"], axis=-1)
    # The library hands out 10 bits as 16; a compositor divides by the largest code.
    codes = np.rint(np.stack([layers[each] for each in "RGB"], axis=-1) * np.float32(1023))
    return raster, codes / np.float32(1023)


def in_raster(raster: Raster, window: Raster, layers: dict[str, np.ndarray]) -> np.ndarray:
    """Return R, G, B and A (H, W, 4) of a picture on another raster; what that does not hold is 0."""
    whole = np.zeros((raster.height, raster.width, 4), np.float32)
    rows, columns = (np.arange(length) for length in (window.height, window.width))
    rows, columns = rows + window.y - raster.y, columns + window.x - raster.x
    y, x = (rows >= 0) & (rows < raster.height), (columns >= 0) & (columns < raster.width)
    picture = np.stack([layers[name] for name in "RGBA"], axis=-1)
    assert not picture[~y].any()
    assert not picture[:, ~x].any()
    whole[np.ix_(rows[y], columns[x])] = picture[np.ix_(y, x)]
    return whole


def rounded(picture: np.ndarray, form: str) -> np.ndarray:
    """Return what comes of a picture when it is written."""
    return np.rint(picture * 1023) if form == "dpx10" else picture.astype(np.float16)


def manifest(folder: Path) -> dict:
    """Return the manifest of a baked folder."""
    return json.loads((folder / "bake.json").read_text())
