# SPDX-License-Identifier: Apache-2.0
"""DPX and TIFF in every form: what is asked for changes, and nothing else."""

from itertools import product

import numpy as np
import pytest
import tifffile

from tests.make.dpx_bytes import DATUMS, write
from tests.make.mending_words import check_dpx, check_tiff

PACKINGS = [(8, 0), (10, 0), (10, 1), (10, 2), (12, 0), (12, 1), (12, 2), (16, 0), (32, 0)]
_COMMON = {6, 50, 51, 100, 103, 156}
DESCRIPTORS = [  # 101 has its own writer, in the tests of the room
    pytest.param(each, marks=[] if each in _COMMON else pytest.mark.slow) for each in DATUMS if each != 101
]
SEVERAL = {
    "one element a component": [(1, 10, 1), (2, 10, 1), (3, 10, 1)],
    "colour and alpha": [(50, 10, 1), (4, 8, 0)],
    "colour and depth": [(50, 16, 0), (8, 32, 0)],
    "eight elements": [(descriptor, 12, 2) for descriptor in (1, 2, 3, 4, 8, 6, 50, 151)],
}


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("bits", "packing"), PACKINGS)
@pytest.mark.parametrize("descriptor", DESCRIPTORS)
def test_dpx(tmp_path, descriptor, bits, packing, order):
    size = (22, 7) if descriptor == 100 else (23, 7)
    path = tmp_path / "plate.1001.dpx"
    write(path, [(descriptor, bits, packing)], order=order, size=size)
    check_dpx(path, tmp_path)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("forms", SEVERAL.values(), ids=SEVERAL)
def test_dpx_of_several_elements(tmp_path, forms, order):
    path = tmp_path / "plate.1001.dpx"
    write(path, forms, order=order, start=8192)
    check_dpx(path, tmp_path, count=60)


@pytest.mark.parametrize(("bits", "packing"), PACKINGS)
def test_dpx_with_padded_lines_and_a_short_header(tmp_path, bits, packing):
    path = tmp_path / "plate.1001.dpx"
    write(path, [(50, bits, packing)], padding=12, start=1664)
    check_dpx(path, tmp_path)


@pytest.mark.parametrize("low_first", [True, False])
def test_dpx_luma_begins_where_the_user_says(tmp_path, low_first):
    path = tmp_path / "plate.1001.dpx"
    write(path, [(6, 10, 1)])
    check_dpx(path, tmp_path, low_first=low_first)


DTYPES = ("uint8", "uint16", "float16", "float32")
COMPRESSIONS = (None, "lzw", "adobe_deflate", "deflate", "packbits", "zstd")
SHAPES = {
    "strips": {"rowsperstrip": 7},
    "one strip": {},
    "tiles": {"tile": (16, 32)},
    "planar strips": {"planarconfig": "separate", "rowsperstrip": 7},
    "planar tiles": {"planarconfig": "separate", "tile": (16, 32)},
}
TIFF = [
    (dtype, compression, predictor, shape)
    for dtype, compression, predictor, shape in product(DTYPES, COMPRESSIONS, (False, True), SHAPES)
    if not (predictor and compression in {None, "packbits"})
]


def write_tiff(path, dtype, compression, predictor, shape, *, names=3, **more):
    y, x = np.mgrid[0:41, 0:53]
    light = 0.4 + 0.3 * np.sin(x / 9) * np.cos(y / 7) + np.random.default_rng(5).normal(0, 0.01, x.shape)
    planes = np.stack([light * (1 - 0.1 * each) for each in range(names)], -1 if "planar" not in shape else 0)
    samples = planes.astype(dtype) if dtype.startswith("f") else (planes * np.iinfo(dtype).max).astype(dtype)
    form = {"photometric": "rgb", "compression": compression, "predictor": predictor, **SHAPES[shape], **more}
    tifffile.imwrite(path, samples, **form)


@pytest.mark.parametrize(
    ("dtype", "compression", "predictor", "shape"),
    [
        pytest.param(*each, marks=[] if number % 3 == 0 else pytest.mark.slow)
        for number, each in enumerate(TIFF)
    ],
)
def test_tiff(tmp_path, dtype, compression, predictor, shape):
    path = tmp_path / "plate.1001.tif"
    write_tiff(path, dtype, compression, predictor, shape)
    check_tiff(path, tmp_path)


@pytest.mark.parametrize("bigtiff", [False, True])
@pytest.mark.parametrize("byteorder", "<>")
@pytest.mark.parametrize("compression", ["lzw", "zstd", None])
@pytest.mark.parametrize("names", [3, 4, 6])
def test_tiff_of_either_byte_order_and_size(tmp_path, bigtiff, byteorder, compression, names):
    path = tmp_path / "plate.1001.tif"
    more = {"bigtiff": bigtiff, "byteorder": byteorder, "names": names}
    write_tiff(path, "uint16", compression, compression is not None, "strips", **more)
    check_tiff(path, tmp_path)
