# SPDX-License-Identifier: Apache-2.0
"""DWA files of one chunk, written and read by the library; their payload can be exchanged."""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import OpenEXR

from pixmend.codecs._exr_stack import ChunkBox
from pixmend.formats import MemoryBytes, parse_exr, read_chunks


@dataclass
class OneChunk:
    path: Path
    planes: dict[str, np.ndarray]  # as the library decodes them
    compression: str = "DWAA"

    @property
    def source(self):
        return MemoryBytes(self.path.read_bytes(), name=str(self.path))

    @property
    def layout(self):
        return parse_exr(self.source)

    @property
    def channels(self):
        return self.layout.channels

    @property
    def box(self):
        height, width = next(iter(self.planes.values())).shape
        return ChunkBox(0, 0, width, height)

    @property
    def chunk(self):
        layout, source = self.layout, self.source
        start = int(layout.read_offset_table(source)[0])
        return read_chunks(source, layout, np.array([0]), [(start, source.size)])[0]

    @property
    def payload(self) -> bytes:
        return self.source.read(self.chunk.payload_offset, self.chunk.packed_bytes)

    def unpacked(self, planes=None) -> bytes:
        planes = planes or self.planes
        lines = [planes[channel.name].view(np.uint8) for channel in self.channels]
        return np.concatenate(lines, axis=1).tobytes()

    def decoded(self, payload: bytes) -> dict[str, np.ndarray]:
        """What the library reads from the same file with another payload."""
        chunk, stored = self.chunk, self.path.read_bytes()
        start = chunk.payload_offset
        other = self.path.with_name("other.exr")
        other.write_bytes(stored[: start - 4] + struct.pack("<i", len(payload)) + payload)
        return read_planes(other)


def read_planes(path: Path) -> dict[str, np.ndarray]:
    with OpenEXR.File(str(path), separate_channels=True) as opened:
        return {name: each.pixels.copy() for name, each in opened.channels().items()}


def one_chunk(
    path: Path, planes: dict[str, np.ndarray], *, compression: str = "DWAA", tiled: bool = False
) -> OneChunk:
    """Write planes as one DWA chunk; `tiled` as one tile, whose AC coefficients DWAA packs by zlib."""
    height, width = next(iter(planes.values())).shape
    header = {
        "compression": getattr(OpenEXR, f"{compression}_COMPRESSION"),
        "type": OpenEXR.tiledimage if tiled else OpenEXR.scanlineimage,
    }
    if tiled:
        header["tiles"] = OpenEXR.TileDescription()
        header["tiles"].xSize, header["tiles"].ySize = width, height
    OpenEXR.File(header, planes).write(str(path))
    return OneChunk(path, read_planes(path), compression)


def picture(height: int, width: int, *, gain: float = 1.0, seed: int = 0) -> np.ndarray:
    """A smooth plane with noise, half float, between about 0.05 and 0.9."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    smooth = 0.35 + 0.2 * np.sin(x / 17 + seed) + 0.1 * np.cos(y / 9)
    return (gain * (smooth + rng.normal(0, 0.01, smooth.shape))).astype(np.float16)
