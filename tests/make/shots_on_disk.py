# SPDX-License-Identifier: Apache-2.0
"""A small simulated shot on disk in every form that can be mended, and what is in a folder."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
from numpy.typing import NDArray

from pixmend.model import FrameRange
from pixmend.simulate import (
    DEMO_RECIPE,
    Motion,
    ShotFormat,
    ShotSpec,
    SimulatedShot,
    to_acescct,
    truth_json,
    write_shot,
)

__all__ = ["FORMS", "encoding_of", "planted_places", "seen_in", "small_shot", "write_form", "write_integers"]

FORMS = (*(each.value for each in ShotFormat), "tiff16")
"""What `write_form` writes: half EXR of five compressions, log DPX, log TIFF."""


@cache
def small_shot(
    frames: str = "1001-1012", width: int = 256, height: int = 192, *, planted: bool = True
) -> SimulatedShot:
    """Return the demo's shot, small: dark, moving, with 24 defects that a person would see, or none."""
    return SimulatedShot(
        ShotSpec(
            width=width,
            height=height,
            frames=FrameRange.parse(frames),
            motion=Motion.PAN,
            exposure=0.06,
            recipe=DEMO_RECIPE if planted else (),
        )
    )


def write_form(folder: Path, form: str, shot: SimulatedShot | None = None) -> Path:
    """Write a shot, the small one when left out, with ``truth.json``; return the folder."""
    shot = shot or small_shot()
    if form != "tiff16":
        write_shot(shot, folder, file_format=ShotFormat(form))
        return folder
    folder.mkdir(parents=True)
    (folder / "truth.json").write_text(truth_json(shot))
    for frame in shot.frames:
        codes = np.rint(to_acescct(shot.render(frame)) * 65535).astype(np.uint16)
        write_integers(folder / f"plate.{frame:04d}.tif", codes)
    return folder


def write_integers(path: Path, codes: NDArray[np.uint16]) -> None:
    """Write 16-bit codes (H, W, C) as uncompressed TIFF or DPX, by the suffix."""
    spec = OpenImageIO.ImageSpec(codes.shape[1], codes.shape[0], codes.shape[2], OpenImageIO.UINT16)
    spec.attribute("compression", "none")
    output = OpenImageIO.ImageOutput.create(str(path))
    assert output.open(str(path), spec), output.geterror()
    assert output.write_image(codes), output.geterror()
    output.close()


def encoding_of(form: str) -> list[str]:
    """Return the options that say how the samples of a form stand for light."""
    return [] if form.startswith("exr") else ["--encoding", "acescct"]


def planted_places(folder: Path) -> list[tuple[int, int]]:
    """Return where the truth beside a shot says that defects are."""
    truth: dict[str, Any] = json.loads((folder / "truth.json").read_text())
    return [(each["x"], each["y"]) for each in truth["defects"]]


def seen_in(folder: Path, *, hidden: bool = True) -> dict[str, str]:
    """Return every file below a folder with the hash of its bytes; empty if there is no folder.

    Hidden files count, or a temporary that is left behind would not be seen.
    """
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and (hidden or not any(part.startswith(".") for part in path.relative_to(folder).parts))
    }
