# SPDX-License-Identifier: Apache-2.0
"""Picture files as a Read node sees them that is raw."""

from pathlib import Path

import numpy as np
import OpenImageIO

from nuke_proof.graph._image import Image, picture_from_rows
from nuke_proof.graph._words import GraphError

__all__ = ["FilesOnDisk"]

_NAMES = {"R": "rgba.red", "G": "rgba.green", "B": "rgba.blue", "A": "rgba.alpha", "Z": "depth.Z"}


class FilesOnDisk:
    """The disk of this machine."""

    def exists(self, path: str) -> bool:
        """Say whether there is a file or a folder."""
        return Path(path).exists()

    def read(self, path: str) -> Image:
        """Return an OpenEXR file's picture; its bounding box is the data window, its format the display window.

        Raises
        ------
        GraphError
            The file cannot be read.
        """
        source = OpenImageIO.ImageInput.open(path)
        if source is None:
            raise GraphError(f"{path}: {OpenImageIO.geterror()}")
        try:
            spec, pixels = source.spec(), source.read_image(OpenImageIO.FLOAT)
        finally:
            source.close()
        if pixels is None:
            raise GraphError(f"{path}: its pixels cannot be read")
        planes = np.moveaxis(np.asarray(pixels, np.float32).reshape(spec.height, spec.width, -1), -1, 0)
        names = [_NAMES.get(name, name) for name in spec.channelnames]
        return picture_from_rows(
            dict(zip(names, planes, strict=True)),
            size=(spec.full_width, spec.full_height),
            corner=(spec.x - spec.full_x, spec.y - spec.full_y),
        )
