# SPDX-License-Identifier: Apache-2.0
"""What the simulated cameras look at: real photographs where they are, else the procedural street."""

from pathlib import Path

import numpy as np
import OpenImageIO
from numpy.typing import NDArray

from pixmend.errors import BadFrameError

__all__ = ["DATA", "STILLS", "halved", "load_picture", "read_pixels", "source_of_pictures"]

DATA = Path(__file__).parents[1] / "../shared/data"
STILLS = DATA / "stills"


def load_picture(name: str) -> NDArray[np.float32] | None:
    """Return a photograph as scene-linear light; None where it is not there, or has no name.

    A camera's JPEG is halved, its sRGB is decoded, and the highlights of its tone curve are
    opened again, x / (1 - 0.8 x), so that lights reach 5. An EXR is taken as it is.
    """
    still, scene = STILLS / f"{name}.jpg", DATA / "exr" / f"{name}.exr"
    if still.exists():
        small = halved(_from_srgb(read_pixels(still)))
        opened: NDArray[np.float32] = (small / (1.0 - 0.8 * small)).astype(np.float32)
        return opened
    if scene.exists():
        return np.maximum(np.nan_to_num(read_pixels(scene)), np.float32(0.0))
    return None


def read_pixels(path: Path) -> NDArray[np.float32]:
    """Return the colour samples of a picture file, (H, W, 3), integers as 0 to 1."""
    decoded = OpenImageIO.ImageBuf(str(path)).get_pixels(OpenImageIO.FLOAT)
    if decoded is None:
        raise BadFrameError("is not a picture that OpenImageIO can read", where=str(path))
    return np.asarray(decoded, dtype=np.float32)[..., :3]


def _from_srgb(codes: NDArray[np.float32]) -> NDArray[np.floating]:
    return np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)


def halved(picture: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return a picture (H, W, C) at half size, each pixel the mean of four.

    A photograph's own demosaic, noise and sharpening vanish with it.
    """
    height, width = (side // 2 * 2 for side in picture.shape[:2])
    blocks = picture[:height, :width].reshape(height // 2, 2, width // 2, 2, -1)
    return np.asarray(blocks.mean(axis=(1, 3)))


def source_of_pictures() -> str:
    """Say which pictures this machine has."""
    if STILLS.is_dir():
        return "real photographs at half size (EXIF sample stills), except the procedural street where named"
    return "the procedural street (the folder of photographs is not on this machine)"
