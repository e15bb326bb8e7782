# SPDX-License-Identifier: Apache-2.0
"""The least EXR that can be: uncompressed scanlines of 32-bit floats, written without any library.

Layout: "OpenEXR File Layout", Academy Software Foundation.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

__all__ = ["Picture", "write_exr"]


class Picture(NamedTuple):
    """Planes of float32 over a data window (x, y, width, height) in a display window from (0, 0), y down."""

    display: tuple[int, int]
    window: tuple[int, int, int, int]
    planes: dict[str, bytes]
    """By channel name: rows from the top, little-endian."""


def write_exr(path: str, picture: Picture) -> None:
    """Write a picture; OSError where the disk says no."""
    _, y, width, height = picture.window
    names = sorted(picture.planes)
    header = _header(picture, names)
    row_bytes = 4 * width
    chunk_bytes = 8 + row_bytes * len(names)
    first = len(header) + 8 * height
    with Path(path).open("wb") as stream:
        stream.write(header)
        stream.write(struct.pack(f"<{height}Q", *range(first, first + chunk_bytes * height, chunk_bytes)))
        for row in range(height):
            stream.write(struct.pack("<ii", y + row, row_bytes * len(names)))
            stream.writelines(picture.planes[name][row * row_bytes : (row + 1) * row_bytes] for name in names)


def _header(picture: Picture, names: list[str]) -> bytes:
    x, y, width, height = picture.window
    of_float = struct.pack("<iB3xii", 2, 0, 1, 1)
    channels = b"".join(name.encode("ascii") + b"\0" + of_float for name in names) + b"\0"
    data_window = struct.pack("<4i", x, y, x + width - 1, y + height - 1)
    display_window = struct.pack("<4i", 0, 0, picture.display[0] - 1, picture.display[1] - 1)
    attributes = [
        ("channels", "chlist", channels),
        ("compression", "compression", b"\0"),
        ("dataWindow", "box2i", data_window),
        ("displayWindow", "box2i", display_window),
        ("lineOrder", "lineOrder", b"\0"),
        ("pixelAspectRatio", "float", struct.pack("<f", 1.0)),
        ("screenWindowCenter", "v2f", struct.pack("<2f", 0.0, 0.0)),
        ("screenWindowWidth", "float", struct.pack("<f", 1.0)),
    ]
    packed = [
        name.encode("ascii") + b"\0" + kind.encode("ascii") + b"\0" + struct.pack("<i", len(value)) + value
        for name, kind, value in attributes
    ]
    return struct.pack("<ii", 20000630, 2) + b"".join(packed) + b"\0"
