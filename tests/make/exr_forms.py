# SPDX-License-Identifier: Apache-2.0
"""EXR files of every codec and layout, written by the OpenEXR library or OpenImageIO; and which part is to be mended."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import Imath
import numpy as np
import OpenEXR
import OpenImageIO
from numpy.typing import NDArray

from tests.make.exr_ranges import CODECS

WIDTH, HEIGHT = 84, 91  # neither a multiple of a tile, a chunk or a block

_Planes = dict[str, NDArray[Any]]


def picture(height: int, width: int, dtype: str = "float16", *, phase: float = 0.0) -> NDArray[Any]:
    """Return a picture that every codec can pack: soft shapes, an edge, and some noise."""
    y, x = np.mgrid[0:height, 0:width]
    light = 0.3 + 0.2 * np.sin(x / 9 + phase) * np.cos(y / 13) + 0.5 * (x + 2 * y > 150)
    light += np.random.default_rng(int(phase * 10)).normal(0.0, 0.004, light.shape)
    return (light * 50_000).astype(dtype) if dtype == "uint32" else light.astype(dtype)


def _planes(height: int = HEIGHT, width: int = WIDTH, **dtypes: str) -> _Planes:
    return {
        name: picture(height, width, dtype, phase=0.3 * number)
        for number, (name, dtype) in enumerate(dtypes.items())
    }


def _header(codec: str, **more: Any) -> dict[str, Any]:
    compression = getattr(OpenEXR, f"{codec}_COMPRESSION")
    return {"compression": compression, "type": OpenEXR.scanlineimage, **more}


def _write(path: Path, header: dict[str, Any], planes: Mapping[str, Any]) -> None:
    OpenEXR.File(header, dict(planes)).write(str(path))


RGB = {"R": "float16", "G": "float16", "B": "float16"}
MIXED = {"A": "float16", **RGB, "depth.Z": "float32", "id": "uint32"}
TILED = {"type": OpenEXR.tiledimage, "tiles": OpenEXR.TileDescription()}
TILED["tiles"].xSize, TILED["tiles"].ySize = 32, 24


def lines(path: Path, codec: str) -> None:
    _write(path, _header(codec), _planes(**RGB))


def mixed_types(path: Path, codec: str) -> None:
    _write(path, _header(codec), _planes(**MIXED))


def negative_window(path: Path, codec: str) -> None:
    first = np.array([-17, -5], np.int32)
    header = _header(
        codec,
        dataWindow=(first, first + np.array([WIDTH - 1, HEIGHT - 1], np.int32)),
        displayWindow=(np.array([3, -2], np.int32), np.array([60, 70], np.int32)),
    )
    _write(path, header, _planes(**RGB))


def decreasing_lines(path: Path, codec: str) -> None:
    _write(path, _header(codec, lineOrder=OpenEXR.DECREASING_Y), _planes(**MIXED))


def tiles(path: Path, codec: str) -> None:
    _write(path, _header(codec, **TILED), _planes(**MIXED))


def levels(path: Path, codec: str) -> None:
    """Tiles with mip levels; only some codecs are known to OpenImageIO by these names."""
    opened = OpenImageIO.ImageOutput.create("exr")
    width, height, mode = WIDTH, HEIGHT, "Create"
    while True:
        spec = OpenImageIO.ImageSpec(width, height, 3, "half")
        spec.tile_width = spec.tile_height = 32
        spec.attribute("textureformat", "Plain Texture")
        spec.attribute("compression", "none" if codec == "NO" else codec.lower())
        assert opened.open(str(path), spec, mode), opened.geterror()
        assert opened.write_image(
            np.stack([picture(height, width, phase=each) for each in (0.0, 0.3, 0.6)], -1)
        )
        if (width, height) == (1, 1):
            break
        width, height, mode = max(1, width // 2), max(1, height // 2), "AppendMIPLevel"
    opened.close()


def parts(path: Path, codec: str) -> None:
    """Two parts, the second tiled, of another size."""
    second = _planes(50, 40, **RGB, Z="float32")
    display = {"displayWindow": (np.array([0, 0], np.int32), np.array([79, 79], np.int32))}
    OpenEXR.File(
        [
            OpenEXR.Part(_header(codec, **display), _planes(**RGB), "beauty"),
            OpenEXR.Part(_header(codec, **display, **TILED), second, "crypto"),
        ]
    ).write(str(path))


def views(path: Path, codec: str) -> None:
    dtypes = {f"{view}{name}": "float16" for view in ("", "right.") for name in "RGB"}
    _write(path, _header(codec, multiView=["left", "right"]), _planes(**dtypes))


def twenty_channels(path: Path, codec: str) -> None:
    names = [*RGB, *(f"layer{number:02}.{name}" for number in range(9) for name in "uv")][:20]
    kinds = ("float16", "float32", "uint32")
    _write(path, _header(codec), _planes(33, 40, **{name: kinds[at % 3] for at, name in enumerate(names)}))


def long_names(path: Path, codec: str) -> None:
    extra = {"an attribute with a name of more than thirty-one bytes": "value", "odd": 3, "matrix": 0.5}
    name = "a layer whose name is longer than the thirty-one bytes of old.R"
    _write(path, _header(codec, **extra), _planes(20, 30, **RGB, **{name: "float16"}))


def one_pixel_wide(path: Path, codec: str) -> None:
    _write(path, _header(codec), _planes(HEIGHT, 1, **RGB))


def one_line(path: Path, codec: str) -> None:
    _write(path, _header(codec), _planes(1, WIDTH, **RGB))


def chroma(path: Path, codec: str) -> None:
    """Luminance with chroma in every other column and row.

    `OpenEXR.File` does not write it. The older writer takes buffers of the right size, but
    strides over each as if it had all rows: each is given as the first half of a larger one.
    """
    width, height = 84, 90
    header = OpenEXR.Header(width, height)
    header["compression"] = Imath.Compression(int(getattr(OpenEXR, f"{codec}_COMPRESSION")))
    half = Imath.PixelType(Imath.PixelType.HALF)
    header["channels"] = {
        "Y": Imath.Channel(half, 1, 1),
        "RY": Imath.Channel(half, 2, 2),
        "BY": Imath.Channel(half, 2, 2),
    }
    buffers = {"Y": picture(height, width).tobytes()}
    for phase, name in enumerate(("RY", "BY")):
        whole = np.ascontiguousarray(picture(height, width // 2, phase=1.0 + phase)).reshape(-1).view("u1")
        buffers[name] = memoryview(whole)[: whole.size // 2]
    opened = OpenEXR.OutputFile(str(path), header)
    opened.writePixels(buffers, height)
    opened.close()


LAYOUTS: Mapping[str, Callable[[Path, str], None]] = {
    each.__name__.replace("_", " "): each
    for each in (
        *(lines, mixed_types, negative_window, decreasing_lines, tiles, levels, parts, views),
        *(twenty_channels, long_names, one_pixel_wide, one_line, chroma),
    )
}
_CODECS_WITH_LEVELS = CODECS[:10]


def forms() -> list[tuple[str, str]]:
    """Return all (codec, layout) that a library writes."""
    return [
        (codec, layout)
        for codec in CODECS
        for layout in LAYOUTS
        if layout != "levels" or codec in _CODECS_WITH_LEVELS
    ]
