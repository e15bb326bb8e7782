# SPDX-License-Identifier: Apache-2.0
"""What `mending` is for EXR, for DPX and TIFF: every byte, or every strip, is foretold."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from pixmend.containers import open_container
from pixmend.formats import ReadOptions
from pixmend.splice import WriteSettings, open_bytes
from tests.make import dpx_bytes
from tests.make.mending import Sample, check_undo, mend
from tests.make.second_readers import picture_by_openimageio, tiff_by_tifffile


def check_dpx(path: Path, folder: Path, *, low_first: bool | None = None, count: int = 24) -> None:
    """Mend random datums; every byte of the mended file is foretold."""
    settings = WriteSettings(options=ReadOptions(low_first=low_first))
    stored = path.read_bytes()
    with open_bytes(path) as source:
        names = iter([each.name for each in open_container(source, options=settings.options).channels])
    elements = [dpx_bytes.parse(stored, number) for number in range(dpx_bytes.element_count(stored))]
    datums = [place for element in elements for place in _dpx_datums(element, names)]
    assert next(names, None) is None
    rng = np.random.default_rng(0)
    expected, samples = bytearray(stored), {}
    for turn in range(count):
        element, datum, name, (step, phase) = datums[int(rng.integers(len(datums)))]
        x, y = int(rng.integers(element.width)), int(rng.integers(element.height))
        if turn < 4:
            x, y = (0, element.width - 1)[turn % 2], (0, element.height - 1)[turn // 2]
        x -= x % step
        is_low_first = element.datums == 1 and low_first is not False
        place = element.bit_of(x + phase, y, datum, low_first=is_low_first)
        old = element.read(stored, place)
        new = old ^ int(rng.integers(1, 1 << min(element.bits, 31)))
        element.write(expected, place, new)
        samples[x, y, name] = Sample(x, y, name, old, new)
    target, _ = mend(path, folder, list(samples.values()), settings)
    assert target.read_bytes() == bytes(expected)
    check_undo(path, target, folder)


def _dpx_datums(
    element: dpx_bytes.DpxElement, names: Iterator[str]
) -> list[tuple[dpx_bytes.DpxElement, int, str, tuple[int, int]]]:
    """Return element, datum in its pixel, channel, and in which columns it is: each so many, and the first."""
    if element.descriptor == dpx_bytes.CHROMA_IN_TURN:
        order = ((0, (2, 0)), (1, (1, 0)), (0, (2, 1)))
        return [(element, datum, next(names), columns) for datum, columns in order]
    return [(element, datum, next(names), (1, 0)) for datum in range(element.datums)]


def check_tiff(path: Path, folder: Path, *, count: int = 24, seed: int = 0) -> None:
    """Mend random samples; tifffile and OpenImageIO see them and no other change."""
    was = tiff_by_tifffile(path)
    with open_bytes(path) as source:
        channels = open_container(source).channels
    assert len(channels) == was.shape[2]
    rng = np.random.default_rng(seed)
    expected, samples = was.copy(), {}
    for turn in range(count):
        y, x, channel = (int(rng.integers(each)) for each in was.shape)
        if turn < 4:
            y, x = (0, was.shape[0] - 1)[turn // 2], (0, was.shape[1] - 1)[turn % 2]
        expected[y, x, channel] = was[y, x, channel] ^ np.asarray(
            rng.integers(1, 1 << min(8 * was.itemsize, channels[channel].sample.bits, 31)), was.dtype
        )
        samples[x, y, channel] = Sample(
            x, y, channels[channel].name, int(was[y, x, channel]), int(expected[y, x, channel])
        )
    target, _ = mend(path, folder, list(samples.values()), WriteSettings())
    np.testing.assert_array_equal(tiff_by_tifffile(target), expected)
    _check_openimageio(path, target, was, expected)
    _check_tiff_bytes(path, target, [(each.x, each.y) for each in samples.values()])
    check_undo(path, target, folder)


def _check_openimageio(path: Path, target: Path, was: NDArray[Any], expected: NDArray[Any]) -> None:
    try:
        before = picture_by_openimageio(path)
    except AssertionError:
        return  # ZSTD and the like
    after = picture_by_openimageio(target)
    if np.array_equal(before, was):
        np.testing.assert_array_equal(after, expected)
    else:  # it turns samples over, or spreads them over more bits
        np.testing.assert_array_equal(before != after, was != expected)


def _check_tiff_bytes(path: Path, target: Path, pixels: Iterable[tuple[int, int]]) -> None:
    """Check that only strips (or tiles) of mended pixels and their table entries differ, and what is new is at the end."""
    before, after = path.read_bytes(), target.read_bytes()
    may_change = np.zeros(len(before), bool)
    with tifffile.TiffFile(path) as opened:
        page = opened.pages[0]
        for name in ("StripOffsets", "StripByteCounts", "TileOffsets", "TileByteCounts"):
            tag = page.tags.get(name)
            if tag is not None:
                may_change[tag.offset : tag.offset + (20 if opened.is_bigtiff else 12)] = True
                may_change[tag.valueoffset : tag.valueoffset + tag.valuebytecount] = True
        for strip in _strips_of(page, pixels):
            begin, length = page.dataoffsets[strip], page.databytecounts[strip]
            may_change[begin : begin + length] = True
    assert len(after) >= len(before)
    differs = np.frombuffer(before, "u1") != np.frombuffer(after[: len(before)], "u1")
    assert not (differs & ~may_change).any(), "bytes changed that are of no mended strip"


def _strips_of(page: Any, pixels: Iterable[tuple[int, int]]) -> set[int]:
    if page.is_tiled:
        across, width, height = -(-page.imagewidth // page.tilewidth), page.tilewidth, page.tilelength
    else:
        across, width, height = 1, page.imagewidth, min(page.rowsperstrip, page.imagelength)
    first = {y // height * across + x // width for x, y in pixels}
    is_planar = page.planarconfig == tifffile.PLANARCONFIG.SEPARATE
    plane = across * -(-page.imagelength // height)
    return {
        strip + plane * each for strip in first for each in range(page.samplesperpixel if is_planar else 1)
    }
