# SPDX-License-Identifier: Apache-2.0
"""What the simulated cameras look at: real photographs where they are, else the procedural street."""

from pathlib import Path

import numpy as np
import OpenImageIO
from numpy.typing import NDArray

from pixmend.errors import BadFrameError

__all__ = ["STILLS", "halved", "load_still", "source_of_pictures"]

STILLS = Path(__file__).parents[1] / "../shared/data/stills"


def load_still(name: str) -> NDArray[np.float32] | None:
    """Return a photograph as scene-linear light at half size; None where it is not there.

    sRGB is decoded and the highlights of its tone curve are opened again,
    x / (1 - 0.8 x), so that lights reach 5.
    """
    path = STILLS / f"{name}.jpg"
    if not path.exists():
        return None
    decoded = OpenImageIO.ImageBuf(str(path)).get_pixels(OpenImageIO.FLOAT)
    if decoded is None:
        raise BadFrameError("is not a picture that OpenImageIO can read", where=str(path))
    pixels = np.asarray(decoded, dtype=np.float32)[..., :3]
    linear = np.where(pixels <= 0.04045, pixels / 12.92, ((pixels + 0.055) / 1.055) ** 2.4)
    small = halved(linear)
    opened: NDArray[np.float32] = (small / (1.0 - 0.8 * small)).astype(np.float32)
    return opened


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
